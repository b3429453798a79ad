/**
 * Successes among a known number of trials.
 *
 *     y ~ binomial(n, μ),  g(μ) = η;   links: logit, probit, cloglog, cauchit, log
 *
 *     log p = y log μ + (n − y) log(1 − μ) + log C(n, y)
 */
import gammaln from '@stdlib/math-base-special-gammaln';
import type { Family, Outcomes, ResponseDistribution, ResponseFamily } from './family.js';
import { probabilityLink } from './links.js';
import { probabilityFamily } from './probability.js';
import { binomialVariate } from './variates.js';

export function binomialFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  const { rows, values, trials } = outcomes;
  const constants = Float64Array.from({ length: rows }, (_, i) =>
    logChoose(trials ? trials[i] : 1, values[i]),
  );
  return probabilityFamily(family, outcomes, constants);
}

/** log C(n, y). */
function logChoose(n: number, y: number): number {
  return gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1);
}

export function binomialDistribution(family: Family): ResponseDistribution {
  const { inverse } = probabilityLink(family.link);
  return {
    family,
    auxiliary: [],
    mean: (eta, trials) => trials * inverse(eta),
    inverseLink: inverse,
    simulate: (eta, _aux, trials, random) => binomialVariate(trials, inverse(eta), random),
    expected: (outcome, trials) =>
      Number.isSafeInteger(outcome) && outcome >= 0 && outcome <= trials
        ? null
        : `a whole number from 0 to its trials, ${trials}`,
  };
}
