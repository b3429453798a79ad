/**
 * A trajectory with a given number of steps, and the Metropolis step at its end (Duane et al. 1987;
 * Neal 2011, §3.3). Static and split HMC share it.
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
import { DIVERGENCE_THRESHOLD, ended, type KernelMaker, type Transition } from './kernel.js';
import type { Model } from './model.js';

/** A moving point with its integrator. */
interface FixedLengthTrajectory {
  readonly point: EvaluatedPoint;
  /** Gradient evaluations per step. */
  readonly gradientsPerStep: number;
  step(stepSize: number): void;
  /** The Hamiltonian at the present point; NaN counts as infinitely high. */
  energy(): number;
}

interface Length {
  readonly steps: number;
  readonly stepSize: number;
}

/**
 * Runs the trajectory from `current` with a momentum that was just drawn. Moves `current` to its
 * end if the end is accepted.
 */
export function metropolisTransition(
  trajectory: FixedLengthTrajectory,
  { steps, stepSize }: Length,
  current: EvaluatedPoint,
  random: RandomStream,
): Transition {
  const initialEnergy = trajectory.energy();
  let finalEnergy = initialEnergy;
  // The range over the whole trajectory: the reverse trajectory is then cut off too, which detailed
  // balance needs.
  let lowest = initialEnergy;
  let highest = initialEnergy;
  let taken = 0;
  while (taken < steps && highest - lowest <= DIVERGENCE_THRESHOLD) {
    trajectory.step(stepSize);
    finalEnergy = trajectory.energy();
    lowest = Math.min(lowest, finalEnergy);
    highest = Math.max(highest, finalEnergy);
    taken++;
  }
  const divergent = highest - lowest > DIVERGENCE_THRESHOLD;
  const acceptance = Math.min(1, Math.exp(initialEnergy - finalEnergy));
  const accepted = !divergent && random.uniform() < acceptance;
  if (accepted) copyEvaluated(trajectory.point, current);
  return {
    acceptance,
    leapfrogSteps: taken * trajectory.gradientsPerStep,
    termination: divergent
      ? { reason: 'divergence', position: trajectory.point.position.slice() }
      : ended.byLength,
    treeDepth: 0,
    reachedMaxDepth: false,
    energy: accepted ? finalEnergy : initialEnergy,
  };
}

/**
 * Hamiltonian Monte Carlo with leapfrog trajectories of fixed integration time (Duane et al. 1987;
 * Neal 2011, §3.3).
 */

interface StaticHmcOptions {
  /** Integration time of a trajectory: step size times number of steps. */
  integrationTime: number;
  /**
   * Each trajectory's step size is multiplied by uniform(1 - jitter, 1 + jitter), which breaks
   * resonance with the target's own periods (Neal 2011, §3.2). In [0, 1).
   *
   * @default 0
   */
  jitter?: number;
}

/** Bounds the cost of a trajectory when the step size is far below the integration time. */
const MAX_STEPS = 1024;

export function staticHmc(
  model: Model,
  { integrationTime, jitter = 0 }: StaticHmcOptions,
): KernelMaker {
  const point = newPhasePoint(model.dimension);
  return ({ stepSize, metric }) => {
    const trajectory = {
      point,
      gradientsPerStep: 1,
      step: (size: number) => leapfrog(model, metric, point, size),
      energy: () => energy(point),
    };
    const steps = Math.min(MAX_STEPS, Math.max(1, Math.floor(integrationTime / stepSize)));
    return {
      transition(current, random) {
        const length = {
          steps,
          stepSize: jitter === 0 ? stepSize : stepSize * (1 + jitter * (2 * random.uniform() - 1)),
        };
        copyEvaluated(current, point);
        refreshMomentum(metric, point, random);
        return metropolisTransition(trajectory, length, current, random);
      },
    };
  };
}
