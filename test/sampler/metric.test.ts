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
