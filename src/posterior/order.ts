/**
 * Order statistics of draws: quantiles, medians, and ranks as normal scores. Ranks are written
 * here because they are wanted a dozen times a fit, and mostly the sort is there already; the
 * tests hold them against `@stdlib/stats-ranks`.
 */
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { eachRun, type Ordering, orderingOf } from './ordering.js';

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
  const at = (ascending.length - 1) * probability;
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

/** Blom scores Φ⁻¹((r - 3/8) / (S + 1/4)) of the ranks (Vehtari et al. 2021, eq. 14). */
export function normalScores(
  values: Float64Array,
  { ascending, order }: Ordering = orderingOf(values),
): Float64Array {
  const { quantiles } = blomScores(values.length);
  const scores = new Float64Array(values.length);
  eachRun(ascending, (first, last) => {
    for (let i = first; i <= last; i++) scores[order[i]] = quantiles[first + last];
  });
  return scores;
}

/** Φ⁻¹ costs more than the ranking: kept for the last length, at whole and half ranks. */
let blomCache = { size: 0, quantiles: new Float64Array(0) };
function blomScores(size: number) {
  if (blomCache.size !== size) {
    const quantiles = Float64Array.from({ length: 2 * size - 1 }, (_, index) =>
      normalQuantile((1 + index / 2 - 3 / 8) / (size + 1 / 4), 0, 1),
    );
    blomCache = { size, quantiles };
  }
  return blomCache;
}
