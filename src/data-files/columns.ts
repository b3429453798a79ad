/**
 * Data as columns: the output of file readers and the input of `regression`.
 */
import { badData } from '../checks/values.js';
import { cleanText } from '../formula/names.js';
import type { Cell } from '../formula/table.js';
import { alike } from '../formula/table-source.js';

/** One array per column, all of the same length; null is a missing value. */
export type DataColumns = Readonly<Record<string, readonly Cell[]>>;

/**
 * Converts records to columns, ordered by first appearance; null if a record lacks a name.
 * @throws WeighbridgeError `bad-data` if two names of a record look the same
 */
export function columnsOfRecords(
  records: readonly Readonly<Record<string, unknown>>[],
  file = 'the data',
): DataColumns {
  const columns = new Map<string, Cell[]>();
  const cleaned = new Map<string, string>();
  records.forEach((record, row) => {
    for (const [key, value] of Object.entries(record)) {
      const name = cleaned.get(key) ?? cleanText(key);
      cleaned.set(key, name);
      if (name !== key && Object.hasOwn(record, name)) {
        throw badData(`${file}, record ${row + 1}: ${alike(name)}`, {
          file,
          row: row + 1,
          column: name,
        });
      }
      let column = columns.get(name);
      if (!column) {
        column = Array.from<Cell>({ length: records.length }).fill(null);
        columns.set(name, column);
      }
      // A bad cell is an error only if a formula uses the column.
      column[row] = value as Cell;
    }
  });
  return columnsOf(columns);
}

/** fromEntries creates an own property even for a column '__proto__'. */
export function columnsOf(columns: Iterable<readonly [string, readonly Cell[]]>): DataColumns {
  return Object.fromEntries(columns);
}
