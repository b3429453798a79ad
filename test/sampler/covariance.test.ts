/**
 * The running estimate of a metric against the textbook's formula in two passes, and Stan's
 * regularization of it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MetricEstimator, metricEstimator } from '../../src/sampler/covariance.js';

const EPSILON = Number.EPSILON;
const DIMENSION = 3;

/** n/(n+5) · sample covariance + 1e-3 · 5/(n+5) · identity, in two passes. */
function regularizedCovariance(draws: readonly (readonly number[])[]): number[][] {
  const n = draws.length;
  const means = draws[0].map((_, i) => draws.reduce((sum, draw) => sum + draw[i] / n, 0));
  return means.map((meanI, i) =>
    means.map((meanJ, j) => {
      const products = draws.reduce((sum, d) => sum + (d[i] - meanI) * (d[j] - meanJ), 0);
      return (n / (n + 5)) * (products / (n - 1)) + (i === j ? 1e-3 * (5 / (n + 5)) : 0);
    }),
  );
}

function fed(estimator: MetricEstimator, draws: readonly (readonly number[])[]): MetricEstimator {
  for (const draw of draws) estimator.add(Float64Array.from(draw));
  return estimator;
}

const inverse = (kind: 'diagonal' | 'dense', draws: readonly (readonly number[])[]) =>
  fed(metricEstimator(kind, DIMENSION), draws).metric().inverse;

const coordinate = fc.double({ min: -1, max: 1, noNaN: true });
const draw = fc.array(coordinate, { minLength: DIMENSION, maxLength: DIMENSION });
// At least six draws in three dimensions: with the multiple of the identity, always definite.
const samples = fc.array(draw, { minLength: 6, maxLength: 60 });

describe('the estimate of a metric', () => {
  it('is the regularized covariance of the draws, far from zero too', () => {
    // Deviations are at most 2, offsets up to 10^6: Welford's recurrence rounds the mean at
    // ε · 10^6 a draw, and so each of n products, below 4, by 8 ε · 10^6 at most; two passes the
    // same. Divided by n − 1, with n / (n − 1) < 2, that is below 32 ε · 10^6 for either.
    fc.assert(
      fc.property(samples, fc.integer({ min: -1e6, max: 1e6 }), (unit, offset) => {
        const draws = unit.map((one) => one.map((x, i) => x + offset * (i - 1)));
        const expected = regularizedCovariance(draws);
        const tolerance = 64 * EPSILON * (1 + Math.abs(offset));
        inverse('dense', draws).forEach((value, index) => {
          const target = expected[Math.floor(index / DIMENSION)][index % DIMENSION];
          expect(Math.abs(value - target)).toBeLessThan(tolerance);
        });
        inverse('diagonal', draws).forEach((value, i) => {
          expect(Math.abs(value - expected[i][i])).toBeLessThan(tolerance);
        });
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('has the diagonal estimate on the diagonal of the dense one, and is symmetric', () => {
    fc.assert(
      fc.property(samples, (draws) => {
        const dense = inverse('dense', draws);
        inverse('diagonal', draws).forEach((value, i) => {
          expect(dense[i * DIMENSION + i]).toBe(value);
          for (let j = 0; j < i; j++) {
            // Products are summed in the same order, each rounded once either way.
            const gap = dense[i * DIMENSION + j] - dense[j * DIMENSION + i];
            expect(Math.abs(gap)).toBeLessThan(draws.length * 4 * EPSILON);
          }
        });
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('shrinks as Stan does: ten draws of variance 10/9 become 10/15 · 10/9 + 1e-3 · 5/15', () => {
    const draws = Array.from({ length: 10 }, (_, i) => [i % 2 === 0 ? 1 : -1, 0, 0]);
    const variances = inverse('diagonal', draws);
    expect(variances[0]).toBeCloseTo((10 / 15) * (10 / 9) + 1e-3 / 3, 14);
    expect(variances[1]).toBeCloseTo(1e-3 / 3, 14);
  });

  it('is finite and positive after a single draw, where there is no variance to estimate', () => {
    // Warm-ups of 151 draws have a window of one, as Stan's have.
    for (const kind of ['diagonal', 'dense'] as const) {
      const diagonal = inverse(kind, [[1, 2, 3]]).filter(
        (_, index) => kind === 'diagonal' || index % (DIMENSION + 1) === 0,
      );
      for (const variance of diagonal) expect(variance).toBeGreaterThan(0);
    }
  });

  it('forgets all draws at a reset', () => {
    fc.assert(
      fc.property(samples, samples, (before, after) => {
        for (const kind of ['diagonal', 'dense'] as const) {
          const estimator = fed(metricEstimator(kind, DIMENSION), before);
          estimator.reset();
          expect(fed(estimator, after).metric().inverse).toEqual(inverse(kind, after));
        }
      }),
      { seed: 2025, numRuns: 100 },
    );
  });

  it('keeps the metric it gave when further draws come in', () => {
    const estimator = fed(metricEstimator('diagonal', 1), [[0], [1], [5]]);
    const { inverse: given } = estimator.metric();
    const copy = given.slice();
    fed(estimator, [[100]]);
    expect(given).toEqual(copy);
  });

  it('of kind unit is the unit metric whatever the draws', () => {
    const estimator = fed(metricEstimator('unit', 2), [
      [1, 10],
      [2, -30],
    ]);
    expect(estimator.metric().inverse).toEqual(Float64Array.of(1, 1));
  });
});
