/**
 * Split HMC (Shahbaba, Lan, Johnson & Neal 2014, Statistics and Computing 24, arXiv 1106.5941): the
 * Hamiltonian of a nearly normal target is that of a normal, whose motion is known exactly, and a
 * small rest. In whitened coordinates the normal's motion is a rotation of position and momentum
 * into each other, so that a step may be as long as a good part of the period; only the rest,
 *
 *     −log π(x) − ½ xᵀx,    with the force ∇ log π(x) + x,
 *
 * makes an error. For the weight regressions of the paper, with 50 choices each, one step of two
 * gradients makes a trajectory; leapfrogs need five or six gradients for the same.
 *
 * Nothing here is taken on trust: the Metropolis step of static HMC makes the draws right however
 * far from normal the target is, and how many steps a trajectory takes is found by trial. A target
 * that needs many is better left to NUTS with the general warm-up.
 */
import type { RandomStream } from '../random/stream.js';
import { evaluate, newEvaluatedPoint } from './hamiltonian.js';
import type { Kernel } from './kernel.js';
import { unitMetric } from './metric.js';
import type { WhitenedModel } from './normal-approximation.js';
import { GRADIENTS_A_STEP } from './split-step.js';
import { staticHmc } from './static-hmc.js';

/**
 * A little over a quarter period, π/2, at which draws of a normal are independent: neighbours are
 * then correlated by cos 1.8 = −0.23, which makes means two thirds more certain, tail quantiles as
 * certain as from independent draws, and variances a tenth less (measured: docs/performance.md).
 */
export const INTEGRATION_TIME = 1.9;
/** A normal has one period for all directions: hardly any resonance to be broken. */
const JITTER = 0.1;

/** Mean acceptance of a trajectory, below which it is cut into more steps. */
const LEAST_ACCEPTANCE = 0.95;
/** A target that needs more steps than these is not near normal. */
const MOST_STEPS = 3;

/** Transitions of a whitened model; its step size is the integration time over a whole number. */
export function splitHmc(target: WhitenedModel): Kernel {
  return staticHmc(target, {
    // A hair more, so that rounding does not lose a step.
    integrationTime: INTEGRATION_TIME * (1 + 1e-9),
    jitter: JITTER,
    integrator: (_model, _metric, point, stepSize) => target.splitStep(point, stepSize),
    gradientsPerStep: GRADIENTS_A_STEP,
  });
}

/** Transitions from each start, so that most are tried from where chains will be. */
const TRIALS_A_START = 4;

/**
 * The fewest steps a trajectory that reach the least acceptance, tried from each of the starts;
 * null where none do.
 */
export function findSteps(
  target: WhitenedModel,
  starts: readonly Float64Array[],
  random: RandomStream,
): number | null {
  const kernel = splitHmc(target);
  const metric = unitMetric(target.dimension);
  const point = newEvaluatedPoint(target.dimension);
  for (let steps = 1; steps <= MOST_STEPS; steps++) {
    const stepSize = INTEGRATION_TIME / steps;
    let acceptance = 0;
    for (const start of starts) {
      point.position.set(start);
      if (!evaluate(target, point)) return null;
      for (let trial = 0; trial < TRIALS_A_START; trial++) {
        acceptance += kernel.transition(point, stepSize, metric, random).acceptance;
      }
    }
    if (acceptance / starts.length / TRIALS_A_START >= LEAST_ACCEPTANCE) return steps;
  }
  return null;
}
