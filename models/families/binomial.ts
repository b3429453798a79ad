/**
 * Successes among trials, for Bernoulli and binomial outcomes alike: with y successes of n,
 *
 *     log p = y log μ + (n − y) log(1 − μ) + log C(n, y),   g(μ) = η.
 *
 * At the logit link that is y η − n log(1 + e^η), by the fast loop of logistic-groups.ts, and at
 * the probit link by log Φ(±η) with one exponential per row; at other links by the logarithms of the
 * link. Rows that share a linear predictor enter as their sums.
 */
import gammaln from '@stdlib/math-base-special-gammaln';
import type { RowDensity } from './by-rows.js';
import {
  type Family,
  type LogDensities,
  type Outcomes,
  type OwnDistribution,
  type ResponseFamily,
  type Totals,
  totalsOf,
} from './family.js';
import { newIncompleteBeta, writeIncompleteBeta } from './incomplete-beta.js';
import { newLogTerms, probabilityLink } from './links.js';
import { firstOfGroups, groupRows, writeLogistic } from './logistic-groups.js';
import { writeBernoullis, writeBinomials } from './many-variates.js';
import { DENSITY_AT_ZERO, scaledTail } from './normal-tail.js';
import { over } from './poisson.js';
import { meanByScore, type RowTails, setAboveAll, setBelowAll } from './tails.js';
import { binomialVariate } from './variates.js';

type LogLikelihood = ResponseFamily['logLikelihood'];

function probabilityFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  const totals = totalsOf(outcomes);
  return {
    family,
    auxiliary: [],
    logLikelihood: logLikelihoodOf(family, totals),
    curvature(eta, _aux, etaCurvature) {
      writeCurvature(family, totals, eta, etaCurvature);
    },
  };
}

function logLikelihoodOf(family: Family, totals: Totals): LogLikelihood {
  switch (family.link) {
    case 'logit':
      return logitLogLikelihood(totals);
    case 'probit':
      return probitLogLikelihood(totals);
    default:
      return generalLogLikelihood(family, totals);
  }
}

function logitLogLikelihood({ sums, counts }: Totals): LogLikelihood {
  const cells = sums.length;
  const groups = groupRows(cells, counts);
  const trials = Float64Array.from(firstOfGroups(groups), (row) => counts[row]);
  const losses = new Float64Array(trials.length);
  return (eta, _aux, etaGradient) => {
    writeLogistic(groups, eta, 0, etaGradient, losses);
    let value = 0;
    for (let group = 0; group < losses.length; group++) value -= trials[group] * losses[group];
    for (let i = 0; i < cells; i++) {
      // Without successes, an infinite η must not give 0 · ∞.
      if (sums[i] !== 0) value += sums[i] * eta[i];
      etaGradient[i] = sums[i] - counts[i] * etaGradient[i];
    }
    return value;
  };
}

function generalLogLikelihood(family: Family, { sums, counts }: Totals): LogLikelihood {
  const { logSuccess, logFailure } = probabilityLink(family.link);
  const terms = newLogTerms();
  return (eta, _aux, etaGradient) => {
    let value = 0;
    for (let i = 0; i < sums.length; i++) {
      const failures = counts[i] - sums[i];
      etaGradient[i] = 0;
      if (sums[i] > 0) {
        logSuccess(eta[i], terms);
        value += sums[i] * terms.value;
        etaGradient[i] += sums[i] * terms.slope;
      }
      if (failures > 0) {
        logFailure(eta[i], terms);
        value += failures * terms.value;
        etaGradient[i] += failures * terms.slope;
      }
    }
    return value;
  };
}

function writeCurvature(
  family: Family,
  { sums, counts }: Totals,
  eta: Float64Array,
  etaCurvature: Float64Array,
): void {
  if (family.link === 'logit') {
    for (let i = 0; i < sums.length; i++) {
      const e = Math.exp(-Math.abs(eta[i]));
      etaCurvature[i] = (-counts[i] * e) / ((1 + e) * (1 + e));
    }
    return;
  }
  const { logSuccess, logFailure } = probabilityLink(family.link);
  const terms = newLogTerms();
  for (let i = 0; i < sums.length; i++) {
    const failures = counts[i] - sums[i];
    etaCurvature[i] = 0;
    if (sums[i] > 0) {
      logSuccess(eta[i], terms);
      etaCurvature[i] += sums[i] * terms.curvature;
    }
    if (failures > 0) {
      logFailure(eta[i], terms);
      etaCurvature[i] += failures * terms.curvature;
    }
  }
}

/** @param constantOf log C(n, y) */
function logDensitiesOf(
  family: Family,
  constantOf: (n: number, y: number) => number,
): LogDensities {
  const { writeLogSuccess, writeLogFailure } = probabilityLink(family.link);
  let other = new Float64Array(0);
  return (successes, trials, eta) => {
    const failures = trials - successes;
    if (other.length !== eta.length) other = new Float64Array(eta.length);
    if (successes > 0 && failures > 0) other.set(eta);
    else other.fill(0);
    if (successes > 0) writeLogSuccess(eta);
    else if (failures > 0) writeLogFailure(eta);
    else eta.fill(0);
    if (successes > 0 && failures > 0) writeLogFailure(other);
    const constant = constantOf(trials, successes);
    const times = successes > 0 ? successes : failures;
    if (times === 1 && constant === 0) return;
    for (let s = 0; s < eta.length; s++) eta[s] = times * eta[s] + failures * other[s] + constant;
  };
}

