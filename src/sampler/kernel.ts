/**
 * Markov kernels, the interface of sampling algorithms. The step size, metric and trajectory length
 * of a kernel are fixed when it is made.
 */
import type { RandomStream } from '../random/stream.js';
import type { EvaluatedPoint } from './hamiltonian.js';
import type { Metric } from './metric.js';
import type { TransitionBatch } from './model.js';

export interface Kernel {
  /** Moves `current` in place. */
  transition(current: EvaluatedPoint, random: RandomStream): Transition;
  /**
   * Optional, for speed: up to `count` transitions in one call, equal to as many calls of `transition`.
   * A divergence is the last of its call.
   *
   * @returns null if it does not work with this stream
   */
  transitions?(
    current: EvaluatedPoint,
    random: RandomStream,
    count: number,
  ): TransitionBatch | null;
}

/** Offsets of the numbers of a transition in a batch. */
export const inBatch = {
  logDensity: 0,
  energy: 1,
  acceptance: 2,
  code: 3,
  gradientEvaluations: 4,
  position: 8,
} as const;
/** Code of a divergence. */
export const DIVERGED = 2;

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
  /** NUTS completed the maximal number of doublings; the last may have made a U-turn. */
  readonly reachedMaxDepth: boolean;
  /** Hamiltonian of the accepted state, for E-BFMI. */
  readonly energy: number;
}

/** Why a trajectory ended. Chains store indices into this list, so its order must not change. */
export const terminationReasons = ['length', 'u-turn', 'max-depth', 'divergence'] as const;
export type TerminationReason = (typeof terminationReasons)[number];

export type Termination =
  /**
   * `length`: static and split HMC made all of their steps. `u-turn`: NUTS turned back. `max-depth`:
   * NUTS made the maximal number of doublings without a U-turn.
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

/** Result of a warm-up. */
export interface Tuning {
  readonly stepSize: number;
  readonly metric: Metric;
}

/**
 * Makes the kernel for a tuning. Making one is cheap: the kernels of one maker share their buffers
 * and keep nothing in them between transitions.
 */
export type KernelMaker = (tuning: Tuning) => Kernel;
