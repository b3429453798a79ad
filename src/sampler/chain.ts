/**
 * One Markov chain: a start, a warm-up, then draws with the tuning fixed.
 */
import { WeighbridgeError } from '../errors.js';
import { quickStream } from '../random/quick-stream.js';
import { type RandomStream, randomStream } from '../random/stream.js';
import { type EvaluatedPoint, initialPoint } from './hamiltonian.js';
import { type DrawKeeper, drawKeeper, type KeptDraws } from './kept-draws.js';
import { unitMetric } from './metric.js';
import type { Model } from './model.js';
import { covarianceOf } from './normal-approximation.js';
import { nuts } from './nuts.js';
import { type GeneralPlan, type Plan, planSampling, type SplitPlan } from './plan.js';
import type { SamplerSettings } from './settings.js';
import { SETTLING_GRADIENTS, splitHmc, splitStart, splitStepSize } from './split-hmc.js';
import { staticHmc } from './static-hmc.js';
import {
  dualAveraging,
  fixedStage,
  stanStages,
  type WarmupProblem,
  type WarmupStage,
  type WarmupState,
} from './warm-up.js';

/** Number of transitions done and in total, including warm-up. */
export interface ChainProgress {
  readonly done: number;
  readonly total: number;
  readonly phase: 'warm-up' | 'sampling';
}

/** The kept draws of a chain, and how it was sampled. */
export interface Chain extends KeptDraws {
  readonly algorithm: Plan['algorithm'];
  /** Transitions of the warm-up. */
  readonly warmup: number;
  readonly stepSize: number;
  /**
   * M⁻¹ as learned; for split HMC, the covariance of the normal approximation, or ones if the model's
   * own coordinates are whitened.
   */
  readonly inverseMetric: Float64Array;
  /** Gradient evaluations of the warm-up. */
  readonly warmupLeapfrogSteps: number;
}

/**
 * Samples chain number `chain` (from 0) of the fit `fit`. The stream of random numbers depends only
 * on the seed, the fit and the chain.
 *
 * @param plan of the fit, the same for all of its chains; made by `planSampling` by default
 */
