/**
 * Which rows can be used: those with a value in every column that the formula uses.
 */
import { WeighbridgeError } from '../errors.js';
import { listed } from './names.js';
import { type Column, isMissing } from './table.js';

export interface CompleteRows {
  /** From 0. */
  readonly rows: Int32Array;
  readonly dropped: number;
  readonly notes: readonly string[];
}

export function completeRows(
  columns: ReadonlyMap<string, Column>,
  rows: number,
  missing: 'drop' | 'fail',
): CompleteRows {
  if (rows === 0) throw new WeighbridgeError('bad-data', 'the data have no rows');
  const holes = new Map<string, number>();
  const kept: number[] = [];
  for (let row = 0; row < rows; row++) {
    let complete = true;
    for (const [name, column] of columns) {
      if (!isMissing(column, row)) continue;
      if (missing === 'fail') {
        throw new WeighbridgeError('bad-data', `column '${name}', row ${row + 1}: no value`);
      }
      complete = false;
      holes.set(name, (holes.get(name) ?? 0) + 1);
    }
    if (complete) kept.push(row);
  }
  const dropped = rows - kept.length;
  const where = listed(
    [...columns.keys()]
      .filter((name) => holes.has(name))
      .map((name) => `${name} (${holes.get(name)})`),
  );
  if (kept.length === 0) {
    throw new WeighbridgeError(
      'bad-data',
      `no rows are left: every row lacks a value; missing values by column: ${where}`,
    );
  }
  const notes =
    dropped === 0
      ? []
      : [`${dropped} of ${rows} rows have missing values and were left out: ${where}`];
  return { rows: Int32Array.from(kept), dropped, notes };
}
