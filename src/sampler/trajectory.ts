/**
 * A trajectory with a given number of steps, and the Metropolis step at its end (Duane et al. 1987;
 * Neal 2011, §3.3). Static and split HMC share it.
 */
import type { RandomStream } from '../random/stream.js';
import { copyEvaluated, type EvaluatedPoint } from './hamiltonian.js';
import { DIVERGENCE_THRESHOLD, ended, type Transition } from './kernel.js';

/** A point in motion, which knows how to move on. */
export interface FixedLengthTrajectory {
  readonly point: EvaluatedPoint;
  /** Gradient evaluations that one step takes. */
  readonly gradientsPerStep: number;
  step(stepSize: number): void;
  /** The Hamiltonian at the present point; NaN counts as infinitely high. */
  energy(): number;
}

export interface Length {
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
