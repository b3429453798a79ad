/**
 * Units that are powers of two: dividing by one changes the exponent of a number and none of its
 * digits, so that numbers too large or too small to be squared can be computed with at no loss.
 */

/** The largest power of two that is not above a positive number; 1 for zero. */
export function powerOfTwo(size: number): number {
  if (!(size > 0) || !Number.isFinite(size)) return 1;
  // The logarithm is exact enough for subnormal numbers; the largest exponent is 1023.
  return 2 ** Math.min(1023, Math.max(-1074, Math.floor(Math.log2(size))));
}

/** The largest absolute value of every `width`-th number from `start` on; 0 if there are none. */
export function largestOf(values: ArrayLike<number>, start = 0, width = 1): number {
  let most = 0;
  for (let at = start; at < values.length; at += width) {
    const size = Math.abs(values[at]);
    if (size > most) most = size;
  }
  return most;
}

/** Squares of these, and sums of many of them, neither overflow nor underflow. */
const LEAST_SQUARED = 1e-100;
const MOST_SQUARED = 1e100;

/** 1 where numbers of this size can be squared as they are; else their power of two. */
export function unitToSquare(size: number): number {
  return size === 0 || (size >= LEAST_SQUARED && size <= MOST_SQUARED) ? 1 : powerOfTwo(size);
}

/** The range of numbers this much smaller than they are costs digits of their mean and squares. */
const NARROW = 1e-6;

/**
 * An origin and a unit in which the mean and squares of numbers keep their digits: 0 and 1 for most,
 * for which nothing is to be done.
 */
export function comfortable(values: Float64Array): {
  readonly origin: number;
  readonly unit: number;
} {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const size = Math.max(Math.abs(least), Math.abs(most));
  const range = most - least;
  if (!Number.isFinite(size)) return { origin: 0, unit: 1 };
  return range > 0 && range < NARROW * size
    ? { origin: values[0], unit: unitToSquare(range) }
    : { origin: 0, unit: unitToSquare(size) };
}
