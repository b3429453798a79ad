/**
 * Cholesky factorization and triangular solves for the small, dense, symmetric matrices of a
 * metric or of a regression. Matrices are row-major Float64Arrays of length dimension².
 */

/** Lower factor L with L Lᵀ = matrix, or null where the matrix is not positive definite. */
export function cholesky(matrix: Float64Array, dimension: number): Float64Array | null {
  const lower = new Float64Array(dimension * dimension);
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * dimension + j];
      for (let k = 0; k < j; k++) sum -= lower[i * dimension + k] * lower[j * dimension + k];
      if (i === j) {
        if (!(sum > 0)) return null;
        lower[i * dimension + i] = Math.sqrt(sum);
      } else {
        lower[i * dimension + j] = sum / lower[j * dimension + j];
      }
    }
  }
  return lower;
}

/** Solves L x = b in place of b. */
export function solveLower(lower: Float64Array, b: Float64Array): void {
  const dimension = b.length;
  for (let i = 0; i < dimension; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= lower[i * dimension + k] * b[k];
    b[i] = sum / lower[i * dimension + i];
  }
}

/** Solves Lᵀ x = b in place of b. */
export function solveLowerTransposed(lower: Float64Array, b: Float64Array): void {
  const dimension = b.length;
  for (let i = dimension - 1; i >= 0; i--) {
    let sum = b[i];
    for (let k = i + 1; k < dimension; k++) sum -= lower[k * dimension + i] * b[k];
    b[i] = sum / lower[i * dimension + i];
  }
}

/** Copies what is below the diagonal of a square matrix to above it. */
export function mirrorLower(matrix: Float64Array, dimension: number): void {
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j < i; j++) matrix[j * dimension + i] = matrix[i * dimension + j];
  }
}
