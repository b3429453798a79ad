/**
 * Errors for a row in which an expression of the formula has no value: `log(x)` of a negative x, a
 * value that is outside of the intervals of `cut()`.
 */
import { WeighbridgeError } from '../errors.js';

/** The cause of such an error. */
export interface UndefinedRow {
  /** Index of the row, from 0, among the rows that were read. */
  readonly row: number;
  /** What is wrong, without the row: `log(x) is NaN, where x is -1`. */
  readonly problem: string;
}

const causes = new WeakMap<WeighbridgeError, UndefinedRow>();

export function undefinedRow(message: string, cause: UndefinedRow): WeighbridgeError {
  const error = new WeighbridgeError('bad-data', message, { cause });
  causes.set(error, cause);
  return error;
}

/** null for any other error. */
export function undefinedRowOf(error: unknown): UndefinedRow | null {
  return error instanceof WeighbridgeError ? (causes.get(error) ?? null) : null;
}
