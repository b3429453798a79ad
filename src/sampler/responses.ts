/**
 * How reported parameters follow the unconstrained position, where that is simple: found by calling
 * `Model.constrain`, so that no model has to say it.
 */
import type { RandomStream } from '../random/stream.js';
import type { Model } from './model.js';

/** The parameter, or its logarithm, is linear in the unconstrained position. */
export interface Response {
  readonly scale: 'identity' | 'log';
  /** Its derivatives by the coordinates of the position. */
  readonly derivatives: Float64Array;
}

/** With more coordinates, the derivatives and the gradients of a fit are not kept. */
export const MOST_COORDINATES = 64;

/** Relative; differences of rounded numbers. */
const TOLERANCE = 1e-8;

/**
 * One entry per reported parameter; null for a parameter that is neither linear nor the exponential of
 * something linear, or that is drawn at random. Empty for models of more than 64 coordinates.
 *
 * @param position a typical one, in the model's coordinates
 * @param random for `Model.constrain`
 */
export function responsesOf(
  model: Model,
  position: Float64Array,
  random: RandomStream,
): readonly (Response | null)[] {
  const { dimension, parameterNames } = model;
  if (dimension > MOST_COORDINATES) return [];
  const at = (move: (j: number) => number) => {
    const moved = position.map((value, j) => value + move(j));
    const row = new Float64Array(parameterNames.length);
    if (model.constrain) model.constrain(moved, row, random);
    else row.set(moved);
    return row;
  };
  const here = at(() => 0);
  const along = Array.from({ length: dimension }, (_, k) => at((j) => (j === k ? 1 : 0)));
  // Two further points, in unlike directions.
  const moves = [(j: number) => -1 / (j + 1), (j: number) => ((j % 3) - 1) / 2];
  const checks = moves.map((move) => ({ move, row: at(move) }));
  return parameterNames.map((_, p) => {
    for (const scale of ['identity', 'log'] as const) {
      const on = scale === 'log' ? Math.log : (value: number) => value;
      const origin = on(here[p]);
      const derivatives = Float64Array.from(along, (row) => on(row[p]) - origin);
      const size = derivatives.reduce((sum, value) => sum + Math.abs(value), Math.abs(origin));
      const fits = checks.every(({ move, row }) => {
        const predicted = derivatives.reduce((sum, value, j) => sum + value * move(j), origin);
        return Math.abs(on(row[p]) - predicted) <= TOLERANCE * size;
      });
      if (fits && derivatives.some((value) => value !== 0)) return { scale, derivatives };
    }
    return null;
  });
}
