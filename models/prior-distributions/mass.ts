/**
 * Probabilities under a prior. Both tails are computed separately, so that the mass between two
 * bounds far out in a tail keeps its digits.
 */

import gammaln from '@stdlib/math-base-special-gammaln';
import betaCdf from '@stdlib/stats-base-dists-beta-cdf';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import { isJoint, type JointPrior, type Prior } from '../prior-distributions.js';
import { movedEnd } from './moved.js';

/** P(x ≤ `to`) under a proper prior, including its bounds. */
export function priorMass(prior: Prior, to: number): number {
  const { lower, upper } = supportOf(prior);
  if (!(to > lower)) return Number.isNaN(to) ? Number.NaN : 0;
  return to >= upper ? 1 : massBetween(prior, lower, to) / massBetween(prior, lower, upper);
}

/**
 * Mass between two ends within the support, under the untruncated distribution. For a flat prior,
 * the length of the interval.
 */
export function massBetween(prior: Prior, lower: number, upper: number): number {
  if (prior.distribution === 'flat') return upper - lower;
  if (isJoint(prior)) throw new RangeError(`${prior.distribution} is of several slopes`);
  if (prior.distribution === 'constant')
    return lower <= prior.value && prior.value <= upper ? 1 : 0;
  const below = massBelow(prior, lower);
  return below < 0.5
    ? massBelow(prior, upper) - below
    : massAbove(prior, lower) - massAbove(prior, upper);
}

type Distribution = Exclude<
  Prior,
  { readonly distribution: 'flat' | 'constant' | JointPrior['distribution'] }
>;

function massBelow(prior: Distribution, x: number): number {
  switch (prior.distribution) {
    case 'normal':
      return normalCdf((x - prior.mean) / prior.sd, 0, 1);
    case 'student_t':
      return tCdf((x - prior.location) / prior.scale, prior.df);
    case 'cauchy':
      return cauchyMass((x - prior.location) / prior.scale);
    case 'exponential':
      return x > 0 ? -Math.expm1(-prior.rate * x) : 0;
    case 'gamma':
      return gammaTails(prior.shape, x * prior.rate).below;
    case 'beta':
      return betaCdf(x, prior.alpha, prior.beta);
    case 'lognormal':
      return x > 0 ? normalCdf((Math.log(x) - prior.meanlog) / prior.sdlog, 0, 1) : 0;
    case 'uniform':
      return (x - prior.from) / (prior.to - prior.from);
    case 'inv_gamma':
      return x > 0 ? gammaTails(prior.shape, prior.scale / x).above : 0;
    case 'double_exponential':
      return laplaceMass((x - prior.location) / prior.scale);
    case 'logistic':
      return logisticMass((x - prior.location) / prior.scale);
  }
}

function massAbove(prior: Distribution, x: number): number {
  switch (prior.distribution) {
    case 'normal':
      return normalCdf((prior.mean - x) / prior.sd, 0, 1);
    case 'student_t':
      return tCdf((prior.location - x) / prior.scale, prior.df);
    case 'cauchy':
      return cauchyMass((prior.location - x) / prior.scale);
    case 'exponential':
      return x > 0 ? Math.exp(-prior.rate * x) : 1;
    case 'gamma':
      return gammaTails(prior.shape, x * prior.rate).above;
    case 'beta':
      return betaCdf(1 - x, prior.beta, prior.alpha);
    case 'lognormal':
      return x > 0 ? normalCdf((prior.meanlog - Math.log(x)) / prior.sdlog, 0, 1) : 1;
    case 'uniform':
      return (prior.to - x) / (prior.to - prior.from);
    case 'inv_gamma':
      return x > 0 ? gammaTails(prior.shape, prior.scale / x).below : 1;
    case 'double_exponential':
      return laplaceMass((prior.location - x) / prior.scale);
    case 'logistic':
      return logisticMass((prior.location - x) / prior.scale);
  }
}

/** The mass of the standard Laplace distribution below z. */
function laplaceMass(z: number): number {
  return z < 0 ? 0.5 * Math.exp(z) : 1 - 0.5 * Math.exp(-z);
}

