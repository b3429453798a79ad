/**
 * Regressions with group effects, as brms has them (Bürkner 2017, J. Statistical Software 80), of any
 * family. Three ways to sample the same posterior (test/models/multilevel/ways.test.ts):
 *
 *  - Gaussian with the identity link: the effects of the largest factor are integrated out
 *    (multilevel/gaussian.ts), unless all are multi-membership terms.
 *  - Others: effects by the map of group-map.ts, between the centred and the non-centred
 *    parametrization level by level (multilevel/density.ts).
 *  - If no rough fit is found for the map: non-centred.
 *
 * In each, everything else is in whitened coordinates from a rough fit, so that the posterior is about
 * a standard normal: trajectories are short and the metric has little left to learn.
 */

import { multilevelDensity } from './multilevel/density.js';
import { gaussianMultilevel, integratesOut } from './multilevel/gaussian.js';
import { canBeDense, type MultilevelModel, modelOf, scalesOf } from './multilevel/model.js';
import { expectedLogDensity, forgetMaps, roughFit } from './multilevel/rough-fit.js';
import type { RegressionSpecification } from './regression-data.js';

export type { MultilevelModel } from './multilevel/model.js';

/**
 * Creates the model of a regression with at least one group term, or with predictors that are not known exactly;
 * chooses how to sample it from the data.
 */
export function multilevel(specification: RegressionSpecification): MultilevelModel {
  return !specification.data.latents && integratesOut(specification)
    ? gaussianMultilevel(specification)
    : mappedMultilevel(specification, 'by-information');
}

/** @param parametrization of the effects: adapted to the information in the rows of each level, or non-centred */
export function mappedMultilevel(
  specification: RegressionSpecification,
  parametrization: 'by-information' | 'non-centred',
): MultilevelModel {
  const density = multilevelDensity(specification);
  const { starts, maps, parameters, data } = density;
  const smaller = starts[starts.length - 1];
  const block = canBeDense(smaller, data.rows) ? smaller : parameters.dimension;
  const scales = scalesOf(specification, block);
  const fit =
    parametrization === 'by-information' ? roughFit(specification.data, density, scales) : null;
  if (fit === null) forgetMaps(density);
  const effects = maps.map((map) => map.effects);
  const names = [...new Set(specification.data.groups.map(({ group }) => group))].join(', ');
  const told =
    fit === null
      ? `Group effects of ${names}: non-centred.`
      : `Group effects of ${names}: non-centred as far as the rows of each level say little, centred as far as they say much.`;
  return modelOf(
    specification,
    {
      ...density,
      factors: data.factors,
      block,
      smoothed: expectedLogDensity(density),
      effects: () => effects,
    },
    fit,
    names === '' ? null : told,
  );
}
