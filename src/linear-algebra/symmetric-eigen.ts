/**
 * Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub & Van Loan 2013,
 * Matrix Computations, §8.5): simple, and right to the last digits also for small eigenvalues.
 */

interface Eigen {
  readonly values: Float64Array;
  /** Row-major, one eigenvector in each column. */
  readonly vectors: Float64Array;
}

const MOST_SWEEPS = 30;

/** @param matrix row-major, symmetric; not changed */
export function symmetricEigen(matrix: Float64Array, dimension: number): Eigen {
  const a = matrix.slice();
  const vectors = new Float64Array(dimension * dimension);
  let squares = 0;
  for (let i = 0; i < dimension; i++) vectors[i * (dimension + 1)] = 1;
  for (const value of a) squares += value * value;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < dimension; p++) {
      for (let q = p + 1; q < dimension; q++) off += a[p * dimension + q] ** 2;
    }
    if (off <= 1e-28 * squares) break;
    for (let p = 0; p < dimension; p++) {
      for (let q = p + 1; q < dimension; q++) rotate(a, vectors, dimension, p, q);
    }
  }
  return {
    values: Float64Array.from({ length: dimension }, (_, i) => a[i * (dimension + 1)]),
    vectors,
  };
}

/** Makes a_pq zero. */
function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const off = a[p * n + q];
  if (off === 0) return;
  const tau = (a[q * n + q] - a[p * n + p]) / (2 * off);
  const t = Math.sign(tau || 1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const kp = a[k * n + p];
    const kq = a[k * n + q];
    a[k * n + p] = c * kp - s * kq;
    a[k * n + q] = s * kp + c * kq;
  }
  for (let k = 0; k < n; k++) {
    const pk = a[p * n + k];
    const qk = a[q * n + k];
    a[p * n + k] = c * pk - s * qk;
    a[q * n + k] = s * pk + c * qk;
    const vp = vectors[k * n + p];
    const vq = vectors[k * n + q];
    vectors[k * n + p] = c * vp - s * vq;
    vectors[k * n + q] = s * vp + c * vq;
  }
}
