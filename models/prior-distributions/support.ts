/**
 * Where a prior has density: the support of its distribution within its bounds. Models pick their
 * transform to the real line by it.
 */
import type { Prior } from '../prior-distributions.js';
import { movedEnd } from './moved.js';

/** Infinite where there is no end. */
export interface Support {
  readonly lower: number;
  readonly upper: number;
}

export function supportOf(prior: Prior): Support {
  const natural = naturalSupport(prior);
  const lower = Math.max(natural.lower, prior.lower ?? Number.NEGATIVE_INFINITY);
  const upper = Math.min(natural.upper, prior.upper ?? Number.POSITIVE_INFINITY);
  const { counted } = prior;
  if (!counted) return { lower, upper };
  return { lower: movedEnd(lower, counted), upper: movedEnd(upper, counted) };
}

/** Whether the prior is a probability distribution: all are but a flat one without an end. */
export function isProper(prior: Prior): boolean {
  const { lower, upper } = supportOf(prior);
  return prior.distribution !== 'flat' || (Number.isFinite(lower) && Number.isFinite(upper));
}

function naturalSupport(prior: Prior): Support {
  switch (prior.distribution) {
    case 'exponential':
    case 'gamma':
    case 'lognormal':
      return { lower: 0, upper: Number.POSITIVE_INFINITY };
    case 'beta':
      return { lower: 0, upper: 1 };
    case 'uniform':
      return { lower: prior.from, upper: prior.to };
    default:
      return { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  }
}
