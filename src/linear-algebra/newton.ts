/**
 * The peak of a smooth density by Newton's method with step halving.
 */
import { cholesky, solveLower, solveLowerTransposed } from './cholesky.js';

export interface SmoothDensity {
  /** Writes the gradient, returns the log density. */
  logDensity(position: Float64Array, gradient: Float64Array): number;
  /** Writes the Hessian of the log density, row-major. */
  writeHessian(position: Float64Array, hessian: Float64Array): void;
}

export interface Peak {
  readonly position: Float64Array;
  /** L, lower triangular, with L Lᵀ = −Hessian at the peak. */
  readonly lower: Float64Array;
  /** The Newton step that was left when the search ended: `position` plus it is closer still. */
  readonly step: Float64Array;
}

const MOST_ROUNDS = 50;
/**
 * Bound on gᵀ (−H)⁻¹ g, twice the rise that is left: a millionth of a unit of log density makes no
 * difference to a proposal or a start.
 */
const CONVERGED = 1e-10;

/**
 * Climbs from `start`, which is not changed.
 *
 * @param converged the search ends when gᵀ (−H)⁻¹ g is below this
 * @returns null if the density is not finite at the start, or the search does not end at a peak
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
      // No peak near: along the gradient, scaled by each parameter's own curvature.
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

/** True if log density and gradient are finite at the point's position. */
function evaluate(density: SmoothDensity, point: Point): boolean {
  point.logDensity = density.logDensity(point.position, point.gradient);
  return Number.isFinite(point.logDensity) && point.gradient.every(Number.isFinite);
}

/** Takes the step, or the largest of its halves that does not go down. */
function moveUphill(density: SmoothDensity, point: Point, step: Float64Array): void {
  const start = point.position.slice();
  const height = point.logDensity;
  for (let scale = 1; scale > 1e-12; scale /= 2) {
    for (let i = 0; i < start.length; i++) point.position[i] = start[i] + scale * step[i];
    // At the mode itself the last digits of the density are noise.
    if (evaluate(density, point) && point.logDensity >= height - 1e-12 * Math.abs(height)) return;
  }
}

function negativeHessian(density: SmoothDensity, position: Float64Array): Float64Array {
  const precision = new Float64Array(position.length * position.length);
  density.writeHessian(position, precision);
  for (let i = 0; i < precision.length; i++) precision[i] = -precision[i];
  return precision;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
