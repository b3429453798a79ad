/** A Hessian that is not that of a peak, made so. */
import { cholesky, mirrorLower } from '../../src/linear-algebra/cholesky.js';

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
