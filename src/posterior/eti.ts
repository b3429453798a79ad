/**
 * The equal-tailed interval: as many draws below it as above.
 */
import type { Interval } from './hdi.js';
import { quantileOfSorted, sorted } from './order.js';

/**
 * Equal-tailed interval as bayestestR's `eti` (0.13): the quantiles at (1 − mass)/2 and
 * (1 + mass)/2, type 7. [NaN, NaN] where a draw is NaN or there is none.
 *
 * @param draws in any order
 * @param mass in (0, 1]
 */
export function eti(draws: ArrayLike<number>, mass = 0.95): Interval {
  return etiOfSorted(sorted(draws), mass);
}

/** `eti` of draws in ascending order. */
export function etiOfSorted(ascending: Float64Array, mass = 0.95): Interval {
  if (ascending.length === 0) return [Number.NaN, Number.NaN];
  return [quantileOfSorted(ascending, (1 - mass) / 2), quantileOfSorted(ascending, (1 + mass) / 2)];
}
