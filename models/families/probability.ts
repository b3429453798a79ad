/**
 * Successes among trials, for Bernoulli and binomial outcomes alike: with y successes of n,
 *
 *     log p = y log μ + (n − y) log(1 − μ) + log C(n, y),   g(μ) = η.
 *
 * At the logit link that is y η − n log(1 + e^η), by the fast loop of logistic-groups.ts, and at
 * the probit link by log Φ(±η) with one exponential a row; at other links by the logarithms of the
 * link. Rows that share a linear predictor enter as their sums.
 */

import type { Family, Outcomes, ResponseFamily } from './family.js';
import { newLogTerms, probabilityLink } from './links.js';
import { firstOfGroups, groupRows, writeLogistic } from './logistic-groups.js';
import { probitLogLikelihood } from './probit-rows.js';
import { cellOf, type Totals, totalsOf } from './totals.js';

type LogLikelihood = ResponseFamily['logLikelihood'];

/** @param constants log C(n, y) of each row, or null where all are zero */
export function probabilityFamily(
  family: Family,
  outcomes: Outcomes,
  constants: Float64Array | null,
): ResponseFamily {
  const totals = totalsOf(outcomes);
  return {
    family,
    auxiliary: [],
    logLikelihood: logLikelihoodOf(family, totals),
    curvature(eta, _aux, etaCurvature) {
      writeCurvature(family, totals, eta, etaCurvature);
    },
    pointwise(eta, _aux, target) {
      writePointwise(family, outcomes, eta, target);
      if (constants) for (let i = 0; i < outcomes.rows; i++) target[i] += constants[i];
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
      // Where there is no success, an infinite η must not become 0 · ∞.
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

function writePointwise(
  family: Family,
  outcomes: Outcomes,
  eta: Float64Array,
  target: Float64Array,
): void {
  const { logSuccess, logFailure } = probabilityLink(family.link);
  const terms = newLogTerms();
  for (let i = 0; i < outcomes.rows; i++) {
    const successes = outcomes.values[i];
    const failures = (outcomes.trials ? outcomes.trials[i] : 1) - successes;
    const at = eta[cellOf(outcomes, i)];
    target[i] = 0;
    if (successes > 0) {
      logSuccess(at, terms);
      target[i] += successes * terms.value;
    }
    if (failures > 0) {
      logFailure(at, terms);
      target[i] += failures * terms.value;
    }
  }
}
