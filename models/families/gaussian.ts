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
  type Outcomes,
  type OwnDistribution,
  type ResponseFamily,
  totalsOf,
  totalWeight,
  weightOf,
} from './family.js';
import { meanLink, throughLink } from './links.js';
import { writeNormals } from './many-variates.js';

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

export function gaussianFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  return throughLink(family, atMean(outcomes), totalsOf(outcomes).sums.length);
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