/**
 * Outcomes 0 or 1.
 *
 *     y ~ Bernoulli(μ),  g(μ) = η;   links: logit, probit, cloglog, cauchit, log
 *
 *     log p = y log μ + (1 − y) log(1 − μ)
 */

export function bernoulliFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  return probabilityFamily(family, { ...outcomes, trials: null });
}

export function bernoulliDistribution(family: Family): OwnDistribution {
  const { inverse, writeInverse } = probabilityLink(family.link);
  return {
    family,
    auxiliary: [],
    inverseLink: inverse,
    writeInverse,
    logDensities: () => logDensitiesOf(family, () => 0),
    outcomes: () => (probabilities, _trials, random) => writeBernoullis(probabilities, random),
    simulateAt: (probability, _aux, _trials, random) => (random.uniform() < probability ? 1 : 0),
    expected: (outcome) => (outcome === 0 || outcome === 1 ? null : '0 or 1'),
  };
}

/**
 * Successes among a known number of trials.
 *
 *     y ~ binomial(n, μ),  g(μ) = η;   links: logit, probit, cloglog, cauchit, log
 *
 *     log p = y log μ + (n − y) log(1 − μ) + log C(n, y)
 */

export function binomialFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  return probabilityFamily(family, outcomes);
}

/** log C(n, y). */
export function logChoose(n: number, y: number): number {
  return gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1);
}

/** The density of one outcome, by its probability. */
export function binomialRow(): RowDensity {
  return {
    prepare() {},
    logDensity(y, trials, mu, rest, slopes) {
      const failures = trials - y;
      if (slopes) slopes[0] = over(y, mu) - over(failures, rest);
      return (y === 0 ? 0 : y * Math.log(mu)) + (failures === 0 ? 0 : failures * Math.log(rest));
    },
    secondDerivatives(y, trials, mu, rest, target) {
      target[0] = -over(y, mu * mu) - over(trials - y, rest * rest);
    },
    constant: (y, trials) => logChoose(trials, y),
  };
}

/** P(Y ≤ y) = I_{1−μ}(n − y, y + 1). */
export function binomialTails(): RowTails {
  const both = newIncompleteBeta();
  return {
    prepare() {},
    write(y, trials, mu, rest, target) {
      const whole = Math.floor(y);
      if (whole < 0) setBelowAll(target);
      else if (whole >= trials || mu === 0) setAboveAll(target);
      else if (rest === 0) setBelowAll(target);
      else {
        writeIncompleteBeta(trials - whole, whole + 1, rest, mu, both);
        target.lower = both.lower;
        target.lowerSlopes[0] = -both.lowerByX;
        target.upper = both.upper;
        target.upperSlopes[0] = -both.upperByX;
      }
    },
    truncatedMean: (mu, rest, trials, within) => meanByScore(trials * mu, mu * rest, within),
  };
}

export function binomialDistribution(family: Family): OwnDistribution {
  const { inverse, writeInverse } = probabilityLink(family.link);
  return {
    family,
    auxiliary: [],
    inverseLink: inverse,
    writeInverse,
    logDensities: () => logDensitiesOf(family, logChoose),
    outcomes: () => writeBinomials,
    simulateAt: (probability, _aux, trials, random) => binomialVariate(trials, probability, random),
    expected: (outcome, trials) =>
      Number.isSafeInteger(outcome) && outcome >= 0 && outcome <= trials
        ? null
        : `a whole number from 0 to its trials, ${trials}`,
  };
}

/**
 * Σ y log Φ(η) + (n − y) log Φ(−η), for all rows.
 *
 * Each row has two logarithms: of the tail T(|η|) exp(−η²/2) (normal-tail.ts) and of its complement.
 * Both need one evaluation of T and one exponential. Rows without successes or without failures (all
 * Bernoulli outcomes) multiply their factors, so that one logarithm serves many rows.
 */

/** A product below it has its logarithm taken; no factor is below its square root but in far tails. */
const LEAST = 1e-200;

function probitLogLikelihood({ sums, counts }: Totals): ResponseFamily['logLikelihood'] {
  return (eta, _aux, etaGradient) => {
    let value = 0;
    let product = 1;
    for (let i = 0; i < sums.length; i++) {
      const size = Math.abs(eta[i]);
      // What happened on the side of η, and on the other side, the tail.
      const failures = counts[i] - sums[i];
      const usual = eta[i] < 0 ? failures : sums[i];
      const unusual = eta[i] < 0 ? sums[i] : failures;
      const square = 0.5 * size * size;
      const tail = scaledTail(size);
      let slope = 0;
      if (usual > 0) {
        const density = Math.exp(-square);
        const share = 1 - tail * density;
        if (usual === 1) product *= share;
        else value += usual * Math.log1p(-tail * density);
        slope += (usual * DENSITY_AT_ZERO * density) / share;
      }
      if (unusual > 0) {
        if (unusual === 1) product *= tail;
        else value += unusual * Math.log(tail);
        value -= unusual * square;
        slope -= (unusual * DENSITY_AT_ZERO) / tail;
      }
      if (product < LEAST) {
        value += Math.log(product);
        product = 1;
      }
      etaGradient[i] = eta[i] < 0 ? -slope : slope;
    }
    return value + Math.log(product);
  };
}
