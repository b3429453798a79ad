/**
 * Metrics: velocity and momentum belong to one matrix. A draw of momentum is linear in its
 * normals, so that its covariance is checked exactly, column by column, not by statistics. The
 * Cholesky factor that it rests on is checked alongside.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cholesky, solveLower, solveLowerTransposed } from '../../src/linear-algebra/cholesky.js';
import { type RandomStream, randomStream } from '../../src/random/stream.js';
import {
  denseMetric,
  diagonalMetric,
  kineticEnergy,
  type Metric,
  type MetricEstimator,
  metricEstimator,
  unitMetric,
} from '../../src/sampler/metric.js';

const EPSILON = Number.EPSILON;

/** A stream whose normals are the unit vector `index`. */
function unitNormals(index: number): RandomStream {
  let at = 0;
  const normal = () => (at++ === index ? 1 : 0);
  return {
    uniform: () => 0.5,
    coin: () => false,
    uniforms: (target) => target.fill(0.5),
    normal,
    normals: (target) => {
      for (let i = 0; i < target.length; i++) target[i] = normal();
    },
  };
}

/** p as a matrix of its normals: column j is the momentum drawn from the unit vector j. */
function momentumMatrix(metric: Metric): Float64Array[] {
  return Array.from({ length: metric.dimension }, (_, index) => {
    const momentum = new Float64Array(metric.dimension);
    metric.drawMomentum(unitNormals(index), momentum);
    return momentum;
  });
}

function velocityOf(metric: Metric, momentum: Float64Array): Float64Array {
  const velocity = new Float64Array(metric.dimension);
  metric.velocity(momentum, velocity);
  return velocity;
}

/** B Bᵀ + 1 with entries of B in [−1, 1]: eigenvalues from 1 to 1 + d². */
const covariances = fc.integer({ min: 1, max: 4 }).chain((dimension) =>
  fc
    .array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: dimension * dimension,
      maxLength: dimension * dimension,
    })
    .map((b) => {
      const covariance = Float64Array.from({ length: dimension * dimension }, (_, index) => {
        const [i, j] = [Math.floor(index / dimension), index % dimension];
        let sum = i === j ? 1 : 0;
        for (let k = 0; k < dimension; k++) sum += b[i * dimension + k] * b[j * dimension + k];
        return sum;
      });
      return { dimension, covariance };
    }),
);

/**
 * Rounding of a factorization or solve in d <= 4 dimensions: at most d² operations of ε each on
 * numbers up to the condition number, 1 + d² = 17.
 */
const TOLERANCE = 16 * 17 * EPSILON;

