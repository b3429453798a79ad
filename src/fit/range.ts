/**
 * Checks for columns that cannot be fitted: numbers too large or too small to compute with, or so
 * far from zero, compared with their spread, that floating point loses most of the spread.
 */
import { ROUNDING } from '../../models/generalized-linear/coefficient-design.js';
import { WeighbridgeError } from '../errors.js';
import { largestOf } from '../linear-algebra/powers-of-two.js';

/** Largest absolute value. Coefficients are quotients of such numbers and must be finite, too. */
const MOST = 1e250;
const LEAST = 1e-250;

/**
 * @param rowNumber converts a row index (from 0) to the row number of the message
 * @param most the largest absolute value of the column, if it is known
 * @param column index of the column if `values` is row-major with `width` columns
 * @throws WeighbridgeError `bad-data` with the row, the value and what was expected
 */
export function requireRange(
  name: string,
  values: ArrayLike<number>,
  rowNumber: (row: number) => number,
  column = 0,
  width = 1,
  most = largestOf(values, column, width),
): void {
  if (most === 0 || (most >= LEAST && most <= MOST)) return;
  let at = column;
  while (Math.abs(values[at]) !== most) at += width;
  const found = `row ${rowNumber((at - column) / width)}: ${name} is ${values[at]}`;
  throw new WeighbridgeError(
    'bad-data',
    most > MOST
      ? `${found}, out of range: expected numbers from -${MOST} to ${MOST}; mend the value, or write the column in a larger unit`
      : `${found}, the largest of its column, out of range: expected numbers of ${LEAST} and more; write the column in a smaller unit`,
  );
}

/** Floating-point spacing, relative to the spread, above which digits are lost. */
const COARSE = 0.01;

interface Range {
  readonly least: number;
  readonly most: number;
}

export function rangeOf(values: ArrayLike<number>): Range {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (values[i] < least) least = values[i];
    if (values[i] > most) most = values[i];
  }
  return { least, most };
}

/**
 * Message for a column whose spread is lost at the precision of its numbers; null for other columns
 * and for a constant column.
 */
export function lostSpread(
  name: string,
  { least, most }: Range,
): { readonly wholly: boolean; readonly told: string } | null {
  const size = Math.max(Math.abs(least), Math.abs(most));
  const range = most - least;
  if (!(range > 0) || Number.EPSILON * size <= COARSE * range) return null;
  const wholly = range <= ROUNDING * size;
  const told = `${name} lies between ${least} and ${most}, where numbers go in steps of about ${(Number.EPSILON * size).toPrecision(1)}: ${wholly ? 'its spread is lost' : 'digits of its spread are lost'}; subtract a constant before the data are written`;
  return { wholly, told };
}
