/**
 * Exact random draws from priors. A draw within bounds is a draw without them, again until one
 * falls within; bounds that leave little of the distribution are met by inversion of the
 * distribution function instead, after a number of tries fixed beforehand: either way is exact.
 */
import { WeighbridgeError } from '../../src/errors.js';
import type { RandomStream } from '../../src/random/stream.js';
import { gammaVariate } from '../families/variates.js';
import type { Prior } from '../prior-distributions.js';
import { massBetween } from './mass.js';
import { isProper, type Support, supportOf } from './support.js';

/** All of them fail once in 4 · 10⁹ draws where the bounds leave half of the distribution. */
const TRIES = 32;

/** A draw from a valid prior. Throws `bad-argument` for one that is improper. */
export function drawPrior(prior: Prior, random: RandomStream): number {
  if (!isProper(prior)) {
    throw new WeighbridgeError(
      'bad-argument',
      'a flat prior without a lower and an upper bound is improper: there are no draws from it',
    );
  }
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

type Distribution = Exclude<Prior, { readonly distribution: 'flat' }>;

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
      return drawBeta(prior.alpha, prior.beta, random);
    case 'lognormal':
      return positive(Math.exp(prior.meanlog + prior.sdlog * random.normal()));
    case 'uniform':
      return prior.from + (prior.to - prior.from) * random.uniform();
  }
}

/** A beta variate, from two gamma variates. */
export function drawBeta(alpha: number, beta: number, random: RandomStream): number {
  const first = logGammaVariate(alpha, random);
  return 1 / (1 + Math.exp(logGammaVariate(beta, random) - first));
}

/** The smallest normal number, where a positive draw would have rounded to zero. */
function positive(x: number): number {
  return Math.max(x, 2 ** -1022);
}

/** Logarithm of a gamma variate of rate 1; at shapes near zero the variate itself may underflow. */
function logGammaVariate(shape: number, random: RandomStream): number {
  // G(a) = G(a + 1) U^(1/a) (Marsaglia & Tsang 2000, section 6).
  return shape >= 1
    ? Math.log(gammaVariate(shape, random))
    : Math.log(gammaVariate(shape + 1, random)) + Math.log1p(-random.uniform()) / shape;
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
