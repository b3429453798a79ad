/**
 * Effects of levels that are not in the data of a fit, as with brms' `sample_new_levels`. A new
 * level has the same effects in every row and every prediction: its random numbers are derived from
 * the seed, the group and the name of the level. As in brms, two terms over one group, `(1 | g) +
 * (0 + x | g)`, use the same known level for a new one; effects drawn from the normal distribution
 * are independent between terms, as in the model.
 */
import { writeCorrelatedEffects } from '../../../models/multilevel/correlation-cholesky.js';
import { cholesky } from '../../linear-algebra/cholesky.js';
import type { Draws } from '../../posterior/draws.js';
import { randomStream } from '../../random/stream.js';
import type { GroupLayout } from './layout.js';

export const newLevelsChoices = ['uncertainty', 'gaussian', 'refuse'] as const;

/**
 * `uncertainty`: at each draw, the effects of a randomly chosen known level; `gaussian`: effects
 * from the normal distribution with the draw's standard deviations and correlations; `refuse`:
 * throws (as brms without `allow_new_levels`).
 */
export type NewLevels = (typeof newLevelsChoices)[number];

interface NewLevelRequest {
  readonly draws: Draws;
  readonly drawsUsed: Uint32Array;
  readonly layout: GroupLayout;
  readonly level: string;
  readonly how: 'uncertainty' | 'gaussian';
  readonly seed: number | string;
}

/** Effects of a new level, row-major (coefficient, draw). */
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

/** Relative shrinkage of correlations that round to ±1, whose matrix has no Cholesky factor. */
const LEAST_SHRINKAGE = 1e-10;

/** Lower Cholesky factor of the correlation matrix with these pairs: (1,2), (1,3), (2,3) …. */
function correlationFactor(size: number, pairs: Float64Array): Float64Array {
  for (let shrinkage = 0; shrinkage < 1; shrinkage = shrinkage * 10 || LEAST_SHRINKAGE) {
    const factor = cholesky(correlationMatrix(size, pairs, 1 - shrinkage), size);
    if (factor) return factor;
  }
  return new Float64Array(size * size).fill(Number.NaN);
}

/** @param pairs (1,2), (1,3), (2,3) …, which are multiplied by `scale` */
export function correlationMatrix(size: number, pairs: Float64Array, scale: number): Float64Array {
  const matrix = new Float64Array(size * size);
  let pair = 0;
  for (let column = 0; column < size; column++) {
    matrix[column * size + column] = 1;
    for (let row = 0; row < column; row++) {
      // Correlations are not estimated for `(x || g)`.
      const correlation = pairs.length === 0 ? 0 : scale * pairs[pair++];
      matrix[row * size + column] = correlation;
      matrix[column * size + row] = correlation;
    }
  }
  return matrix;
}
