/**
 * Scaling by powers of two. Dividing by one changes only the exponent of a number, so that
 * numbers too large or too small to be squared can be rescaled without rounding error.
 */

/** The largest power of two not above a positive number; 1 for zero. */
export function powerOfTwo(size: number): number {
  if (!(size > 0) || !Number.isFinite(size)) return 1;
  // The logarithm is accurate enough even for subnormal numbers; the largest exponent is 1023.
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

/** Least and greatest value of each column; ∞ and −∞ without rows. */
export interface ColumnRanges {
  readonly least: Float64Array;
  readonly most: Float64Array;
}

/** The ranges of the columns of row-major values, in one pass. */
export function rangesOfColumns(values: Float64Array, width: number): ColumnRanges {
  const least = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
  const most = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
  for (let at = 0; at < values.length; ) {
    for (let j = 0; j < width; j++, at++) {
      const value = values[at];
      if (value < least[j]) least[j] = value;
      if (value > most[j]) most[j] = value;
    }
  }
  return { least, most };
}

/** The largest absolute value of a column; 0 without rows. */
export function sizeOf({ least, most }: ColumnRanges, column: number): number {
  return Math.max(0, -least[column], most[column]);
}

/**
 * Squares of numbers within these bounds, and long sums of them, neither overflow nor underflow.
 */
const LEAST_SQUARED = 1e-100;
const MOST_SQUARED = 1e100;

/** 1 if numbers of this size can be squared safely, otherwise the power of two to divide by. */
export function unitToSquare(size: number): number {
  return size === 0 || (size >= LEAST_SQUARED && size <= MOST_SQUARED) ? 1 : powerOfTwo(size);
}

/** A range smaller than this share of the values loses digits of their mean and squares. */
const NARROW = 1e-6;

interface Comfortable {
  readonly origin: number;
  readonly unit: number;
}

/**
 * An origin and a unit that preserve the digits of the mean and squares of the values. For most
 * data they are 0 and 1, and no rescaling is needed.
 */
export function comfortable(values: Float64Array): Comfortable {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  // By index: an iterator allocates.
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return comfortableIn(least, most, values[0]);
}

/** `comfortable` of values between two ends, one of which is `within`. */
export function comfortableIn(least: number, most: number, within: number): Comfortable {
  const size = Math.max(Math.abs(least), Math.abs(most));
  const range = most - least;
  if (!Number.isFinite(size)) return { origin: 0, unit: 1 };
  return range > 0 && range < NARROW * size
    ? { origin: within, unit: unitToSquare(range) }
    : { origin: 0, unit: unitToSquare(size) };
}
