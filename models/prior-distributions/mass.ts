/**
 * Probabilities under a prior. Both tails are computed for themselves, so that the mass between two
 * bounds far out keeps its digits.
 */
import betaCdf from '@stdlib/stats-base-dists-beta-cdf';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import type { Prior } from '../prior-distributions.js';
import { gammaTails } from './incomplete-gamma.js';
import { supportOf } from './support.js';

/** P(x ≤ `to`) under a proper prior, bounds and all. */
export function priorMass(prior: Prior, to: number): number {
  const { lower, upper } = supportOf(prior);
  if (!(to > lower)) return Number.isNaN(to) ? Number.NaN : 0;
  return to >= upper ? 1 : massBetween(prior, lower, to) / massBetween(prior, lower, upper);
}

/**
 * Mass between two ends within the distribution's support, of the distribution without its bounds.
 * Of a flat one, its length.
 */
export function massBetween(prior: Prior, lower: number, upper: number): number {
  if (prior.distribution === 'flat') return upper - lower;
  const below = massBelow(prior, lower);
  return below < 0.5
    ? massBelow(prior, upper) - below
    : massAbove(prior, lower) - massAbove(prior, upper);
}

type Distribution = Exclude<Prior, { readonly distribution: 'flat' }>;

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
  }
}

/** Of the standard Cauchy distribution below z. */
function cauchyMass(z: number): number {
  return z < -1 ? Math.atan(-1 / z) / Math.PI : 0.5 + Math.atan(z) / Math.PI;
}
