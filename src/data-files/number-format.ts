/**
 * Detects the number format of a file: decimal point or comma, and the thousands mark. A file has
 * one format, determined from all cells; if they are ambiguous, the user must state it.
 */
import { badArgument, badData } from '../checks/values.js';
import type { DataDetails } from '../errors.js';

export const decimalMarks = ['.', ','] as const;
type DecimalMark = (typeof decimalMarks)[number];

export const thousandsMarks = ['.', ',', ' ', "'", 'none'] as const;
/** A space of any width; a straight or curved apostrophe. */
type ThousandsMark = (typeof thousandsMarks)[number];

/** Decimal and thousands marks. @default detected from the file */
export interface NumberMarks {
  readonly decimal?: DecimalMark | undefined;
  readonly thousands?: ThousandsMark | undefined;
}

export interface NumberFormat {
  readonly decimal: DecimalMark;
  /** Matches signs, groups of three digits, a fraction and an exponent. */
  readonly pattern: RegExp;
  /** Matches the thousands marks, which are removed. */
  readonly groups: RegExp;
}

/** Null if missing. */
export type TextCell = string | null;

/** A column that may be numeric, with the positions of its cells. */
interface CellColumn {
  readonly name: string;
  readonly cells: readonly TextCell[];
  /** Whether all cells are numbers without thousands marks and without a decimal comma. */
  readonly plain: boolean;
}

/** Longer text is not a number: an exact double has at most 1,075 digits. */
const LONGEST_NUMBER = 1100;
const PLAIN = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)$/i;
const WORD = /^[+\-\u2212]?(?:inf(?:inity)?|nan)$/i;
const MINUS = /\u2212/g;

export function isPlainNumber(cell: string): boolean {
  return cell.length <= LONGEST_NUMBER && PLAIN.test(cell);
}

/**
 * The number with a decimal point and without thousands marks; null if the cell is not a number.
 */
export function plainNumber(cell: string, format: NumberFormat): string | null {
  if (!mayBeNumber(cell)) return null;
  if (format.decimal === '.' && PLAIN.test(cell)) return cell;
  if (WORD.test(cell)) return cell.replace(MINUS, '-');
  if (!format.pattern.test(cell)) return null;
  const number = cell.replace(format.groups, '').replace(MINUS, '-');
  return format.decimal === ',' ? number.replace(',', '.') : number;
}

/**
 * Fast check by length and first character, before a regular expression. Letters may start inf or
 * nan.
 */
function mayBeNumber(cell: string): boolean {
  const first = cell.charCodeAt(0);
  return cell.length <= LONGEST_NUMBER && (first < 0x41 || first > 0x7f || /^[in]/i.test(cell));
}

/**
 * A plain space, which also occurs in codes and telephone numbers, is accepted only as an option.
 */
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

/** @throws WeighbridgeError `bad-argument` if a mark is not supported or both are the same */
export function requireMarks({ decimal, thousands }: NumberMarks): void {
  if (decimal !== undefined && !decimalMarks.includes(decimal)) {
    throw badArgument(`decimal is '${decimal}', expected . or ,`, {
      option: 'decimal',
      found: decimal,
      expected: '. or ,',
    });
  }
  if (thousands !== undefined && !thousandsMarks.includes(thousands)) {
    throw badArgument(
      `thousands is '${thousands}', expected a point, a comma, a space, an apostrophe or none`,
      { option: 'thousands', found: thousands },
    );
  }
  if (decimal !== undefined && decimal === thousands) {
    throw badArgument(`decimal and thousands are both '${decimal}', expected different marks`, {
      option: 'thousands',
      found: thousands,
    });
  }
}

/** Context of messages: the file, the line of each row, and the receiver of warnings. */
interface Asker {
  readonly file: string;
  lineOf(row: number): number;
  warn(line: string): void;
}

/**
 * Determines the number format of all columns.
 *
 * @throws WeighbridgeError `bad-data` with file, column and line if a file has both formats, or a
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

/** A cell with its position, for messages. */
interface Seen {
  readonly column: string;
  readonly row: number;
  readonly cell: string;
}

interface Evidence {
  /** First cells that are numbers only with this decimal mark, by mark. */
  readonly sure: Map<DecimalMark, Seen>;
  /** First ambiguous cells, for example 1,500 (1.5 or 1500), by their mark. */
  readonly open: Map<DecimalMark, Seen>;
  /** Columns with an unambiguous cell. */
  readonly sureColumns: Set<string>;
}

/** Purely numeric columns take precedence; columns with other cells decide only without them. */
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
  // Plain numbers only show that the decimal mark is a point.
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
    // A comma in a CSV cell needs quotes, so this is text, for example a list of two answers.
    if (delimiter === ',') return '.';
    throw badData(
      `${placeOf(comma, asker)}: '${comma.cell}' has a decimal comma, and '${point.cell}' in column ${point.column}, line ${asker.lineOf(point.row)}, a decimal point; expected one for the whole file: use --decimal , or --decimal .`,
      detailsOf(comma, asker),
    );
  }
  if (point) return '.';
  if (comma) {
    // Unusual; it may be a list of two answers.
    if (delimiter === ',') warnOfReading(comma, ',', asker);
    return ',';
  }
  return ofOpenCells(open, delimiter, asker);
}

/** If all cells are ambiguous: the usual decimal mark for this delimiter, or an error. */
function ofOpenCells(open: Evidence['open'], delimiter: string, asker: Asker): DecimalMark {
  const first = open.get('.') ?? open.get(',');
  if (!first) return '.';
  const mark = open.has('.') ? '.' : ',';
  if (open.size > 1 || mark !== (delimiter === ';' ? ',' : '.')) {
    throw badData(
      `${placeOf(first, asker)}: '${first.cell}' may be ${first.cell.replace(/[.,]/, '')} or ${numberFrom(first.cell, mark)}; use --decimal , or --decimal .`,
      detailsOf(first, asker),
    );
  }
  // Decimal points in a comma-separated file are the normal case.
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

function detailsOf({ column, row, cell }: Seen, { file, lineOf }: Asker): DataDetails {
  return { file, column, line: lineOf(row), found: cell };
}

const LONG_WHOLE = /^[+\-\u2212]?\d{4,}$/;

/** A column with both '1,500' and '2345' does not use thousands marks. */
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
      `${placeOf({ column: name, row, cell }, asker)}: '${cell}' would have a mark between thousands, which '${long}' does not have; use --decimal , or --decimal .`,
      detailsOf({ column: name, row, cell }, asker),
    );
  }
}
