/**
 * Intervals of draws: the two highest-density intervals that the paper reports, each as defined by
 * the R package that computed it; the equal-tailed interval; the share of draws in a region of
 * practical equivalence; the probability of direction.
 */
import { quantileOfSorted, sorted } from './quantiles.js';

export type Interval = readonly [low: number, high: number];

const NO_INTERVAL: Interval = [Number.NaN, Number.NaN];

/**
 * Highest-density interval as bayestestR's `hdi` (0.13 to 0.17): with w = ceiling(mass · n), the
 * candidates run from x[i] to x[i + w] in sorted order, so that each holds w + 1 draws. Of several
 * equally narrow ones the middle (rounded down) is taken if they are adjacent, else the last.
 * [NaN, NaN] if w < 2 or n - w < 1, or if a draw is not finite.
 *
 * @param draws in any order
 * @param mass in (0, 1)
 */
export function hdi(draws: ArrayLike<number>, mass = 0.95): Interval {
  return hdiOfSorted(sorted(draws), mass);
}

/** `hdi` of draws in ascending order. */
export function hdiOfSorted(ascending: Float64Array, mass = 0.95): Interval {
  const width = Math.ceil(mass * ascending.length);
  const candidates = ascending.length - width;
  if (width < 2 || candidates < 1 || !allFinite(ascending)) return NO_INTERVAL;

  const narrowest = narrowestWindows(ascending, width, candidates);
  const last = narrowest[narrowest.length - 1];
  const adjacent = last - narrowest[0] === narrowest.length - 1;
  const start = adjacent ? Math.floor((narrowest[0] + last) / 2) : last;
  return [ascending[start], ascending[start + width]];
}

/** Sorting puts -Infinity first, and Infinity and NaN last. */
function allFinite(ascending: Float64Array): boolean {
  return Number.isFinite(ascending[0]) && Number.isFinite(ascending[ascending.length - 1]);
}

/** 0-based start indices of all windows of minimal width. */
function narrowestWindows(ascending: Float64Array, width: number, candidates: number): number[] {
  let least = Number.POSITIVE_INFINITY;
  let starts: number[] = [];
  for (let start = 0; start < candidates; start++) {
    const size = ascending[start + width] - ascending[start];
    if (size < least) {
      least = size;
      starts = [start];
    } else if (size === least) {
      starts.push(start);
    }
  }
  return starts;
}

/**
 * Highest posterior density interval as coda's `HPDinterval`, which emmeans reports: with
 * g = max(1, min(n - 1, round(mass · n))), the first narrowest of the windows from x[i] to
 * x[i + g]. R's round: halves go to the even number.
 */
export function hpdInterval(draws: ArrayLike<number>, mass = 0.95): Interval {
  const ascending = sorted(draws);
  const n = ascending.length;
  if (n < 2 || !allFinite(ascending)) return NO_INTERVAL;
  const gap = Math.max(1, Math.min(n - 1, roundHalfToEven(n * mass)));
  const start = narrowestWindows(ascending, gap, n - gap)[0];
  return [ascending[start], ascending[start + gap]];
}

/** Rounds to a whole number, halves to the even one, as R's `round`. */
export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * Equal-tailed interval as bayestestR's `eti` (0.13): the quantiles at (1 − mass)/2 and
 * (1 + mass)/2, type 7. [NaN, NaN] if a draw is NaN or there are none.
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

/** The interval whose draws are counted: bayestestR's `ci_method`. */
export type RopeInterval = 'hdi' | 'eti';

/**
 * Share of the draws within the interval of this mass that lie in the region, ends included on both
 * sides, as bayestestR's `rope` (0.13) (Kruschke 2018), whose default interval is the equal-tailed one. A mass
 * of 1 takes all draws.
 *
 * @param draws in any order
 * @param region ends of the region, the lesser first or last
 * @param mass in (0, 1]
 * @returns from 0 to 1; NaN without such an interval
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

/**
 * Probability of direction as bayestestR's `p_direction` (0.13, method "direct"): the larger of the
 * shares of draws above and below `reference`; draws that are equal to it count for neither.
 * Makowski et al. 2019, "Indices of effect existence and significance in the Bayesian framework".
 *
 * @returns from 0 (all draws at the reference) to 1; NaN without draws, or if one is NaN
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
