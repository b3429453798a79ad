/**
 * Reads and writes CSV as tables of text. Cells keep their position, so that errors name file, row
 * and column. Byte-order marks and Windows line ends are accepted.
 */
import { basename } from 'node:path';
import Papa from 'papaparse';
import { onOneLine } from '../checks/names.js';
import { badData } from '../checks/values.js';
import type { WeighbridgeError } from '../errors.js';
import { readText } from './read-bytes.js';

/** The records of a text, split by papaparse. */
interface Records {
  readonly records: readonly (readonly string[])[];
  /** The first broken quote: index of its record, and the problem. */
  readonly broken: { readonly record: number; readonly problem: string } | null;
}

/** @param options `most`: maximum number of records to read */
export function splitRecords(
  text: string,
  delimiter: string,
  options: { readonly newline?: '\n' | '\r'; readonly most?: number } = {},
): Records {
  const { newline = '\n', most } = options;
  const { data, errors } = Papa.parse<string[]>(text, {
    delimiter,
    newline,
    skipEmptyLines: false,
    ...(most !== undefined && { preview: most }),
  });
  const broken = errors.find(({ type }) => type === 'Quotes');
  return {
    records: data,
    broken: broken ? { record: broken.row ?? 0, problem: broken.message } : null,
  };
}

/** The named columns of a file. */
export interface TextTable {
  /** File name without its folder, for messages. */
  readonly file: string;
  /** In the requested order. */
  readonly columns: readonly string[];
  readonly rows: readonly TextRow[];
}

export class TextRow {
  constructor(
    private readonly table: Pick<TextTable, 'file' | 'columns'>,
    /** Row number as in a spreadsheet: the header is row 1. */
    readonly place: number,
    /** Trimmed, in the order of the table's columns. */
    readonly cells: readonly string[],
  ) {}

  text(column: string): string {
    return this.cells[this.table.columns.indexOf(column)] ?? '';
  }

  /** @throws WeighbridgeError `bad-data` if a cell is not a finite number */
  number(column: string): number {
    const value = parseNumber(this.text(column));
    if (value === null) throw this.error(column, 'a number');
    return value;
  }

  /** An error about a cell, with its position. */
  error(column: string, expected: string): WeighbridgeError<'bad-data'> {
    const { file } = this.table;
    const found = this.text(column);
    return badData(
      `${file}, row ${this.place}, column ${column}: found '${onOneLine(found)}', expected ${expected}`,
      { file, row: this.place, column, found, expected },
    );
  }
}

/** Selects columns from those of a file. */
export type ColumnsOf = (header: readonly string[]) => readonly string[];

/**
 * Reads the named columns of a CSV file, which may be in any order.
 *
 * @throws WeighbridgeError `missing-file`; `bad-data` if the file is empty, a column is missing, a
 *   row has too few or too many cells, or a quote is not closed
 */
export async function readTextTable(
  path: string,
  purpose: string,
  columnsOf: ColumnsOf,
): Promise<TextTable> {
  const text = await readText(path, purpose);
  return parseTextTable(text, { file: basename(path), purpose, columnsOf });
}

/** Like `readTextTable`, from the text of a file. */
export function parseTextTable(
  source: string,
  { file, purpose, columnsOf }: { file: string; purpose: string; columnsOf: ColumnsOf },
): TextTable {
  const text = source.replaceAll('\r\n', '\n');
  const { records, broken } = splitRecords(text, ',', {
    newline: text.includes('\n') ? '\n' : '\r',
  });
  const [first = [], ...body] = records;
  const header = first.map((cell) => cell.trim());
  if (header.every((cell) => cell === '')) {
    throw badData(`${file} is empty: expected ${purpose}`, { file, expected: purpose });
  }
  if (broken) {
    const row = broken.record + 1;
    throw badData(`${file}, row ${row}: a quoted cell is broken (${broken.problem})`, {
      file,
      row,
    });
  }
  const columns = columnsOf(header);
  const places = columns.map((column) => header.indexOf(column));
  const missing = columns.filter((_, i) => places[i] === -1);
  if (missing.length > 0) {
    throw badData(
      `${file}, row 1: column ${missing.join(', ')} is missing; the header has ${onOneLine(header.join(', '))}`,
      { file, row: 1, column: missing.join(', '), found: header },
    );
  }
  const rows = body.flatMap((record, i) => {
    if (record.every((cell) => cell.trim() === '')) return [];
    const row = i + 2;
    if (record.length === header.length) {
      const cells = places.map((place) => (record[place] ?? '').trim());
      return [new TextRow({ file, columns }, row, cells)];
    }
    throw badData(
      `${file}, row ${row}: ${record.length} cells, expected ${header.length} as in the header`,
      { file, row, found: record.length, expected: `${header.length} cells` },
    );
  });
  return { file, columns, rows };
}

/** The finite number in a cell; null for other text, for example '', 'n/a', 'NaN', 'Infinity'. */
export function parseNumber(cell: string): number | null {
  if (cell === '') return null;
  const value = Number(cell);
  return Number.isFinite(value) ? value : null;
}

/** Rows per block, so that the cells of a large table are never all in memory. */
const ROWS_AT_A_TIME = 500;

type CsvCell = string | number | boolean | null;

/**
 * CSV text with Unix line ends, as Python and R write it, for files that programs read.
 */
export function formatCsv(
  columns: readonly string[],
  rows: Iterable<readonly (string | number)[]>,
): string {
  return [...csvBlocks(columns, rows, false)].join('');
}

/**
 * Matches text that a spreadsheet may read as a formula: one that starts with a formula sign,
 * possibly after invisible characters, or with a tab or line end (OWASP, CSV injection). Leading
 * apostrophes match too, so that an added apostrophe can be removed unambiguously.
 */
const FORMULA = /^'*(?:[\t\r\n]|[\s\p{C}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/u;

/**
 * CSV for spreadsheets: text that would be read as a formula gets a leading apostrophe. Numbers are
 * unchanged.
 */
export function formatSafeCsv(
  columns: readonly string[],
  rows: Iterable<readonly (string | number)[]>,
): string {
  return [...safeCsvBlocks(columns, rows)].join('');
}

/** The same in parts, for tables that are too large for one text. null is an empty cell. */
export function safeCsvBlocks(
  columns: readonly string[],
  rows: Iterable<readonly CsvCell[]>,
): Iterable<string> {
  return csvBlocks(columns, rows, FORMULA);
}

/** Texts that end in a line end, of some hundred rows each. */
function* csvBlocks(
  columns: readonly string[],
  rows: Iterable<readonly CsvCell[]>,
  escapeFormulae: RegExp | false,
): Iterable<string> {
  let block: CsvCell[][] = [[...columns]];
  const finished = () => {
    const text = Papa.unparse(block, { newline: '\n', escapeFormulae });
    block = [];
    return `${text}\n`;
  };
  for (const row of rows) {
    block.push([...row]);
    if (block.length >= ROWS_AT_A_TIME) yield finished();
  }
  if (block.length > 0) yield finished();
}
