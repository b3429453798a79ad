/**
 * How much of a posterior lies in a region of practical equivalence: the range of values that, for
 * the question at hand, are as good as none.
 */
import { etiOfSorted } from './eti.js';
import { hdiOfSorted, type Interval } from './hdi.js';
import { sorted } from './order.js';

/** Interval of the draws that are looked at. bayestestR's `ci_method`. */
export type RopeInterval = 'hdi' | 'eti';

/**
 * Share of the draws within the interval of this mass that lie in the region, ends included on both
 * sides, as bayestestR's `rope` (0.13) (Kruschke 2018), whose default interval is the equal-tailed one. A mass
 * of 1 looks at all draws.
 *
 * @param draws in any order
 * @param region ends of the region, the lesser first or last
 * @param mass in (0, 1]
 * @returns from 0 to 1; NaN where there is no such interval
 */
export function rope(
  draws: ArrayLike<number>,
  region: Interval,
  mass = 0.95,
  interval: RopeInterval = 'eti',
): number {
  const ascending = sorted(draws);
  const [low, high] = intervalOfSorted(ascending, mass, interval);
  const from = Math.min(...region);
  const to = Math.max(...region);
  let within = 0;
  let inRegion = 0;
  for (const draw of ascending) {
    if (!(draw >= low && draw <= high)) continue;
    within++;
    if (draw >= from && draw <= to) inRegion++;
  }
  return inRegion / within;
}

function intervalOfSorted(ascending: Float64Array, mass: number, interval: RopeInterval): Interval {
  if (mass === 1) return [ascending[0], ascending[ascending.length - 1]];
  return interval === 'hdi' ? hdiOfSorted(ascending, mass) : etiOfSorted(ascending, mass);
}
