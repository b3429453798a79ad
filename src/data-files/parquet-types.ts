/**
 * Converts the values of a Parquet column to cells, by the column's type: decimals to the nearest
 * number, whole numbers beyond 2^53 to bigints, times and UUIDs to text.
 * https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
 */
import { Buffer } from 'node:buffer';
import type { SchemaElement } from 'hyparquet';
import { parseFloat16 } from 'hyparquet/src/convert.js';
import type { Cell } from '../formula/table.js';
import { NotSupported, type Stored } from './parquet-pages.js';

export interface ColumnType {
  /** Converts a value to a cell. */
  readonly cell: (stored: Stored) => Cell;
  /** Converts the cells of the column if their format depends on all of them. */
  readonly finish?: (cells: readonly Cell[]) => Cell[];
}

/** @throws NotSupported with the type's name */
export function columnType(element: SchemaElement): ColumnType {
  const { logical_type: logical, converted_type: converted, type } = element;
  const scale = element.scale ?? (logical?.type === 'DECIMAL' ? logical.scale : 0);
  switch (logical?.type ?? converted) {
    case 'DECIMAL':
      return decimals(scale);
    case 'STRING':
    case 'UTF8':
    case 'ENUM':
    case 'JSON':
      return { cell: (stored) => text(stored, logical?.type ?? converted) };
    case 'UUID':
      return { cell: uuid };
    case 'FLOAT16':
      return { cell: (stored) => parseFloat16(bytesOf(stored)) };
    case 'NULL':
      return { cell: () => null };
    case 'DATE':
      return dates;
    case 'TIME':
    case 'TIMESTAMP':
    case 'INTEGER':
      return logicalType(logical);
    case 'TIME_MILLIS':
      return times('MILLIS');
    case 'TIME_MICROS':
      return times('MICROS');
    case 'TIMESTAMP_MILLIS':
      return timestamps('MILLIS', 'Z');
    case 'TIMESTAMP_MICROS':
      return timestamps('MICROS', 'Z');
    case 'UINT_8':
    case 'UINT_16':
    case 'UINT_32':
    case 'UINT_64':
      return unsigned;
    case 'INT_8':
    case 'INT_16':
    case 'INT_32':
    case 'INT_64':
      return asStored;
    case undefined:
      // An unknown type has a logical type without a name.
      if (logical === undefined) return physicalType(element);
  }
  throw new NotSupported(logical?.type ?? converted ?? `${type} of an unknown kind`);
}

const asStored: ColumnType = {
  cell: (stored) => {
    if (stored instanceof Uint8Array) throw new Error('bytes where a number was expected');
    return stored;
  },
};

const unsigned: ColumnType = {
  cell: (stored) =>
    typeof stored === 'bigint' ? BigInt.asUintN(64, stored) : numberOf(stored) >>> 0,
};

function logicalType(logical: SchemaElement['logical_type']): ColumnType {
  switch (logical?.type) {
    case 'TIME':
      return times(logical.unit);
    case 'TIMESTAMP':
      return timestamps(logical.unit, logical.isAdjustedToUTC ? 'Z' : '');
    case 'INTEGER':
      return logical.isSigned ? asStored : unsigned;
  }
  throw new Error('an unknown logical type');
}

function physicalType({ type, type_length }: SchemaElement): ColumnType {
  switch (type) {
    case 'INT96':
      return timestamps('NANOS', '', int96Nanoseconds);
    case 'BYTE_ARRAY':
      // Old writers do not mark text.
      return { cell: (stored) => text(stored, type) };
    case 'FIXED_LEN_BYTE_ARRAY':
      throw new NotSupported(`${type}(${type_length})`);
    default:
      return asStored;
  }
}

function numberOf(stored: Stored): number {
  if (typeof stored !== 'number') throw new Error('a value of another type than its column');
  return stored;
}

/** A 32-bit or 64-bit integer. */
function wholeOf(stored: Stored): bigint {
  if (typeof stored === 'bigint') return stored;
  return BigInt(numberOf(stored));
}