describe('a dense metric', () => {
  it('draws momenta whose covariance is the inverse of its covariance', () => {
    // p = K z has covariance K Kᵀ = M; the velocities M⁻¹ K z of its columns then satisfy
    // Kᵀ M⁻¹ K = 1.
    fc.assert(
      fc.property(covariances, ({ dimension, covariance }) => {
        const metric = denseMetric(covariance, dimension);
        const columns = momentumMatrix(metric);
        const velocities = columns.map((column) => velocityOf(metric, column));
        columns.forEach((column, i) => {
          velocities.forEach((velocity, j) => {
            const product = 2 * kineticEnergy(column, velocity);
            expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(TOLERANCE);
          });
        });
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('has the covariance for velocity: unit momenta give its columns', () => {
    fc.assert(
      fc.property(covariances, ({ dimension, covariance }) => {
        const metric = denseMetric(covariance, dimension);
        for (let j = 0; j < dimension; j++) {
          const momentum = new Float64Array(dimension);
          momentum[j] = 1;
          const column = covariance.filter((_, index) => index % dimension === j);
          expect(velocityOf(metric, momentum)).toEqual(column);
        }
      }),
      { seed: 2025, numRuns: 100 },
    );
  });

  it('of a diagonal covariance is the diagonal metric', () => {
    const variances = Float64Array.of(1e-4, 1, 2500);
    const covariance = new Float64Array(9);
    variances.forEach((variance, i) => {
      covariance[4 * i] = variance;
    });
    const [dense, diagonal] = [denseMetric(covariance, 3), diagonalMetric(variances)];
    const momenta = [dense, diagonal].map((metric) => {
      const momentum = new Float64Array(3);
      metric.drawMomentum(randomStream('metric', 2025), momentum);
      return momentum;
    });
    momenta[0].forEach((p, i) => {
      // z / √v against z · (1 / √v): two roundings more.
      expect(Math.abs(p - momenta[1][i])).toBeLessThanOrEqual(2 * EPSILON * Math.abs(p));
    });
    expect(velocityOf(dense, momenta[0])).toEqual(velocityOf(diagonal, momenta[0]));
  });

  it('falls back on its diagonal where it is not positive definite', () => {
    const metric = denseMetric(Float64Array.of(4, 6, 6, 9), 2);
    expect(metric.inverse).toEqual(Float64Array.of(4, 9));
    expect(velocityOf(metric, Float64Array.of(1, 1))).toEqual(Float64Array.of(4, 9));
  });
});

describe('a diagonal metric', () => {
  const variance = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
  const variances = fc.array(variance, { minLength: 1, maxLength: 6 });

  it('divides a normal by the scale, and multiplies a momentum by the variance', () => {
    fc.assert(
      fc.property(variances, (list) => {
        const metric = diagonalMetric(Float64Array.from(list));
        momentumMatrix(metric).forEach((column, j) => {
          const velocity = velocityOf(metric, column);
          list.forEach((_, i) => {
            if (i !== j) expect([column[i], velocity[i]]).toEqual([0, 0]);
          });
          // p v = variance · (1/√variance)²: four roundings.
          expect(Math.abs(column[j] * velocity[j] - 1)).toBeLessThanOrEqual(4 * EPSILON);
        });
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('of ones is the unit metric: the momentum is the velocity', () => {
    const momentum = Float64Array.of(0.3, -2, 7);
    expect(velocityOf(unitMetric(3), momentum)).toEqual(momentum);
    expect(kineticEnergy(momentum, momentum)).toBeCloseTo(0.5 * (0.09 + 4 + 49), 12);
  });
});

describe('the Cholesky factor', () => {
  it('is lower triangular, and times its transpose the matrix', () => {
    fc.assert(
      fc.property(covariances, ({ dimension, covariance }) => {
        const lower = cholesky(covariance, dimension) ?? new Float64Array();
        for (let i = 0; i < dimension; i++) {
          for (let j = 0; j < dimension; j++) {
            let sum = 0;
            for (let k = 0; k < dimension; k++) {
              sum += lower[i * dimension + k] * lower[j * dimension + k];
            }
            expect(Math.abs(sum - covariance[i * dimension + j])).toBeLessThan(TOLERANCE);
            if (j > i) expect(lower[i * dimension + j]).toBe(0);
          }
        }
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('solves: L Lᵀ x = b returns x', () => {
    const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(covariances, vector, ({ dimension, covariance }, x) => {
        const lower = cholesky(covariance, dimension) ?? new Float64Array();
        const b = Float64Array.from({ length: dimension }, (_, i) => {
          let sum = 0;
          for (let j = 0; j < dimension; j++) sum += covariance[i * dimension + j] * x[j];
          return sum;
        });
        solveLower(lower, b);
        solveLowerTransposed(lower, b);
        // Rounding of b, of size 17, by ε, times the condition number.
        b.forEach((value, i) => {
          expect(Math.abs(value - x[i])).toBeLessThan(17 * TOLERANCE);
        });
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it.each([
    ['singular', [1, 1, 1, 1]],
    ['indefinite', [1, 2, 2, 1]],
    ['not a number', [Number.NaN, 0, 0, 1]],
  ])('of a matrix that is %s does not exist', (_, matrix) => {
    expect(cholesky(Float64Array.from(matrix), 2)).toBeNull();
  });
});

/**
 * The running estimate of a metric against the textbook's formula in two passes, and Stan's
 * regularization of it.
 */

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
