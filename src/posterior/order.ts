/**
 * Order statistics of draws: quantiles, medians, and ranks as normal scores. Ranks are written
 * here because they are wanted a dozen times a fit, and mostly the sort is there already; the
 * tests hold them against `@stdlib/stats-ranks`.
 */
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { type Ordering, orderingOf } from './ordering.js';

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

/**
 * Blom scores Φ⁻¹((r - 3/8) / (S + 1/4)) of the ranks (Vehtari et al. 2021, eq. 14).
 *
 * @param scores where they are written
 */
export function normalScores(
  values: Float64Array,
  { ascending, order }: Ordering = orderingOf(values),
  scores: Float64Array = new Float64Array(values.length),
): Float64Array {
  const { whole, half } = blomScores(values.length);
  for (let i = 0; i < whole.length; i++) scores[order[i]] = whole[i];
  for (let i = 1; i < whole.length; i++) {
    if (ascending[i] !== ascending[i - 1]) continue;
    // Ties share the average of their ranks.
    const first = i - 1;
    while (ascending[i + 1] === ascending[first]) i++;
    const middle = (first + i) >>> 1;
    const score = (first + i) & 1 ? half[middle] : whole[middle];
    for (let tied = first; tied <= i; tied++) scores[order[tied]] = score;
  }
  return scores;
}

/** Φ⁻¹ costs more than the ranking: kept for the last length, at whole ranks and half a rank up. */
let blomCache = { whole: new Float64Array(0), half: new Float64Array(0) };
function blomScores(size: number) {
  if (blomCache.whole.length !== size) {
    const scoresFrom = (first: number) =>
      Float64Array.from({ length: size }, (_, i) =>
        normalQuantile((first + i - 3 / 8) / (size + 1 / 4), 0, 1),
      );
    blomCache = { whole: scoresFrom(1), half: scoresFrom(1.5) };
  }
  return blomCache;
}