/** The mass of the standard logistic distribution below z. */
function logisticMass(z: number): number {
  const e = Math.exp(-Math.abs(z));
  return (z < 0 ? e : 1) / (1 + e);
}

/** The mass of the standard Cauchy distribution below z. */
function cauchyMass(z: number): number {
  return z < -1 ? Math.atan(-1 / z) / Math.PI : 0.5 + Math.atan(z) / Math.PI;
}

/**
 * Support of a prior: that of its distribution, cut off at its bounds. It determines a model's
 * transform to the real line.
 */

/** Infinite ends for an unbounded distribution. */
export interface Support {
  readonly lower: number;
  readonly upper: number;
}

export function supportOf(prior: Prior): Support {
  const natural = naturalSupport(prior);
  const lower = Math.max(natural.lower, prior.lower ?? Number.NEGATIVE_INFINITY);
  const upper = Math.min(natural.upper, prior.upper ?? Number.POSITIVE_INFINITY);
  const { scaling } = prior;
  if (!scaling) return { lower, upper };
  return { lower: movedEnd(lower, scaling), upper: movedEnd(upper, scaling) };
}

/** True for a proper prior: any except a flat one without two finite bounds. */
export function isProper(prior: Prior): boolean {
  const { lower, upper } = supportOf(prior);
  return prior.distribution !== 'flat' || (Number.isFinite(lower) && Number.isFinite(upper));
}

function naturalSupport(prior: Prior): Support {
  switch (prior.distribution) {
    case 'exponential':
    case 'gamma':
    case 'lognormal':
    case 'inv_gamma':
      return { lower: 0, upper: Number.POSITIVE_INFINITY };
    case 'beta':
      return { lower: 0, upper: 1 };
    case 'uniform':
      return { lower: prior.from, upper: prior.to };
    case 'constant':
      return { lower: prior.value, upper: prior.value };
    default:
      return { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  }
}

/**
 * Both tails of the gamma distribution of rate 1: the regularized incomplete gamma functions
 *
 *     P(a, x) = x^a e^−x / Γ(a + 1) · (1 + x/(a+1) + x²/((a+1)(a+2)) + …)             DLMF 8.11.4
 *     Q(a, x) = x^a e^−x / Γ(a) · 1/(x + 1−a − 1·(1−a)/(x + 3−a − 2·(2−a)/(x + 5−a − …)))  DLMF 8.9.2
 *
 * the series below a + 1, the fraction above. Implemented here because the library has only the lower
 * tail, with errors in the third decimal beyond a shape of 200. The leading factor has a rounding
 * error of ε · a log a.
 */

interface GammaTails {
  /** P(a, x), mass below. */
  readonly below: number;
  /** Q(a, x), mass above. */
  readonly above: number;
}

/** @param a positive */
function gammaTails(a: number, x: number): GammaTails {
  if (!(x > 0)) return { below: 0, above: 1 };
  if (x === Number.POSITIVE_INFINITY) return { below: 1, above: 0 };
  const factor = Math.exp(a * Math.log(x) - x - gammaln(a));
  if (x < a + 1) {
    const below = (factor / a) * series(a, x);
    return { below, above: 1 - below };
  }
  const above = factor / fraction(a, x);
  return { below: 1 - above, above };
}

/** Terms decrease for n > x − a; about √a of them matter if x is near a. */
function series(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; term > sum * Number.EPSILON; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

/** The denominator by Lentz's method (Press et al. 2007, section 5.2). */
function fraction(a: number, x: number): number {
  const tiny = Number.MIN_VALUE / Number.EPSILON;
  let b = x + 1 - a;
  let value = Math.abs(b) < tiny ? tiny : b;
  let c = value;
  let d = 0;
  for (let n = 1; ; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = b + numerator * d;
    d = 1 / (d === 0 ? tiny : d);
    c = b + numerator / c;
    if (c === 0) c = tiny;
    const change = c * d;
    value *= change;
    if (!(Math.abs(change - 1) > 2 * Number.EPSILON)) return value;
  }
}
