/**
 * The step of split HMC (split-hmc.ts) in whitened coordinates: kicks by the force of what is not
 * normal, ∇ log π(x) + x, and rotations of position and momentum into each other, which are the
 * normal's own motion. The kicks are by b, 1 − 2b and b of the step with half of its rotation
 * between them: the two-stage integrator of Blanes, Casas & Sanz-Serna (2014, SIAM J. Sci. Comput.
 * 36, arXiv 1405.3153), of which two leapfrogs in a row are the case b = 1/4.
 */
import type { EvaluatedPoint } from './hamiltonian.js';
import type { LogDensity } from './model.js';

/** An evaluated point in whitened coordinates, with a momentum of unit mass. */
export interface SplitPoint extends EvaluatedPoint {
  readonly momentum: Float64Array;
}

/** A step in place. */
export type SplitStep = (point: SplitPoint, stepSize: number) => void;

/** Gradients that a step takes. */
export const GRADIENTS_A_STEP = 2;

/**
 * b. Of the paper's weight regressions, draws have 3% more bulk and 7% more tail ESS with it than
 * with 1/4 (docs/performance.md).
 */
const END_KICK = 0.2;

export interface SplitSizes {
  /** Of the first and the last kick, and of the one between them. */
  readonly end: number;
  readonly middle: number;
  /** Of each of the two rotations. */
  readonly cosine: number;
  readonly sine: number;
}

export function splitSizes(stepSize: number): SplitSizes {
  return {
    end: END_KICK * stepSize,
    middle: (1 - 2 * END_KICK) * stepSize,
    cosine: Math.cos(0.5 * stepSize),
    sine: Math.sin(0.5 * stepSize),
  };
}

/** The step of any whitened density. */
export function splitStepOf(logDensity: LogDensity): SplitStep {
  return (point, stepSize) => {
    const { position, momentum, gradient } = point;
    const { end, middle, cosine, sine } = splitSizes(stepSize);
    kickAndRotate(point, end, cosine, sine);
    logDensity(position, gradient);
    kickAndRotate(point, middle, cosine, sine);
    point.logDensity = logDensity(position, gradient);
    for (let i = 0; i < position.length; i++) {
      momentum[i] += end * (gradient[i] + position[i]);
    }
  };
}

function kickAndRotate(
  { position, momentum, gradient }: SplitPoint,
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
