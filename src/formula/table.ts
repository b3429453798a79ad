/**
 * A table of data as the user has it, rows or columns, and as the formula reads it: typed columns
 * with missing values marked.
 */

/** A value of a data set. null, undefined and NaN are missing values. */
export type Cell = number | string | boolean | bigint | null | undefined;

/** A record a row, or an array a column. */
export type DataInput =
  | readonly Readonly<Record<string, Cell>>[]
  | Readonly<Record<string, ArrayLike<Cell>>>;

export type Column =
  /** NaN where missing. */
  | { readonly kind: 'numeric'; readonly values: Float64Array }
  /** 1, 0, or -1 where missing. */
  | { readonly kind: 'boolean'; readonly codes: Int8Array }
  /** Place of the value among the levels, -1 where missing. */
  | { readonly kind: 'factor'; readonly levels: readonly string[]; readonly codes: Int32Array };

export interface Table {
  readonly rows: number;
  readonly columns: Readonly<Record<string, Column>>;
}
