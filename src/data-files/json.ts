/**
 * Reads JSON as columns: an array of records, a record of arrays, or JSON lines with one record
 * each. Whole numbers beyond 2^53, which JSON.parse rounds, become bigints. An error names the line
 * of the first invalid token (RFC 8259), which JSON.parse states only in some of its messages.
 */
import { badData, described, isRecord } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';
import { numbersInText } from '../formula/number-text.js';
import type { Cell } from '../formula/table.js';
import { TextCursor } from '../text/cursor.js';
import { columnsOf, columnsOfRecords, type DataColumns } from './columns.js';
import { isPlainNumber } from './number-format.js';

interface JsonOptions {
  /** For messages. */
  readonly file: string;
  /** Texts that mark missing values, besides null. */
  readonly na?: readonly string[] | undefined;
  /** Receives a line for each text column that looks numeric. */
  readonly onWarning?: ((line: string) => void) | undefined;
}

const EXPECTED = 'an array of records, or a record of arrays of one length';

/** @throws WeighbridgeError `bad-data` if the text is not JSON (with the line) or not a table */
export function jsonColumns(text: string, options: JsonOptions): DataColumns {
  const { file } = options;
  const value = parse(text, file, (offset) => lineAt(text, offset));
  if (Array.isArray(value)) {
    const records = value.map((record: unknown, i) => {
      if (isRecord(record)) return record;
      throw badData(`${file}, record ${i + 1}: found ${described(record)}, expected a record`, {
        file,
        row: i + 1,
        found: record,
        expected: 'a record',
      });
    });
    return finished(columnsOfRecords(records, file), options);
  }
  if (!isRecord(value))
    throw badData(`${file} holds ${described(value)}: expected ${EXPECTED}`, {
      file,
      found: value,
      expected: EXPECTED,
    });
  const columns = Object.entries(value).map(([name, cells]): [string, readonly Cell[]] => {
    if (Array.isArray(cells)) return [name, cells];
    throw badData(`${file}: ${name} is ${described(cells)}, expected ${EXPECTED}`, {
      file,
      column: name,
      found: cells,
      expected: EXPECTED,
    });
  });
  return finished(columnsOf(columns), options);
}

/** @throws WeighbridgeError `bad-data`, with the line, if a line is not a record */
export function jsonLinesColumns(text: string, options: JsonOptions): DataColumns {
  const { file } = options;
  const records = text.split(/\r\n?|\n/).flatMap((line, i) => {
    // Concatenated files may have byte-order marks inside.
    const trimmed = line.trim();
    if (trimmed === '') return [];
    const record = parse(trimmed, file, () => i + 1);
    if (isRecord(record)) return [record];
    throw badData(`${file}, line ${i + 1}: found ${described(record)}, expected a record a line`, {
      file,
      line: i + 1,
      found: record,
      expected: 'a record',
    });
  });
  return finished(columnsOfRecords(records, file), options);
}

/** Restores bigints, sets missing values to null, and warns of numbers in quotes. */
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

/** Maximum number of characters of a cell in a warning. */
const MOST_SHOWN = 40;

/** Warns of text that looks numeric. A mixed column is an error if a formula uses it. */
function textWarning(cells: readonly Cell[]): string | null {
  const texts: (string | null)[] = [];
  for (const cell of cells) {
    if (typeof cell !== 'string' && cell !== null && cell !== undefined) return null;
    texts.push(cell?.trim() || null);
  }
  const found = numbersInText(texts, () => false);
  // 007 is an identifier, not a number.
  if (found === null || texts.some((text) => text !== null && /^0\d/.test(text))) return null;
  const row = texts.findIndex((text) => text !== null && isPlainNumber(text));
  const at = row === -1 ? found.row : row;
  const text = texts[at] ?? '';
  const shown = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
  return `is read as text: row ${at + 1} has "${shown}" in quotes; ${found.numbers} of ${found.present} cells look like numbers`;
}

function parse(text: string, file: string, lineOf: (offset: number) => number): unknown {
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
    const line = lineOf(offset);
    throw new WeighbridgeError('bad-data', `${file}, line ${line}: not JSON: ${found}${remedy}`, {
      details: { file, line, expected: 'JSON' },
      cause,
    });
  }
}

/** A key unlikely in data, for the placeholder record of a large number during parsing. */
const LARGE = '\u0000large';
/** Number of digits of 2^53, and a maximum for numbers. */
const LEAST_DIGITS = 16;
const MOST_DIGITS = 1100;
const WHOLE = /^-?(?:0|[1-9]\d*)$/;

/**
 * Replaces whole numbers beyond 2^53 by placeholder records, so that JSON.parse keeps their
 * digits.
 */
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

/** The bigint of a placeholder record; other cells unchanged. */
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

/** Digits, signs, point and exponent. The e of `true` belongs to another token. */
function isNumberPart(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || NUMBER_SIGNS.has(code);
}

const NUMBER_SIGNS: ReadonlySet<number> = new Set(Array.from('+-.eE', (c) => c.charCodeAt(0)));

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

const WHITE = /[ \t\n\r]*/y;
const TOKEN = /[{}[\],:]|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

type Expected = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' | 'end';

/** Offset of the first invalid token; the text's length if the text is incomplete. */
export function jsonErrorOffset(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  const cursor = new TextCursor(text, 'JSON', WHITE);
  while (!cursor.isAtEnd) {
    const { place } = cursor;
    const token = takeString(cursor) ?? cursor.take(TOKEN);
    const next: Expected | null = token === null ? null : after(token, expected, open);
    if (next === null) return place;
    expected = next;
  }
  return text.length;
}

const SPACE = 0x20;

/**
 * A JSON string, or null. Uses a loop, since a regular expression overflows its stack on long
 * strings.
 */
function takeString(cursor: TextCursor): string | null {
  const { text, place } = cursor;
  if (text.charCodeAt(place) !== QUOTE) return null;
  let at = place + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      cursor.moveTo(at + 1);
      return text.slice(place, at + 1);
    }
    if (code < SPACE) return null;
    ESCAPE.lastIndex = at;
    if (code === BACKSLASH && !ESCAPE.test(text)) return null;
    at = code === BACKSLASH ? ESCAPE.lastIndex : at + 1;
  }
  return null;
}

/**
 * What may follow the token, or null if the token is invalid there. Updates `open`, the open
 * brackets.
 */
function after(token: string, expected: Expected, open: string[]): Expected | null {
  const ended = (): Expected => (open.length === 0 ? 'end' : 'comma or end');
  const wantsValue = expected === 'value' || expected === 'value or end';
  const wantsKey = expected === 'key' || expected === 'key or end';
  switch (token) {
    case '{':
    case '[':
      if (!wantsValue) return null;
      open.push(token);
      return token === '{' ? 'key or end' : 'value or end';
    case '}':
    case ']':
      if (!expected.endsWith(' or end')) return null;
      return open.pop() === (token === '}' ? '{' : '[') ? ended() : null;
    case ',':
      if (expected !== 'comma or end') return null;
      return open.at(-1) === '{' ? 'key' : 'value';
    case ':':
      return expected === 'colon' ? 'value' : null;
    default:
      if (wantsKey) return token.startsWith('"') ? 'colon' : null;
      return wantsValue ? ended() : null;
  }
}
