/**
 * One Markov chain from its random start to its last draw: warm up as the plan of the fit has it,
 * then sample with step size and metric fixed.
 */
import { WeighbridgeError } from '../errors.js';
import { quickStream } from '../random/quick-stream.js';
import { type RandomStream, randomStream } from '../random/stream.js';
import { metricEstimator } from './covariance.js';
import { type EvaluatedPoint, evaluate, initialPoint, newEvaluatedPoint } from './hamiltonian.js';
import { type DrawKeeper, drawKeeper, type KeptDraws, type Tuned } from './kept-draws.js';
import type { Kernel } from './kernel.js';
import { unitMetric } from './metric.js';
import type { Model } from './model.js';
import { covarianceOf } from './normal-approximation.js';
import { nuts } from './nuts.js';
import { type GeneralPlan, type Plan, planSampling, type SplitPlan } from './plan.js';
import type { SamplerSettings } from './settings.js';
import { INTEGRATION_TIME, splitHmc } from './split-hmc.js';
import { staticHmc } from './static-hmc.js';
import { dualAveraging, findInitialStepSize } from './step-size.js';
import { stanWarmup } from './warm-up.js';

/** How far a chain has come: transitions done, warm-up among them, of all that it will make. */
export interface ChainProgress {
  readonly done: number;
  readonly of: number;
  readonly phase: 'warm-up' | 'sampling';
}

/** A chain's kept draws and what its transitions told. */
export interface Chain extends KeptDraws {
  /** How it was sampled. */
  readonly algorithm: Plan['algorithm'];
  /** Transitions of the warm-up. */
  readonly warmup: number;
  readonly stepSize: number;
  /** M⁻¹ as learned. */
  readonly inverseMetric: Float64Array;
  /** Gradient evaluations of the warm-up. */
  readonly warmupLeapfrogSteps: number;
}

/**
 * Chain number `chain` (from 0) of the fit `fit`. The stream of random numbers depends on the
 * seed, the fit and the chain alone.
 *
 * @param plan of the fit, the same for all of its chains; made anew where absent.
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

/** The same chain, which pauses every few transitions: for progress, and to be left unfinished. */
export function chainInSteps(
  model: Model,
  settings: SamplerSettings,
  fit: string,
  chain: number,
  plan: Plan,
): ChainInSteps {
  requireParameters(model);
  // Drawing what was integrated out must not change how the chain moves.
  const reporting = quickStream(settings.seed, fit, chain, 'reported');
  return plan.algorithm === 'split-hmc'
    ? splitHmcInSteps(plan, settings, quickStream(settings.seed, fit, chain), reporting)
    : generalInSteps(model, plan, settings, randomStream(settings.seed, fit, chain), reporting);
}

type ChainInSteps = Generator<ChainProgress, Chain, undefined>;

/** Transitions between two pauses: a fraction of a millisecond for most models. */
const TRANSITIONS_A_STEP = 16;

function requireParameters({ dimension, parameterNames, constrain }: Model): void {
  if (!constrain && parameterNames.length !== dimension) {
    throw new WeighbridgeError(
      'bad-argument',
      `the model has ${dimension} parameters and ${parameterNames.length} names: expected a name for each, or 'constrain'`,
    );
  }
}

/** From a random start, with step size and metric learned by Stan's warm-up. */
function* generalInSteps(
  given: Model,
  { algorithm, target }: GeneralPlan,
  settings: SamplerSettings,
  random: RandomStream,
  reporting: RandomStream,
): ChainInSteps {
  const { model, current } = startOf(given, target, settings, random);
  const kernel = algorithm === 'nuts' ? nuts(model, settings.maxDepth) : staticHmc(model, settings);
  const tuned = yield* warmUpInSteps(model, kernel, current, settings, random);
  const keeper = drawKeeper(model, kernel, current, tuned, settings.draws, random, reporting);
  yield* keepInSteps(keeper, settings, settings.warmup);
  return {
    algorithm,
    warmup: settings.warmup,
    ...keeper.kept(),
    stepSize: tuned.stepSize,
    inverseMetric: tuned.metric.inverse,
    warmupLeapfrogSteps: tuned.leapfrogSteps,
  };
}

