/**
 * JSON as columns: an array of records, or a record of arrays; and JSON lines, a record a line.
 * Whole numbers beyond 2^53, which JSON.parse rounds, come as bigints.
 */
import { WeighbridgeError } from '../errors.js';
import type { Cell } from '../formula/table.js';
import { columnsOf, columnsOfRecords, type DataColumns } from './columns.js';
import { jsonErrorOffset } from './json-place.js';

const EXPECTED = 'an array of records, or a record of arrays of one length';

/** @throws WeighbridgeError `bad-data` for what is no JSON, with its line, or no table */
export function jsonColumns(text: string, file: string): DataColumns {
  const value = parse(text, (offset) => `${file}, line ${lineAt(text, offset)}`);
  if (Array.isArray(value)) {
    return columnsOfRecords(
      value.map((record: unknown, i) => {
        if (isRecord(record)) return record;
        throw badData(`${file}, record ${i + 1}: found ${describe(record)}, expected a record`);
      }),
    );
  }
  if (!isRecord(value)) throw badData(`${file} holds ${describe(value)}: expected ${EXPECTED}`);
  return columnsOf(
    Object.entries(value).map(([name, cells]): [string, readonly Cell[]] => {
      if (Array.isArray(cells)) return [name, cells];
      throw badData(`${file}: ${name} is ${describe(cells)}, expected ${EXPECTED}`);
    }),
  );
}

/** @throws WeighbridgeError `bad-data` with the line that is no record */
export function jsonLinesColumns(text: string, file: string): DataColumns {
  const records = text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const place = `${file}, line ${i + 1}`;
    const record = parse(line, () => place);
    if (isRecord(record)) return [record];
    throw badData(`${place}: found ${describe(record)}, expected a record a line`);
  });
  return columnsOfRecords(records);
}

function parse(text: string, place: (offset: number) => string): unknown {
  try {
    return parseExactly(text);
  } catch (cause) {
    const offset = jsonErrorOffset(text);
    const rest = text.slice(offset, offset + 20).replaceAll(/\s+/g, ' ');
    const found = rest === '' ? 'it ends too early' : `found '${rest}'`;
    throw new WeighbridgeError('bad-data', `${place(offset)}: not JSON: ${found}`, { cause });
  }
}

/** A key that no data set has: of the record that a large number becomes while it is parsed. */
const LARGE = '\u0000large';
const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function parseExactly(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const marked = text.replaceAll(TEXT_OR_NUMBER, (token) =>
    /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token))
      ? JSON.stringify({ [LARGE]: token })
      : token,
  );
  return JSON.parse(marked, (_, value: unknown) => {
    if (!isRecord(value) || !Object.hasOwn(value, LARGE)) return value;
    return BigInt(String(value[LARGE]));
  });
}

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
