/**
 * One Markov chain from its random start to its last draw: warm up by the plan, then sample with
 * step size and metric fixed.
 */
import { WeighbridgeError } from '../errors.js';
import { type RandomStream, randomStream } from '../random/stream.js';
import { metricEstimator } from './covariance.js';
import { type EvaluatedPoint, initialPoint } from './hamiltonian.js';
import type { Kernel } from './kernel.js';
import { type Metric, unitMetric } from './metric.js';
import type { Model } from './model.js';
import { nuts } from './nuts.js';
import type { SamplerSettings } from './settings.js';
import { staticHmc } from './static-hmc.js';
import { dualAveraging, findInitialStepSize } from './step-size.js';
import { stanWarmup } from './warm-up.js';

/** A chain's kept draws and what its transitions told. */
export interface Chain {
  /** Row-major (draw, parameter), reported parameters. */
  readonly draws: Float64Array;
  /** Row-major (draw, unconstrained parameter): gradient of the log density at each kept draw. */
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
 */
export function sampleChain(
  model: Model,
  settings: SamplerSettings,
  fit: string,
  chain: number,
): Chain {
  requireParameters(model);
  const random = randomStream(settings.seed, fit, chain);
  const kernel = kernelFor(model, settings);
  const current = initialPoint(model, random, settings.initialRange);
  const tuned = warmUp(model, kernel, current, settings, random);
  const kept = keepDraws(model, kernel, current, tuned, settings, random);
  return {
    ...kept,
    stepSize: tuned.stepSize,
    inverseMetric: tuned.metric.inverse,
    warmupLeapfrogSteps: tuned.leapfrogSteps,
  };
}

function requireParameters({ dimension, parameterNames, constrain }: Model): void {
  if (!constrain && parameterNames.length !== dimension) {
    throw new WeighbridgeError(
      'bad-argument',
      `the model has ${dimension} parameters and ${parameterNames.length} names: expected a name for each, or 'constrain'`,
    );
  }
}

function kernelFor(model: Model, settings: SamplerSettings): Kernel {
  return settings.algorithm === 'nuts'
    ? nuts(model, settings.maxDepth)
    : staticHmc(model, settings);
}

interface Tuned {
  stepSize: number;
  metric: Metric;
  leapfrogSteps: number;
}

/** Moves `current` through the warm-up; returns the step size and metric to sample with. */
function warmUp(
  model: Model,
  kernel: Kernel,
  current: EvaluatedPoint,
  settings: SamplerSettings,
  random: RandomStream,
): Tuned {
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
  let acceptance = 0;
  let divergences = 0;
  let maxDepthHits = 0;
  let leapfrogSteps = 0;
  for (let draw = 0; draw < settings.draws; draw++) {
    const outcome = kernel.transition(current, stepSize, metric, random);
    const row = draws.subarray(draw * parameters, (draw + 1) * parameters);
    if (model.constrain) model.constrain(current.position, row);
    else row.set(current.position);
    gradients.set(current.gradient, draw * model.dimension);
    energy[draw] = outcome.energy;
    acceptance += outcome.acceptance / settings.draws;
    divergences += outcome.divergent ? 1 : 0;
    maxDepthHits += outcome.reachedMaxDepth ? 1 : 0;
    leapfrogSteps += outcome.leapfrogSteps;
  }
  return { draws, gradients, energy, acceptance, divergences, maxDepthHits, leapfrogSteps };
}
