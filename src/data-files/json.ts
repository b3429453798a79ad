/**
 * JSON as columns: an array of records, or a record of arrays; and JSON lines, a record a line.
 * Whole numbers beyond 2^53, which JSON.parse rounds, come as bigints.
 */
import { WeighbridgeError } from '../errors.js';
import { numbersInText } from '../formula/number-text.js';
import type { Cell } from '../formula/table.js';
import { columnsOf, columnsOfRecords, type DataColumns } from './columns.js';
import { jsonErrorOffset } from './json-place.js';
import { isPlainNumber } from './number-format.js';

export interface JsonOptions {
  /** For messages. */
  readonly file: string;
  /** Text that is a missing value, beside null. */
  readonly na?: readonly string[] | undefined;
  /** Takes a line for each column of text that looks like numbers. */
  readonly onWarning?: ((line: string) => void) | undefined;
}

const EXPECTED = 'an array of records, or a record of arrays of one length';

/** @throws WeighbridgeError `bad-data` for what is no JSON, with its line, or no table */
export function jsonColumns(text: string, options: JsonOptions): DataColumns {
  const { file } = options;
  const value = parse(text, (offset) => `${file}, line ${lineAt(text, offset)}`);
  if (Array.isArray(value)) {
    const records = value.map((record: unknown, i) => {
      if (isRecord(record)) return record;
      throw badData(`${file}, record ${i + 1}: found ${describe(record)}, expected a record`);
    });
    return finished(columnsOfRecords(records, file), options);
  }
  if (!isRecord(value)) throw badData(`${file} holds ${describe(value)}: expected ${EXPECTED}`);
  const columns = Object.entries(value).map(([name, cells]): [string, readonly Cell[]] => {
    if (Array.isArray(cells)) return [name, cells];
    throw badData(`${file}: ${name} is ${describe(cells)}, expected ${EXPECTED}`);
  });
  return finished(columnsOf(columns), options);
}

/** @throws WeighbridgeError `bad-data` with the line that is no record */
export function jsonLinesColumns(text: string, options: JsonOptions): DataColumns {
  const { file } = options;
  const records = text.split(/\r\n?|\n/).flatMap((line, i) => {
    // Also without a byte-order mark: of files that were joined.
    const trimmed = line.trim();
    if (trimmed === '') return [];
    const place = `${file}, line ${i + 1}`;
    const record = parse(trimmed, () => place);
    if (isRecord(record)) return [record];
    throw badData(`${place}: found ${describe(record)}, expected a record a line`);
  });
  return finished(columnsOfRecords(records, file), options);
}

/** Large whole numbers as bigints, missing values as null, and a warning of numbers in quotes. */
function finished(columns: DataColumns, { file, na = [], onWarning }: JsonOptions): DataColumns {
  const missing = new Set<unknown>(na);
  return columnsOf(
    Object.entries(columns).map(([name, cells]): [string, readonly Cell[]] => {
      const read = cells.map((cell) => (missing.has(cell) ? null : exactCell(cell)));
      const warning = textWarning(read);
      if (warning !== null) onWarning?.(`${file}, column ${name} ${warning}`);
      return [name, read];
    }),
  );
}

/** Characters of a cell, in a warning. */
const MOST_SHOWN = 40;

/** Text that looks like numbers. A mixed column is an error if a formula uses it. */
function textWarning(cells: readonly Cell[]): string | null {
  const texts: (string | null)[] = [];
  for (const cell of cells) {
    if (typeof cell !== 'string' && cell !== null && cell !== undefined) return null;
    texts.push(cell?.trim() || null);
  }
  const found = numbersInText(texts, () => false);
  // 007 is no number, but a name.
  if (found === null || texts.some((text) => text !== null && /^0\d/.test(text))) return null;
  const row = texts.findIndex((text) => text !== null && isPlainNumber(text));
  const at = row === -1 ? found.row : row;
  const text = texts[at] ?? '';
  const shown = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
  return `is read as text: row ${at + 1} has "${shown}" in quotes; ${found.numbers} of ${found.present} cells look like numbers`;
}

function parse(text: string, place: (offset: number) => string): unknown {
  try {
    return JSON.parse(largeAsMarks(text));
  } catch (cause) {
    const offset = jsonErrorOffset(text);
    const rest = text.slice(offset, offset + 20).replaceAll(/\s+/g, ' ');
    const found = rest === '' ? 'it ends too early' : `found '${rest}'`;
    const remedy = /^-?(?:NaN|Infinity)/i.test(rest)
      ? ': JSON has no such number; write null for a missing value'
      : rest.startsWith('{') && text.slice(0, offset).trimEnd().endsWith('}')
        ? ': a second record; expected one record a line, with --format jsonl'
        : '';
    throw new WeighbridgeError('bad-data', `${place(offset)}: not JSON: ${found}${remedy}`, {
      cause,
    });
  }
}

/** A key that no data set has: of the record that a large number becomes while it is parsed. */
const LARGE = '\u0000large';
/** Digits of 2^53; a number of more than a thousand is none that somebody wrote. */
const LEAST_DIGITS = 16;
const MOST_DIGITS = 1100;
const WHOLE = /^-?(?:0|[1-9]\d*)$/;

/** The text with whole numbers beyond 2^53 as records, whose digits JSON.parse keeps. */
function largeAsMarks(text: string): string {
  if (!/\d{16}/.test(text)) return text;
  const parts: string[] = [];
  let kept = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = afterString(text, at);
    else if (!isNumberPart(code)) at++;
    else {
      const start = at;
      while (isNumberPart(text.charCodeAt(at))) at++;
      if (at - start < LEAST_DIGITS || at - start > MOST_DIGITS) continue;
      const token = text.slice(start, at);
      if (!WHOLE.test(token) || Number.isSafeInteger(Number(token))) continue;
      parts.push(text.slice(kept, start), JSON.stringify({ [LARGE]: token }));
      kept = at;
    }
  }
  parts.push(text.slice(kept));
  return parts.join('');
}

/** What the marks became, in a cell. Other records are no cells, whatever they hold. */
function exactCell(cell: Cell): Cell {
  if (!isRecord(cell) || !Object.hasOwn(cell, LARGE)) return cell;
  const digits = cell[LARGE];
  return typeof digits === 'string' && WHOLE.test(digits) ? BigInt(digits) : cell;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function afterString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}

/** Digits, signs, point and exponent; the letter e of `true` is a token of its own. */
function isNumberPart(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || NUMBER_SIGNS.has(code);
}

const NUMBER_SIGNS: ReadonlySet<number> = new Set(Array.from('+-.eE', (c) => c.charCodeAt(0)));

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'a record' : `a ${typeof value}`;
}

function badData(message: string): WeighbridgeError {
  return new WeighbridgeError('bad-data', message);
}
