/**
 * Data as columns: what readers of files make, and what `regression` takes.
 */
import type { Cell } from '../formula/table.js';

/** An array a column, all of one length; null where missing. */
export type DataColumns = Readonly<Record<string, readonly Cell[]>>;

/** Records as columns, in the order in which names first come; null where a record lacks one. */
export function columnsOfRecords(records: readonly Readonly<Record<string, unknown>>[]) {
  const columns = new Map<string, Cell[]>();
  records.forEach((record, row) => {
    for (const [name, value] of Object.entries(record)) {
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
