/**
 * Cholesky factorization and triangular solves for small, dense, symmetric matrices, such as a
 * metric or a regression. Matrices are row-major Float64Arrays of length dimension².
 */

/**
 * Returns the lower factor L with L Lᵀ = matrix, or null if the matrix is not positive definite.
 */
export function cholesky(matrix: Float64Array, dimension: number): Float64Array | null {
  const lower = new Float64Array(dimension * dimension);
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j <= i; j++) lower[i * dimension + j] = matrix[i * dimension + j];
  }
  return factorize(lower, dimension) ? lower : null;
}

/**
 * Replaces the lower triangle of a matrix by that of L, in place. Neither reads nor writes above
 * the diagonal. Returns false if the matrix is not positive definite.
 */
export function factorize(matrix: Float64Array, dimension: number): boolean {
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * dimension + j];
      for (let k = 0; k < j; k++) sum -= matrix[i * dimension + k] * matrix[j * dimension + k];
      if (i === j) {
        if (!(sum > 0)) return false;
        matrix[i * dimension + i] = Math.sqrt(sum);
      } else {
        matrix[i * dimension + j] = sum / matrix[j * dimension + j];
      }
    }
  }
  return true;
}

/** log |L Lᵀ|. */
export function logDeterminant(lower: Float64Array, dimension: number): number {
  let product = 1;
  for (let i = 0; i < dimension; i++) product *= lower[i * (dimension + 1)];
  return 2 * Math.log(product);
}

/** Returns L⁻¹, lower triangular. */
export function invertLower(lower: Float64Array, dimension: number): Float64Array {
  const inverse = new Float64Array(dimension * dimension);
  const column = new Float64Array(dimension);
  for (let j = 0; j < dimension; j++) {
    column.fill(0);
    column[j] = 1;
    solveLower(lower, column);
    for (let i = j; i < dimension; i++) inverse[i * dimension + j] = column[i];
  }
  return inverse;
}

/** Writes (L Lᵀ)⁻¹. `column` is scratch of length `dimension`. */
export function writeInverse(
  lower: Float64Array,
  dimension: number,
  inverse: Float64Array,
  column: Float64Array,
): void {
  for (let j = 0; j < dimension; j++) {
    column.fill(0);
    column[j] = 1;
    solveLower(lower, column);
    solveLowerTransposed(lower, column);
    for (let i = 0; i < dimension; i++) inverse[i * dimension + j] = column[i];
  }
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

/** Copies the lower triangle of a square matrix to its upper triangle. */
export function mirrorLower(matrix: Float64Array, dimension: number): void {
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j < i; j++) matrix[j * dimension + i] = matrix[i * dimension + j];
  }
}

/** Writes the product a b of square matrices. */
export function multiply(
  a: Float64Array,
  b: Float64Array,
  size: number,
  product: Float64Array,
): void {
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) {
      let sum = 0;
      for (let m = 0; m < size; m++) sum += a[r * size + m] * b[m * size + c];
      product[r * size + c] = sum;
    }
  }
}

/** Writes aᵀ b for square matrices. */
export function multiplyTransposed(
  a: Float64Array,
  b: Float64Array,
  size: number,
  product: Float64Array,
): void {
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) {
      let sum = 0;
      for (let m = 0; m < size; m++) sum += a[m * size + r] * b[m * size + c];
      product[r * size + c] = sum;
    }
  }
}
