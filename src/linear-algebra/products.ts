/**
 * Products of small square matrices, row-major, written to where they are wanted.
 */

/** a b. */
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

/** aᵀ b. */
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
