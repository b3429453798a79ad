/**
 * The LKJ distribution of a correlation matrix R of d variables (Lewandowski, Kurowicka & Joe 2009,
 * J. Multivariate Analysis 100): density in proportion to det(R)^(η − 1), uniform at η = 1.
 *
 * Their onion method builds R by the rows w_k (k = 1 … d − 1, leading entries alone) of its Cholesky
 * factor: |w_k|² ~ beta(k/2, b_k), the direction uniform, b_k = η + (d − 1 − k)/2. So the density is
 *
 *     log p(R) = (η − 1) log det R + Σ_k [log Γ(k/2 + b_k) − log Γ(b_k) − k/2 · log π].
 */
import gammaln from '@stdlib/math-base-special-gammaln';
import { cholesky } from '../../src/linear-algebra/cholesky.js';
import type { RandomStream } from '../../src/random/stream.js';
import { correlationCount, writeCorrelations } from '../multilevel/correlation-cholesky.js';
import { drawBeta } from './draw.js';

/**
 * The Cholesky factor of a draw, lower triangular and row-major (size × size).
 *
 * @param eta positive
 * @param size d, the number of variables
 */
export function drawLkjFactor(eta: number, size: number, random: RandomStream): Float64Array {
  const factor = new Float64Array(size * size);
  factor[0] = 1;
  for (let k = 1; k < size; k++) {
    drawRow(factor, size, k, eta + (size - 1 - k) / 2, random);
  }
  return factor;
}

/** The correlations of a draw, in brms' order (1,2), (1,3), (2,3), (1,4) …: d(d − 1)/2 of them. */
export function drawLkj(eta: number, size: number, random: RandomStream): Float64Array {
  const correlations = new Float64Array(correlationCount(size));
  writeCorrelations(drawLkjFactor(eta, size, random), size, correlations, 0);
  return correlations;
}

/** Row k of the Cholesky factor: a point in the unit ball, and what is left to length 1. */
function drawRow(
  factor: Float64Array,
  size: number,
  k: number,
  b: number,
  random: RandomStream,
): void {
  let norm = 0;
  for (let i = 0; i < k; i++) {
    const value = random.normal();
    factor[k * size + i] = value;
    norm += value * value;
  }
  const square = drawBeta(k / 2, b, random);
  const scale = Math.sqrt(square / norm);
  for (let i = 0; i < k; i++) factor[k * size + i] *= scale;
  factor[k * size + k] = Math.sqrt(1 - square);
}

/**
 * Log density of correlations in brms' order, (1,2), (1,3), (2,3), (1,4) …; −Infinity where they
 * are those of no positive definite matrix.
 */
export function lkjLogDensity(eta: number, correlations: ArrayLike<number>): number {
  const size = Math.round((1 + Math.sqrt(1 + 8 * correlations.length)) / 2);
  const matrix = new Float64Array(size * size);
  let logDensity = 0;
  let at = 0;
  matrix[0] = 1;
  for (let k = 1; k < size; k++) {
    matrix[k * size + k] = 1;
    for (let j = 0; j < k; j++) {
      matrix[k * size + j] = correlations[at];
      matrix[j * size + k] = correlations[at];
      at++;
    }
    const b = eta + (size - 1 - k) / 2;
    logDensity += gammaln(k / 2 + b) - gammaln(b) - (k / 2) * Math.log(Math.PI);
  }
  const factor = cholesky(matrix, size);
  if (factor === null) return Number.NEGATIVE_INFINITY;
  for (let k = 1; k < size; k++) logDensity += 2 * (eta - 1) * Math.log(factor[k * size + k]);
  return logDensity;
}
