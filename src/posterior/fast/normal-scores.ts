/**
 * Normal scores from an ordering that exists already. `rankNormalize` in ../convergence.ts is the
 * definition; the tests compare the ranks with `@stdlib/stats-ranks`.
 */
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { type Ordering, orderingOf } from './ordering.js';

/**
 * Blom scores Φ⁻¹((r - 3/8) / (S + 1/4)) of the ranks (Vehtari et al. 2021, eq. 14).
 *
 * @param scores output buffer
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

/** Scores for the last length used, at whole ranks and at half ranks: Φ⁻¹ costs more than ranking. */
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
