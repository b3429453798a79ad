/**
 * Coordinates in which a multilevel posterior is close to a standard normal. The first `block` of its
 * own coordinates, θ and the effects of smaller factors, are origin + basis · x, with an upper
 * triangular basis from the curvature at the rough fit; the others are unchanged.
 */
import { cholesky, invertLower, mirrorLower } from '../../src/linear-algebra/cholesky.js';
import { findPeak, writeHessianByDifferences } from '../../src/linear-algebra/newton.js';
import type { Coordinates, LogDensity } from '../../src/sampler/model.js';

interface BlockCoordinates extends Coordinates {
  /** Length of the origin. */
  readonly block: number;
}

/** Each coordinate on a scale of its own around zero. */
export function scaled(scales: Float64Array): BlockCoordinates {
  const block = scales.length;
  const basis = new Float64Array(block * block);
  for (let i = 0; i < block; i++) basis[i * (block + 1)] = scales[i];
  return { block, origin: new Float64Array(block), basis };
}

/** Whitening around `peak` with basis L⁻ᵀ, L Lᵀ = −Hessian of the block at the peak. */
export function whitenedAt(
  logDensity: LogDensity,
  peak: Float64Array,
  scales: Float64Array,
): BlockCoordinates {
  const block = scales.length;
  const rough = scaled(scales);
  const inScales = inCoordinates(logDensity, rough, peak.length);
  const x = peak.slice();
  for (let i = 0; i < block; i++) x[i] /= scales[i];
  const hessian = new Float64Array(block * block);
  writeHessianByDifferences(inScales, x, hessian, block);
  makePeaked(hessian, block);
  const origin = peak.slice(0, block);
  const lower = cholesky(
    hessian.map((value) => -value),
    block,
  );
  if (lower === null) return { ...rough, origin };
  const basis = new Float64Array(block * block);
  const inverse = invertLower(lower, block);
  for (let j = 0; j < block; j++) {
    for (let i = j; i < block; i++) basis[j * block + i] = scales[j] * inverse[i * block + j];
  }
  return { block, origin, basis };
}

/** Writes the position whose coordinates are x. */
export function writePosition(
  { block, origin, basis }: BlockCoordinates,
  x: Float64Array,
  position: Float64Array,
): void {
  for (let i = 0; i < block; i++) {
    let sum = origin[i];
    for (let j = i; j < block; j++) sum += basis[i * block + j] * x[j];
    position[i] = sum;
  }
  for (let i = block; i < x.length; i++) position[i] = x[i];
}

/** A density in these coordinates; the gradient by the chain rule. */
export function inCoordinates(
  logDensity: LogDensity,
  coordinates: BlockCoordinates,
  dimension: number,
): LogDensity {
  const { block, basis } = coordinates;
  const position = new Float64Array(dimension);
  const own = new Float64Array(dimension);
  return (x, gradient) => {
    writePosition(coordinates, x, position);
    const value = logDensity(position, own);
    for (let j = 0; j < block; j++) gradient[j] = 0;
    for (let i = 0; i < block; i++) {
      const slope = own[i];
      for (let j = i; j < block; j++) gradient[j] += slope * basis[i * block + j];
    }
    for (let i = block; i < dimension; i++) gradient[i] = own[i];
    return value;
  };
}

/** The peak of a density in some of its coordinates, with the others fixed. */

/**
 * Moves `position` to the peak over the coordinates `free`; false if none is found.
 *
 * @param converged bound on twice the remaining increase. @default that of `findPeak`
 */
export function climb(
  density: LogDensity,
  position: Float64Array,
  free: readonly number[],
  scales: Float64Array,
  converged?: number,
): boolean {
  const whole = position.slice();
  const gradient = new Float64Array(position.length);
  const logDensity = (x: Float64Array, part: Float64Array) => {
    for (let a = 0; a < free.length; a++) whole[free[a]] = x[a] * scales[free[a]];
    const value = density(whole, gradient);
    for (let a = 0; a < free.length; a++) part[a] = gradient[free[a]] * scales[free[a]];
    return value;
  };
  const peak = findPeak(
    {
      logDensity,
      writeHessian(x, hessian) {
        writeHessianByDifferences(logDensity, x, hessian);
        makePeaked(hessian, free.length);
      },
    },
    Float64Array.from(free, (j) => position[j] / scales[j]),
    converged,
  );
  if (!peak) return false;
  free.forEach((j, a) => {
    position[j] = peak.position[a] * scales[j];
  });
  return true;
}

/** Conversion of an indefinite Hessian to a negative definite one. */

/**
 * Makes −hessian positive definite by adding to its diagonal, in steps from a millionth of its
 * largest entry to all of it and more: a Newton step by it goes uphill (Levenberg 1944).
 */
function makePeaked(hessian: Float64Array, dimension: number): void {
  let largest = 0;
  for (let i = 0; i < dimension; i++) {
    largest = Math.max(largest, Math.abs(hessian[i * (dimension + 1)]));
  }
  for (let ridge = 0; ridge < 1e3; ridge = ridge === 0 ? 1e-6 : 10 * ridge) {
    const precision = hessian.map((value) => -value);
    for (let i = 0; i < dimension; i++) precision[i * (dimension + 1)] += ridge * largest;
    if (cholesky(precision, dimension) === null) continue;
    for (let i = 0; i < precision.length; i++) hessian[i] = -precision[i];
    mirrorLower(hessian, dimension);
    return;
  }
}
