/** Finds the mode of a smooth density by Newton's method with step halving. */
import { cholesky, solveLower, solveLowerTransposed } from './cholesky.js';
import { dot } from './sums.js';

export interface SmoothDensity {
  /** Writes the gradient and returns the log density. */
  logDensity(position: Float64Array, gradient: Float64Array): number;
  /** Writes the Hessian of the log density, row-major. */
  writeHessian(position: Float64Array, hessian: Float64Array): void;
}

interface Peak {
  readonly position: Float64Array;
  /** L, lower triangular, with L Lᵀ = −Hessian at the mode. */
  readonly lower: Float64Array;
  /**
   * The remaining Newton step when the search ended: `position` plus `step` is closer to the
   * mode.
   */
  readonly step: Float64Array;
}

const MOST_ROUNDS = 50;
/**
 * Bound on gᵀ (−H)⁻¹ g, which is twice the remaining increase in log density. An increase this
 * small makes no difference to a proposal or a start.
 */
const CONVERGED = 1e-10;

/**
 * Climbs from `start`, which is not changed.
 *
 * @param converged the search ends when gᵀ (−H)⁻¹ g is below this
 * @returns null if the density is not finite at the start, or the search does not reach a mode
 */
export function findPeak(
  density: SmoothDensity,
  start: Float64Array,
  converged = CONVERGED,
): Peak | null {
  const dimension = start.length;
  const point = pointAt(start);
  if (!evaluate(density, point)) return null;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const precision = negativeHessian(density, point.position);
    const lower = cholesky(precision, dimension);
    const step = point.gradient.slice();
    if (lower === null) {
      // The Hessian is not negative definite: step along the gradient, scaled by each parameter's
      // own curvature.
      for (let i = 0; i < dimension; i++) {
        step[i] /= Math.abs(precision[i * (dimension + 1)]) || 1;
      }
    } else {
      solveLower(lower, step);
      solveLowerTransposed(lower, step);
      if (dot(step, point.gradient) < converged) return { position: point.position, lower, step };
    }
    moveUphill(density, point, step);
  }
  return null;
}

interface Point {
  readonly position: Float64Array;
  readonly gradient: Float64Array;
  logDensity: number;
}

function pointAt(position: Float64Array): Point {
  return {
    position: position.slice(),
    gradient: new Float64Array(position.length),
    logDensity: Number.NEGATIVE_INFINITY,
  };
}

/** Returns true if the log density and gradient are finite at the point's position. */
function evaluate(density: SmoothDensity, point: Point): boolean {
  point.logDensity = density.logDensity(point.position, point.gradient);
  return Number.isFinite(point.logDensity) && point.gradient.every(Number.isFinite);
}

/** Takes the step, halved until the log density does not decrease. */
function moveUphill(density: SmoothDensity, point: Point, step: Float64Array): void {
  const start = point.position.slice();
  const height = point.logDensity;
  for (let scale = 1; scale > 1e-12; scale /= 2) {
    for (let i = 0; i < start.length; i++) point.position[i] = start[i] + scale * step[i];
    // At the mode, the last digits of the density are noise.
    if (evaluate(density, point) && point.logDensity >= height - 1e-12 * Math.abs(height)) return;
  }
}

function negativeHessian(density: SmoothDensity, position: Float64Array): Float64Array {
  const precision = new Float64Array(position.length * position.length);
  density.writeHessian(position, precision);
  for (let i = 0; i < precision.length; i++) precision[i] = -precision[i];
  return precision;
}

/** Step for coordinates of unit scale: the error is h² / 6 times the third derivative, 1e-9. */
const DIFFERENCE = 1e-4;

/**
 * The Hessian of a log density by central differences of its gradient. Overwrites `hessian`,
 * row-major and symmetric.
 *
 * @param count number of leading coordinates to differentiate. @default all
 * @param difference half the distance between the two gradients
 */
export function writeHessianByDifferences(
  logDensity: (position: Float64Array, gradient: Float64Array) => number,
  position: Float64Array,
  hessian: Float64Array,
  count = position.length,
  difference = DIFFERENCE,
): void {
  const moved = position.slice();
  const above = new Float64Array(position.length);
  const below = new Float64Array(position.length);
  hessian.fill(0);
  for (let j = 0; j < count; j++) {
    moved[j] = position[j] + difference;
    logDensity(moved, above);
    moved[j] = position[j] - difference;
    logDensity(moved, below);
    moved[j] = position[j];
    for (let i = 0; i < count; i++) {
      const half = (above[i] - below[i]) / (4 * difference);
      hessian[i * count + j] += half;
      if (i !== j) hessian[j * count + i] += half;
      else hessian[i * count + j] += half;
    }
  }
}
