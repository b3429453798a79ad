/** Gauss-Hermite quadrature for expectations over a standard normal (Golub & Welsch 1969, Math. Comp. 23). */
import { symmetricEigen } from './symmetric-eigen.js';

interface Nodes {
  readonly points: Float64Array;
  /** Sum to 1. */
  readonly weights: Float64Array;
}

/** E f(z) ≈ Σ weights f(points), exact for polynomials of degree 2 count − 1. */
export function gaussHermite(count: number): Nodes {
  // The recurrence of the Hermite polynomials of a standard normal: x h_k = √(k+1) h_{k+1} + √k h_{k−1}.
  const matrix = new Float64Array(count * count);
  for (let k = 1; k < count; k++) {
    matrix[k * count + k - 1] = Math.sqrt(k);
    matrix[(k - 1) * count + k] = Math.sqrt(k);
  }
  const { values, vectors } = symmetricEigen(matrix, count);
  // Weights are the squares of the first components of the eigenvectors, which stand in columns.
  return { points: values, weights: values.map((_, k) => vectors[k] * vectors[k]) };
}
