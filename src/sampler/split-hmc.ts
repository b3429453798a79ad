/**
 * Split HMC (Shahbaba, Lan, Johnson & Neal 2014, Statistics and Computing 24, arXiv 1106.5941): the
 * Hamiltonian of a nearly normal target is that of a normal, whose motion is known exactly, and a
 * small rest. In whitened coordinates the normal's motion is a rotation of position and momentum
 * into each other, so that a step may be as long as a good part of the period; only the rest,
 *
 *     −log π(x) − ½ xᵀx,    with the force ∇ log π(x) + x,
 *
 * makes an error. For the weight regressions of the paper, with 50 choices each, two steps make a
 * trajectory that is accepted 98 times in 100; a leapfrog needs five or six for the same.
 *
 * Nothing here is taken on trust: the Metropolis step of static HMC makes the draws right however
 * far from normal the target is, and how many steps a trajectory takes is found by trial. A target
 * that needs many is better left to NUTS with the general warm-up.
 */
import type { RandomStream } from '../random/stream.js';
import { evaluate, type Integrator, newEvaluatedPoint } from './hamiltonian.js';
import type { Kernel } from './kernel.js';
import { unitMetric } from './metric.js';
import type { Model } from './model.js';
import { staticHmc } from './static-hmc.js';

/**
 * A little over a quarter period, π/2, at which draws of a normal are independent: neighbours are
 * then correlated by cos 1.8 = −0.23, which makes means two thirds more certain, tail quantiles as
 * certain as from independent draws, and variances a tenth less (measured: docs/performance.md).
 */
export const INTEGRATION_TIME = 1.8;
/** A normal has one period for all directions: hardly any resonance to be broken. */
const JITTER = 0.1;

/** Mean acceptance of a trajectory, below which it is cut into more steps. */
const LEAST_ACCEPTANCE = 0.95;
/** A target that needs more steps than these is not near normal. */
const MOST_STEPS = 6;

/** Half a kick by the rest, a rotation by `stepSize`, half a kick. Whitened coordinates only. */
export const splitStep: Integrator = (model, _metric, point, stepSize) => {
  const { position, momentum, gradient, velocity } = point;
  const dimension = position.length;
  const half = 0.5 * stepSize;
  const cosine = Math.cos(stepSize);
  const sine = Math.sin(stepSize);
  for (let i = 0; i < dimension; i++) {
    const x = position[i];
    const p = momentum[i] + half * (gradient[i] + x);
    position[i] = cosine * x + sine * p;
    momentum[i] = cosine * p - sine * x;
  }
  point.logDensity = model.logDensity(position, gradient);
  for (let i = 0; i < dimension; i++) {
    const p = momentum[i] + half * (gradient[i] + position[i]);
    momentum[i] = p;
    velocity[i] = p;
  }
};

/** Transitions of a whitened model; its step size is the integration time over a whole number. */
export function splitHmc(model: Model): Kernel {
  return staticHmc(model, {
    // A hair more, so that rounding does not lose a step.
    integrationTime: INTEGRATION_TIME * (1 + 1e-9),
    jitter: JITTER,
    integrator: splitStep,
  });
}

/** Transitions from each start, so that most are tried from where chains will be. */
const TRIALS_A_START = 4;

/**
 * The fewest steps a trajectory that reach the least acceptance, tried from each of the starts;
 * null where none do.
 */
export function findSteps(
  model: Model,
  starts: readonly Float64Array[],
  random: RandomStream,
): number | null {
  const kernel = splitHmc(model);
  const metric = unitMetric(model.dimension);
  const point = newEvaluatedPoint(model.dimension);
  for (let steps = 1; steps <= MOST_STEPS; steps++) {
    const stepSize = INTEGRATION_TIME / steps;
    let acceptance = 0;
    for (const start of starts) {
      point.position.set(start);
      if (!evaluate(model, point)) return null;
      for (let trial = 0; trial < TRIALS_A_START; trial++) {
        acceptance += kernel.transition(point, stepSize, metric, random).acceptance;
      }
    }
    if (acceptance / starts.length / TRIALS_A_START >= LEAST_ACCEPTANCE) return steps;
  }
  return null;
}
