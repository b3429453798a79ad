/** A table as a stream of rows, for files that are too large for one text. */

/** `integer`: whole numbers within 2^53; `number`: any finite number. */
export const tableKinds = ['text', 'number', 'integer', 'boolean'] as const;
export type TableKind = (typeof tableKinds)[number];

export interface TableColumn {
  /** Unique in its table. */
  readonly name: string;
  readonly kind: TableKind;
}

/** null: no value. */
export type TableCell = string | number | boolean | null;

/** A cell for each column, in their order. */
export type TableRow = readonly TableCell[];

export interface TableRows {
  readonly columns: readonly TableColumn[];
  readonly rows: Iterable<TableRow>;
}
