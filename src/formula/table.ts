/**
 * Converts the user's rows or columns to typed columns with missing values marked. A bad column is
 * an error only if the formula uses it.
 */
import { didYouMean, listed } from '../checks/names.js';
import { badData } from '../checks/values.js';
import { cleanText } from './names.js';
import { readColumn, sourceOf } from './table-source.js';

/** A value of a data set. null, undefined and NaN are missing values. */
export type Cell = number | string | boolean | bigint | null | undefined;

/**
 * A record of `Cell`s per row, or an array per column. Rows have the type `object`, because
 * TypeScript does not accept an interface as a record; cells are checked when they are read.
 */
export type DataInput = readonly object[] | Readonly<Record<string, ArrayLike<Cell>>>;

export type Column = NumericColumn | BooleanColumn | FactorColumn;

export interface NumericColumn {
  readonly kind: 'numeric';
  /** NaN if missing. */
  readonly values: Float64Array;
}

export interface BooleanColumn {
  readonly kind: 'boolean';
  /** 1, 0, or -1 if missing. */
  readonly codes: Int8Array;
}

export interface FactorColumn {
  readonly kind: 'factor';
  readonly levels: readonly string[];
  /** Index of each value's level, -1 if missing. */
  readonly codes: Int32Array;
}

export interface Table {
  readonly rows: number;
  readonly columns: Readonly<Record<string, Column>>;
  /** Reasons of unreadable columns, by name; using one in a formula is an error. */
  readonly unreadable?: Readonly<Record<string, string>>;
}