function bytesOf(stored: Stored): Uint8Array {
  if (!(stored instanceof Uint8Array)) throw new Error('a value of another type than its column');
  return stored;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function text(stored: Stored, type = 'STRING'): string {
  const bytes = bytesOf(stored);
  try {
    return decoder.decode(bytes);
  } catch {
    throw new NotSupported(`${type} that is not UTF-8 text`);
  }
}

function uuid(stored: Stored): string {
  const parts = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(hex(bytesOf(stored)));
  if (!parts) throw new Error('a UUID that is not of 16 bytes');
  return parts.slice(1).join('-');
}

/** Maximum digits of decimals; common writers have at most DECIMAL(38, s). */
const MOST_SCALE = 1000;

function decimals(scale: number): ColumnType {
  if (!Number.isInteger(scale) || scale < 0 || scale > MOST_SCALE) {
    throw new Error(`a DECIMAL of scale ${scale}`);
  }
  const factor = 10n ** BigInt(scale);
  return {
    cell: (stored) => {
      const unscaled = stored instanceof Uint8Array ? bigEndian(stored) : wholeOf(stored);
      const whole = unscaled / factor;
      // The number is exact, or has decimals and therefore is not an identifier.
      if (isSafe(whole) || whole * factor !== unscaled) return Number(`${unscaled}e-${scale}`);
      return whole;
    },
  };
}

/** Two's complement. */
function bigEndian(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex(bytes)}`));
}

function isSafe(whole: bigint): boolean {
  return Number.isSafeInteger(Number(whole));
}

const units = { MILLIS: 1_000_000n, MICROS: 1000n, NANOS: 1n };
type Unit = keyof typeof units;

const NANOSECONDS_A_SECOND = 1_000_000_000n;
const SECONDS_A_DAY = 86_400n;
const NANOSECONDS_A_DAY = SECONDS_A_DAY * NANOSECONDS_A_SECOND;

const dates: ColumnType = { cell: (stored) => dayText(numberOf(stored)) };

/** `12:30:00.000000`, with nine digits if any time of the column needs them. */
function times(unit: Unit): ColumnType {
  return {
    cell: (stored) => wholeOf(stored) * units[unit],
    finish: (cells) => {
      const digits = Math.max(6, fractionDigits(cells));
      return mapWhole(cells, (nanoseconds) => timeText(nanoseconds, digits));
    },
  };
}

/**
 * `2026-01-31T12:30:00.000Z`, with six or nine digits if any time of the column needs them;
 * `2026-01-31` if all are whole days.
 * @param zone 'Z' for instants, '' for local times
 */
function timestamps(
  unit: Unit,
  zone: 'Z' | '',
  nanosecondsOf = (stored: Stored) => wholeOf(stored) * units[unit],
): ColumnType {
  return {
    cell: nanosecondsOf,
    finish: (cells) => {
      const digits = fractionDigits(cells);
      const wholeDays = cells.every(
        (cell) => typeof cell !== 'bigint' || cell % NANOSECONDS_A_DAY === 0n,
      );
      return mapWhole(cells, (nanoseconds) => {
        const time = floorMod(nanoseconds, NANOSECONDS_A_DAY);
        const day = dayText(Number((nanoseconds - time) / NANOSECONDS_A_DAY));
        return wholeDays ? day : `${day}T${timeText(time, digits)}${zone}`;
      });
    },
  };
}

/** INT96: Julian day number in the upper 32 bits, nanoseconds of the day in the lower 64. */
function int96Nanoseconds(stored: Stored): bigint {
  const value = wholeOf(stored);
  const JULIAN_DAY_OF_1970 = 2_440_588n;
  return ((value >> 64n) - JULIAN_DAY_OF_1970) * NANOSECONDS_A_DAY + BigInt.asUintN(64, value);
}

function mapWhole(cells: readonly Cell[], textOf: (nanoseconds: bigint) => string): Cell[] {
  return cells.map((cell) => (typeof cell === 'bigint' ? textOf(cell) : null));
}

/** Digits of the second: 3, 6 or 9, the smallest number without loss. */
function fractionDigits(cells: readonly Cell[]): number {
  let digits = 3;
  for (const cell of cells) {
    if (typeof cell !== 'bigint') continue;
    if (digits === 3 && cell % units.MILLIS !== 0n) digits = 6;
    if (digits === 6 && cell % units.MICROS !== 0n) return 9;
  }
  return digits;
}

function floorMod(value: bigint, by: bigint): bigint {
  return ((value % by) + by) % by;
}

function timeText(nanoseconds: bigint, digits: number): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const seconds = Number(size / NANOSECONDS_A_SECOND);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const clock = parts.map((part) => String(part).padStart(2, '0')).join(':');
  const fraction = String(size % NANOSECONDS_A_SECOND).padStart(9, '0');
  return `${nanoseconds < 0n ? '-' : ''}${clock}.${fraction.slice(0, digits)}`;
}

/**
 * The Gregorian date of a day number from 1970-01-01, for all 32-bit numbers, which exceed the
 * range of Date. Years with more than four digits have a sign, as in ISO 8601.
 * https://howardhinnant.github.io/date_algorithms.html#civil_from_days
 */
function dayText(days: number): string {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${yearText(year)}-${two(month)}-${two(day)}`;
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, '0');
  return `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
}
