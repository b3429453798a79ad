/**
 * How a file writes its numbers: with a decimal point or a decimal comma, and what stands between
 * thousands. A file has one way, found from all of its cells; where they leave it open, it is asked
 * for.
 */
import { WeighbridgeError } from '../errors.js';

export const decimalMarks = ['.', ','] as const;
export type DecimalMark = (typeof decimalMarks)[number];

export const thousandsMarks = ['.', ',', ' ', "'", 'none'] as const;
/** A space is of any width; the apostrophe straight or curved. */
export type ThousandsMark = (typeof thousandsMarks)[number];

/** What a caller says of the numbers of a file; found from the file by default. */
export interface NumberMarks {
  readonly decimal?: DecimalMark | undefined;
  readonly thousands?: ThousandsMark | undefined;
}

export interface NumberFormat {
  readonly decimal: DecimalMark;
  /** Takes signs, groups of three digits, a fraction and an exponent. */
  readonly pattern: RegExp;
  /** What stands between groups; all of it is removed. */
  readonly groups: RegExp;
}

/** Null where missing. */
export type TextCell = string | null;

/** A column that a person may take for one of numbers, and where its cells stand. */
export interface CellColumn {
  readonly name: string;
  readonly cells: readonly TextCell[];
  /** All of its cells are numbers without marks of thousands, with a decimal point if any. */
  readonly plain: boolean;
}

/** Longer than any number that somebody wrote: an exact double has at most 1,075 digits. */
const LONGEST_NUMBER = 1100;
const PLAIN = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)$/i;
const WORD = /^[+\-\u2212]?(?:inf(?:inity)?|nan)$/i;
const MINUS = /\u2212/g;

export function isPlainNumber(cell: string): boolean {
  return cell.length <= LONGEST_NUMBER && PLAIN.test(cell);
}

/** The number with a decimal point and no marks of thousands; null where the cell is no number. */
export function plainNumber(cell: string, format: NumberFormat): string | null {
  if (!mayBeNumber(cell)) return null;
  if (format.decimal === '.' && PLAIN.test(cell)) return cell;
  if (WORD.test(cell)) return cell.replace(MINUS, '-');
  if (!format.pattern.test(cell)) return null;
  const number = cell.replace(format.groups, '').replace(MINUS, '-');
  return format.decimal === ',' ? number.replace(',', '.') : number;
}

/** By its length and first character: patterns take longer. Of the letters, inf and nan have theirs. */
function mayBeNumber(cell: string): boolean {
  const first = cell.charCodeAt(0);
  return cell.length <= LONGEST_NUMBER && (first < 0x41 || first > 0x7f || /^[in]/i.test(cell));
}

/** A plain space is typed in codes and telephone numbers too: it counts only if it is asked for. */
const NO_BREAK_SPACES = '\\u00a0\\u2007\\u2009\\u202f';
const APOSTROPHES = "'\\u2019";

function groupMarks(decimal: DecimalMark, thousands: ThousandsMark | undefined): string {
  switch (thousands) {
    case undefined:
      return `${decimal === '.' ? ',' : '.'}${APOSTROPHES}${NO_BREAK_SPACES}`;
    case ' ':
      return ` ${NO_BREAK_SPACES}`;
    case "'":
      return APOSTROPHES;
    case 'none':
      return '';
    default:
      return thousands;
  }
}

function numberFormat(decimal: DecimalMark, thousands?: ThousandsMark): NumberFormat {
  const marks = groupMarks(decimal, thousands);
  const point = decimal === '.' ? '\\.' : ',';
  const grouped = `[1-9]\\d{0,2}([${marks}])\\d{3}(?:\\1\\d{3})*(?:${point}\\d*)?|`;
  const simple = `(?:\\d+(?:${point}\\d*)?|${point}\\d+)(?:e[+\\-\\u2212]?\\d+)?`;
  return {
    decimal,
    pattern: new RegExp(`^[+\\-\\u2212]?(?:${marks === '' ? '' : grouped}${simple})$`, 'i'),
    groups: marks === '' ? /$^/ : new RegExp(`[${marks}]`, 'g'),
  };
}

