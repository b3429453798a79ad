/**
 * Rows or columns as the user has them: the cells of each column, whatever the shape.
 */
import { WeighbridgeError } from '../errors.js';
import type { DataInput } from './table.js';
import { cleanText } from './text.js';

export interface Source {
  readonly rows: number;
  readonly names: readonly string[];
  /** The cells of a column, by row. */
  cells(name: string): (row: number) => unknown;
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
    if (isRecord(row)) return row;
    throw badData(`row ${i + 1}: expected a record of columns, found ${described(row)}`);
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
  };
}

/** A column whose name is written by different characters that look the same. */
function cellOfSeveral(
  records: readonly Record<string, unknown>[],
  keys: readonly string[],
  name: string,
): (row: number) => unknown {
  return (row) => {
    const own = keys.filter((key) => Object.hasOwn(records[row], key));
    if (own.length > 1) throw badData(`row ${row + 1}: ${alike(name)}`);
    return own.length === 0 ? null : records[row][own[0]];
  };
}

/** For messages: two names that differ in characters alone. */
export function alike(name: string): string {
  return `two columns are called '${name}', by characters that look the same; expected different names`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !isArrayLike(value);
}

function columnsSource(entries: readonly [string, unknown][]): Source {
  const columns = new Map<string, ArrayLike<unknown>>();
  for (const [key, values] of entries) {
    const name = cleanText(key);
    if (columns.has(name)) throw badData(alike(name));
    if (!isArrayLike(values)) {
      throw badData(`column '${name}': expected an array of values, found ${described(values)}`);
    }
    columns.set(name, values);
  }
  const [first] = columns;
  const rows = first?.[1].length ?? 0;
  for (const [name, { length }] of columns) {
    if (length !== rows) {
      throw badData(
        `column '${name}' has ${length} values where column '${first[0]}' has ${rows}; columns are of one length`,
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
  };
}

function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  if (Array.isArray(value)) return true;
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** What stands in a column that a reader of files cannot read: an error where a formula uses it. */
export class UnsupportedValue {
  /** @param described for a message: a value of the type LIST, which is not supported */
  constructor(readonly described: string) {}
}

/** A value for a message. */
export function described(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `the text '${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
    case 'number':
    case 'bigint':
      return `the number ${value}`;
    case 'boolean':
      return `the boolean ${value}`;
    case 'object':
      if (value === null) return 'null';
      if (value instanceof UnsupportedValue) return value.described;
      if (isArrayLike(value)) return 'an array';
      return value instanceof Date ? 'a Date' : 'an object';
    default:
      return `a value of type ${typeof value}`;
  }
}

export function badData(message: string): WeighbridgeError {
  return new WeighbridgeError('bad-data', message.replace(/\s/g, ' '));
}
