/**
 * Normal outcomes.
 *
 *     y ~ normal(μ, σ),  g(μ) = η;   links: identity, log (μ = e^η), inverse (μ = 1/η)
 *
 *     log p = −½ (y − μ)²/σ² − log σ − ½ log 2π
 *
 * Rows that share a linear predictor enter as their number, mean and squares about it.
 */

import { type RowDensity, setBoth } from './by-rows.js';
import {
  cellOf,
  type Family,
  numberOfCells,
  type Outcomes,
  type OwnDistribution,
  type ResponseFamily,
  totalsOf,
  totalWeight,
  weightOf,
} from './family.js';
import { meanLink, newLogTerms, throughLink } from './links.js';
import { writeNormals } from './many-variates.js';
import { normalLogCdf } from './normal-tail.js';
import { meanByScore, type RowTails } from './tails.js';

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

export function gaussianFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  const { errors } = outcomes;
  const atMeans = errors ? withErrors(outcomes, errors) : atMean(outcomes);
  return throughLink(family, atMeans, numberOfCells(outcomes));
}

/**
 * With known errors s_i, the variances are v_i = σ² + s_i²:
 *
 *     log p = −½ r²/v − ½ log v,   r = y − μ,   d/dσ = 2σ d/dv,
 *     d/dμ = r/v,   d/dv = ½ (r²/v² − 1/v),   d²/dv² = ½/v² − r²/v³,   d²/dμdv = −r/v².
 */
function withErrors(outcomes: Outcomes, errors: Float64Array): ResponseFamily {
  const { rows, values } = outcomes;
  return {
    family: { family: 'gaussian', link: 'identity' },
    auxiliary: ['sigma'],
    logLikelihood(mu, aux, muGradient, auxGradient) {
      const sigma = aux[0];
      let value = 0;
      let slope = 0;
      muGradient.fill(0);
      for (let i = 0; i < rows; i++) {
        const cell = cellOf(outcomes, i);
        const weight = weightOf(outcomes, i);
        const precision = 1 / (sigma * sigma + errors[i] * errors[i]);
        const residual = values[i] - mu[cell];
        const share = residual * residual * precision;
        muGradient[cell] += weight * residual * precision;
        slope += weight * (share - 1) * precision;
        value += 0.5 * weight * (Math.log(precision) - share);
      }
      auxGradient[0] = sigma * slope;
      return value;
    },
    curvature(mu, aux, muCurvature, cross, auxCurvature) {
      const sigma = aux[0];
      let sum = 0;
      muCurvature.fill(0);
      cross.fill(0);
      for (let i = 0; i < rows; i++) {
        const cell = cellOf(outcomes, i);
        const weight = weightOf(outcomes, i);
        const precision = 1 / (sigma * sigma + errors[i] * errors[i]);
        const residual = values[i] - mu[cell];
        const share = residual * residual * precision;
        muCurvature[cell] -= weight * precision;
        cross[cell] -= 2 * weight * sigma * residual * precision * precision;
        sum += weight * precision * (share - 1 + sigma * sigma * precision * (2 - 4 * share));
      }
      auxCurvature[0] = sum;
    },
  };
}

function atMean(outcomes: Outcomes): ResponseFamily {
  const { rows, values } = outcomes;
  const { sums, counts } = totalsOf(outcomes);
  const means = sums.map((sum, cell) => sum / counts[cell]);
  let within = 0;
  for (let i = 0; i < rows; i++) {
    within += weightOf(outcomes, i) * (values[i] - means[cellOf(outcomes, i)]) ** 2;
  }
  const total = totalWeight(outcomes);
  const cells = means.length;

  return {
    family: { family: 'gaussian', link: 'identity' },
    auxiliary: ['sigma'],
    logLikelihood(mu, aux, muGradient, auxGradient) {
      const sigma = aux[0];
      const precision = 1 / (sigma * sigma);
      let squares = within;
      for (let i = 0; i < cells; i++) {
        const residual = means[i] - mu[i];
        const weighted = counts[i] * residual;
        squares += weighted * residual;
        muGradient[i] = precision * weighted;
      }
      auxGradient[0] = (precision * squares - total) / sigma;
      return -total * Math.log(sigma) - 0.5 * precision * squares;
    },
    curvature(mu, aux, muCurvature, cross, auxCurvature) {
      const sigma = aux[0];
      const precision = 1 / (sigma * sigma);
      let squares = within;
      for (let i = 0; i < cells; i++) {
        const residual = means[i] - mu[i];
        squares += counts[i] * residual * residual;
        muCurvature[i] = -precision * counts[i];
        cross[i] = (-2 * precision * counts[i] * residual) / sigma;
      }
      auxCurvature[0] = precision * (total - 3 * precision * squares);
    },
  };
}

/** The density of one outcome, by its mean and σ. */
export function gaussianRow(): RowDensity {
  let sigma = Number.NaN;
  let logSigma = Number.NaN;
  return {
    prepare(aux) {
      if (aux[0] !== sigma) logSigma = Math.log(aux[0]);
      sigma = aux[0];
    },
    logDensity(y, _trials, mu, _rest, slopes) {
      const z = (y - mu) / sigma;
      if (slopes) {
        slopes[0] = z / sigma;
        slopes[1] = (z * z - 1) / sigma;
      }
      return -0.5 * z * z - logSigma;
    },
    secondDerivatives(y, _trials, mu, _rest, target) {
      const z = (y - mu) / sigma;
      const precision = 1 / (sigma * sigma);
      target[0] = -precision;
      setBoth(target, 2, 0, 1, -2 * z * precision);
      target[3] = (1 - 3 * z * z) * precision;
    },
    constant: () => -HALF_LOG_TWO_PI,
  };
}

/** log Φ(±z) of z = (y − μ)/σ. */
export function gaussianTails(): RowTails {
  const terms = newLogTerms();
  let sigma = Number.NaN;
  const writeSlopes = (z: number, sign: 1 | -1, slopes: Float64Array): void => {
    slopes[0] = (-sign * terms.slope) / sigma;
    slopes[1] = z * slopes[0];
  };
  return {
    prepare(aux) {
      sigma = aux[0];
    },
    write(y, _trials, mu, _rest, tails) {
      const z = (y - mu) / sigma;
      normalLogCdf(z, terms);
      tails.lower = terms.value;
      writeSlopes(z, 1, tails.lowerSlopes);
      normalLogCdf(-z, terms);
      tails.upper = terms.value;
      writeSlopes(z, -1, tails.upperSlopes);
    },
    truncatedMean: (mu, _rest, _trials, within) => meanByScore(mu, sigma * sigma, within),
  };
}

export function gaussianDistribution(family: Family): OwnDistribution {
  const { inverse, writeInverse } = meanLink(family.link);
  return {
    family,
    auxiliary: ['sigma'],
    inverseLink: inverse,
    writeInverse,
    logDensities([sigmas]) {
      const constants = sigmas.map((sigma) => -Math.log(sigma) - HALF_LOG_TWO_PI);
      return (outcome, _trials, eta) => {
        writeInverse(eta);
        for (let s = 0; s < eta.length; s++) {
          const z = (outcome - eta[s]) / sigmas[s];
          eta[s] = constants[s] - 0.5 * z * z;
        }
      };
    },
    outcomes:
      ([sigmas]) =>
      (means, _trials, random) =>
        writeNormals(means, sigmas, random),
    simulateAt: (mean, aux, _trials, random) => mean + aux[0] * random.normal(),
    expected: (outcome) => (Number.isFinite(outcome) ? null : 'a finite number'),
  };
}
