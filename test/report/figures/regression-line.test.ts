/** The regression turned round: from weights on reports to reports on weights. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleMoments } from '../../../src/posterior/convergence.js';
import { parameterDraws } from '../../../src/posterior/draws.js';
import { randomStream } from '../../../src/random/stream.js';
import { runJob } from '../../../src/regression/job.js';
import { linearSpecification, toRows } from '../../../src/regression/regressions.js';
import { panelBand, turnedLine } from '../../../src/report/figures/regression-line.js';
import { completeSettings } from '../../../src/sampler/settings.js';
import { leastSquares } from '../../support/least-squares.js';

const finite = fc.double({ min: -10, max: 10, noNaN: true });
const spread = (values: readonly number[]) => sampleMoments(values).variance > 0.01;
const pairs = fc
  .array(fc.tuple(finite, finite), { minLength: 3, maxLength: 40 })
  .map((list) => ({ learned: list.map(([x]) => x), reported: list.map(([, y]) => y) }))
  .filter(({ learned, reported }) => spread(learned) && spread(reported));

/** Draws of `outcome = intercept + slope × predictor`. */
function fitted(outcome: readonly number[], predictor: readonly number[], seed: number) {
  const specification = linearSpecification(
    toRows({ outcome: [...outcome], predictors: { x: [...predictor] } }),
    [...outcome],
  );
  const settings = completeSettings({ chains: 4, warmup: 500, draws: 4000, seed });
  const { draws } = runJob({ name: 'line', specification, keepDraws: true }, settings);
  if (!draws) throw new Error('no draws');
  return {
    intercepts: parameterDraws(draws, 'b_Intercept'),
    slopes: parameterDraws(draws, 'b_x'),
  };
}

describe('a turned regression line', () => {
  it('is that of least squares the other way round, where the fitted one is of least squares', () => {
    fc.assert(
      fc.property(pairs, ({ learned, reported }) => {
        const { intercept, slope } = leastSquares(reported, learned);
        const turned = turnedLine(
          { intercepts: Float64Array.of(intercept), slopes: Float64Array.of(slope) },
          { learned, reported },
        );
        const expected = leastSquares(learned, reported);
        expect(turned.slopes[0]).toBeCloseTo(expected.slope, 7);
        expect(turned.intercepts[0]).toBeCloseTo(expected.intercept, 7);
      }),
      { seed: 5 },
    );
  });

  it('has the posterior of the regression that is fitted the other way round', () => {
    const random = randomStream(7, 'pairs');
    const learned = Array.from({ length: 60 }, () => 0.3 + 1.4 * random.normal());
    const reported = learned.map((x) => -1 + 0.4 * x + 0.7 * random.normal());
    const turned = turnedLine(fitted(learned, reported, 1), { learned, reported });
    const band = panelBand({ learned, ...turned });
    const expected = panelBand({ learned, ...fitted(reported, learned, 2) });
    // The band is a tenth to a half wide; its ends are known to a few thousandths.
    band.forEach(({ x, mean, low, high }, i) => {
      expect(x).toBe(expected[i].x);
      expect(Math.abs(mean - expected[i].mean)).toBeLessThan(0.01);
      expect(Math.abs(low - expected[i].low)).toBeLessThan(0.03);
      expect(Math.abs(high - expected[i].high)).toBeLessThan(0.03);
    });
  });

  it('goes nowhere where the points do not vary', () => {
    const still = { learned: [1, 1, 1], reported: [1, 2, 3] };
    const line = { intercepts: Float64Array.of(0), slopes: Float64Array.of(0.5) };
    const band = panelBand({ ...still, ...turnedLine(line, still) });
    expect(band.every(({ mean }) => Number.isNaN(mean))).toBe(true);
  });
});
