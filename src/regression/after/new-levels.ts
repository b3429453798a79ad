/**
 * Effects of levels that a fit has never seen, as brms' `sample_new_levels` makes them. A new level
 * has the same effects in every row and in every prediction: its random numbers come from the seed,
 * the group and the level's name. Two terms over one group, `(1 | g) + (0 + x | g)`, share the known
 * level whose effects a new one takes, as in brms; those from the normal distribution are
 * independent, as the model has them.
 */
import { writeCorrelatedEffects } from '../../../models/multilevel/correlation-cholesky.js';
import { cholesky } from '../../linear-algebra/cholesky.js';
import type { Draws } from '../../posterior/draws.js';
import { randomStream } from '../../random/stream.js';
import type { GroupLayout } from './layout.js';

export const newLevelsChoices = ['uncertainty', 'gaussian', 'refuse'] as const;

/**
 * `uncertainty`: at each draw the effects of one of the known levels, taken at random; `gaussian`:
 * from the normal distribution of the draw's standard deviations and correlations; `refuse`: an
 * error (brms without `allow_new_levels`).
 */
export type NewLevels = (typeof newLevelsChoices)[number];

export interface NewLevelRequest {
  readonly draws: Draws;
  readonly drawsUsed: Uint32Array;
  readonly layout: GroupLayout;
  readonly level: string;
  readonly how: 'uncertainty' | 'gaussian';
  readonly seed: number | string;
}

/** Row-major (coefficient, draw). */
export function newLevelEffects(request: NewLevelRequest): Float64Array {
  return request.how === 'uncertainty' ? effectsOfKnownLevels(request) : normalEffects(request);
}

function effectsOfKnownLevels(request: NewLevelRequest): Float64Array {
  const { draws, drawsUsed, layout } = request;
  const { effects, coefficients, levels } = layout;
  const width = draws.parameterNames.length;
  const random = randomStream(request.seed, 'new level', layout.group, request.level);
  const made = new Float64Array(coefficients.length * drawsUsed.length);
  drawsUsed.forEach((draw, s) => {
    const level = Math.floor(random.uniform() * levels.length);
    for (let c = 0; c < coefficients.length; c++) {
      const place = effects + c * levels.length + level;
      made[c * drawsUsed.length + s] = draws.values[draw * width + place];
    }
  });
  return made;
}

/** sd ∘ L z with L Lᵀ the correlations of the draw and z standard normal. */
function normalEffects({ draws, drawsUsed, layout, level, seed }: NewLevelRequest): Float64Array {
  const { group, sds, correlations, correlationCount, coefficients } = layout;
  const size = coefficients.length;
  const width = draws.parameterNames.length;
  const random = randomStream(seed, 'new level', group, level, ...coefficients);
  const z = new Float64Array(size);
  const effects = new Float64Array(size);
  const made = new Float64Array(size * drawsUsed.length);
  drawsUsed.forEach((draw, s) => {
    const start = draw * width;
    random.normals(z);
    const factor = correlationFactor(
      size,
      draws.values.subarray(start + correlations, start + correlations + correlationCount),
    );
    const deviations = draws.values.subarray(start + sds, start + sds + size);
    writeCorrelatedEffects(deviations, factor, z, effects);
    for (let c = 0; c < size; c++) made[c * drawsUsed.length + s] = effects[c];
  });
  return made;
}

/** Correlations of nearly 1 may be 1 to the last digit, which has no factor: a little less has. */
const LEAST_SHRINKAGE = 1e-10;

/** Lower Cholesky factor of the correlation matrix with these pairs: (1,2), (1,3), (2,3) …. */
function correlationFactor(size: number, pairs: Float64Array): Float64Array {
  for (let shrinkage = 0; shrinkage < 1; shrinkage = shrinkage * 10 || LEAST_SHRINKAGE) {
    const factor = cholesky(correlationMatrix(size, pairs, 1 - shrinkage), size);
    if (factor) return factor;
  }
  return new Float64Array(size * size).fill(Number.NaN);
}

function correlationMatrix(size: number, pairs: Float64Array, scale: number): Float64Array {
  const matrix = new Float64Array(size * size);
  let pair = 0;
  for (let column = 0; column < size; column++) {
    matrix[column * size + column] = 1;
    for (let row = 0; row < column; row++) {
      // None where they are not estimated: `(x || g)`.
      const correlation = pairs.length === 0 ? 0 : scale * pairs[pair++];
      matrix[row * size + column] = correlation;
      matrix[column * size + row] = correlation;
    }
  }
  return matrix;
}
