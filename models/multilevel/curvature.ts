/**
 * Hessians of models that bring none, by central differences of their analytic gradient, and what
 * can be made of them where they are not those of a peak.
 */
import { cholesky, mirrorLower } from '../../src/linear-algebra/cholesky.js';
import type { LogDensity } from '../../src/sampler/model.js';

/** In coordinates of unit scale: the error of a difference is h² / 6 third derivatives, 1e-9. */
const DIFFERENCE = 1e-4;

/** Overwrites `hessian`, row-major and symmetric, over all coordinates or the first `count`. */
export function writeHessianByDifferences(
  logDensity: LogDensity,
  position: Float64Array,
  hessian: Float64Array,
  count = position.length,
): void {
  const moved = position.slice();
  const above = new Float64Array(position.length);
  const below = new Float64Array(position.length);
  hessian.fill(0);
  for (let j = 0; j < count; j++) {
    moved[j] = position[j] + DIFFERENCE;
    logDensity(moved, above);
    moved[j] = position[j] - DIFFERENCE;
    logDensity(moved, below);
    moved[j] = position[j];
    for (let i = 0; i < count; i++) {
      const half = (above[i] - below[i]) / (4 * DIFFERENCE);
      hessian[i * count + j] += half;
      if (i !== j) hessian[j * count + i] += half;
      else hessian[i * count + j] += half;
    }
  }
}

/**
 * Makes −hessian positive definite by adding to its diagonal, in steps from a millionth of its
 * largest entry to all of it and more: a Newton step by it goes uphill (Levenberg 1944).
 */
export function makePeaked(hessian: Float64Array, dimension: number): void {
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
