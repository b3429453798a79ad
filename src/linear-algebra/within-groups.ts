/** Numbers of rows that are in groups, such as the options of choice sets. */

/** Rows in groups. */
interface Groups {
  readonly count: number;
  /** Index of each row's group, from 0. */
  readonly of: Int32Array;
}

/** True if all rows of each group have the same number. */
export function isSameWithin({ count, of }: Groups, numbers: Int32Array): boolean {
  const first = new Int32Array(count);
  const isSeen = new Uint8Array(count);
  return of.every((group, row) => {
    if (isSeen[group] === 0) first[group] = numbers[row];
    isSeen[group] = 1;
    return first[group] === numbers[row];
  });
}

/**
 * Values minus the mean of their group, which are zero where all rows of the group are equal.
 *
 * @param values row-major (row, column), `width` columns
 */
export function deviationsWithin(
  values: Float64Array,
  width: number,
  { count, of }: Groups,
): Float64Array {
  const sizes = new Float64Array(count);
  for (const group of of) sizes[group]++;
  const firsts = new Float64Array(count * width);
  const isSeen = new Uint8Array(count);
  const sums = new Float64Array(count * width);
  // From the group's first row, so that equal values have no rounding error.
  for (let i = 0; i < of.length; i++) {
    const group = of[i];
    for (let j = 0; j < width; j++) {
      const value = values[i * width + j];
      if (isSeen[group] === 0) firsts[group * width + j] = value;
      sums[group * width + j] += value - firsts[group * width + j];
    }
    isSeen[group] = 1;
  }
  return values.map((value, at) => {
    const group = of[Math.floor(at / width)];
    const column = group * width + (at % width);
    return value - firsts[column] - sums[column] / sizes[group];
  });
}
