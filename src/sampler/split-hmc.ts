/**
 * Split HMC (Shahbaba, Lan, Johnson & Neal 2014, Statistics and Computing 24, arXiv 1106.5941): the
 * Hamiltonian of a nearly normal target is that of a normal, whose motion is known exactly, and a
 * small rest. In whitened coordinates the normal's motion is a rotation of position and momentum
 * into each other, so that a step may be as long as a good part of the period; only the rest,
 *
 *     −log π(x) − ½ xᵀx,    with the force ∇ log π(x) + x,
 *
 * makes an error. For the weight regressions of the paper, with 50 choices each, a trajectory is one
 * step of two gradients; leapfrog steps need five or six gradients for the same.
 *
 * The Metropolis step keeps the draws correct for any target; the number of steps per trajectory is
 * found by trial. A target that needs many steps is better sampled by NUTS.
 */
import type { RandomStream } from '../random/stream.js';
import { copyEvaluated, type EvaluatedPoint, evaluate, newEvaluatedPoint } from './hamiltonian.js';
import { DIVERGENCE_THRESHOLD, inBatch, type Kernel } from './kernel.js';
import type { FusedStepSizes, MovingPoint, QuickDensity, SplitRule } from './model.js';
import type { WhitenedModel } from './normal-approximation.js';
import { metropolisTransition } from './static-hmc.js';

/**
 * A little over a quarter period, π/2, after which draws of a normal are independent. Successive draws
 * then have correlation cos 1.9 = −0.32: compared with independent draws, means are more precise, tail
 * quantiles nearly as precise and variances a little less (measured: docs/performance.md).
 */
const INTEGRATION_TIME = 1.9;
/** Relative. Small, because a whitened normal has one period in all directions and hardly resonates. */
const JITTER = 0.1;

/** With a lower mean acceptance, a trajectory is cut into more steps. */
const LEAST_ACCEPTANCE = 0.95;
/** Tried in turn. A target that needs more steps is not close to normal. */
const STEPS_TRIED = [1, 2, 3, 4, 6, 8];
const MOST_STEPS = 8;

/** Step size for this number of steps per trajectory, before jitter. */
export function splitStepSize(steps: number): number {
  return INTEGRATION_TIME / steps;
}

/** Static HMC with the split step in whitened coordinates and this number of steps per trajectory. */
export function splitHmc(target: WhitenedModel, steps: number): Kernel {
  const stepSize = splitStepSize(steps);
  const point: MovingPoint = {
    ...newEvaluatedPoint(target.dimension),
    momentum: new Float64Array(target.dimension),
  };
  const trajectory = {
    point,
    gradientsPerStep: GRADIENTS_A_STEP,
    step: (size: number) => target.splitStep(point, size),
    energy: () => energyOf(point),
  };
  const { fusedTransitions } = target;
  const rule = ruleOf(steps);
  return {
    ...(fusedTransitions && {
      transitions: (current, { quick }, count) =>
        quick ? fusedTransitions(current, quick, rule, count) : null,
    }),
    transition(current, random) {
      const length = { steps, stepSize: stepSize * (1 + JITTER * (2 * random.uniform() - 1)) };
      copyEvaluated(current, point);
      random.normals(point.momentum);
      return metropolisTransition(trajectory, length, current, random);
    },
  };
}

function ruleOf(steps: number): SplitRule {
  return {
    steps,
    stepSize: splitStepSize(steps),
    jitter: JITTER,
    endKick: END_KICK,
    divergenceThreshold: DIVERGENCE_THRESHOLD,
  };
}

/** ½ pᵀ p − log π; NaN counts as infinitely high. */
function energyOf({ momentum, logDensity }: MovingPoint): number {
  let squares = 0;
  for (let i = 0; i < momentum.length; i++) squares += momentum[i] * momentum[i];
  const value = 0.5 * squares - logDensity;
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
}

/** Number of points at which trial trajectories start, and of successive trajectories from each. */
interface Trials {
  readonly starts: number;
  readonly successive: number;
}

/** From draws of the normal. */
const TRIALS: Trials = { starts: 20, successive: 5 };
/** From settled points, which cost more. */
const SETTLED_TRIALS: Trials = { starts: 4, successive: 15 };

/** Points from which the trials of a target without a known mode start. */
export function settledOrigins(target: WhitenedModel, random: RandomStream): EvaluatedPoint[] {
  return Array.from({ length: SETTLED_TRIALS.starts }, () => settledStart(target, random));
}

/**
 * The smallest number of steps that reaches the minimal acceptance; null if none does.
 *
 * @param origins points from which trials start; empty for draws of the normal
 */
