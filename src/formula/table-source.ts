/**
 * Reads the cells of the user's rows or columns, and converts them to typed columns: numbers,
 * booleans or factor levels.
 */
import { badData, described, isArrayLike } from '../checks/values.js';
import { cleanText, compareCodePoints } from './names.js';
import type { Column, DataInput, FactorColumn } from './table.js';

interface Source {
  readonly rows: number;
  readonly names: readonly string[];
  /** The cells of a column, by row. */
  cells(name: string): (row: number) => unknown;
  /** A new array with a column of nothing but numbers and missing values, NaN; null for others. */
  numbers(name: string): Float64Array | null;
}

export function sourceOf(data: DataInput): Source {
  if (Array.isArray(data)) return rowsSource(data);
  if (typeof data !== 'object' || data === null || isArrayLike(data)) {
    throw badData('expected an array of records or a record of columns as data');
  }
  return columnsSource(Object.entries(data));
}

function rowsSource(data: readonly unknown[]): Source {
  const records = data.map((row, i) => {
    if (isRow(row)) return row;
    throw badData(`row ${i + 1}: expected a record of columns, found ${described(row)}`, {
      row: i + 1,
      found: row,
      expected: 'a record of columns',
    });
  });
  const keys = new Set<string>();
  for (const record of records) for (const key of Object.keys(record)) keys.add(key);
  const keysOf = new Map<string, string[]>();
  for (const key of keys) {
    const name = cleanText(key);
    keysOf.set(name, [...(keysOf.get(name) ?? []), key]);
  }
  return {
    rows: records.length,
    names: [...keysOf.keys()],
    cells: (name) => {
      const [key, ...others] = keysOf.get(name) ?? [name];
      const cell = (row: number) => (Object.hasOwn(records[row], key) ? records[row][key] : null);
      return others.length === 0 ? cell : cellOfSeveral(records, [key, ...others], name);
    },
    numbers: () => null,
  };
}

/** The cell of a column whose name has other characters that look the same. */
function cellOfSeveral(
  records: readonly Record<string, unknown>[],
  keys: readonly string[],
  name: string,
): (row: number) => unknown {
  return (row) => {
    const own = keys.filter((key) => Object.hasOwn(records[row], key));
    if (own.length > 1)
      throw badData(`row ${row + 1}: ${alike(name)}`, { row: row + 1, column: name });
    return own.length === 0 ? null : records[row][own[0]];
  };
}

/** The message for two names that look the same but have different characters. */
export function alike(name: string): string {
  return `two columns are called '${name}', by characters that look the same; expected different names`;
}

/** Rows may be class instances, for example Arrow rows. */
function isRow(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !isArrayLike(value);
}

function columnsSource(entries: readonly [string, unknown][]): Source {
  const columns = new Map<string, ArrayLike<unknown>>();
  for (const [key, values] of entries) {
    const name = cleanText(key);
    if (columns.has(name)) throw badData(alike(name), { column: name });
    if (!isArrayLike(values)) {
      throw badData(`column '${name}': expected an array of values, found ${described(values)}`, {
        column: name,
        found: values,
        expected: 'an array of values',
      });
    }
    columns.set(name, values);
  }
  const [first] = columns;
  const rows = first?.[1].length ?? 0;
  for (const [name, { length }] of columns) {
    if (length !== rows) {
      throw badData(
        `column '${name}' has ${length} values where column '${first[0]}' has ${rows}; columns are of one length`,
        { column: name, found: length, expected: `${rows} values` },
      );
    }
  }
  return {
    rows,
    names: [...columns.keys()],
    cells: (name) => {
      const values = columns.get(name) ?? [];
      return (row) => values[row];
    },
    numbers: (name) => numbersIn(columns.get(name) ?? []),
  };
}

function numbersIn(values: ArrayLike<unknown>): Float64Array | null {
  if (values instanceof Float64Array) return values.slice();
  const numbers = new Float64Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (typeof value === 'number') numbers[row] = value;
    else if (value === null || value === undefined) numbers[row] = Number.NaN;
    else return null;
  }
  return numbers;
}

