/**
 * What a Markov transition is to the rest of the sampler: it moves the current point and tells
 * what happened on the way.
 */
import type { RandomStream } from '../random/stream.js';
import type { EvaluatedPoint } from './hamiltonian.js';
import type { Metric } from './metric.js';

/** An energy error above this marks a divergent trajectory (Stan's default). */
export const DIVERGENCE_THRESHOLD = 1000;

export interface Transition {
  /** Mean Metropolis acceptance probability along the trajectory, what step sizes are tuned by. */
  acceptance: number;
  /** Gradient evaluations spent. */
  leapfrogSteps: number;
  divergent: boolean;
  /** Completed doublings of the trajectory's tree; 0 where it is none. */
  treeDepth: number;
  /** The trajectory was cut off at the maximum tree depth. */
  reachedMaxDepth: boolean;
  /** Hamiltonian of the accepted state, for E-BFMI. */
  energy: number;
}

export interface Kernel {
  /** Moves `current` in place. The returned record is reused by the next call. */
  transition(
    current: EvaluatedPoint,
    stepSize: number,
    metric: Metric,
    random: RandomStream,
  ): Transition;
}

export function newTransition(): Transition {
  return {
    acceptance: 0,
    leapfrogSteps: 0,
    divergent: false,
    treeDepth: 0,
    reachedMaxDepth: false,
    energy: 0,
  };
}