export function findSteps(
  target: WhitenedModel,
  random: RandomStream,
  origins: readonly EvaluatedPoint[],
): number | null {
  const settled = origins.length > 0;
  const { starts, successive } = settled ? SETTLED_TRIALS : TRIALS;
  const point = newEvaluatedPoint(target.dimension);
  for (const steps of STEPS_TRIED) {
    const kernel = splitHmc(target, steps);
    let acceptance = 0;
    for (let start = 0; start < starts; start++) {
      if (settled) copyEvaluated(origins[start], point);
      else {
        random.normals(point.position);
        if (!evaluate(target, point)) return null;
      }
      acceptance += acceptanceOf(kernel, point, random, successive);
    }
    if (acceptance / starts / successive >= LEAST_ACCEPTANCE) return steps;
  }
  return null;
}

/** The first point of a chain, settled if no mode is known. */
export function splitStart(
  {
    target,
    approximation,
  }: { readonly target: WhitenedModel; readonly approximation: object | null },
  random: RandomStream,
): EvaluatedPoint {
  return approximation ? normalStart(target, random) : settledStart(target, random);
}

/** A draw of the normal approximation at which the density is finite. */
function normalStart(target: WhitenedModel, random: RandomStream): EvaluatedPoint {
  const point = newEvaluatedPoint(target.dimension);
  do {
    for (let i = 0; i < target.dimension; i++) point.position[i] = random.normal();
  } while (!evaluate(target, point));
  return point;
}

/** Enough for the few coordinates that are far from normal to come near their typical values. */
const SETTLING = 10;
/** Gradient evaluations of `settledStart`. */
export const SETTLING_GRADIENTS = SETTLING * MOST_STEPS * 2;

/** Split HMC with the most steps. */
export function settlingKernel(target: WhitenedModel): Kernel {
  return splitHmc(target, MOST_STEPS);
}

/**
 * A draw of the normal approximation after ten trajectories of the most steps. In coordinates that are
 * whitened without a search for the mode, draws of the normal can lie where the density is far from normal,
 * and short trajectories from there are rejected.
 */
function settledStart(target: WhitenedModel, random: RandomStream): EvaluatedPoint {
  const point = normalStart(target, random);
  const kernel = settlingKernel(target);
  for (let i = 0; i < SETTLING; i++) kernel.transition(point, random);
  return point;
}

/** Sum over the trial trajectories from a point. */
function acceptanceOf(
  kernel: Kernel,
  point: EvaluatedPoint,
  random: RandomStream,
  trials: number,
): number {
  let sum = 0;
  for (let trial = 0; trial < trials; ) {
    const batch = kernel.transitions?.(point, random, trials - trial) ?? null;
    if (batch) {
      for (let i = 0; i < batch.made; i++) {
        sum += batch.numbers[batch.start + i * batch.width + inBatch.acceptance];
      }
      trial += batch.made;
    } else {
      sum += kernel.transition(point, random).acceptance;
      trial++;
    }
  }
  return sum;
}

/**
 * The step of split HMC in whitened coordinates: kicks by the force of the non-normal
 * rest, ∇ log π(x) + x, and rotations of position and momentum into each other, which are the
 * normal's own motion. The kicks are by b, 1 − 2b and b of the step with half of its rotation
 * between them: the two-stage integrator of Blanes, Casas & Sanz-Serna (2014, SIAM J. Sci. Comput.
 * 36, arXiv 1405.3153), of which two leapfrogs in a row are the case b = 1/4.
 */

/** Steps a point in whitened coordinates, with a momentum of unit mass, in place. */
export type SplitStep = (point: MovingPoint, stepSize: number) => void;

/** Gradient evaluations per step. */
const GRADIENTS_A_STEP = 2;

/**
 * b. In the paper's weight regressions it gives 3% more bulk and 7% more tail ESS than 1/4
 * (docs/performance.md).
 */
const END_KICK = 0.2;

function splitSizes(stepSize: number): FusedStepSizes {
  return {
    end: END_KICK * stepSize,
    middle: (1 - 2 * END_KICK) * stepSize,
    cosine: Math.cos(0.5 * stepSize),
    sine: Math.sin(0.5 * stepSize),
  };
}

/** The step for any whitened density, fused if its kernel can do that. */
export function splitStepOf(density: QuickDensity): SplitStep {
  const { logDensity, fusedStep, middleGradient = logDensity } = density;
  if (fusedStep) return (point, stepSize) => fusedStep(point, splitSizes(stepSize));
  return (point, stepSize) => {
    const { position, momentum, gradient } = point;
    const { end, middle, cosine, sine } = splitSizes(stepSize);
    kickAndRotate(point, end, cosine, sine);
    middleGradient(position, gradient);
    kickAndRotate(point, middle, cosine, sine);
    point.logDensity = logDensity(position, gradient);
    for (let i = 0; i < position.length; i++) {
      momentum[i] += end * (gradient[i] + position[i]);
    }
  };
}

function kickAndRotate(
  { position, momentum, gradient }: MovingPoint,
  kick: number,
  cosine: number,
  sine: number,
): void {
  for (let i = 0; i < position.length; i++) {
    const x = position[i];
    const p = momentum[i] + kick * (gradient[i] + x);
    position[i] = cosine * x + sine * p;
    momentum[i] = cosine * p - sine * x;
  }
}
