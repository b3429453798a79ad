/**
 * What the sampler needs of a model: a log density and its gradient. Any object of this shape can be
 * sampled, written by hand, through automatic differentiation or through WebAssembly. Models do
 * not depend on the sampler: they import no value from it, and this file has only types.
 */
import type { QuickState, RandomStream } from '../random/stream.js';

/** Writes the gradient, returns the log density. */
export type LogDensity = (position: Float64Array, gradient: Float64Array) => number;

/** Other coordinates x of a position: q = origin + basis · x, the basis row-major. */
export interface Coordinates {
  readonly origin: Float64Array;
  readonly basis: Float64Array;
}

/** A position and a momentum of the same length, with the log density and gradient there. */
export interface MovingPoint {
  readonly position: Float64Array;
  readonly momentum: Float64Array;
  readonly gradient: Float64Array;
  logDensity: number;
}

/** Coefficients of `QuickDensity.fusedStep`. */
export interface FusedStepSizes {
  readonly end: number;
  readonly middle: number;
  readonly cosine: number;
  readonly sine: number;
}

/** How the transitions of split HMC are made, the same for all of a chain. */
export interface SplitRule {
  readonly steps: number;
  /** Below π. */
  readonly stepSize: number;
  /** Each transition's step size is multiplied by uniform(1 − jitter, 1 + jitter). */
  readonly jitter: number;
  /** Share of the step that the first and the last kick have. */
  readonly endKick: number;
  /** Range of energies along a trajectory beyond which it diverges. */
  readonly divergenceThreshold: number;
}

/** Transitions that were made in one call. The numbers are valid until the next call. */
export interface TransitionBatch {
  readonly made: number;
  /**
   * Those of transition i start at `start` + i · `width`: log density, energy, acceptance, 2 if it
   * diverged, gradient evaluations, three that are not used, position; and, from `gradientAt` on, the gradient.
   */
  readonly numbers: Float64Array;
  readonly start: number;
  readonly width: number;
  readonly gradientAt: number;
  /** Last position of the last trajectory. */
  readonly end: Float64Array;
}

/** The same density from a faster kernel; the last digits may differ. */
export interface QuickDensity {
  readonly logDensity: LogDensity;
  /**
   * Optional, for speed: writes an approximate gradient, for the kick in the middle of a step. A kick by
   * any function of the position can be reversed and preserves volume: the draws stay exact.
   */
  readonly middleGradient?: (position: Float64Array, gradient: Float64Array) => void;
  /**
   * Optional, for speed: up to `count` transitions of split HMC in one call, each as
   * `splitHmc` makes it. It stops after a divergence. Moves `current` in place.
   *
   * @param random moved in place
   */
  readonly fusedTransitions?: (
    current: Omit<MovingPoint, 'momentum'>,
    random: QuickState,
    rule: SplitRule,
    count: number,
  ) => TransitionBatch;
  /**
   * Optional, for speed: adds to `sums`, over points x with the weight w = π(x) / exp(peak), in this order:
   * w; w x; w ∇ log π; and w x ⊗ ∇ log π, row-major (coordinate of x, of ∇).
   *
   * @param points row-major (point, coordinate)
   * @param peak the largest log density
   */
  readonly addMoments?: (points: Float64Array, peak: number, sums: Float64Array) => void;
  /**
   * Optional, for speed: five linear maps of position x and momentum p with two gradients between
   * them, in one call. With kick(h): p += h · (∇ log π(x) + x), and turn: (x, p) to
   * (cosine · x + sine · p, cosine · p − sine · x), it does, in place,
   * kick(end), turn, kick(middle), turn, kick(end), with `middleGradient` for the middle kick.
   */
  readonly fusedStep?: (point: MovingPoint, sizes: FusedStepSizes) => void;
}

/** Parameters = origin + matrix · position, the matrix row-major (parameter, coordinate). */
export interface LinearReport {
  readonly origin: Float64Array;
  readonly matrix: Float64Array;
}

export interface Model {
  /** Number of unconstrained parameters: the length of a position. */
  readonly dimension: number;
  /** Names of the reported parameters, in the order in which `constrain` writes them. */
  readonly parameterNames: readonly string[];
  /** Reported parameters that are the same at every position: no chain can be judged by them. @default none */
  readonly constants?: ReadonlySet<string>;
  /**
   * Log density of the unconstrained position, up to a constant, including the log Jacobian of
   * every transform. Writes the gradient (same length) in place and allocates nothing. Outside
   * the support it returns -Infinity or NaN; it never throws.
   */
  logDensity(position: Float64Array, gradient: Float64Array): number;
  /** The density in other coordinates from a faster kernel. Without one, `logDensity` is used. */
  quickDensity?(coordinates: Coordinates): QuickDensity;
  /**
   * Writes the reported parameters (`parameterNames.length` of them) for an unconstrained
   * position. The default reports the position as it is.
   *
   * @param random for parameters that were integrated out of the density and are drawn given the
   *   others; not the stream that moves the chain
   */
  constrain?(position: Float64Array, parameters: Float64Array, random: RandomStream): void;
  /** The reported parameters are linear functions of the position, with a constant. @default false */
  readonly linear?: boolean;
  /** These functions, where they are known: `constrain` gives the same. */
  readonly linearReport?: LinearReport;
  /**
   * Writes the Hessian of the log density, row-major and symmetric. A model with a Hessian has a
   * single peak unless `severalPeaks` is set; sampling may start from the curvature there.
   */
  hessian?(position: Float64Array, hessian: Float64Array): void;
  /**
   * The position is in coordinates in which the density is close to a standard normal, and has a single
   * peak. Split HMC is then tried without a search for the mode.
   *
   * @default false
   */
  readonly whitened?: boolean;
  /**
   * The density may have several peaks. Others are searched for before sampling starts from one.
   *
   * @default false
   */
  readonly severalPeaks?: boolean;
  /** A position near the peak, at which the search for the peak starts. @default zero */
  guess?(): Float64Array;
}
