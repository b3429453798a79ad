/**
 * A trajectory of a number of steps that is given, and the Metropolis step at its end (Duane et al.
 * 1987; Neal 2011, §3.3): what static and split HMC share.
 */
import type { RandomStream } from '../random/stream.js';
import { copyEvaluated, type EvaluatedPoint } from './hamiltonian.js';
import { DIVERGENCE_THRESHOLD, type Transition } from './kernel.js';

/** A point with a momentum, on its way. */
export interface Trajectory {
  readonly point: EvaluatedPoint;
  step(stepSize: number): void;
  /** The Hamiltonian where the point is now; NaN counts as infinitely high. */
  energy(): number;
}

export interface Length {
  readonly steps: number;
  readonly stepSize: number;
}

/**
 * Moves `current`, from which the trajectory starts with a momentum that was just drawn, to its end
 * or not at all. Fills in the outcome, with a gradient a step.
 */
export function endOfTrajectory(
  trajectory: Trajectory,
  { steps, stepSize }: Length,
  current: EvaluatedPoint,
  random: RandomStream,
  outcome: Transition,
): Transition {
  const initialEnergy = trajectory.energy();
  let finalEnergy = initialEnergy;
  // Of all energies on the way, so that the way back is cut off where the way there is.
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
  outcome.divergent = highest - lowest > DIVERGENCE_THRESHOLD;
  outcome.acceptance = Math.min(1, Math.exp(initialEnergy - finalEnergy));
  const accepted = !outcome.divergent && random.uniform() < outcome.acceptance;
  if (accepted) copyEvaluated(trajectory.point, current);
  outcome.energy = accepted ? finalEnergy : initialEnergy;
  outcome.leapfrogSteps = taken;
  return outcome;
}
