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
import type { RowDensity } from './by-rows.js';
import {
  type Family,
  type LogDensities,
  type Outcomes,
  type OwnDistribution,
  type ResponseFamily,
  totalsOf,
} from './family.js';
import { newIncompleteGamma, writeIncompleteGamma } from './incomplete-gamma.js';
import { meanLink, throughLink } from './links.js';
import { writePoissons } from './many-variates.js';
import { meanByScore, type RowTails, setCertain } from './tails.js';
import { poissonVariate } from './variates.js';

export function poissonFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  const atMean = poissonAtMean(outcomes);
  return family.link === 'log'
    ? poissonLog(family, outcomes)
    : throughLink(family, atMean, totalsOf(outcomes).sums.length);
}

/** y η − e^η: one exponential per row. */
function poissonLog(family: Family, outcomes: Outcomes): ResponseFamily {
  const { sums, counts } = totalsOf(outcomes);
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
  };
}

function poissonAtMean(outcomes: Outcomes): ResponseFamily {
  const { sums, counts } = totalsOf(outcomes);
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
  };
}

/** The density of one count, by its mean. */
export function poissonRow(): RowDensity {
  return {
    prepare() {},
    logDensity(y, _trials, mu, _rest, slopes) {
      if (slopes) slopes[0] = over(y, mu) - 1;
      return timesLog(y, mu) - mu;
    },
    secondDerivatives(y, _trials, mu, _rest, target) {
      target[0] = -over(y, mu * mu);
    },
    constant: (y) => -gammaln(y + 1),
  };
}

/** P(Y ≤ y) = Q(⌊y⌋ + 1, μ). */
export function poissonTails(): RowTails {
  const both = newIncompleteGamma();
  return {
    prepare() {},
    write(y, _trials, mu, _rest, target) {
      if (setCertain(y, mu, target)) return;
      writeIncompleteGamma(Math.floor(y) + 1, mu, both);
      target.lower = both.upper;
      target.lowerSlopes[0] = both.upperByX;
      target.upper = both.lower;
      target.upperSlopes[0] = both.lowerByX;
    },
    truncatedMean: (mu, _rest, _trials, within) => meanByScore(mu, mu, within),
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

export function poissonDistribution(family: Family): OwnDistribution {
  const { inverse, writeInverse } = meanLink(family.link);
  return {
    family,
    auxiliary: [],
    inverseLink: inverse,
    writeInverse,
    logDensities: () => logDensitiesOf(family, writeInverse),
    outcomes: () => (means, _trials, random) => writePoissons(means, random),
    simulateAt: (mean, _aux, _trials, random) => poissonVariate(mean, random),
    expected: expectedCount,
  };
}

function logDensitiesOf(family: Family, writeMeans: (eta: Float64Array) => void): LogDensities {
  let means = new Float64Array(0);
  return (y, _trials, eta) => {
    if (means.length !== eta.length) means = new Float64Array(eta.length);
    means.set(eta);
    writeMeans(means);
    const logFactorial = gammaln(y + 1);
    const isLog = family.link === 'log';
    for (let s = 0; s < eta.length; s++) {
      // At mean 0 (η = −∞), a count of 0 is certain.
      const sum = isLog ? (y === 0 ? 0 : y * eta[s]) : timesLog(y, means[s]);
      eta[s] = sum - means[s] - logFactorial;
    }
  };
}

export function expectedCount(outcome: number): string | null {
  return Number.isSafeInteger(outcome) && outcome >= 0
    ? null
    : 'a whole number from 0 to 9007199254740991';
}
