/**
 * Warm-up as a list of stages, each a function from state to state: a warm-up is the fold over them.
 * Stages can be replaced through `GeneralPlan.warmup`. The default is Stan's (Reference Manual,
 * "Automatic Parameter Tuning").
 */
import type { RandomStream } from '../random/stream.js';
import { metricEstimator } from './covariance.js';
import type { EvaluatedPoint } from './hamiltonian.js';
import type { KernelMaker, Tuning } from './kernel.js';
import type { Model } from './model.js';
import type { SamplerSettings } from './settings.js';
import { findInitialStepSize, type StepSizeAdaptation } from './step-size.js';

/** What one stage hands to the next. */
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

/** Stan's warm-up of so many transitions. */
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

/** Ends a warm-up: takes the step size that dual averaging has averaged. */
export const averageStepSize: WarmupStage = {
  transitions: 0,
  // biome-ignore lint/correctness/useYield: this stage makes no transitions.
  *run(_, state) {
    return { ...state, tuning: { ...state.tuning, stepSize: state.adaptation.averaged() } };
  },
};

/** Transitions with the tuning as it is, which only move the chain. */
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
 * end, and looks for a step size anew.
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
