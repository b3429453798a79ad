/**
 * CSV and TSV as columns. Cells are split by papaparse; what they are is decided here, by column:
 *
 * - missing: a cell that is empty, or one of what R, pandas, databases and spreadsheets write there:
 *   `NA`, `NaN`, `N/A`, `NULL`, `#N/A`, `<NA>`; not `.` and `-`, which may be levels
 * - numbers, where all others are: decimal or with an exponent, `Inf`, `NAN` in any case (missing
 *   too); whole numbers beyond 2^53 as bigints, unrounded
 * - booleans, where all others are of true, false, TRUE, FALSE, True, False, T, F
 * - text everywhere else, without the white space around it
 *
 * A file without commas in its header and with semicolons is one of those that spreadsheets write
 * where a comma is the decimal mark; both are read so. A first column without a name, the row names
 * that R and pandas write, is left out.
 *
 * One bad cell makes text of a column of numbers: its reader is told where it is.
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
  /** Takes a line for each column of text that was to be numbers, by all its other cells. */
  readonly onWarning?: ((line: string) => void) | undefined;
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
  const numberText = options.delimiter === undefined && semicolons ? decimalPoint : same;
  return columnsOf(
    places.map((place): [string, readonly Cell[]] => {
      const name = names[place] ?? '';
      const cells = records.map((record) => textCell(data[record]?.[place]));
      const spoilt = spoiltNumbers(cells, numberText);
      if (spoilt) {
        const where = `line ${lineOf(records[spoilt.row] ?? 0)} has '${spoilt.cell}'`;
        options.onWarning?.(
          `${file}, column ${name} is read as text: ${where}; ${spoilt.numbers} of ${spoilt.present} cells are numbers`,
        );
      }
      return [name, typedCells(cells, numberText)];
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

/** What a number is written as, with a decimal point. */
type NumberText = (cell: string) => string;

/** Null where missing. */
type TextCell = string | null;

function typedCells(cells: readonly TextCell[], numberText: NumberText): Cell[] {
  if (cells.every((cell) => cell === null || NUMBER.test(numberText(cell)))) {
    return cells.map((cell) => (cell === null ? null : numberOf(numberText(cell))));
  }
  if (cells.every((cell) => cell === null || BOOLEAN.test(cell))) {
    return cells.map((cell) => (cell === null ? null : /^t/i.test(cell)));
  }
  return [...cells];
}

/** Cells that are numbers, where these are so many that the column was to have no others. */
const LEAST_NUMBERS = 5;
const LEAST_SHARE = 0.9;
/** Characters of a cell, in a warning. */
const MOST_SHOWN = 40;

/** The first cell that keeps a column from being one of numbers; null where text was meant. */
function spoiltNumbers(cells: readonly TextCell[], numberText: NumberText) {
  const isText = (cell: TextCell) => cell !== null && !NUMBER.test(numberText(cell));
  const row = cells.findIndex(isText);
  if (row === -1) return null;
  const present = cells.filter((cell) => cell !== null).length;
  const numbers = present - cells.filter(isText).length;
  if (numbers < LEAST_NUMBERS || numbers < LEAST_SHARE * present) return null;
  const cell = (cells[row] ?? '').replaceAll(/\s+/g, ' ');
  const shown = cell.length > MOST_SHOWN ? `${cell.slice(0, MOST_SHOWN)}…` : cell;
  return { row, cell: shown, numbers, present };
}

function same(cell: string): string {
  return cell;
}

function decimalPoint(cell: string): string {
  return cell.replace(/,(?=\d*$|\d*e)/i, '.');
}

const MISSING: ReadonlySet<string> = new Set([
  '',
  'NA',
  'NaN',
  'nan',
  'N/A',
  'n/a',
  'NULL',
  'null',
  '#N/A',
  '<NA>',
]);
const LONGEST_MISSING = 4;

function textCell(text = ''): TextCell {
  const cell = text.trim();
  return cell.length <= LONGEST_MISSING && MISSING.has(cell) ? null : cell;
}

const NUMBER = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)$/i;
const WHOLE = /^[+-]?\d+$/;
const BOOLEAN = /^(?:true|false|TRUE|FALSE|True|False|T|F)$/;

/** Of what `NUMBER` matches. */
function numberOf(cell: string): Cell {
  const value = Number(cell);
  if (Number.isNaN(value)) {
    if (/nan/i.test(cell)) return null;
    return cell.startsWith('-') ? -Infinity : Infinity;
  }
  if (Number.isSafeInteger(value) || !WHOLE.test(cell)) return value;
  return BigInt(cell.replace('+', ''));
}

function badData(message: string): WeighbridgeError {
  return new WeighbridgeError('bad-data', message);
}
