/**
 * Warm-up as a list of stages, each a function from state to state: a warm-up is the fold over them.
 * Stages can be replaced through `GeneralPlan.warmup`. The default is Stan's (Reference Manual,
 * "Automatic Parameter Tuning").
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
import type { KernelMaker, Tuning } from './kernel.js';
import { type Metric, metricEstimator } from './metric.js';
import type { Model } from './model.js';
import type { SamplerSettings } from './settings.js';

/** State passed from stage to stage. */
export interface WarmupState {
  /** The chain's position; transitions move it in place. */
  readonly current: EvaluatedPoint;
  readonly tuning: Tuning;
  /** Dual averaging of the step size; it goes on across stages, updated in place. */
  readonly adaptation: StepSizeAdaptation;
  /** Gradient evaluations of all transitions so far. */
  readonly leapfrogSteps: number;
}

/** What all stages share. */
export interface WarmupProblem {
  readonly model: Model;
  readonly kernelOf: KernelMaker;
  readonly settings: SamplerSettings;
  readonly random: RandomStream;
}

export interface WarmupStage {
  /** The number of transitions that the stage makes. */
  readonly transitions: number;
  /** Yields before each transition, so that a chain can pause there and report progress. */
  run(problem: WarmupProblem, state: WarmupState): Generator<undefined, WarmupState, undefined>;
}

/** Stan's warm-up with this number of transitions. */
export function stanStages(draws: number): WarmupStage[] {
  if (draws === 0) return [findStepSize];
  return [findStepSize, ...stanWarmup(draws).map(adaptationStage), averageStepSize];
}

/** Finds a step size for the present metric and restarts dual averaging from it. */
export const findStepSize: WarmupStage = {
  transitions: 0,
  // biome-ignore lint/correctness/useYield: this stage makes no transitions.
  *run(problem, state) {
    return withStepSizeFound(problem, state);
  },
};

/** Ends a warm-up with the averaged step size of dual averaging. */
export const averageStepSize: WarmupStage = {
  transitions: 0,
  // biome-ignore lint/correctness/useYield: this stage makes no transitions.
  *run(_, state) {
    return { ...state, tuning: { ...state.tuning, stepSize: state.adaptation.averaged() } };
  },
};

/** Transitions with fixed tuning, which only move the chain. */
export function fixedStage(transitions: number): WarmupStage {
  return {
    transitions,
    *run({ kernelOf, random }, state) {
      const kernel = kernelOf(state.tuning);
      let { leapfrogSteps } = state;
      for (let draw = 0; draw < transitions; draw++) {
        yield;
        leapfrogSteps += kernel.transition(state.current, random).leapfrogSteps;
      }
      return { ...state, leapfrogSteps };
    },
  };
}

/**
 * Tunes the step size after every transition. A window that learns a metric changes to it at its
 * end, and searches for a step size again.
 */
export function adaptationStage({ draws, learnsMetric }: WarmupWindow): WarmupStage {
  return {
    transitions: draws,
    *run(problem, { current, tuning, adaptation, leapfrogSteps: before }) {
      const { model, kernelOf, settings, random } = problem;
      const estimator = metricEstimator(settings.metric, model.dimension);
      let leapfrogSteps = before;
      let { stepSize, metric } = tuning;
      for (let draw = 0; draw < draws; draw++) {
        yield;
        const transition = kernelOf({ stepSize, metric }).transition(current, random);
        leapfrogSteps += transition.leapfrogSteps;
        stepSize = adaptation.update(transition.acceptance);
        if (learnsMetric) estimator.add(current.position);
      }
      if (learnsMetric) metric = estimator.metric();
      const state = { current, tuning: { stepSize, metric }, adaptation, leapfrogSteps };
      return learnsMetric ? withStepSizeFound(problem, state) : state;
    },
  };
}

function withStepSizeFound({ model, random }: WarmupProblem, state: WarmupState): WarmupState {
  const { current, tuning, adaptation } = state;
  const stepSize = findInitialStepSize(model, tuning.metric, current, random, tuning.stepSize);
  adaptation.restart(stepSize);
  return { ...state, tuning: { ...tuning, stepSize } };
}

export interface WarmupWindow {
  readonly draws: number;
  /** A metric is learned from the draws of this window and takes effect at its end. */
  readonly learnsMetric: boolean;
}

const INITIAL = 75;
const FIRST_WINDOW = 25;
const FINAL = 50;

/**
 * Stan's three phases: 75 draws of step size only, metric windows of 25, 50, 100, ... of which
 * the last is stretched, 50 draws of step size only. Shorter warm-ups shrink to 15% / 75% / 10%;
 * below 20 draws no metric is learned.
 */
export function stanWarmup(draws: number): WarmupWindow[] {
  if (draws === 0) return [];
  if (draws < 20) return [{ draws, learnsMetric: false }];
  const short = INITIAL + FIRST_WINDOW + FINAL > draws;
  const initial = short ? Math.floor(0.15 * draws) : INITIAL;
  const final = short ? Math.floor(0.1 * draws) : FINAL;
  const windows = short ? [draws - initial - final] : doublingWindows(draws - initial - final);
  return [
    { draws: initial, learnsMetric: false },
    ...windows.map((window) => ({ draws: window, learnsMetric: true })),
    { draws: final, learnsMetric: false },
  ];
}

/**
 * 25, 50, 100, ...: from the second on, a window takes all remaining draws if fewer than twice its
 * own size would remain after it.
 */
function doublingWindows(total: number): number[] {
  const windows = [FIRST_WINDOW];
  let left = total - FIRST_WINDOW;
  for (let size = 2 * FIRST_WINDOW; left > 0; size *= 2) {
    const window = left - size < 2 * size ? left : size;
    windows.push(window);
    left -= window;
  }
  return windows;
}

/**
 * Step sizes: a first guess, and dual averaging towards a target acceptance (Hoffman & Gelman
 * 2014, algorithms 4 and 5 with their constants, as in Stan).
 */

const GAMMA = 0.05;
const T0 = 10;
const KAPPA = 0.75;

/** The first guess must cross this acceptance of one step, for any target acceptance. */
const CROSSED_ACCEPTANCE = 0.8;

interface StepSizeAdaptation {
  /** Restarts; log step sizes then shrink towards log(10 · stepSize). */
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
 * 0.8, as in Stan. Does not move the current point.
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
