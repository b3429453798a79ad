/**
 * Isotonic regression: the non-decreasing sequence nearest to given values in weighted squares, by
 * pooling adjacent violators (Ayer, Brunk, Ewing, Reid & Silverman 1955, Annals of Mathematical
 * Statistics 26).
 */

/** Neighbouring values that the fit makes equal. */
interface IsotonicBlock {
  /** Indices of the first and the last value, from 0. */
  readonly first: number;
  readonly last: number;
  /** Weighted mean of the values. */
  readonly value: number;
}

/**
 * @param values in the order in which the fit must not decrease
 * @param weights positive, one per value. @default equal
 * @returns blocks in order, with ascending values
 */
export function isotonicBlocks(
  values: ArrayLike<number>,
  weights?: ArrayLike<number>,
): IsotonicBlock[] {
  const first: number[] = [];
  const sums: number[] = [];
  const masses: number[] = [];
  for (let i = 0; i < values.length; i++) {
    let start = i;
    let mass = weights ? weights[i] : 1;
    let sum = mass * values[i];
    let top = sums.length - 1;
    // Equal means are pooled too: each block then has a value of its own.
    while (top >= 0 && sums[top] * mass >= sum * masses[top]) {
      start = first[top];
      sum += sums[top];
      mass += masses[top];
      top--;
    }
    first.length = sums.length = masses.length = top + 1;
    first.push(start);
    sums.push(sum);
    masses.push(mass);
  }
  return first.map((start, block) => ({
    first: start,
    last: (first[block + 1] ?? values.length) - 1,
    value: sums[block] / masses[block],
  }));
}
