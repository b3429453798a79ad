/**
 * A rough fit of a multilevel regression, before its sampling, from which the maps of its effects
 * (group-map.ts) and the scales of its parameters are taken. Draws are right whatever comes out
 * here; only their speed depends on it.
 *
 * At z = 0 the density in (θ, z) holds the Jacobian of the map, and is Laplace's approximation of
 * the density of θ with the effects integrated out (Tierney & Kadane 1986, JASA 81), provided that
 * the map is made of the curvature there. So rounds of two steps: the likelihood is made normal
 * around the fit so far, W_i = −d²/dη_i² log p(y_i | η_i), which sets the map; then θ goes to the peak
 * of the density at z = 0. The first round starts from the regression without group effects.
 */

import { meanAndSquares } from '../../src/linear-algebra/sums.js';
import type { RegressionData } from '../regression-data.js';
import { climb } from './climb.js';
import type { MultilevelDensity } from './density.js';
import { resolution } from './group-sd-map.js';
import { linearize } from './linearize.js';

const MOST_ROUNDS = 12;
const DAMPED_ROUNDS = 3;
/** Rounds end where no linear predictor moves by more than this part of its own uncertainty. */
const CLOSE = 0.03;

/** θ̂ in the coordinates of the density, z = 0; null where none was found. Sets the maps. */
export function roughFit(
  regression: RegressionData,
  density: MultilevelDensity,
  scales: Float64Array,
): Float64Array | null {
  const { parameters, dimension, data, maps } = density;
  const position = new Float64Array(dimension);
  position.set(startOf(regression, density));
  const all = Array.from({ length: parameters.dimension }, (_, j) => j);
  const withoutGroups = all.filter((j) => !parameters.groupPlaces.includes(j));
  if (!climb(density.logDensity, position, withoutGroups, scales)) return null;
  const early = density.family.family.link === 'identity' ? 'plain' : 'damped';
  if (!linearize(density, position, early)) return null;
  const sds = startingSds(density, position, unitOf(regression, density));
  parameters.setResolutions(
    data.factors.map(({ levels, size }, f) => resolutionsOf(maps[f].information, levels, size)),
    position,
  );
  position.set(withSds(density, sds));
  let before = density.eta.slice();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (!climb(density.logDensity, position, all, scales)) return null;
    const weighting = round < DAMPED_ROUNDS ? early : 'plain';
    if (!linearize(density, position, weighting)) return null;
    if (weighting === 'plain' && largestMove(density, before) < CLOSE) break;
    before = density.eta.slice();
  }
  return linearize(density, position, 'final') ? position : null;
}

/** How far η moved, in units of what a row knows of it, at most. */
function largestMove({ eta, data, family, parameters }: MultilevelDensity, before: Float64Array) {
  const curvature = new Float64Array(data.rows);
  const { aux } = parameters.values;
  const count = aux.length;
  family.curvature(
    eta,
    aux,
    curvature,
    new Float64Array(count * data.rows),
    new Float64Array(count * count),
  );
  let largest = 0;
  for (let i = 0; i < data.rows; i++) {
    const known = Math.sqrt(Math.max(0, -curvature[i]));
    largest = Math.max(largest, Math.abs(eta[i] - before[i]) * known);
  }
  return largest;
}

/** θ to start from: the intercept at the mean outcome, by the link; standard deviations of 1. */
function startOf(
  { outcomes, intercept }: RegressionData,
  density: MultilevelDensity,
): Float64Array {
  const { family, parameters } = density;
  const { mean } = meanAndSquares(outcomes);
  const sigma = spreadOf(outcomes);
  const coefficients = new Float64Array(parameters.values.coefficients.length);
  if (intercept) coefficients[0] = linkOf(family.family.link, mean);
  const aux = Float64Array.from(family.auxiliary, (name) =>
    name === 'sigma' ? sigma : name === 'nu' ? 10 : 1,
  );
  const sds = density.data.factors.map(({ size }) => new Float64Array(size).fill(1));
  return parameters.thetaOf(coefficients, sds, aux);
}

/** Of η: the spread of the outcomes where it is in their units. */
function unitOf({ outcomes }: RegressionData, { family }: MultilevelDensity): number {
  return family.family.link === 'identity' ? spreadOf(outcomes) : 1;
}

function spreadOf(outcomes: Float64Array): number {
  const { mean, squares } = meanAndSquares(outcomes);
  return Math.sqrt(squares / outcomes.length) || Math.abs(mean) || 1;
}

/** Of a mean where that is within the link's reach; links of probabilities start from η = 0. */
function linkOf(link: string, mean: number): number {
  switch (link) {
    case 'identity':
      return mean;
    case 'log':
      return mean > 0 ? Math.log(mean) : 0;
    case 'sqrt':
      return Math.sqrt(Math.max(0, mean));
    case 'inverse':
      return mean === 0 ? 1 : 1 / mean;
    default:
      return 0;
  }
}

/** θ last read, but for these standard deviations and no correlations. */
function withSds({ parameters }: MultilevelDensity, sds: readonly Float64Array[]): Float64Array {
  const { coefficients, aux } = parameters.values;
  return parameters.thetaOf(coefficients, sds, aux);
}

/**
 * Standard deviations to start from, by moments: the effects that the rows of a level ask for,
 * b / H, have the mean square sd² + 1 / H. None moves η by more than `unit` in the mean.
 */
function startingSds(
  { data, maps, logDensity }: MultilevelDensity,
  position: Float64Array,
  unit: number,
): Float64Array[] {
  logDensity(position, new Float64Array(position.length));
  return data.factors.map(({ size, levels, values }, f) => {
    const { information, pull } = maps[f];
    return Float64Array.from({ length: size }, (_, c) => {
      let squares = 0;
      let known = 0;
      for (let j = 0; j < levels; j++) {
        squares += pull[j * size + c] * pull[j * size + c];
        known += information[(j * size + c) * size + c];
      }
      let lengths = 0;
      for (let at = c; at < values.length; at += size) lengths += values[at] * values[at];
      const largest = unit / Math.sqrt((lengths * size) / values.length);
      const least = 0.1 / Math.sqrt(known / levels);
      const asked = Math.sqrt(squares / levels) / (known / levels);
      const sd = Math.min(largest, Math.max(least, asked));
      return Number.isFinite(sd) && sd > 0 ? sd : 1;
    });
  });
}

/** By the diagonals of each level's information. */
export function resolutionsOf(information: Float64Array, levels: number, size: number): number[] {
  return Array.from({ length: size }, (_, c) =>
    resolution(Array.from({ length: levels }, (_, j) => information[(j * size + c) * size + c])),
  );
}
