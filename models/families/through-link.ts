/**
 * A family at any link, from the family at its mean: with ℓ(μ) known, by the chain rule
 *
 *     dℓ/dη = ℓ′ μ′,   d²ℓ/dη² = ℓ″ μ′² + ℓ′ μ″,   d²ℓ/dη da = (dℓ′/da) μ′.
 */

import type { Family, ResponseFamily } from './family.js';
import { meanLink } from './links.js';

/**
 * @param atMean the family with the identity link: its η is the mean
 * @param cells numbers of linear predictors
 */
export function throughLink(family: Family, atMean: ResponseFamily, cells: number): ResponseFamily {
  if (family.link === 'identity') return { ...atMean, family };
  const link = meanLink(family.link);
  const mean = new Float64Array(cells);
  const slope = new Float64Array(cells);
  const noMatter = new Float64Array(atMean.auxiliary.length);
  const writeMean = (eta: Float64Array): void => {
    for (let i = 0; i < cells; i++) mean[i] = link.inverse(eta[i]);
  };

  return {
    family,
    auxiliary: atMean.auxiliary,
    logLikelihood(eta, aux, etaGradient, auxGradient) {
      writeMean(eta);
      const value = atMean.logLikelihood(mean, aux, etaGradient, auxGradient);
      for (let i = 0; i < cells; i++) etaGradient[i] *= link.derivative(eta[i], mean[i]);
      return value;
    },
    curvature(eta, aux, etaCurvature, cross, auxCurvature) {
      writeMean(eta);
      atMean.logLikelihood(mean, aux, slope, noMatter);
      atMean.curvature(mean, aux, etaCurvature, cross, auxCurvature);
      for (let i = 0; i < cells; i++) {
        const first = link.derivative(eta[i], mean[i]);
        const second = link.secondDerivative(eta[i], mean[i]);
        etaCurvature[i] = etaCurvature[i] * first * first + slope[i] * second;
        for (let at = i; at < cross.length; at += cells) cross[at] *= first;
      }
    },
    pointwise(eta, aux, target) {
      writeMean(eta);
      atMean.pointwise(mean, aux, target);
    },
  };
}
