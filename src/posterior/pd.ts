/**
 * The probability of direction: how sure the sign of a parameter is, from 0.5 to 1.
 */

/**
 * Probability of direction as bayestestR's `p_direction` (0.13, method "direct"): the larger of the
 * shares of draws above and below `reference`; draws that are equal to it count for neither.
 * Makowski et al. 2019, "Indices of effect existence and significance in the Bayesian framework".
 *
 * @returns from 0 (all draws at the reference) to 1; NaN where there are no draws or one is NaN
 */
export function pd(draws: ArrayLike<number>, reference = 0): number {
  let above = 0;
  let below = 0;
  for (let i = 0; i < draws.length; i++) {
    if (draws[i] > reference) above++;
    else if (draws[i] < reference) below++;
    else if (Number.isNaN(draws[i])) return Number.NaN;
  }
  return Math.max(above, below) / draws.length;
}
