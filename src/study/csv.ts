/**
 * Tables of text with the place of every cell, so that a reader can say which file, row and
 * column it stumbled over. Byte-order marks and Windows line ends are taken as they come.
 */
import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import Papa from 'papaparse';
import { decodeText } from '../decode-text.js';
import { WeighbridgeError } from '../errors.js';
import { onOneLine } from './names.js';

export interface TableRow {
  /** Row in the file as a spreadsheet counts it: the header is row 1. */
  readonly number: number;
  /** Cells without the white space around them, in the order of the columns asked for. */
  readonly cells: readonly string[];
}

export interface Table {
  /** File name without its folder, for messages. */
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

/**
 * Reads a file that must be there and hold UTF-8, with or without a byte-order mark; `purpose` says
 * in a message what it would have held.
 * @throws WeighbridgeError `missing-file`; `bad-data` with the line that is not UTF-8
 */
export async function readText(path: string, purpose: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    requireFinite(await stat(path), path, purpose);
    bytes = await readFile(path);
  } catch (cause) {
    if (cause instanceof WeighbridgeError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    const reason = code === 'ENOENT' ? 'is missing' : `cannot be read (${code})`;
    throw new WeighbridgeError('missing-file', `${path} ${reason}: expected ${purpose}`, { cause });
  }
  return decodeText(bytes, path);
}

/** A named pipe may wait for ever, and a device may have no end. A folder has an error of its own. */
function requireFinite(found: Stats, path: string, purpose: string): void {
  if (found.isFile() || found.isDirectory()) return;
  throw new WeighbridgeError(
    'missing-file',
    `${path} is a named pipe, a socket or a device: expected a file with ${purpose}`,
  );
}

/**
 * Reads the named columns of a CSV file, wherever they stand and whatever stands beside them.
 * @throws WeighbridgeError `missing-file`; `bad-data` for an empty file, a missing column, a row
 *   with too few or too many cells, or a quote that is not closed.
 */
export async function readTable(
  path: string,
  purpose: string,
  columnsOf: ColumnsOf,
): Promise<Table> {
  return parseTable(await readText(path, purpose), { file: basename(path), purpose, columnsOf });
}

/** The columns that are wanted, by the columns that are there. */
export type ColumnsOf = (header: readonly string[]) => readonly string[];

/** As `readTable`, from the text of a file. */
export function parseTable(
  source: string,
  { file, purpose, columnsOf }: { file: string; purpose: string; columnsOf: ColumnsOf },
): Table {
  const text = source.replaceAll('\r\n', '\n');
  const parsed = Papa.parse<string[]>(text, {
    delimiter: ',',
    newline: text.includes('\n') ? '\n' : '\r',
    skipEmptyLines: false,
  });
  const [first, ...body] = parsed.data;
  const header = (first ?? []).map((cell) => cell.trim());
  if (header.every((cell) => cell === '')) {
    throw new WeighbridgeError('bad-data', `${file} is empty: expected ${purpose}`);
  }
  const broken = parsed.errors.find((error) => error.type === 'Quotes');
  if (broken) {
    throw new WeighbridgeError(
      'bad-data',
      `${file}, row ${(broken.row ?? 0) + 1}: a quoted cell is broken (${broken.message})`,
    );
  }
  const columns = columnsOf(header);
  const positions = columns.map((column) => header.indexOf(column));
  const missing = columns.filter((_, index) => positions[index] === -1);
  if (missing.length > 0) {
    throw new WeighbridgeError(
      'bad-data',
      `${file}, row 1: column ${missing.join(', ')} is missing; the header has ${onOneLine(header.join(', '))}`,
    );
  }
  return { file, columns, rows: tableRows(file, body, header.length, positions) };
}

function tableRows(
  file: string,
  body: readonly string[][],
  width: number,
  positions: readonly number[],
): TableRow[] {
  const rows: TableRow[] = [];
  body.forEach((record, index) => {
    if (record.every((cell) => cell.trim() === '')) return;
    const number = index + 2;
    if (record.length !== width) {
      throw new WeighbridgeError(
        'bad-data',
        `${file}, row ${number}: ${record.length} cells, expected ${width} as in the header`,
      );
    }
    rows.push({ number, cells: positions.map((position) => (record[position] ?? '').trim()) });
  });
  return rows;
}

/** The number in a cell, or null where there is none: '' and 'n/a', but also 'NaN' and 'Infinity'. */
export function parseNumber(cell: string): number | null {
  if (cell === '') return null;
  const value = Number(cell);
  return Number.isFinite(value) ? value : null;
}

/** A cell that must hold a number. */
export function requireNumber(table: Table, row: TableRow, column: number): number {
  const cell = row.cells[column] ?? '';
  const value = parseNumber(cell);
  if (value === null) throw cellError(table, row, column, 'a number');
  return value;
}

export function cellError(
  table: Table,
  row: TableRow,
  column: number,
  expected: string,
): WeighbridgeError {
  return new WeighbridgeError(
    'bad-data',
    `${table.file}, row ${row.number}, column ${table.columns[column]}: found '${onOneLine(row.cells[column] ?? '')}', expected ${expected}`,
  );
}

/** Rows that are turned into text at a time, so that a large table is never in memory as cells. */
const ROWS_AT_A_TIME = 500;

/**
 * Rows as CSV text with Unix line ends, as Python's and R's writers make it: for files in the
 * authors' layout.
 */
export function formatCsv(
  columns: readonly string[],
  rows: Iterable<readonly (string | number)[]>,
): string {
  return csvText(columns, rows, false);
}

/**
 * What a spreadsheet takes for a formula: a sign that begins one, whatever cannot be seen before
 * it, or a tab or line end (OWASP, CSV injection). Apostrophes may stand before it, so that the one
 * that is put there can be told from them and taken off again.
 */
const FORMULA = /^'*(?:[\t\r\n]|[\s\p{C}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/u;

/**
 * The same for tables of our own, which people open in a spreadsheet: a text that it would take for
 * a formula has an apostrophe before it. Numbers stay numbers.
 */
export function formatSafeCsv(
  columns: readonly string[],
  rows: Iterable<readonly (string | number)[]>,
): string {
  return csvText(columns, rows, FORMULA);
}

function csvText(
  columns: readonly string[],
  rows: Iterable<readonly (string | number)[]>,
  escapeFormulae: RegExp | false,
): string {
  const parts: string[] = [];
  let block: (string | number)[][] = [[...columns]];
  const finish = () => {
    if (block.length > 0) parts.push(Papa.unparse(block, { newline: '\n', escapeFormulae }));
    block = [];
  };
  for (const row of rows) {
    block.push([...row]);
    if (block.length === ROWS_AT_A_TIME) finish();
  }
  finish();
  return `${parts.join('\n')}\n`;
}
