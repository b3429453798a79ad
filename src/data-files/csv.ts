/**
 * Reads CSV and similar text as columns. papaparse splits the cells. The delimiter and the number
 * format are detected from the file unless options state them. The type is determined per column:
 *
 * - missing values: empty cells, and those that R, pandas, databases and spreadsheets write: `NA`,
 *   `NaN`, `N/A`, `NULL`, `#N/A`, `<NA>`; not `.` and `-`, which may be levels
 * - numbers, if all other cells are numbers: decimal or with an exponent, `Inf`, `NAN` in any case
 *   (also missing); whole numbers beyond 2^53 are bigints, unrounded
 * - booleans, if all other cells are true, false, TRUE, FALSE, True, False, T or F
 * - otherwise text, trimmed
 *
 * Blank lines, comment lines (`#`) and `sep=;` may precede the header. An unnamed first column (row
 * names of R and pandas) is dropped, and so are columns with neither a name nor content.
 *
 * A single non-numeric cell makes a column text; a warning names the cell.
 */
import { badData } from '../checks/values.js';
import { cleanText, withoutInvisible } from '../formula/names.js';
import { numbersInText } from '../formula/number-text.js';
import type { Cell } from '../formula/table.js';
import { columnsOf, type DataColumns } from './columns.js';
import {
  closedUp,
  closeUpQuotes,
  detectedDelimiter,
  filledWidth,
  fromHeader,
} from './csv-dialect.js';
import {
  isPlainNumber,
  type NumberFormat,
  type NumberMarks,
  numberFormatOf,
  plainNumber,
  type TextCell,
} from './number-format.js';
import { splitRecords } from './text-table.js';

interface CsvOptions extends NumberMarks {
  /** For messages. */
  readonly file: string;
  /** @default detected from the file */
  readonly delimiter?: string | undefined;
  /** The delimiter expected from the file's name. @default ',' */
  readonly usual?: ',' | '\t';
  /** Additional markers of missing values, besides `NA` and the others above. */
  readonly na?: readonly string[] | undefined;
  /** Receives a line for each column of text that looks like numbers, and for each guess. */
  readonly onWarning?: ((line: string) => void) | undefined;
}

/** The records of a file from papaparse, with their positions. */
interface DataRecords {
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly delimiter: string;
  readonly headerLine: number;
  lineOf(row: number): number;
}

/**
 * @throws WeighbridgeError `bad-data` with file, line and column if the file is empty, a row has
 *   too few or too many cells, a quote is broken, two columns have the same name, or numbers are
 *   ambiguous
 */
export function csvColumns(text: string, options: CsvOptions): DataColumns {
  const { file } = options;
  const { warn, warnAll } = warner(options);
  refuseNul(text, file);
  const records = recordsOf(text, options);
  const { names, rows, delimiter, lineOf } = records;
  const textCell = cellReader(options.na ?? []);
  const columns = namedColumns(records, file).map((place) => {
    const cells = rows.map((row) => textCell(row[place]));
    const plain = cells.every((cell) => cell === null || isPlainNumber(cell));
    return { name: names[place] ?? '', cells, plain };
  });
  const format = numberFormatOf(columns, delimiter, options, { file, lineOf, warn });
  const typed = columnsOf(
    columns.map(({ name, cells, plain }): [string, readonly Cell[]] => {
      if (plain && format.decimal === '.') {
        return [name, cells.map((cell) => (cell === null ? null : numberOf(cell)))];
      }
      const values = typedCells(cells, format);
      if (values !== null) return [name, values];
      const warning = textWarning(cells, format, lineOf);
      if (warning !== null) warn(`${file}, column ${name} ${warning}`);
      return [name, cells.map((cell) => (cell === null ? null : cleanText(cell)))];
    }),
  );
  warnAll();
  return typed;
}

/** Maximum number of warnings: a file with a wrong decimal mark has one per column. */
const MOST_WARNINGS = 20;

function warner({ file, onWarning }: CsvOptions) {
  let count = 0;
  return {
    warn: (line: string) => {
      count++;
      if (count <= MOST_WARNINGS) onWarning?.(line);
    },
    warnAll: () => {
      const more = count - MOST_WARNINGS;
      if (more > 0) onWarning?.(`${file}: ${more} more columns are read as text`);
    },
  };
}