export function sampleChain(
  model: Model,
  settings: SamplerSettings,
  fit: string,
  chain: number,
  plan: Plan = planSampling(model, settings, fit),
): Chain {
  const steps = chainInSteps(model, settings, fit, chain, plan);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * The same chain as a generator that pauses every few transitions, for progress and cancellation.
 *
 * @param keepsGradients if false, `gradients` is empty. @default true
 */
export function* chainInSteps(
  model: Model,
  settings: SamplerSettings,
  fit: string,
  chain: number,
  plan: Plan,
  keepsGradients = true,
): Generator<ChainProgress, Chain, undefined> {
  requireParameters(model);
  const start =
    plan.algorithm === 'split-hmc'
      ? startOfSplit(plan, settings, quickStream(settings.seed, fit, chain))
      : generalStart(model, plan, settings, randomStream(settings.seed, fit, chain));
  const { problem, stages } = start;
  const warmup = stages.reduce((sum, stage) => sum + stage.transitions, 0);
  const { current, tuning, leapfrogSteps } = yield* warmUp(start, warmup + settings.draws);
  const keeper = drawKeeper(
    problem.model,
    problem.kernelOf(tuning),
    current,
    settings.draws,
    problem.random,
    quickStream(settings.seed, fit, chain, 'reported'),
    keepsGradients,
  );
  yield* keepDraws(keeper, warmup, settings.draws);
  return {
    algorithm: plan.algorithm,
    warmup,
    ...keeper.kept(),
    stepSize: tuning.stepSize,
    inverseMetric: start.inverseMetric ?? tuning.metric.inverse,
    warmupLeapfrogSteps: leapfrogSteps,
  };
}

/** Transitions between two pauses: a fraction of a millisecond for most models. */
const TRANSITIONS_PER_PAUSE = 16;

function requireParameters({ dimension, parameterNames, constrain }: Model): void {
  if (!constrain && parameterNames.length !== dimension) {
    throw new WeighbridgeError(
      'bad-argument',
      `the model has ${dimension} parameters and ${parameterNames.length} names: expected a name for each, or 'constrain'`,
    );
  }
}

/** A chain before its first transition. */
interface ChainStart {
  readonly problem: WarmupProblem;
  readonly stages: readonly WarmupStage[];
  readonly state: WarmupState;
  /** Reported M⁻¹. @default that of the tuning */
  readonly inverseMetric?: Float64Array;
}

/** A random start; step size and metric are learned. */
function generalStart(
  given: Model,
  { algorithm, target, warmup }: GeneralPlan,
  settings: SamplerSettings,
  random: RandomStream,
): ChainStart {
  const { model, current } = randomStart(given, target, settings, random);
  return {
    problem: {
      model,
      kernelOf: algorithm === 'nuts' ? nuts(model, settings.maxDepth) : staticHmc(model, settings),
      settings,
      random,
    },
    stages: warmup ?? stanStages(settings.warmup),
    state: stateAt(current, 1, settings),
  };
}

/**
 * In whitened coordinates if the plan has any. With little data the curvature at the mode can
 * overstate the scale; if no start is found there, the model's own coordinates are used.
 */
function randomStart(
  given: Model,
  target: Model | undefined,
  { initialRange }: SamplerSettings,
  random: RandomStream,
): { readonly model: Model; readonly current: EvaluatedPoint } {
  if (target) {
    try {
      return { model: target, current: initialPoint(target, random, initialRange) };
    } catch (error) {
      const noStart = error instanceof WeighbridgeError && error.code === 'no-initial-point';
      if (!noStart) throw error;
    }
  }
  return { model: given, current: initialPoint(given, random, initialRange) };
}

/** Draws of split HMC are nearly independent, so that few transitions make a chain forget its start. */
const SPLIT_WARMUP = 20;

/** Starts at a draw of the normal approximation; nothing is learned. */
function startOfSplit(
  plan: SplitPlan,
  settings: SamplerSettings,
  random: RandomStream,
): ChainStart {
  const { target, approximation, steps } = plan;
  const kernel = splitHmc(target, steps);
  return {
    problem: { model: target, kernelOf: () => kernel, settings, random },
    stages: [fixedStage(Math.min(SPLIT_WARMUP, settings.warmup))],
    state: {
      ...stateAt(splitStart(plan, random), splitStepSize(steps), settings),
      leapfrogSteps: approximation ? 0 : SETTLING_GRADIENTS,
    },
    ...(approximation && { inverseMetric: covarianceOf(approximation) }),
  };
}

function stateAt(
  current: EvaluatedPoint,
  stepSize: number,
  { targetAcceptance }: SamplerSettings,
): WarmupState {
  return {
    current,
    tuning: { stepSize, metric: unitMetric(current.position.length) },
    adaptation: dualAveraging(targetAcceptance),
    leapfrogSteps: 0,
  };
}

/** Runs the stages in order. */
function* warmUp(
  { problem, stages, state: initial }: ChainStart,
  total: number,
): Generator<ChainProgress, WarmupState, undefined> {
  let state = initial;
  let done = 0;
  for (const stage of stages) {
    const steps = stage.run(problem, state);
    let step = steps.next();
    for (; !step.done; step = steps.next()) {
      if (done % TRANSITIONS_PER_PAUSE === 0) yield { done, total, phase: 'warm-up' };
      done++;
    }
    state = step.value;
  }
  return state;
}

/** Makes all draws, a few between two pauses. */
function* keepDraws(
  keeper: DrawKeeper,
  warmup: number,
  draws: number,
): Generator<ChainProgress, void, undefined> {
  for (let from = 0; from < draws; from += TRANSITIONS_PER_PAUSE) {
    yield { done: warmup + from, total: warmup + draws, phase: 'sampling' };
    keeper.keep(from, Math.min(draws, from + TRANSITIONS_PER_PAUSE));
  }
}