/** @throws WeighbridgeError `bad-argument` for marks that are none, or the same mark for both */
export function requireMarks({ decimal, thousands }: NumberMarks): void {
  if (decimal !== undefined && !decimalMarks.includes(decimal)) {
    throw new WeighbridgeError('bad-argument', `decimal is '${decimal}', expected . or ,`);
  }
  if (thousands !== undefined && !thousandsMarks.includes(thousands)) {
    throw new WeighbridgeError(
      'bad-argument',
      `thousands is '${thousands}', expected a point, a comma, a space, an apostrophe or none`,
    );
  }
  if (decimal !== undefined && decimal === thousands) {
    throw new WeighbridgeError(
      'bad-argument',
      `decimal and thousands are both '${decimal}', expected different marks`,
    );
  }
}

/** Whom a message is for, and where a row is. */
export interface Asker {
  readonly file: string;
  lineOf(row: number): number;
  warn(line: string): void;
}

/**
 * The way in which all columns write their numbers.
 *
 * @throws WeighbridgeError `bad-data` with file, column and line where a file has both ways, or a
 *   cell may be two numbers
 */
export function numberFormatOf(
  columns: readonly CellColumn[],
  delimiter: string,
  { decimal, thousands }: NumberMarks,
  asker: Asker,
): NumberFormat {
  const implied = thousands === ',' ? '.' : thousands === '.' ? ',' : undefined;
  const given = decimal ?? implied;
  if (given !== undefined) return numberFormat(given, thousands);
  const formats = { '.': numberFormat('.', thousands), ',': numberFormat(',', thousands) };
  if (delimiter === ',' && columns.every(({ plain }) => plain)) return formats['.'];
  const evidence = evidenceOf(columns, formats);
  const mark = decided(evidence, delimiter, asker);
  refuseMixedGroups(columns, formats[mark], evidence, asker);
  return formats[mark];
}

type Formats = Readonly<Record<DecimalMark, NumberFormat>>;

/** A cell, for messages. */
interface Seen {
  readonly column: string;
  readonly row: number;
  readonly cell: string;
}

interface Evidence {
  /** First cells that are numbers with this decimal mark only. */
  readonly sure: Map<DecimalMark, Seen>;
  /** First cells that are two numbers, 1.5 and 1500, by the mark that they have. */
  readonly open: Map<DecimalMark, Seen>;
  /** Columns with a cell that is sure. */
  readonly sureColumns: Set<string>;
}

/** Columns all of numbers decide; those with other cells only where no other column does. */
function evidenceOf(columns: readonly CellColumn[], formats: Formats): Evidence {
  const whole: Evidence = { sure: new Map(), open: new Map(), sureColumns: new Set() };
  const partial: Evidence = { sure: new Map(), open: new Map(), sureColumns: new Set() };
  for (const column of columns) {
    const share = column.plain ? 1 : shareOfNumbers(column.cells, formats);
    if (share < 0.5) continue;
    addEvidence(share === 1 ? whole : partial, column, formats);
  }
  if (whole.sure.size === 0) return merged(whole, partial);
  return whole;
}

function merged(a: Evidence, b: Evidence): Evidence {
  return {
    sure: new Map([...b.sure, ...a.sure]),
    open: new Map([...b.open, ...a.open]),
    sureColumns: new Set([...a.sureColumns, ...b.sureColumns]),
  };
}

function shareOfNumbers(cells: readonly TextCell[], formats: Formats): number {
  let present = 0;
  let numbers = 0;
  for (const cell of cells) {
    if (cell === null) continue;
    present++;
    const first = cell.includes(',') ? ',' : '.';
    if (isNumberIn(cell, formats[first])) numbers++;
    else if (isNumberIn(cell, formats[first === ',' ? '.' : ','])) numbers++;
  }
  return present === 0 ? 0 : numbers / present;
}

function isNumberIn(cell: string, format: NumberFormat): boolean {
  return mayBeNumber(cell) && (format.pattern.test(cell) || WORD.test(cell));
}