interface TableOptions {
  /**
   * Levels of factors in order, the reference level first. A column of numbers or booleans with
   * levels becomes a factor. @default code-point order
   */
  readonly levels?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Reads data: numbers and bigints become numeric columns, booleans boolean ones, text factors.
 * Integers beyond 2^53, which numbers cannot hold, become levels of a factor: usable for grouping,
 * and an error as a predictor or an outcome.
 *
 * @throws WeighbridgeError `bad-data` if the data are not a table or columns have unequal lengths
 */
export function tableOf(data: DataInput, options: TableOptions = {}): Table {
  const { rows, names, cells, numbers } = sourceOf(data);
  const levels = new Map(
    Object.entries(options.levels ?? {}).map(([name, given]) => [cleanText(name), given]),
  );
  for (const name of levels.keys()) {
    if (!names.includes(name)) {
      throw badData(
        `levels are given for '${name}', which is not a column${didYouMean(name, names)}`,
        { column: name },
      );
    }
  }
  const columns: [string, Column][] = [];
  const unreadable: [string, string][] = [];
  for (const name of names) {
    const values = numbers(name);
    const column: Column | string = values
      ? { kind: 'numeric', values }
      : readColumn(name, rows, cells(name));
    const given = levels.get(name);
    if (typeof column === 'string') unreadable.push([name, column]);
    else columns.push([name, given === undefined ? column : withLevels(name, column, rows, given)]);
  }
  // fromEntries creates an own property even for a column '__proto__'.
  return {
    rows,
    columns: Object.fromEntries(columns),
    ...(unreadable.length > 0 && { unreadable: Object.fromEntries(unreadable) }),
  };
}

/** A column by its name. @throws WeighbridgeError `bad-data` for a missing or unreadable column */
export function columnOf(table: Table, asked: string): Column {
  const name = cleanText(asked);
  if (Object.hasOwn(table.columns, name)) return table.columns[name];
  if (table.unreadable !== undefined && Object.hasOwn(table.unreadable, name)) {
    throw badData(table.unreadable[name], { column: name });
  }
  throw badData(noColumn(table, name), { column: name });
}

/** Names of all columns, including unreadable ones. */
export function columnNames(table: Table): readonly string[] {
  return [...Object.keys(table.columns), ...Object.keys(table.unreadable ?? {})];
}

export function hasColumn(table: Table, asked: string): boolean {
  const name = cleanText(asked);
  return (
    Object.hasOwn(table.columns, name) ||
    (table.unreadable !== undefined && Object.hasOwn(table.unreadable, name))
  );
}

/** The message for a missing column. */
export function noColumn(table: Table, name: string): string {
  const names = columnNames(table);
  return `no column '${name}' in the data${didYouMean(name, names)} (columns: ${listed(names)})`;
}

/** Whether the value of a row is missing. */
export function isMissing(column: Column, row: number): boolean {
  return column.kind === 'numeric' ? Number.isNaN(column.values[row]) : column.codes[row] < 0;
}

/** The value of a row as a level: `TRUE` and `FALSE` for a boolean; null if it is missing. */
export function labelAt(column: Column, row: number): string | null {
  if (isMissing(column, row)) return null;
  switch (column.kind) {
    case 'numeric':
      return numberLabel(column.values[row]);
    case 'boolean':
      return column.codes[row] === 1 ? 'TRUE' : 'FALSE';
    case 'factor':
      return column.levels[column.codes[row]];
  }
}

/** `labelAt` of every row. */
export function labelsOf(column: Column): readonly (string | null)[] {
  if (column.kind !== 'numeric') return Array.from(column.codes, (_, row) => labelAt(column, row));
  const labels = new Map<number, string>();
  return Array.from(column.values, (value) => {
    if (Number.isNaN(value)) return null;
    const known = labels.get(value);
    if (known !== undefined) return known;
    const label = numberLabel(value);
    labels.set(value, label);
    return label;
  });
}

/** Labels that occur, ordered as a factor's levels: numbers by size, FALSE before TRUE. */
export function levelsOf(column: Column): readonly string[] {
  switch (column.kind) {
    case 'numeric': {
      const present = new Set(column.values.filter((value) => !Number.isNaN(value)));
      // Numbers that agree to 15 digits are one level, as in R.
      return [...new Set([...Float64Array.from(present).sort()].map(numberLabel))];
    }
    case 'boolean':
      return ['FALSE', 'TRUE'].filter((_, code) => column.codes.includes(code));
    case 'factor': {
      const present = new Uint8Array(column.levels.length);
      for (const code of column.codes) if (code >= 0) present[code] = 1;
      return column.levels.filter((_, code) => present[code] === 1);
    }
  }
}

/** The label of a number: 15 significant digits, as in R's factors. */
function numberLabel(value: number): string {
  return String(Number(value.toPrecision(15)));
}

/**
 * The column of some rows, which ascend, of a column; the same one if these are all. Unused levels are
 * dropped.
 */
export function selectRows(column: Column, rows: Int32Array): Column {
  const all = column.kind === 'numeric' ? column.values.length : column.codes.length;
  if (column.kind !== 'factor' && rows.length === all && rows.every((row, i) => row === i)) {
    return column;
  }
  switch (column.kind) {
    case 'numeric':
      return {
        kind: 'numeric',
        values: picked(column.values, rows, new Float64Array(rows.length)),
      };
    case 'boolean':
      return { kind: 'boolean', codes: picked(column.codes, rows, new Int8Array(rows.length)) };
    case 'factor': {
      const codes = picked(column.codes, rows, new Int32Array(rows.length));
      const levels = levelsOf({ ...column, codes });
      const place = new Map(levels.map((level, code) => [level, code]));
      const recode = column.levels.map((level) => place.get(level) ?? -1);
      return {
        kind: 'factor',
        levels,
        codes: codes.map((code) => (code < 0 ? -1 : recode[code])),
      };
    }
  }
}

/** A loop is much faster than `from` of a typed array. */
function picked<T extends Float64Array | Int8Array | Int32Array>(
  values: T,
  rows: Int32Array,
  target: T,
): T {
  for (let i = 0; i < rows.length; i++) target[i] = values[rows[i]];
  return target;
}

function withLevels(
  name: string,
  column: Column,
  rows: number,
  given: readonly string[],
): FactorColumn {
  const levels = given.map(cleanText);
  const place = new Map<string, number>();
  for (const level of levels) {
    if (place.has(level))
      throw badData(`the levels of '${name}' have '${level}' twice`, {
        column: name,
        found: level,
      });
    place.set(level, place.size);
  }
  const codes = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const label = labelAt(column, row);
    const code = label === null ? -1 : place.get(label);
    if (code === undefined) {
      throw badData(
        `column '${name}', row ${row + 1}: found '${label}', which is none of the levels given: ${listed(levels)}`,
        { column: name, row: row + 1, found: label },
      );
    }
    codes[row] = code;
  }
  return { kind: 'factor', levels, codes };
}
