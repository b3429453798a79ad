/**
 * Cells to a typed column: numbers, booleans or the levels of a factor.
 */
import { compareCodePoints } from './names.js';
import type { Column, FactorColumn } from './table.js';
import { described } from './table-source.js';
import { cleanText } from './text.js';

type CellKind = 'number' | 'boolean' | 'string' | 'bigint';

/** A column, or why it is none. */
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
      return `column '${name}', row ${row + 1}: found ${described(value)}, expected a number, text or a boolean`;
    }
    if (kind === null) {
      kind = type;
      firstRow = row;
    }
    if (type !== kind && !(isNumeric(type) && isNumeric(kind))) {
      return `column '${name}', row ${row + 1}: found ${described(value)} where row ${firstRow + 1} has ${described(cell(firstRow))}; a column holds values of one kind`;
    }
    if (type === 'bigint') {
      if (!Number.isSafeInteger(Number(value))) unsafe = true;
    } else if (type === 'number' && !Number.isInteger(value)) fractions = true;
    else if (typeof value === 'string' && value.includes('\0')) {
      return `column '${name}', row ${row + 1}: found ${described(value.replaceAll('\0', '\\0'))} with a NUL character, expected text without`;
    }
  }
  // Numbers with fractions beside them are measured, not identifiers: they may be rounded.
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