/**
 * In whitened coordinates where there are some. Of data that hold next to nothing, the curvature at
 * a mode may promise widths that there are not: then in the model's own.
 */
function startOf(
  given: Model,
  target: Model | undefined,
  { initialRange }: SamplerSettings,
  random: RandomStream,
): { readonly model: Model; readonly current: EvaluatedPoint } {
  if (target) {
    try {
      return { model: target, current: initialPoint(target, random, initialRange) };
    } catch (error) {
      if (!(error instanceof WeighbridgeError)) throw error;
    }
  }
  return { model: given, current: initialPoint(given, random, initialRange) };
}

/** Draws of split HMC are nearly independent from the first on: these forget any start. */
const SPLIT_WARMUP = 20;

/** From a draw of the normal approximation, with all that a warm-up would learn already known. */
function* splitHmcInSteps(
  { target, approximation, steps }: SplitPlan,
  settings: SamplerSettings,
  random: RandomStream,
  reporting: RandomStream,
): ChainInSteps {
  const kernel = splitHmc(target);
  const metric = unitMetric(target.dimension);
  const stepSize = INTEGRATION_TIME / steps;
  const current = newEvaluatedPoint(target.dimension);
  do {
    for (let i = 0; i < target.dimension; i++) current.position[i] = random.normal();
  } while (!evaluate(target, current));
  const warmup = Math.min(SPLIT_WARMUP, settings.warmup);
  let warmupLeapfrogSteps = 0;
  for (let draw = 0; draw < warmup; draw++) {
    warmupLeapfrogSteps += kernel.transition(current, stepSize, metric, random).leapfrogSteps;
  }
  const tuned = { stepSize, metric };
  const keeper = drawKeeper(target, kernel, current, tuned, settings.draws, random, reporting);
  yield* keepInSteps(keeper, settings, warmup);
  return {
    algorithm: 'split-hmc',
    warmup,
    ...keeper.kept(),
    stepSize,
    inverseMetric: covarianceOf(approximation),
    warmupLeapfrogSteps,
  };
}

/** Moves `current` through the warm-up; returns the step size and metric to sample with. */
function* warmUpInSteps(
  model: Model,
  kernel: Kernel,
  current: EvaluatedPoint,
  settings: SamplerSettings,
  random: RandomStream,
): Generator<ChainProgress, Tuned & { leapfrogSteps: number }, undefined> {
  const adaptation = dualAveraging(settings.targetAcceptance);
  const estimator = metricEstimator(settings.metric, model.dimension);
  let metric = unitMetric(model.dimension);
  let stepSize = findInitialStepSize(model, metric, current, random);
  let leapfrogSteps = 0;
  let done = 0;
  adaptation.restart(stepSize);
  for (const stage of stanWarmup(settings.warmup)) {
    for (let draw = 0; draw < stage.draws; draw++) {
      if (done % TRANSITIONS_A_STEP === 0) {
        yield { done, of: settings.warmup + settings.draws, phase: 'warm-up' };
      }
      const outcome = kernel.transition(current, stepSize, metric, random);
      leapfrogSteps += outcome.leapfrogSteps;
      stepSize = adaptation.update(outcome.acceptance);
      if (stage.learnsMetric) estimator.add(current.position);
      done++;
    }
    if (stage.learnsMetric) {
      metric = estimator.metric();
      estimator.reset();
      stepSize = findInitialStepSize(model, metric, current, random, stepSize);
      adaptation.restart(stepSize);
    }
  }
  if (settings.warmup > 0) stepSize = adaptation.averaged();
  return { stepSize, metric, leapfrogSteps };
}

/** Keeps all draws, a few between two pauses. */
function* keepInSteps(
  keeper: DrawKeeper,
  { draws }: SamplerSettings,
  warmup: number,
): Generator<ChainProgress, void, undefined> {
  for (let from = 0; from < draws; from += TRANSITIONS_A_STEP) {
    yield { done: warmup + from, of: warmup + draws, phase: 'sampling' };
    keeper.keep(from, Math.min(draws, from + TRANSITIONS_A_STEP));
  }
}
