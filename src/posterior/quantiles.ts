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

export function median(values: ArrayLike<number>): number {
  return quantileOfSorted(sorted(values), 0.5);
}

/** Median absolute deviation from the median, times 1.4826, as R's `mad`. */
export function medianAbsoluteDeviation(values: ArrayLike<number>): number {
  const centre = median(values);
  return 1.4826 * median(Float64Array.from(values, (value) => Math.abs(value - centre)));
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
