/**
 * Outcomes 0 or 1.
 *
 *     y ~ Bernoulli(μ),  g(μ) = η;   links: logit, probit, cloglog, cauchit, log
 *
 *     log p = y log μ + (1 − y) log(1 − μ)
 */

import type { Family, Outcomes, ResponseDistribution, ResponseFamily } from './family.js';
import { probabilityLink } from './links.js';
import { probabilityFamily } from './probability.js';

export function bernoulliFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  return probabilityFamily(family, { ...outcomes, trials: null }, null);
}

export function bernoulliDistribution(family: Family): ResponseDistribution {
  const { inverse } = probabilityLink(family.link);
  return {
    family,
    auxiliary: [],
    mean: inverse,
    inverseLink: inverse,
    simulate: (eta, _aux, _trials, random) => (random.uniform() < inverse(eta) ? 1 : 0),
    expected: (outcome) => (outcome === 0 || outcome === 1 ? null : '0 or 1'),
  };
}