function refuseNul(text: string, file: string): void {
  const at = text.indexOf('\0');
  if (at === -1) return;
  const line = text.slice(0, at).split(/\r\n?|\n/).length;
  throw badData(`${file}, line ${line}: a NUL character, expected text`, {
    file,
    line,
    expected: 'text',
  });
}

function recordsOf(text: string, options: CsvOptions): DataRecords {
  const { file } = options;
  const unix = withoutInvisible(text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text);
  refuseEndlessLine(unix, file);
  const from = fromHeader(unix);
  const delimiter =
    options.delimiter ?? from.delimiter ?? detectedDelimiter(from.text, options.usual ?? ',', file);
  const body = delimiter === ' ' ? closedUp(from.text) : closeUpQuotes(from.text, delimiter);
  const { records: data, broken } = splitRecords(body, delimiter);
  const lineOf = linesBefore(data, 1 + from.skipped);
  if (broken) {
    const line = lineOf(broken.record);
    throw badData(`${file}, line ${line}: a quoted cell is broken (${broken.problem})`, {
      file,
      line,
    });
  }
  const commented = headerInComment(from.comment, data[0] ?? [], delimiter);
  const names = (commented ?? data[0] ?? []).map((name) => cleanText(name.trim()));
  if (names.every((name) => name === '')) {
    throw badData(`${file} is empty: expected a header with the names of columns`, { file });
  }
  const first = commented ? 0 : 1;
  const kept = dataRecords(
    data,
    { names, first, commented: from.comment !== null },
    lineOf,
    options,
  );
  return {
    names,
    delimiter,
    rows: kept.map((i) => data[i] ?? []),
    headerLine: from.skipped + first,
    lineOf: (row) => lineOf(kept[row] ?? 0),
  };
}

/**
 * Indices of the records with data: neither blank nor comments.
 * @throws WeighbridgeError `bad-data` if a record has too few or too many cells
 */
function dataRecords(
  data: readonly (readonly string[])[],
  header: { names: readonly string[]; first: number; commented: boolean },
  lineOf: (record: number) => number,
  { file, onWarning }: CsvOptions,
): number[] {
  const { names } = header;
  const kept: number[] = [];
  const comments: number[] = [];
  for (let i = header.first; i < data.length; i++) {
    const cells = data[i] ?? [];
    if (isBlank(cells)) continue;
    const fits = cells.length === names.length || differsInBlanks(cells, names);
    // A record with the right number of cells may start with a name such as #1.
    if (cells[0]?.startsWith('#') && (!fits || header.commented)) comments.push(i);
    else if (fits) kept.push(i);
    else {
      throw badData(
        `${file}, line ${lineOf(i)}: ${cells.length} cells, expected ${names.length} as in the header`,
        { file, line: lineOf(i), found: cells.length, expected: `${names.length} cells` },
      );
    }
  }
  const [comment] = comments;
  if (comment !== undefined) {
    onWarning?.(
      `${file}, line ${lineOf(comment)}: begins with # and is left out as a comment (${comments.length} such lines)`,
    );
  }
  return kept;
}

/** Detects a header `# x,y` above numbers: numpy and gnuplot write the names as a comment. */
function headerInComment(
  comment: string | null,
  first: readonly string[],
  delimiter: string,
): readonly string[] | null {
  const isNumber = (cell: string) => isPlainNumber(cell.trim());
  if (comment === null || !first.some(isNumber)) return null;
  const text = delimiter === ' ' ? closedUp(comment) : closeUpQuotes(comment, delimiter);
  const [names = []] = splitRecords(text, delimiter, { most: 1 }).records;
  return names.length === first.length && !names.some(isNumber) ? names : null;
}

/** A line with this many characters and cells indicates a file without line ends. */
const LONG_LINE = 10_000_000;
const MOST_CELLS = 1_000_000;

/** Maximum number of cells per record, to limit memory. */
function refuseEndlessLine(text: string, file: string): void {
  let line = 1;
  for (let at = 0; at < text.length; line++) {
    const found = text.indexOf('\n', at);
    const end = found === -1 ? text.length : found;
    if (end - at > LONG_LINE && separators(text, at, end) > MOST_CELLS) {
      throw badData(
        `${file}, line ${line}: ${end - at} characters without a line end, expected at most ${MOST_CELLS} cells a line`,
        { file, line },
      );
    }
    at = end + 1;
  }
}

function separators(text: string, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if (SEPARATORS.includes(text.charAt(i))) count++;
  return count;
}

