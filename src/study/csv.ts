/**
 * Tables of text with the place of every cell, so that a reader can say which file, row and
 * column it stumbled over. Byte-order marks and Windows line ends are taken as they come.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import Papa from 'papaparse';
import { WeighbridgeError } from '../errors.js';

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

/** Reads a file that must be there; `purpose` says in a message what it would have held. */
export async function readText(path: string, purpose: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    const reason = code === 'ENOENT' ? 'is missing' : `cannot be read (${code})`;
    throw new WeighbridgeError('missing-file', `${path} ${reason}: expected ${purpose}`, { cause });
  }
}

/**
 * Reads the named columns of a CSV file, wherever they stand and whatever stands beside them.
 * @throws WeighbridgeError `missing-file`; `bad-data` for an empty file, a missing column, a row
 *   with too few or too many cells, or a quote that is not closed.
 */
export async function readTable(
  path: string,
  purpose: string,
  columnsOf: (header: readonly string[]) => readonly string[],
): Promise<Table> {
  const file = basename(path);
  const text = (await readText(path, purpose)).replaceAll('\r\n', '\n');
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
      `${file}, row 1: column ${missing.join(', ')} is missing; the header has ${header.join(', ')}`,
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
    `${table.file}, row ${row.number}, column ${table.columns[column]}: found '${row.cells[column]}', expected ${expected}`,
  );
}

/** Rows that are turned into text at a time, so that a large table is never in memory as cells. */
const ROWS_AT_A_TIME = 500;

/** Rows as CSV text with Unix line ends, as Python's and R's writers make it. */
export function formatCsv(
  columns: readonly string[],
  rows: Iterable<readonly (string | number)[]>,
): string {
  const parts: string[] = [];
  let block: (string | number)[][] = [[...columns]];
  const finish = () => {
    if (block.length > 0) parts.push(Papa.unparse(block, { newline: '\n' }));
    block = [];
  };
  for (const row of rows) {
    block.push([...row]);
    if (block.length === ROWS_AT_A_TIME) finish();
  }
  finish();
  return `${parts.join('\n')}\n`;
}
