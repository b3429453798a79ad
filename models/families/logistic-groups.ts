/**
 * The logistic function and its loss log(1 + e^t) over many rows: Bernoulli, binomial and negative
 * binomial likelihoods use them.
 *
 * A logarithm costs more than the rest of a row. Rows whose losses have the same weight (the same
 * number of trials, the same count) are therefore taken together: their factors 1 + e^−|t|, each in
 * (1, 2], are multiplied, and one logarithm is taken of 512 of them.
 */
interface WeightGroups {
  /** Rows, group after group. */
  readonly order: Int32Array;
  /** End of each group in `order`. */
  readonly ends: Int32Array;
}

const FACTORS_A_LOGARITHM = 512;

/** Rows that agree in all of the columns form a group. */
export function groupRows(rows: number, ...columns: readonly Float64Array[]): WeightGroups {
  if (columns.every((column) => column.every((value) => value === column[0]))) {
    return {
      order: Int32Array.from({ length: rows }, (_, i) => i),
      ends: Int32Array.from(rows > 0 ? [rows] : []),
    };
  }
  const difference = (a: number, b: number): number => {
    for (const column of columns) if (column[a] !== column[b]) return column[a] - column[b];
    return 0;
  };
  const order = Int32Array.from({ length: rows }, (_, i) => i).sort(
    (a, b) => difference(a, b) || a - b,
  );
  const ends: number[] = [];
  for (let at = 1; at <= rows; at++) {
    if (at === rows || difference(order[at - 1], order[at]) !== 0) ends.push(at);
  }
  return { order, ends: Int32Array.from(ends) };
}

/** One row of each group. */
export function firstOfGroups({ order, ends }: WeightGroups): Int32Array {
  return ends.map((_, group) => order[group === 0 ? 0 : ends[group - 1]]);
}

/** Writes 1/(1 + e^−t) of each row and Σ log(1 + e^t) of each group, for t = η − shift. */
export function writeLogistic(
  { order, ends }: WeightGroups,
  eta: Float64Array,
  shift: number,
  probabilities: Float64Array,
  losses: Float64Array,
): void {
  let at = 0;
  for (let group = 0; group < ends.length; group++) {
    const end = ends[group];
    let loss = 0;
    while (at < end) {
      const stop = Math.min(end, at + FACTORS_A_LOGARITHM);
      let product = 1;
      for (; at < stop; at++) {
        const row = order[at];
        const t = eta[row] - shift;
        const e = Math.exp(-Math.abs(t));
        const factor = 1 + e;
        product *= factor;
        if (t > 0) {
          probabilities[row] = 1 / factor;
          loss += t;
        } else {
          probabilities[row] = e / factor;
        }
      }
      loss += Math.log(product);
    }
    losses[group] = loss;
  }
}
