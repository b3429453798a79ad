/**
 * Monte Carlo errors of the ends of intervals and of the mode: against the spread of repeated runs and
 * against closed forms.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mcseEti, mcseHdi } from '../../src/posterior/interval-errors.js';
import { eti, hdi } from '../../src/posterior/intervals.js';
import { mcseQuantile } from '../../src/posterior/mcse-quantile.js';
import { mapEstimate } from '../../src/posterior/mode.js';
import { type RandomStream, randomStream } from '../../src/random/stream.js';
import { powered } from '../support/deep.js';

const CHAINS = 4;
const DRAWS = 4000;

type Draw = (random: RandomStream) => number;
const exponential: Draw = (random) => -Math.log(1 - random.uniform());
const studentT3: Draw = (random) => {
  const square = () => random.normal() ** 2;
  return random.normal() / Math.sqrt((square() + square() + square()) / 3);
};

const independent = (draw: Draw) => (random: RandomStream) =>
  Float64Array.from({ length: DRAWS }, () => draw(random));

/** Stationary AR(1) chains with standard normal margins. */
const autoregressive = (correlation: number) => (random: RandomStream) => {
  let value = 0;
  return Float64Array.from({ length: DRAWS }, (_, i) => {
    const isFirst = i % (DRAWS / CHAINS) === 0;
    const innovation = Math.sqrt(1 - correlation ** 2) * random.normal();
    value = isFirst ? random.normal() : correlation * value + innovation;
    return value;
  });
};

const posteriors = {
  normal: independent((random) => random.normal()),
  't with 3 degrees of freedom': independent(studentT3),
  'gamma with shape 2': independent((random) => exponential(random) + exponential(random)),
  lognormal: independent((random) => Math.exp(random.normal() / 2)),
  'half-normal, its mode on the boundary': independent((random) => Math.abs(random.normal())),
  'autocorrelated, 0.5': autoregressive(0.5),
  'autocorrelated, 0.9': autoregressive(0.9),
  'antithetic, −0.5': autoregressive(-0.5),
} as const;

const RUNS = powered(50, 200);
/** An sd from 200 runs errs by 5%, from 50 by 10%; the stated error may be wrong by 20%. */
const TOLERANCE = 0.2 + 2 / Math.sqrt(2 * RUNS);

const meanOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
function sdOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}

describe(`over ${RUNS} runs the stated error is the standard deviation, within 20%`, () => {
  it.each(Object.entries(posteriors))('%s', (name, sampleOf) => {
    const runs = Array.from({ length: RUNS }, (_, run) => {
      const draws = sampleOf(randomStream('interval errors', name, run));
      const [low, high] = hdi(draws);
      const [lowError, highError] = mcseHdi(draws, CHAINS);
      const { mode, mcse } = mapEstimate(draws, CHAINS);
      return { low, high, mode, lowError, highError, mcse };
    });
    const ratio = (value: 'low' | 'high' | 'mode', error: 'lowError' | 'highError' | 'mcse') =>
      meanOf(runs.map((run) => run[error])) / sdOf(runs.map((run) => run[value]));
    for (const found of [ratio('low', 'lowError'), ratio('high', 'highError')]) {
      expect(Math.abs(found - 1)).toBeLessThan(TOLERANCE);
    }
    expect(Math.abs(ratio('mode', 'mcse') - 1)).toBeLessThan(TOLERANCE);
  });
});

