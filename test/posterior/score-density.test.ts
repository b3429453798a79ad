/** Highest-density intervals from the gradients at the draws, against closed forms and repeated runs. */
import { describe, expect, it } from 'vitest';
import { mcseHdi } from '../../src/posterior/interval-errors.js';
import { scoreInterval } from '../../src/posterior/score-density.js';
import { randomStream } from '../../src/random/stream.js';

const DRAWS = 4000;
const RUNS = 200;

/** Draws of y = log-linear in x, where exp(x) is gamma distributed with shape 4; gradients by x. */
function gammaDraws(seed: number) {
  const random = randomStream('score', seed);
  const y = Float64Array.from({ length: DRAWS }, () =>
    [1, 2, 3, 4].reduce((sum) => sum - Math.log(1 - random.uniform()), 0),
  );
  return { y, gradients: y.map((value) => 4 - value) };
}

/** The HDI of a gamma with shape 4, whose distribution function is that of Erlang. */
function gammaHdi(mass: number): [number, number] {
  const density = (y: number) => (y ** 3 * Math.exp(-y)) / 6;
  const below = (y: number) => 1 - Math.exp(-y) * (1 + y + y ** 2 / 2 + y ** 3 / 6);
  const bisected = (low: number, high: number, isBelow: (x: number) => boolean): number => {
    const middle = (low + high) / 2;
    if (high - low < 1e-12) return middle;
    return isBelow(middle) ? bisected(middle, high, isBelow) : bisected(low, middle, isBelow);
  };
  // The other end of the same density, beyond the mode 3.
  const partner = (low: number) => bisected(3, 60, (y) => density(y) > density(low));
  const low = bisected(0, 3, (y) => below(partner(y)) - below(y) > mass);
  return [low, partner(low)];
}

describe('an interval by the score', () => {
  it('of a normal posterior is exact, whatever the draws', () => {
    const random = randomStream('normal score');
    // x has covariance [[1, .6], [.6, 2]], its inverse is `precision`; y = 3 x₁ − x₂ + 5.
    const precision = [2 / 1.64, -0.6 / 1.64, 1 / 1.64];
    const sd = Math.sqrt(9 - 2 * 3 * 0.6 + 2);
    const points = Array.from({ length: 1000 }, () => [random.normal(), 2 * random.uniform()]);
    const y = Float64Array.from(points, ([a = 0, b = 0]) => 3 * a - b + 5);
    const gradients = Float64Array.from(
      points.flatMap(([a = 0, b = 0]) => [
        -precision[0] * a - precision[1] * b,
        -precision[1] * a - precision[2] * b,
      ]),
    );
    const derivatives = Float64Array.of(3, -1);
    const found = scoreInterval(y, gradients, { scale: 'identity', derivatives });
    const [low, high] = found?.interval ?? [];
    // Exact but for the mass beyond the extreme draws, 1/1000 to either side, of which a quarter may be
    // wrong: 0.25 / 1000 / 0.058 = 0.0043 sd.
    expect(Math.abs((low ?? 0) - (5 - 1.959964 * sd))).toBeLessThan(4.3e-3 * sd);
    expect(Math.abs((high ?? 0) - (5 + 1.959964 * sd))).toBeLessThan(4.3e-3 * sd);
    expect(Math.abs((found?.mode ?? 0) - 5)).toBeLessThan(4.3e-3 * sd);
    for (const error of found?.mcse ?? [1]) expect(error).toBeLessThan(4.3e-3 * sd);
  });

  it('of a skewed one has the stated error, a fifth of that of the narrowest window or less', () => {
    const derivatives = Float64Array.of(1);
    const runs = Array.from({ length: RUNS }, (_, seed) => {
      const { y, gradients } = gammaDraws(seed);
      return { y, found: scoreInterval(y, gradients, { scale: 'log', derivatives }) };
    });
    const exact = gammaHdi(0.95);
    for (const end of [0, 1] as const) {
      const ends = runs.map(({ found }) => found?.interval[end] ?? Number.NaN);
      const stated = runs.reduce((sum, { found }) => sum + (found?.mcse[end] ?? 0), 0) / RUNS;
      const mean = ends.reduce((sum, value) => sum + value, 0) / RUNS;
      const sd = Math.sqrt(ends.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (RUNS - 1));
      // Within 20%, and the sd of 200 runs errs by 5%.
      expect(Math.abs(stated / sd - 1)).toBeLessThan(0.3);
      // A bias of a thousandth of the sd, 2: the polynomial has degree 5.
      expect(Math.abs(mean - exact[end])).toBeLessThan(0.002);
      const plain = runs.slice(0, 20).map(({ y }) => mcseHdi(y, 1)[end]);
      expect(sd).toBeLessThan(Math.min(...plain) / 5);
    }
    const modes = runs.map(({ found }) => found?.mode ?? Number.NaN);
    expect(Math.abs(modes.reduce((sum, mode) => sum + mode, 0) / RUNS - 3)).toBeLessThan(0.02);
  });

  it('does not exist without an interior mode, or if the gradients say nothing', () => {
    const random = randomStream('no score');
    const derivatives = Float64Array.of(1);
    const uniform = Float64Array.from({ length: DRAWS }, () => random.uniform());
    const noise = Float64Array.from({ length: DRAWS }, () => random.normal());
    const constant = new Float64Array(DRAWS).fill(1);
    const response = { scale: 'identity', derivatives } as const;
    expect(scoreInterval(uniform, noise, response)).toBeNull();
    expect(scoreInterval(uniform, constant, response)).toBeNull();
    expect(scoreInterval(constant, noise, response)).toBeNull();
    // Two peaks: the score rises between them.
    const twin = noise.map((value, i) => 0.3 * value + (i % 2 === 0 ? 2 : -2));
    const peak = (y: number, at: number) => Math.exp(-((y - at) ** 2) / 0.18);
    const scores = twin.map((y) => {
      const [left, right] = [peak(y, -2), peak(y, 2)];
      return (-(y + 2) * left - (y - 2) * right) / 0.09 / (left + right);
    });
    const found = scoreInterval(twin, scores, response);
    expect(found === null || found.mcse[0] > 0).toBe(true);
  });
});
