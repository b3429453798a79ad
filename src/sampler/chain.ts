/**
 * One Markov chain from its random start to its last draw: warm up as the plan of the fit has it,
 * then sample with step size and metric fixed.
 */
import { WeighbridgeError } from '../errors.js';
import { quickStream } from '../random/quick-stream.js';
import { type RandomStream, randomStream } from '../random/stream.js';
import { metricEstimator } from './covariance.js';
import {
  copyVector,
  type EvaluatedPoint,
  evaluate,
  initialPoint,
  newEvaluatedPoint,
} from './hamiltonian.js';
import type { Kernel } from './kernel.js';
import { type Metric, unitMetric } from './metric.js';
import type { Model } from './model.js';
import { covarianceOf } from './normal-approximation.js';
import { nuts } from './nuts.js';
import { type GeneralPlan, type Plan, planSampling, type SplitPlan } from './plan.js';
import type { SamplerSettings } from './settings.js';
import { INTEGRATION_TIME, splitHmc } from './split-hmc.js';
import { staticHmc } from './static-hmc.js';
import { dualAveraging, findInitialStepSize } from './step-size.js';
import { stanWarmup } from './warm-up.js';

/** A chain's kept draws and what its transitions told. */
export interface Chain {
  /** How it was sampled. */
  readonly algorithm: Plan['algorithm'];
  /** Row-major (draw, parameter), reported parameters. */
  readonly draws: Float64Array;
  /**
   * Row-major (draw, unconstrained parameter): gradient of the log density at each kept draw, in
   * the coordinates in which the chain moved (split HMC: whitened ones).
   */
  readonly gradients: Float64Array;
  /** Hamiltonian at each kept draw. */
  readonly energy: Float64Array;
  readonly stepSize: number;
  /** M⁻¹ as learned. */
  readonly inverseMetric: Float64Array;
  /** Mean acceptance after warm-up. */
  readonly acceptance: number;
  readonly divergences: number;
  readonly maxDepthHits: number;
  /** Gradient evaluations after warm-up, and before. */
  readonly leapfrogSteps: number;
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
  requireParameters(model);
  return plan.algorithm === 'split-hmc'
    ? sampleBySplitHmc(plan, settings, quickStream(settings.seed, fit, chain))
    : sampleGenerally(model, plan, settings, randomStream(settings.seed, fit, chain));
}

function requireParameters({ dimension, parameterNames, constrain }: Model): void {
  if (!constrain && parameterNames.length !== dimension) {
    throw new WeighbridgeError(
      'bad-argument',
      `the model has ${dimension} parameters and ${parameterNames.length} names: expected a name for each, or 'constrain'`,
    );
  }
}

/** From a random start, with step size and metric learned by Stan's warm-up. */
function sampleGenerally(
  model: Model,
  { algorithm }: GeneralPlan,
  settings: SamplerSettings,
  random: RandomStream,
): Chain {
  const kernel = algorithm === 'nuts' ? nuts(model, settings.maxDepth) : staticHmc(model, settings);
  const current = initialPoint(model, random, settings.initialRange);
  const tuned = warmUp(model, kernel, current, settings, random);
  return {
    algorithm,
    ...keepDraws(model, kernel, current, tuned, settings, random),
    stepSize: tuned.stepSize,
    inverseMetric: tuned.metric.inverse,
    warmupLeapfrogSteps: tuned.leapfrogSteps,
  };
}

/** Draws of split HMC are nearly independent from the first on: these forget any start. */
const SPLIT_WARMUP = 20;

/** From a draw of the normal approximation, with all that a warm-up would learn already known. */
function sampleBySplitHmc(
  { target, approximation, steps }: SplitPlan,
  settings: SamplerSettings,
  random: RandomStream,
): Chain {
  const kernel = splitHmc(target);
  const metric = unitMetric(target.dimension);
  const stepSize = INTEGRATION_TIME / steps;
  const current = newEvaluatedPoint(target.dimension);
  do {
    for (let i = 0; i < target.dimension; i++) current.position[i] = random.normal();
  } while (!evaluate(target, current));
  let warmupLeapfrogSteps = 0;
  for (let draw = 0; draw < Math.min(SPLIT_WARMUP, settings.warmup); draw++) {
    warmupLeapfrogSteps += kernel.transition(current, stepSize, metric, random).leapfrogSteps;
  }
  return {
    algorithm: 'split-hmc',
    ...keepDraws(target, kernel, current, { stepSize, metric }, settings, random),
    stepSize,
    inverseMetric: covarianceOf(approximation),
    warmupLeapfrogSteps,
  };
}

interface Tuned {
  stepSize: number;
  metric: Metric;
}

/** Moves `current` through the warm-up; returns the step size and metric to sample with. */
function warmUp(
  model: Model,
  kernel: Kernel,
  current: EvaluatedPoint,
  settings: SamplerSettings,
  random: RandomStream,
): Tuned & { leapfrogSteps: number } {
  const adaptation = dualAveraging(settings.targetAcceptance);
  const estimator = metricEstimator(settings.metric, model.dimension);
  let metric = unitMetric(model.dimension);
  let stepSize = findInitialStepSize(model, metric, current, random);
  let leapfrogSteps = 0;
  adaptation.restart(stepSize);
  for (const stage of stanWarmup(settings.warmup)) {
    for (let draw = 0; draw < stage.draws; draw++) {
      const outcome = kernel.transition(current, stepSize, metric, random);
      leapfrogSteps += outcome.leapfrogSteps;
      stepSize = adaptation.update(outcome.acceptance);
      if (stage.learnsMetric) estimator.add(current.position);
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

/** Samples with everything fixed. */
function keepDraws(
  model: Model,
  kernel: Kernel,
  current: EvaluatedPoint,
  { stepSize, metric }: Tuned,
  settings: SamplerSettings,
  random: RandomStream,
) {
  const parameters = model.parameterNames.length;
  const draws = new Float64Array(settings.draws * parameters);
  const gradients = new Float64Array(settings.draws * model.dimension);
  const energy = new Float64Array(settings.draws);
  const row = new Float64Array(parameters);
  let acceptance = 0;
  let divergences = 0;
  let maxDepthHits = 0;
  let leapfrogSteps = 0;
  for (let draw = 0; draw < settings.draws; draw++) {
    const outcome = kernel.transition(current, stepSize, metric, random);
    if (model.constrain) model.constrain(current.position, row);
    else copyVector(current.position, row);
    for (let i = 0; i < parameters; i++) draws[draw * parameters + i] = row[i];
    const gradient = current.gradient;
    for (let i = 0; i < model.dimension; i++) gradients[draw * model.dimension + i] = gradient[i];
    energy[draw] = outcome.energy;
    acceptance += outcome.acceptance / settings.draws;
    divergences += outcome.divergent ? 1 : 0;
    maxDepthHits += outcome.reachedMaxDepth ? 1 : 0;
    leapfrogSteps += outcome.leapfrogSteps;
  }
  return { draws, gradients, energy, acceptance, divergences, maxDepthHits, leapfrogSteps };
}
