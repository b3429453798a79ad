/**
 * Which columns of a design do not depend on those before them, found from XᵀX: the pivot of
 * Cholesky's factorization is what remains of a column's squared length when the columns before it
 * have had their share.
 */

/** Of a column's length, what remains of one that depends on others is rounding. */
const LEAST_REMAINDER = 1e-6;

/**
 * Places, ascending, of the columns that are not (to a millionth of their length) combinations of
 * columns before them.
 *
 * @param gram XᵀX, row-major
 * @param held columns whose coefficients a prior holds: they are kept whatever they depend on
 */
export function independentColumns(
  gram: Float64Array,
  dimension: number,
  held: readonly boolean[] = [],
): number[] {
  const lower = new Float64Array(dimension * dimension);
  const kept: number[] = [];
  for (let i = 0; i < dimension; i++) {
    const square = gram[i * (dimension + 1)];
    // A proper prior is an observation of the coefficient alone.
    let pivot = square + (held[i] ? Math.max(square, 1) : 0);
    for (const j of kept) {
      let sum = gram[i * dimension + j];
      for (const l of kept) {
        if (l < j) sum -= lower[i * dimension + l] * lower[j * dimension + l];
      }
      lower[i * dimension + j] = sum / lower[j * (dimension + 1)];
      pivot -= lower[i * dimension + j] ** 2;
    }
    if (!(pivot > LEAST_REMAINDER ** 2 * square)) continue;
    lower[i * (dimension + 1)] = Math.sqrt(pivot);
    kept.push(i);
  }
  return kept;
}