describe('errors of the ends of HDIs', () => {
  it("approach Chernoff's law for the normal", () => {
    const n = 40_000;
    const random = randomStream('many draws');
    const draws = Float64Array.from({ length: n }, () => random.normal());
    // f, f′ and the tail at the ends ±1.96; the sd of Chernoff's variable is 0.5134.
    const f = 0.0584451;
    const slope = 1.959964 * f;
    const scale = ((2 * Math.sqrt(2 / (n * f * f))) / ((2 * slope) / f ** 3)) ** (2 / 3);
    const law = Math.sqrt((0.5134 * scale) ** 2 + (0.025 * 0.975) / n) / f;
    // f and its slope come from some thousand draws near the ends.
    for (const error of mcseHdi(draws, 1)) expect(Math.abs(error / law - 1)).toBeLessThan(0.15);
  });

  it('are those of the least draw and of a quantile if the density falls from a boundary', () => {
    const random = randomStream('from a boundary');
    const draws = Float64Array.from({ length: DRAWS }, () => exponential(random));
    const [low, high] = mcseHdi(draws, 1);
    // The spacing of the first draws is 1/n. The upper 5% have density 0.05.
    expect(low).toBeLessThan(3 / DRAWS);
    expect(high).toBeGreaterThan(0.8 * Math.sqrt(0.95 / (0.05 * DRAWS)));
    expect(high).toBeLessThan(1.2 * Math.sqrt(0.95 / (0.05 * DRAWS)));
  });

  it('are known within a factor of two if the density rises steeply from near zero', () => {
    const runs = Array.from({ length: RUNS }, (_, run) => {
      const random = randomStream('steep', run);
      const draws = Float64Array.from({ length: DRAWS }, () => Math.exp(0.8 * random.normal()));
      return { low: hdi(draws)[0], error: mcseHdi(draws, CHAINS)[0] };
    });
    const ratio = meanOf(runs.map(({ error }) => error)) / sdOf(runs.map(({ low }) => low));
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });

  it('scale with the draws, and do not depend on their origin', () => {
    const random = randomStream('units');
    const draws = Float64Array.from({ length: DRAWS }, () => random.normal());
    const plain = mcseHdi(draws, CHAINS);
    fc.assert(
      fc.property(
        fc.integer({ min: -900, max: 900 }),
        fc.integer({ min: -9, max: 9 }),
        (k, origin) => {
          const unit = 2 ** k;
          const moved = mcseHdi(
            draws.map((value) => unit * (value + origin)),
            CHAINS,
          );
          moved.forEach((error, i) => {
            expect(error / unit / plain[i]).toBeCloseTo(1, 6);
          });
        },
      ),
      { numRuns: 20 },
    );
  });

  it('are NaN for few, constant and non-finite draws', () => {
    const random = randomStream('few');
    const few = Float64Array.from({ length: 99 }, () => random.normal());
    const infinite = Float64Array.from({ length: DRAWS }, (_, i) => (i === 7 ? Infinity : i % 50));
    for (const draws of [few, new Float64Array(DRAWS).fill(3), infinite]) {
      expect(mcseHdi(draws, 1)).toEqual([Number.NaN, Number.NaN]);
    }
  });

  it('are numbers or NaN, never negative, for any draws', () => {
    const values = fc.oneof(
      fc.float({ min: -100, max: 100, noNaN: true }),
      fc.integer({ min: 0, max: 3 }),
    );
    fc.assert(
      fc.property(fc.array(values, { minLength: 100, maxLength: 400 }), (list) => {
        const draws = Float64Array.from(list);
        const { mode, mcse } = mapEstimate(draws, 1);
        for (const error of [...mcseHdi(draws, 1), ...mcseEti(draws, 1), mcse]) {
          expect(error < 0 || Math.abs(error) === Infinity).toBe(false);
        }
        expect(mode).toBeGreaterThanOrEqual(Math.min(...list));
        expect(mode).toBeLessThanOrEqual(Math.max(...list));
      }),
      { numRuns: 200 },
    );
  });
});

it('errors of the ends of ETIs are those of their quantiles', () => {
  for (const [name, sampleOf] of Object.entries(posteriors)) {
    const draws = sampleOf(randomStream('eti', name));
    expect(eti(draws)).toHaveLength(2);
    const errors = mcseEti(draws, CHAINS);
    [0.025, 0.975].forEach((probability, i) => {
      const quantileError = mcseQuantile(draws, CHAINS, probability);
      // Half a spread of some 20 order statistics: 10% of noise in either.
      expect(Math.abs(errors[i] / quantileError - 1)).toBeLessThan(0.3);
    });
  }
});

describe('the mode', () => {
  it('is where a Gaussian kernel estimate of the same bandwidth is greatest', () => {
    for (const name of ['normal', 'gamma with shape 2', 'lognormal'] as const) {
      const draws = posteriors[name](randomStream('peak', name));
      const ascending = draws.slice().sort();
      const iqr = ascending[0.75 * DRAWS] - ascending[0.25 * DRAWS];
      const bandwidth = 0.9 * Math.min(sdOf([...draws]), iqr / 1.349) * DRAWS ** (-1 / 7);
      const density = (x: number) =>
        draws.reduce((sum, draw) => sum + Math.exp(-(((x - draw) / bandwidth) ** 2) / 2), 0);
      const { mode, mcse } = mapEstimate(draws, CHAINS);
      const grid = Array.from({ length: 81 }, (_, i) => mode + ((i - 40) / 10) * mcse);
      const heights = grid.map(density);
      const peak = grid[heights.indexOf(Math.max(...heights))] ?? Number.NaN;
      // The kernels have the same variance, not the same form.
      expect(Math.abs(peak - mode)).toBeLessThan(mcse);
    }
  });

  it('lies on a boundary from which the density falls', () => {
    const random = randomStream('falling');
    const draws = Float64Array.from({ length: DRAWS }, () => exponential(random));
    expect(mapEstimate(draws, 1).mode).toBeCloseTo(Math.min(...draws), 12);
    const { mode, mcse } = mapEstimate(
      draws.map((value) => -value),
      1,
    );
    expect(mode).toBeCloseTo(-Math.min(...draws), 12);
    expect(mcse).toBeLessThan(0.01);
  });

  it('of equal draws is their value, without an error; of draws that are not finite, NaN', () => {
    expect(mapEstimate(new Float64Array(200).fill(3), 1)).toEqual({ mode: 3, mcse: Number.NaN });
    const draws = Float64Array.of(1, 2, Number.NaN, 4);
    expect(mapEstimate(draws, 1)).toEqual({ mode: Number.NaN, mcse: Number.NaN });
  });
});
