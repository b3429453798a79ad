/**
 * CSV and TSV as columns. Cells are split by papaparse; what they are is decided here, by column:
 *
 * - a cell that is empty or `NA` is missing
 * - numbers, where all others are: decimal or with an exponent, `Inf`, `NaN` (which is missing too);
 *   whole numbers beyond 2^53 as bigints, unrounded
 * - booleans, where all others are of true, false, TRUE, FALSE, True, False, T, F
 * - text everywhere else, without the white space around it
 *
 * A file without commas in its header and with semicolons is one of those that spreadsheets write
 * where a comma is the decimal mark; both are read so. A first column without a name, the row names
 * that R and pandas write, is left out.
 */
import Papa from 'papaparse';
import { WeighbridgeError } from '../errors.js';
import type { Cell } from '../formula/table.js';
import { columnsOf, type DataColumns } from './columns.js';

export interface CsvOptions {
  /** For messages. */
  readonly file: string;
  /** Taken from the header where absent. */
  readonly delimiter?: '\t';
}

/**
 * @throws WeighbridgeError `bad-data` with file, line and column for an empty file, a row with too
 *   few or too many cells, a broken quote, two columns of one name
 */
export function csvColumns(text: string, options: CsvOptions): DataColumns {
  const { file } = options;
  const unix = text.replaceAll(/\r\n?/g, '\n');
  const header = unix.slice(0, (unix.indexOf('\n') + unix.length + 1) % (unix.length + 1));
  const semicolons = !header.includes(',') && header.includes(';');
  const delimiter = options.delimiter ?? (semicolons ? ';' : ',');
  const { data, errors } = Papa.parse<string[]>(unix, { delimiter, newline: '\n' });
  const lineOf = (record: number) =>
    1 + data.slice(0, record).reduce((lines, cells) => lines + linesOf(cells), 0);
  const broken = errors.find(({ type }) => type === 'Quotes');
  if (broken) {
    const line = lineOf(broken.row ?? 0);
    throw badData(`${file}, line ${line}: a quoted cell is broken (${broken.message})`);
  }
  const names = (data[0] ?? []).map((name) => name.trim());
  if (names.every((name) => name === '')) {
    throw badData(`${file} is empty: expected a header with the names of columns`);
  }
  const places = namedColumns(names, file);
  const records = data.flatMap((cells, i) => (i === 0 || isBlank(cells) ? [] : [i]));
  for (const record of records) {
    const found = data[record]?.length ?? 0;
    if (found !== names.length) {
      throw badData(
        `${file}, line ${lineOf(record)}: ${found} cells, expected ${names.length} as in the header`,
      );
    }
  }
  const decimalComma = options.delimiter === undefined && semicolons;
  return columnsOf(
    places.map((place): [string, readonly Cell[]] => {
      const name = names[place] ?? '';
      const cells = records.map((record) => data[record]?.[place]?.trim() ?? '');
      return [name, typedCells(cells, decimalComma)];
    }),
  );
}

/** Lines that a record takes: a quoted cell may hold line ends. */
function linesOf(cells: readonly string[]): number {
  return cells.reduce((lines, cell) => lines + cell.split('\n').length - 1, 1);
}

function isBlank(cells: readonly string[]): boolean {
  return cells.length === 1 && cells[0]?.trim() === '';
}

function namedColumns(names: readonly string[], file: string): number[] {
  const seen = new Set<string>();
  return names.flatMap((name, place) => {
    if (name === '' && place === 0) return [];
    if (name === '') throw badData(`${file}, line 1: column ${place + 1} has no name`);
    if (seen.has(name)) {
      throw badData(`${file}, line 1: two columns are called ${name}, expected different names`);
    }
    seen.add(name);
    return [place];
  });
}

function typedCells(cells: readonly string[], decimalComma: boolean): Cell[] {
  const present = cells.filter((cell) => !isMissing(cell));
  const numeric = decimalComma ? (cell: string) => cell.replace(/,(?=\d*$|\d*e)/i, '.') : same;
  if (present.every((cell) => NUMBER.test(numeric(cell)))) {
    return cells.map((cell) => (isMissing(cell) ? null : numberOf(numeric(cell))));
  }
  if (present.every((cell) => BOOLEAN.test(cell))) {
    return cells.map((cell) => (isMissing(cell) ? null : /^t/i.test(cell)));
  }
  return cells.map((cell) => (isMissing(cell) ? null : cell));
}

function same(cell: string): string {
  return cell;
}

function isMissing(cell: string): boolean {
  return cell === '' || cell === 'NA';
}

const NUMBER = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)$/i;
const WHOLE = /^[+-]?\d+$/;
const BOOLEAN = /^(?:true|false|TRUE|FALSE|True|False|T|F)$/;

function numberOf(cell: string): Cell {
  if (/nan/i.test(cell)) return null;
  if (/inf/i.test(cell)) return cell.startsWith('-') ? -Infinity : Infinity;
  const value = Number(cell);
  if (!WHOLE.test(cell) || Number.isSafeInteger(value)) return value;
  return BigInt(cell.replace('+', ''));
}

function badData(message: string): WeighbridgeError {
  return new WeighbridgeError('bad-data', message);
}
