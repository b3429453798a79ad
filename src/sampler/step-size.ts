/**
 * Step sizes: a first guess, and dual averaging towards a target acceptance (Hoffman & Gelman
 * 2014, algorithms 4 and 5 with their constants, as in Stan).
 */
import type { RandomStream } from '../random/stream.js';
import {
  copyEvaluated,
  type EvaluatedPoint,
  energy,
  leapfrog,
  newPhasePoint,
  refreshMomentum,
} from './hamiltonian.js';
import type { Metric } from './metric.js';
import type { Model } from './model.js';

const GAMMA = 0.05;
const T0 = 10;
const KAPPA = 0.75;

/** The first guess must cross this acceptance of one step, whatever the target acceptance. */
const CROSSED_ACCEPTANCE = 0.8;

export interface StepSizeAdaptation {
  /** Starts anew; log step sizes then shrink towards log(10 · stepSize). */
  restart(stepSize: number): void;
  /** Adds the acceptance of one transition; returns the step size for the next. */
  update(acceptance: number): number;
  /** The averaged step size, used after warm-up. */
  averaged(): number;
}

export function dualAveraging(targetAcceptance: number): StepSizeAdaptation {
  let mu = 0;
  let count = 0;
  let errorAverage = 0;
  let logAveraged = 0;
  return {
    restart(stepSize) {
      mu = Math.log(10 * stepSize);
      count = 0;
      errorAverage = 0;
      logAveraged = 0;
    },
    update(acceptance) {
      count++;
      const eta = 1 / (count + T0);
      errorAverage = (1 - eta) * errorAverage + eta * (targetAcceptance - Math.min(1, acceptance));
      const logStepSize = mu - (errorAverage * Math.sqrt(count)) / GAMMA;
      const weight = count ** -KAPPA;
      logAveraged = weight * logStepSize + (1 - weight) * logAveraged;
      return Math.exp(logStepSize);
    },
    averaged: () => Math.exp(logAveraged),
  };
}

/**
 * Doubles or halves `stepSize` until the acceptance of one leapfrog step from `current` crosses
 * 0.8, as in Stan. The current point stays where it is.
 */
export function findInitialStepSize(
  model: Model,
  metric: Metric,
  current: EvaluatedPoint,
  random: RandomStream,
  stepSize = 1,
): number {
  const point = newPhasePoint(model.dimension);
  const accepts = (step: number): boolean => {
    copyEvaluated(current, point);
    refreshMomentum(metric, point, random);
    const before = energy(point);
    leapfrog(model, metric, point, step);
    return before - energy(point) > Math.log(CROSSED_ACCEPTANCE);
  };
  const growing = accepts(stepSize);
  let step = stepSize;
  // Bounded: a flat density accepts any step, and a broken one none.
  for (let tries = 0; tries < 100; tries++) {
    step = growing ? step * 2 : step / 2;
    if (accepts(step) !== growing) return step;
  }
  return stepSize;
}
