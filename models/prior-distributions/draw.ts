/**
 * Exact random draws from priors. Bounds are handled by rejection; after a fixed number of tries,
 * by inversion of the distribution function. Both are exact.
 */
import gammaln from '@stdlib/math-base-special-gammaln';
import { WeighbridgeError } from '../../src/errors.js';
import { cholesky } from '../../src/linear-algebra/cholesky.js';
import type { RandomStream } from '../../src/random/stream.js';
import { betaVariate, logGammaVariate } from '../families/variates.js';
import { correlationCount, writeCorrelations } from '../multilevel/correlation-cholesky.js';
import { isJoint, type JointPrior, type Prior } from '../prior-distributions.js';
import { isProper, massBetween, type Support, supportOf } from './mass.js';

/** Tries before inversion. If the bounds keep half of the distribution, all fail once in 4 · 10⁹ draws. */
const TRIES = 32;

/** A draw from a valid prior. @throws WeighbridgeError `bad-argument` if the prior is improper */
export function drawPrior(prior: Prior, random: RandomStream): number {
  if (!isProper(prior)) {
    throw new WeighbridgeError(
      'bad-argument',
      'a flat prior without a lower and an upper bound is improper: there are no draws from it',
    );
  }
  if (prior.distribution === 'constant') return prior.value;
  if (isJoint(prior)) throw new RangeError(`${prior.distribution} is of several slopes`);
  const support = supportOf(prior);
  if (prior.distribution === 'flat') {
    return support.lower + (support.upper - support.lower) * random.uniform();
  }
  for (let i = 0; i < TRIES; i++) {
    const x = drawWithoutBounds(prior, random);
    if (x >= support.lower && x <= support.upper) return x;
  }
  return quantileWithin(prior, support, random.uniform());
}

type Distribution = Exclude<
  Prior,
  { readonly distribution: 'flat' | 'constant' | JointPrior['distribution'] }
>;

function drawWithoutBounds(prior: Distribution, random: RandomStream): number {
  switch (prior.distribution) {
    case 'normal':
      return prior.mean + prior.sd * random.normal();
    case 'student_t': {
      // A normal over the root of a χ² over its degrees of freedom, in logarithms: χ² may underflow.
      const logSquare = Math.log(2 / prior.df) + logGammaVariate(prior.df / 2, random);
      return prior.location + prior.scale * random.normal() * Math.exp(-0.5 * logSquare);
    }
    case 'cauchy':
      return prior.location + prior.scale * Math.tan(Math.PI * (random.uniform() - 0.5));
    case 'exponential':
      return -Math.log1p(-random.uniform()) / prior.rate;
    case 'gamma':
      return positive(Math.exp(logGammaVariate(prior.shape, random)) / prior.rate);
    case 'beta':
      return betaVariate(prior.alpha, prior.beta, random);
    case 'lognormal':
      return positive(Math.exp(prior.meanlog + prior.sdlog * random.normal()));
    case 'uniform':
      return prior.from + (prior.to - prior.from) * random.uniform();
    case 'inv_gamma':
      return positive(prior.scale * Math.exp(-logGammaVariate(prior.shape, random)));
    case 'double_exponential': {
      const size = -Math.log1p(-random.uniform()) * prior.scale;
      return prior.location + (random.uniform() < 0.5 ? -size : size);
    }
    case 'logistic': {
      const u = random.uniform();
      return prior.location + prior.scale * (Math.log(u) - Math.log1p(-u));
    }
  }
}

/** The smallest normal number for a positive draw that has rounded to zero. */
function positive(x: number): number {
  return Math.max(x, 2 ** -1022);
}

/** Solves P(x ≤ quantile | within the support) = probability by bisection, to the last digit. */
function quantileWithin(prior: Distribution, support: Support, probability: number): number {
  const { lower, upper } = support;
  const target = probability * massBetween(prior, lower, upper);
  const tooLow = (x: number) => massBetween(prior, lower, x) < target;
  let [low, high] = [lower, upper];
  if (high === Number.POSITIVE_INFINITY) {
    let step = 1;
    const from = Math.max(low, 0);
    while (tooLow(from + step) && step < Number.MAX_VALUE / 4) step *= 2;
    high = from + step;
  }
  if (low === Number.NEGATIVE_INFINITY) {
    let step = 1;
    const from = Math.min(high, 0);
    while (!tooLow(from - step) && step < Number.MAX_VALUE / 4) step *= 2;
    low = from - step;
  }
  for (;;) {
    const middle = low + (high - low) / 2;
    if (!(middle > low && middle < high)) return middle;
    if (tooLow(middle)) low = middle;
    else high = middle;
  }
}

/**
 * The LKJ distribution of a correlation matrix R of d variables (Lewandowski, Kurowicka & Joe 2009,
 * J. Multivariate Analysis 100): density in proportion to det(R)^(η − 1), uniform at η = 1.
 *
 * Their onion method builds R by the rows w_k (k = 1 … d − 1, leading entries alone) of its Cholesky
 * factor: |w_k|² ~ beta(k/2, b_k), the direction uniform, b_k = η + (d − 1 − k)/2. So the density is
 *
 *     log p(R) = (η − 1) log det R + Σ_k [log Γ(k/2 + b_k) − log Γ(b_k) − k/2 · log π].
 */

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

/** Row k of the Cholesky factor: a point in the unit ball, with a diagonal entry that makes the length 1. */
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
  const square = betaVariate(k / 2, b, random);
  const scale = Math.sqrt(square / norm);
  for (let i = 0; i < k; i++) factor[k * size + i] *= scale;
  factor[k * size + k] = Math.sqrt(1 - square);
}

/**
 * Log density of correlations in brms' order, (1,2), (1,3), (2,3), (1,4) …; −Infinity if
 * the matrix is not positive definite.
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
