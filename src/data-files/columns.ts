/**
 * Data as columns: what readers of files make, and what `regression` takes.
 */
import { WeighbridgeError } from '../errors.js';
import type { Cell } from '../formula/table.js';
import { alike } from '../formula/table-source.js';
import { cleanText } from '../formula/text.js';

/** An array a column, all of one length; null where missing. */
export type DataColumns = Readonly<Record<string, readonly Cell[]>>;

/**
 * Records as columns, in the order in which names first come; null where a record lacks one.
 * @throws WeighbridgeError `bad-data` for a record that has two names which look the same
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
        throw new WeighbridgeError('bad-data', `${file}, record ${row + 1}: ${alike(name)}`);
      }
      let column = columns.get(name);
      if (!column) {
        column = Array.from<Cell>({ length: records.length }).fill(null);
        columns.set(name, column);
      }
      // What no column can hold is an error where a formula uses the column.
      column[row] = value as Cell;
    }
  });
  return columnsOf(columns);
}

/** fromEntries makes properties of its own even of a column '__proto__'. */
export function columnsOf(columns: Iterable<readonly [string, readonly Cell[]]>): DataColumns {
  return Object.fromEntries(columns);
}
