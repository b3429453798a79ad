/**
 * Counts whose variance is their mean.
 *
 *     y ~ Poisson(μ),  g(μ) = η;   links: log, identity (μ = η), sqrt (μ = η²)
 *
 *     log p = y log μ − μ − log y!
 *
 * Rows that share a linear predictor enter as their number and sum.
 */
import gammaln from '@stdlib/math-base-special-gammaln';
import {
  cellOf,
  type Family,
  type Outcomes,
  type ResponseDistribution,
  type ResponseFamily,
  totalsOf,
} from './family.js';
import { meanLink, throughLink } from './links.js';
import { poissonVariate } from './variates.js';

export function poissonFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  const atMean = poissonAtMean(outcomes);
  return family.link === 'log'
    ? poissonLog(family, outcomes)
    : throughLink(family, atMean, totalsOf(outcomes).sums.length);
}

/** y η − e^η: one exponential per row. */
function poissonLog(family: Family, outcomes: Outcomes): ResponseFamily {
  const { rows, values } = outcomes;
  const { sums, counts } = totalsOf(outcomes);
  const logFactorials = values.map((y) => gammaln(y + 1));
  return {
    family,
    auxiliary: [],
    logLikelihood(eta, _aux, etaGradient) {
      let value = 0;
      for (let i = 0; i < sums.length; i++) {
        const expected = counts[i] * Math.exp(eta[i]);
        value += sums[i] * eta[i] - expected;
        etaGradient[i] = sums[i] - expected;
      }
      return value;
    },
    curvature(eta, _aux, etaCurvature) {
      for (let i = 0; i < sums.length; i++) etaCurvature[i] = -counts[i] * Math.exp(eta[i]);
    },
    pointwise(eta, _aux, target) {
      for (let i = 0; i < rows; i++) {
        const at = eta[cellOf(outcomes, i)];
        // At mean 0 (η = −∞), a count of 0 is certain.
        const sum = values[i] === 0 ? 0 : values[i] * at;
        target[i] = sum - Math.exp(at) - logFactorials[i];
      }
    },
  };
}

function poissonAtMean(outcomes: Outcomes): ResponseFamily {
  const { rows, values } = outcomes;
  const { sums, counts } = totalsOf(outcomes);
  const logFactorials = values.map((y) => gammaln(y + 1));
  return {
    family: { family: 'poisson', link: 'identity' },
    auxiliary: [],
    logLikelihood(mu, _aux, muGradient) {
      let value = 0;
      for (let i = 0; i < sums.length; i++) {
        value += timesLog(sums[i], mu[i]) - counts[i] * mu[i];
        muGradient[i] = over(sums[i], mu[i]) - counts[i];
      }
      return value;
    },
    curvature(mu, _aux, muCurvature) {
      for (let i = 0; i < sums.length; i++) muCurvature[i] = -over(sums[i], mu[i] * mu[i]);
    },
    pointwise(mu, _aux, target) {
      for (let i = 0; i < rows; i++) {
        const at = mu[cellOf(outcomes, i)];
        target[i] = timesLog(values[i], at) - at - logFactorials[i];
      }
    },
  };
}

/** y log μ, with 0 log 0 = 0; −∞ for a negative mean. */
export function timesLog(y: number, mean: number): number {
  if (mean < 0) return Number.NEGATIVE_INFINITY;
  return y === 0 ? 0 : y * Math.log(mean);
}

/** y/x, with 0/0 = 0. */
export function over(y: number, x: number): number {
  return y === 0 ? 0 : y / x;
}

export function poissonDistribution(family: Family): ResponseDistribution {
  const { inverse } = meanLink(family.link);
  return {
    family,
    auxiliary: [],
    mean: inverse,
    inverseLink: inverse,
    simulate: (eta, _aux, _trials, random) => poissonVariate(inverse(eta), random),
    expected: expectedCount,
  };
}

export function expectedCount(outcome: number): string | null {
  return Number.isSafeInteger(outcome) && outcome >= 0
    ? null
    : 'a whole number from 0 to 9007199254740991';
}
