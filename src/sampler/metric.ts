/**
 * The metric of Euclidean HMC: momentum ~ normal(0, M), kinetic energy ½ pᵀ M⁻¹ p. The inverse
 * M⁻¹ approximates the covariance of the posterior (Betancourt 2017, arXiv 1701.02434, §4.2.1).
 */
import { cholesky, solveLowerTransposed } from '../linear-algebra/cholesky.js';
import type { RandomStream } from '../random/stream.js';

export type MetricKind = 'unit' | 'diagonal' | 'dense';

export interface Metric {
  readonly dimension: number;
  /** M⁻¹: variances (length dimension) for a unit or diagonal metric, else row-major covariance. */
  readonly inverse: Float64Array;
  /** Writes the velocity M⁻¹ p. */
  velocity(momentum: Float64Array, velocity: Float64Array): void;
  /** Draws a momentum from normal(0, M). */
  drawMomentum(random: RandomStream, momentum: Float64Array): void;
}

/** ½ pᵀ v with the velocity v = M⁻¹ p. */
export function kineticEnergy(momentum: Float64Array, velocity: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < momentum.length; i++) sum += momentum[i] * velocity[i];
  return 0.5 * sum;
}

export function unitMetric(dimension: number): Metric {
  return diagonalMetric(new Float64Array(dimension).fill(1));
}

/** `variances`: positive, one per parameter, in squared units of the unconstrained space. */
export function diagonalMetric(variances: Float64Array): Metric {
  const dimension = variances.length;
  const momentumScale = variances.map((variance) => 1 / Math.sqrt(variance));
  return {
    dimension,
    inverse: variances,
    velocity(momentum, velocity) {
      for (let i = 0; i < dimension; i++) velocity[i] = variances[i] * momentum[i];
    },
    drawMomentum(random, momentum) {
      random.normals(momentum);
      for (let i = 0; i < dimension; i++) momentum[i] *= momentumScale[i];
    },
  };
}

/**
 * `covariance`: row-major, symmetric. If it is not positive definite, through rounding or too few
 * draws, its diagonal is used: sampling is then slower, not wrong.
 */
export function denseMetric(covariance: Float64Array, dimension: number): Metric {
  const lower = cholesky(covariance, dimension);
  if (lower === null) {
    return diagonalMetric(
      Float64Array.from({ length: dimension }, (_, i) => covariance[i * dimension + i]),
    );
  }
  return {
    dimension,
    inverse: covariance,
    velocity(momentum, velocity) {
      for (let i = 0; i < dimension; i++) {
        let sum = 0;
        for (let j = 0; j < dimension; j++) sum += covariance[i * dimension + j] * momentum[j];
        velocity[i] = sum;
      }
    },
    // Σ = L Lᵀ, M = Σ⁻¹ = L⁻ᵀ L⁻¹, hence p = L⁻ᵀ z.
    drawMomentum(random, momentum) {
      random.normals(momentum);
      solveLowerTransposed(lower, momentum);
    },
  };
}

/**
 * Running estimates of the posterior's scale during a warm-up window (Welford 1962), shrunk
 * towards a small multiple of the identity as Stan does: n/(n+5) · estimate + 1e-3 · 5/(n+5).
 */

export interface MetricEstimator {
  add(position: Float64Array): void;
  /** The metric from all positions since the last reset. */
  metric(): Metric;
  reset(): void;
}

const PRIOR_DRAWS = 5;
const PRIOR_SCALE = 1e-3;

export function metricEstimator(kind: MetricKind, dimension: number): MetricEstimator {
  switch (kind) {
    case 'unit':
      return { add: () => {}, metric: () => unitMetric(dimension), reset: () => {} };
    case 'diagonal':
      return diagonalEstimator(dimension);
    case 'dense':
      return denseEstimator(dimension);
  }
}

function shrink(sumOfSquares: number, count: number, onDiagonal: boolean): number {
  const estimate = count > 1 ? sumOfSquares / (count - 1) : onDiagonal ? 1 : 0;
  const weight = count / (count + PRIOR_DRAWS);
  return weight * estimate + (onDiagonal ? PRIOR_SCALE * (1 - weight) : 0);
}

function diagonalEstimator(dimension: number): MetricEstimator {
  const mean = new Float64Array(dimension);
  const squares = new Float64Array(dimension);
  let count = 0;
  return {
    add(position) {
      count++;
      for (let i = 0; i < dimension; i++) {
        const delta = position[i] - mean[i];
        mean[i] += delta / count;
        squares[i] += delta * (position[i] - mean[i]);
      }
    },
    metric: () => diagonalMetric(squares.map((sum) => shrink(sum, count, true))),
    reset() {
      count = 0;
      mean.fill(0);
      squares.fill(0);
    },
  };
}

function denseEstimator(dimension: number): MetricEstimator {
  const mean = new Float64Array(dimension);
  const delta = new Float64Array(dimension);
  const products = new Float64Array(dimension * dimension);
  let count = 0;
  return {
    add(position) {
      count++;
      for (let i = 0; i < dimension; i++) {
        delta[i] = position[i] - mean[i];
        mean[i] += delta[i] / count;
      }
      for (let i = 0; i < dimension; i++) {
        for (let j = 0; j < dimension; j++) {
          products[i * dimension + j] += delta[i] * (position[j] - mean[j]);
        }
      }
    },
    metric() {
      const covariance = products.map((sum, index) => {
        const onDiagonal = index % (dimension + 1) === 0;
        return shrink(sum, count, onDiagonal);
      });
      return denseMetric(covariance, dimension);
    },
    reset() {
      count = 0;
      mean.fill(0);
      products.fill(0);
    },
  };
}