function addEvidence(evidence: Evidence, column: CellColumn, formats: Formats): void {
  const { name, cells, plain } = column;
  // Plain numbers show only that the mark is a point.
  if (plain && evidence.sure.has('.')) return;
  for (const [row, cell] of cells.entries()) {
    if (cell === null || !(cell.includes('.') || cell.includes(','))) continue;
    const point = isNumberIn(cell, formats['.']);
    const comma = isNumberIn(cell, formats[',']);
    if (!point && !comma) continue;
    const both = point && comma;
    const mark = both ? (cell.includes('.') ? '.' : ',') : point ? '.' : ',';
    const seen = both ? evidence.open : evidence.sure;
    if (!seen.has(mark)) seen.set(mark, { column: name, row, cell });
    if (!both) evidence.sureColumns.add(name);
    if (plain && !both) return;
  }
}

function decided({ sure, open }: Evidence, delimiter: string, asker: Asker): DecimalMark {
  const point = sure.get('.');
  const comma = sure.get(',');
  if (point && comma) {
    // Numbers with a comma need quotes there: it is text, such as a list of two answers.
    if (delimiter === ',') return '.';
    throw badData(
      `${placeOf(comma, asker)}: '${comma.cell}' has a decimal comma, and '${point.cell}' in column ${point.column}, line ${asker.lineOf(point.row)}, a decimal point; expected one for the whole file: --decimal , or --decimal . says which`,
    );
  }
  if (point) return '.';
  if (comma) {
    // Not usual, and may be a list of two answers.
    if (delimiter === ',') warnOfReading(comma, ',', asker);
    return ',';
  }
  return ofOpenCells(open, delimiter, asker);
}

/** Where each cell may be two numbers: the usual decimal mark beside this delimiter, or an error. */
function ofOpenCells(open: Evidence['open'], delimiter: string, asker: Asker): DecimalMark {
  const first = open.get('.') ?? open.get(',');
  if (!first) return '.';
  const mark = open.has('.') ? '.' : ',';
  if (open.size > 1 || mark !== (delimiter === ';' ? ',' : '.')) {
    throw badData(
      `${placeOf(first, asker)}: '${first.cell}' may be ${first.cell.replace(/[.,]/, '')} or ${numberFrom(first.cell, mark)}; --decimal , or --decimal . says which`,
    );
  }
  // A comma file with decimal points is what everybody has.
  if (delimiter !== ',') warnOfReading(first, mark, asker);
  return mark;
}

function warnOfReading(seen: Seen, mark: DecimalMark, asker: Asker): void {
  asker.warn(
    `${placeOf(seen, asker)}: '${seen.cell}' is read as ${numberFrom(seen.cell, mark)}, with a decimal ${mark === '.' ? 'point' : 'comma'}; if it is not, --decimal ${mark === '.' ? ',' : '.'}`,
  );
}

function numberFrom(cell: string, mark: DecimalMark): number {
  return Number(plainNumber(cell, numberFormat(mark)) ?? cell);
}

function placeOf({ column, row }: Seen, { file, lineOf }: Asker): string {
  return `${file}, column ${column}, line ${lineOf(row)}`;
}

const LONG_WHOLE = /^[+\-\u2212]?\d{4,}$/;

/** A column that has '1,500' and '2345' does not separate thousands. */
function refuseMixedGroups(
  columns: readonly CellColumn[],
  format: NumberFormat,
  { sureColumns }: Evidence,
  asker: Asker,
): void {
  const mark = format.decimal === '.' ? ',' : '.';
  const single = new RegExp(`^[+\\-\\u2212]?[1-9]\\d{0,2}\\${mark}\\d{3}$`);
  for (const { name, cells } of columns) {
    if (sureColumns.has(name)) continue;
    const row = cells.findIndex((cell) => cell !== null && single.test(cell));
    const cell = cells[row];
    const long = cells.find(
      (other) => other !== null && other.length <= LONGEST_NUMBER && LONG_WHOLE.test(other),
    );
    if (typeof cell !== 'string' || typeof long !== 'string') continue;
    if (cells.some((other) => other !== null && plainNumber(other, format) === null)) continue;
    throw badData(
      `${placeOf({ column: name, row, cell }, asker)}: '${cell}' would have a mark between thousands, which '${long}' has not; --decimal , or --decimal . says what it is`,
    );
  }
}

function badData(message: string): WeighbridgeError {
  return new WeighbridgeError('bad-data', message);
}