/** A cell that a file reader cannot decode: an error if a formula uses its column. */
export class UnsupportedValue {
  /**
   * @param described for messages, for example 'a value of the type LIST, which is not supported'
   */
  constructor(readonly described: string) {}
}

/** A description of a cell for messages. */
function describedCell(value: unknown): string {
  return value instanceof UnsupportedValue ? value.described : described(value);
}

type CellKind = 'number' | 'boolean' | 'string' | 'bigint';

/** The typed column, or a message if the cells are inconsistent. */
export function readColumn(
  name: string,
  rows: number,
  cell: (row: number) => unknown,
): Column | string {
  let kind: CellKind | null = null;
  let unsafe = false;
  let fractions = false;
  let firstRow = 0;
  for (let row = 0; row < rows; row++) {
    const value = cell(row);
    if (value === null || value === undefined || Number.isNaN(value)) continue;
    const type = typeof value;
    if (type !== 'number' && type !== 'boolean' && type !== 'string' && type !== 'bigint') {
      return `column '${name}', row ${row + 1}: found ${describedCell(value)}, expected a number, text or a boolean`;
    }
    if (kind === null) {
      kind = type;
      firstRow = row;
    }
    if (type !== kind && !(isNumeric(type) && isNumeric(kind))) {
      return `column '${name}', row ${row + 1}: found ${describedCell(value)} where row ${firstRow + 1} has ${describedCell(cell(firstRow))}; a column holds values of one kind`;
    }
    if (type === 'bigint') {
      if (!Number.isSafeInteger(Number(value))) unsafe = true;
    } else if (type === 'number' && !Number.isInteger(value)) fractions = true;
    else if (typeof value === 'string' && value.includes('\0')) {
      return `column '${name}', row ${row + 1}: found ${describedCell(value.replaceAll('\0', '\\0'))} with a NUL character, expected text without`;
    }
  }
  // A column with fractions has measurements, not identifiers, so its values may be rounded.
  return typedColumn(kind, rows, cell, unsafe && !fractions);
}

function isNumeric(type: CellKind): boolean {
  return type === 'number' || type === 'bigint';
}

function typedColumn(
  kind: CellKind | null,
  rows: number,
  cell: (row: number) => unknown,
  unsafe: boolean,
): Column {
  if (kind === 'boolean') {
    const codes = new Int8Array(rows);
    for (let row = 0; row < rows; row++) {
      const value = cell(row);
      codes[row] = typeof value === 'boolean' ? Number(value) : -1;
    }
    return { kind: 'boolean', codes };
  }
  if (kind === 'string') return factorOf(rows, cell, compareCodePoints);
  if (unsafe) return factorOf(rows, cell, compareIntegers);
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const value = cell(row);
    values[row] =
      typeof value === 'number' || typeof value === 'bigint' ? Number(value) : Number.NaN;
  }
  return { kind: 'numeric', values };
}

function factorOf(
  rows: number,
  cell: (row: number) => unknown,
  compare: (a: string, b: string) => number,
): FactorColumn {
  const place = new Map<string, number>();
  const codes = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const value = cell(row);
    if (value === null || value === undefined || Number.isNaN(value)) {
      codes[row] = -1;
      continue;
    }
    const label = String(value);
    const found = place.get(label);
    codes[row] = found ?? place.size;
    if (found === undefined) place.set(label, place.size);
  }
  const seen = [...place.keys()].map(cleanText);
  const levels = [...new Set(seen)].sort(compare);
  const sorted = new Map(levels.map((level, code) => [level, code]));
  const recode = seen.map((level) => sorted.get(level) ?? -1);
  return { kind: 'factor', levels, codes: codes.map((code) => (code < 0 ? -1 : recode[code])) };
}

function compareIntegers(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  const whole = /^-?\d+$/;
  if (difference !== 0 || !whole.test(a) || !whole.test(b)) return difference;
  if (a === b) return 0;
  return BigInt(a) < BigInt(b) ? -1 : 1;
}
