/**
 * The two intervals of highest density that the paper reports, each as the R package that
 * computed it defines it. Both slide a window over the sorted draws and take the narrowest.
 */
import { sorted } from './order.js';

export type Interval = readonly [low: number, high: number];

const NO_INTERVAL: Interval = [Number.NaN, Number.NaN];

/**
 * Highest-density interval as bayestestR's `hdi` (0.13 to 0.17): with w = ceiling(mass · n), the
 * candidates run from x[i] to x[i + w] in sorted order, so that each holds w + 1 draws. Of several
 * equally narrow ones the middle (rounded down) is taken if they are adjacent, else the last.
 * [NaN, NaN] where w < 2 or n - w < 1, or where a draw is not finite.
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

/** 0-based starts of all the windows of least width. */
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
