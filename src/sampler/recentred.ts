/**
 * Whitened coordinates whose centre or scale proves wrong. A model may whiten itself by an approximation
 * (`Model.whitened`) that misplaces a few of its coordinates by many standard deviations, such as the
 * log of the sd of effects whose levels have skewed posteriors. Settled points show it, and short chains
 * from them say where those coordinates are.
 */
import type { RandomStream } from '../random/stream.js';
import { type EvaluatedPoint, evaluate, newEvaluatedPoint } from './hamiltonian.js';
import type { LogDensity } from './model.js';
import type { WhitenedModel } from './normal-approximation.js';
import { settlingKernel, splitStepOf } from './split-hmc.js';

interface Placed {
  readonly target: WhitenedModel;
  /** Points near typical ones, in the coordinates of the target. */
  readonly origins: readonly EvaluatedPoint[];
}

/** The mean of four independent draws of a standard normal is beyond it once in 200,000 coordinates. */
const SUSPECT_MEAN = 2.25;
/** Per origin: trajectories of the most steps. */
const TRANSITIONS = 40;
/** Means over all of them that are farther from zero are corrected. */
const CORRECTED_MEAN = 0.5;

/** The target and its settled points, in corrected coordinates if some are misplaced. */
export function recentred(
  target: WhitenedModel,
  origins: readonly EvaluatedPoint[],
  random: RandomStream,
): Placed {
  const { dimension } = target;
  const isSuspect = Array.from({ length: dimension }, (_, i) => i).some((i) => {
    const sum = origins.reduce((total, { position }) => total + position[i], 0);
    return Math.abs(sum / origins.length) > SUSPECT_MEAN;
  });
  if (!isSuspect) return { target, origins };
  const means = new Float64Array(dimension);
  const squares = new Float64Array(dimension);
  const kernel = settlingKernel(target);
  for (const origin of origins) {
    for (let transition = 0; transition < 2 * TRANSITIONS; transition++) {
      kernel.transition(origin, random);
      // The first half only moves away from the misplaced start.
      if (transition < TRANSITIONS) continue;
      for (let i = 0; i < dimension; i++) {
        means[i] += origin.position[i] / (TRANSITIONS * origins.length);
        squares[i] += origin.position[i] ** 2 / (TRANSITIONS * origins.length);
      }
    }
  }
  const scales = squares.map((square, i) => Math.sqrt(Math.max(square - means[i] ** 2, 0.01)));
  for (let i = 0; i < dimension; i++) {
    if (Math.abs(means[i]) > CORRECTED_MEAN) continue;
    means[i] = 0;
    scales[i] = 1;
  }
  const moved = movedTarget(target, means, scales);
  return {
    target: moved,
    origins: origins.map(({ position }) => {
      const point = newEvaluatedPoint(dimension);
      point.position.set(position.map((x, i) => (x - means[i]) / scales[i]));
      evaluate(moved, point);
      return point;
    }),
  };
}

/** The target in coordinates y with x = means + scales y. */
function movedTarget(
  target: WhitenedModel,
  means: Float64Array,
  scales: Float64Array,
): WhitenedModel {
  const position = new Float64Array(means.length);
  const place = (y: Float64Array) => {
    for (let i = 0; i < position.length; i++) position[i] = means[i] + scales[i] * y[i];
  };
  const logDensity: LogDensity = (y, gradient) => {
    place(y);
    const value = target.logDensity(position, gradient);
    for (let i = 0; i < scales.length; i++) gradient[i] *= scales[i];
    return value;
  };
  return {
    ...target,
    logDensity,
    splitStep: splitStepOf({ logDensity }),
    constrain(y, parameters, random) {
      place(y);
      if (target.constrain) target.constrain(position, parameters, random);
      else parameters.set(position);
    },
  };
}
