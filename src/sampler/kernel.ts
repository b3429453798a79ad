/**
 * Markov kernels: what the sampler asks of an algorithm. A kernel is closed: its step size, its
 * metric and the length of its trajectories are fixed when it is made.
 */
import type { RandomStream } from '../random/stream.js';
import type { EvaluatedPoint } from './hamiltonian.js';
import type { Metric } from './metric.js';

export interface Kernel {
  /** Moves `current` in place. */
  transition(current: EvaluatedPoint, random: RandomStream): Transition;
}

/** An energy error above this marks a divergent trajectory (Stan's default). */
export const DIVERGENCE_THRESHOLD = 1000;

export interface Transition {
  /** Mean Metropolis acceptance probability along the trajectory; step sizes are tuned by it. */
  readonly acceptance: number;
  /** Gradient evaluations spent. */
  readonly leapfrogSteps: number;
  /** Why the trajectory ended. */
  readonly termination: Termination;
  /** Completed doublings of NUTS' tree; 0 for other algorithms. */
  readonly treeDepth: number;
  /** NUTS completed all doublings that it may; the last of them may have made a U-turn. */
  readonly reachedMaxDepth: boolean;
  /** Hamiltonian of the accepted state, for E-BFMI. */
  readonly energy: number;
}

/** Why a trajectory ended. A chain keeps the place in this list, so its order is fixed. */
export const terminationReasons = ['length', 'u-turn', 'max-depth', 'divergence'] as const;
export type TerminationReason = (typeof terminationReasons)[number];

export type Termination =
  /**
   * `length`: static and split HMC made all of their steps. `u-turn`: NUTS turned back. `max-depth`:
   * NUTS made all doublings that it may without a U-turn.
   */
  | { readonly reason: Exclude<TerminationReason, 'divergence'> }
  /**
   * The energy error exceeded `DIVERGENCE_THRESHOLD` at this position, in the coordinates in which
   * the chain moves. Its entries need not be finite.
   */
  | { readonly reason: 'divergence'; readonly position: Float64Array };

export const ended = {
  byLength: { reason: 'length' },
  byUTurn: { reason: 'u-turn' },
  byMaxDepth: { reason: 'max-depth' },
} as const satisfies Record<string, Termination>;

/** What a warm-up learns. */
export interface Tuning {
  readonly stepSize: number;
  readonly metric: Metric;
}

/**
 * Makes the kernel for a tuning. Making one is cheap: the kernels of one maker share their buffers
 * and keep nothing in them between transitions.
 */
export type KernelMaker = (tuning: Tuning) => Kernel;
