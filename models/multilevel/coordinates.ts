/**
 * Coordinates in which a multilevel posterior is close to a standard normal. The first `block` of its
 * own coordinates, θ and the effects of smaller factors, are origin + basis · x, with an upper
 * triangular basis from the curvature at the rough fit; the others are unchanged.
 */

import { cholesky, solveLower } from '../../src/linear-algebra/cholesky.js';
import { writeHessianByDifferences } from '../../src/linear-algebra/difference-hessian.js';
import type { Coordinates, LogDensity } from '../../src/sampler/model.js';
import { makePeaked } from './curvature.js';

export interface BlockCoordinates extends Coordinates {
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

/** L⁻ᵀ around `peak` as the basis, where L Lᵀ is minus the Hessian of the block there. */
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
  const column = new Float64Array(block);
  for (let j = 0; j < block; j++) {
    column.fill(0);
    column[j] = 1;
    solveLower(lower, column);
    // Column j of L⁻¹ is row j of L⁻ᵀ.
    for (let i = j; i < block; i++) basis[j * block + i] = scales[j] * column[i];
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
