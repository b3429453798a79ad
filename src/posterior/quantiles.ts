/** Order statistics of draws: quantiles, the median, and runs of equal values. */
export function sorted(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/**
 * Quantile of values in ascending order by linear interpolation (type 7 of Hyndman & Fan 1996:
 * the default of R and numpy). NaN where a value is NaN.
 */
export function quantileOfSorted(ascending: Float64Array, probability: number): number {
  // NaN sorts last.
  if (Number.isNaN(ascending[ascending.length - 1])) return Number.NaN;
  return interpolated(ascending, (ascending.length - 1) * probability);
}

/** The value at a place in ascending order, from 0, interpolated linearly between two places. */
export function interpolated(ascending: Float64Array, at: number): number {
  const below = Math.floor(at);
  const share = at - below;
  const low = ascending[below];
  const high = ascending[Math.ceil(at)];
  // Equal neighbours are the quantile, without rounding; at half way the mean of two is exact to
  // the last digit, which keeps both as far from the median as each other.
  return low === high ? low : (1 - share) * low + share * high;
}

/** With fewer values, sorting them costs no more than selecting. */
const FEW = 100;

export function median(values: ArrayLike<number>): number {
  if (values.length < FEW) return quantileOfSorted(sorted(values), 0.5);
  const selected = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) return Number.NaN;
    selected[i] = values[i];
  }
  const middle = (selected.length - 1) / 2;
  partition(selected, Math.floor(middle));
  partition(selected, Math.ceil(middle));
  return interpolated(selected, middle);
}

/**
 * Moves the value of this rank, from 0, to its place: no value before it is larger, none behind smaller
 * (Hoare 1961, algorithm 65: Find).
 */
export function partition(values: Float64Array, rank: number): void {
  let first = 0;
  let last = values.length - 1;
  while (first < last) {
    const pivot = values[rank];
    let i = first;
    let j = last;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const swapped = values[i];
      values[i++] = values[j];
      values[j--] = swapped;
    }
    if (j < rank) first = i;
    if (i > rank) last = j;
  }
}

/** Median absolute deviation from the median, times 1.4826, as R's `mad`. */
export function medianAbsoluteDeviation(values: ArrayLike<number>): number {
  const centre = median(values);
  const distances = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) distances[i] = Math.abs(values[i] - centre);
  return 1.4826 * median(distances);
}

/** Calls `onRun` with the first and last index of each run of equal values. */
export function eachRun(
  ascending: Float64Array,
  onRun: (first: number, last: number) => void,
): void {
  let first = 0;
  while (first < ascending.length) {
    let last = first;
    while (last + 1 < ascending.length && ascending[last + 1] === ascending[first]) last++;
    onRun(first, last);
    first = last + 1;
  }
}

/** Number of draws less than `value`. */
export function countBelow(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
