/**
 * The seam between statistics and sampling. Whoever brings an object of this shape, by hand,
 * through automatic differentiation or through WebAssembly, gets the whole of sampling and
 * diagnostics. A model knows nothing of how it is sampled.
 */
import type { RandomStream } from '../random/stream.js';
import type { SplitStep } from './split-step.js';

/** Writes the gradient, returns the log density. */
export type LogDensity = (position: Float64Array, gradient: Float64Array) => number;

/** Other coordinates x of a position: q = origin + basis · x, the basis row-major. */
export interface Coordinates {
  readonly origin: Float64Array;
  readonly basis: Float64Array;
}

/** A density by a faster kernel, the same but for the last digits. */
export interface QuickDensity {
  readonly logDensity: LogDensity;
  /** A step of split HMC along it, where the coordinates are whitened ones. */
  readonly splitStep: SplitStep;
}

export interface Model {
  /** Number of unconstrained parameters: the length of a position. */
  readonly dimension: number;
  /** Names of the reported parameters, in the order in which `constrain` writes them. */
  readonly parameterNames: readonly string[];
  /**
   * Log density of the unconstrained position, up to a constant, including the log Jacobian of
   * every transform. Writes the gradient (same length) in place and allocates nothing. Outside
   * the support it returns -Infinity or NaN; it never throws.
   */
  logDensity(position: Float64Array, gradient: Float64Array): number;
  /**
   * The density in other coordinates by a faster kernel. Split HMC takes it where there is one;
   * other algorithms keep to the bits of `logDensity`.
   */
  quickDensity?(coordinates: Coordinates): QuickDensity;
  /**
   * Writes the reported parameters (`parameterNames.length` of them) for an unconstrained
   * position. Absent: the position is reported as it is.
   *
   * @param random for parameters that were integrated out of the density and are drawn given the
   *   others; a stream beside the one that moves the chain
   */
  constrain?(position: Float64Array, parameters: Float64Array, random: RandomStream): void;
  /**
   * Writes the Hessian of the log density, row-major and symmetric. To bring one is to say that
   * the density has a single peak, so that sampling may start from the curvature there.
   */
  hessian?(position: Float64Array, hessian: Float64Array): void;
  /**
   * The density may have other peaks, although it brings its Hessian: they are looked for before
   * sampling starts from one.
   */
  readonly severalPeaks?: boolean;
  /** A position near the peak, where the search for it starts; zero where absent. */
  guess?(): Float64Array;
}