const SEPARATORS = ',;\t| ';

/** The line at which each record begins; computed at first use. */
function linesBefore(data: readonly (readonly string[])[], first: number) {
  let starts: number[] | null = null;
  return (record: number): number => {
    if (starts === null) {
      let line = first;
      starts = data.map((cells) => {
        const start = line;
        line += linesOf(cells);
        return start;
      });
    }
    return starts[record] ?? first;
  };
}

/** Number of lines of a record, since a quoted cell may contain line ends. */
function linesOf(cells: readonly string[]): number {
  return cells.reduce((lines, cell) => lines + cell.split('\n').length - 1, 1);
}

function isBlank(cells: readonly string[]): boolean {
  return cells.length === 1 && cells[0]?.trim() === '';
}

/** Trailing delimiters produce blank cells in the header or the rows. */
function differsInBlanks(cells: readonly string[], names: readonly string[]): boolean {
  return filledWidth(cells) <= names.length && cells.length >= filledWidth(names);
}

/** Indices of the columns that are read. */
function namedColumns({ names, rows, headerLine }: DataRecords, file: string): number[] {
  const raw = new Set<string>();
  return names.flatMap((name, place) => {
    if (name === '' && (place === 0 || rows.every((row) => (row[place] ?? '').trim() === ''))) {
      return [];
    }
    if (name === '')
      throw badData(`${file}, line ${headerLine}: column ${place + 1} has no name`, {
        file,
        line: headerLine,
      });
    if (raw.has(name)) {
      throw badData(
        `${file}, line ${headerLine}: two columns are called ${name}, expected different names`,
        { file, line: headerLine, column: name },
      );
    }
    raw.add(name);
    return [place];
  });
}

/** Numbers or booleans; null if the cells are neither. */
function typedCells(cells: readonly TextCell[], format: NumberFormat): Cell[] | null {
  const numbers: Cell[] = [];
  for (const cell of cells) {
    const number = cell === null ? null : plainNumber(cell, format);
    if (cell !== null && number === null) break;
    numbers.push(number === null ? null : numberOf(number));
  }
  if (numbers.length === cells.length) return numbers;
  if (!cells.every((cell) => cell === null || BOOLEAN.test(cell))) return null;
  return cells.map((cell) => (cell === null ? null : /^t/i.test(cell)));
}

/** Maximum number of characters of a cell in a warning. */
const MOST_SHOWN = 40;

/** The warning for a text column that looks numeric; null for other columns. */
function textWarning(
  cells: readonly TextCell[],
  format: NumberFormat,
  lineOf: DataRecords['lineOf'],
) {
  const found = numbersInText(cells, (cell) => plainNumber(cell, format) !== null);
  if (found === null) return null;
  const { row, like, numbers, present } = found;
  const cell = cells[row] ?? '';
  const start = cell.slice(0, 2 * MOST_SHOWN).replaceAll(/\s+/g, ' ');
  const shown = start.length > MOST_SHOWN ? `${start.slice(0, MOST_SHOWN)}…` : start;
  const share = `${numbers} of ${present} cells ${like ? 'look like' : 'are'} numbers`;
  const remedy = like ? '' : `; if it is a missing value, --na '${shown}'`;
  return `is read as text: line ${lineOf(row)} has '${shown}'; ${share}${remedy}`;
}

const MISSING: readonly string[] = [
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
];

/** Converts text to a cell: trimmed, null if missing. */
function cellReader(na: readonly string[]): (text?: string) => TextCell {
  const missing = new Set([...MISSING, ...na.map((text) => text.trim())]);
  const longest = Math.max(...Array.from(missing, (text) => text.length));
  return (text = '') => {
    const cell = text.trim();
    return cell.length <= longest && missing.has(cell) ? null : cell;
  };
}

const WHOLE = /^[+-]?\d+$/;
const BOOLEAN = /^(?:true|false|TRUE|FALSE|True|False|T|F)$/;

/** The numeric value of a text from `plainNumber`. */
function numberOf(cell: string): Cell {
  const value = Number(cell);
  if (Number.isNaN(value)) {
    if (/nan/i.test(cell)) return null;
    return cell.startsWith('-') ? -Infinity : Infinity;
  }
  if (Number.isSafeInteger(value) || !WHOLE.test(cell)) return value;
  return BigInt(cell.replace('+', ''));
}
