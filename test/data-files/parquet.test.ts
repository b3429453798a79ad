/**
 * Parquet of every type, as DuckDB reads it; and damaged files, which end in columns or one line.
 *
 * `duckdb-types.parquet` and `duckdb-types-v2.parquet` were written by DuckDB 1.5.6 from one table
 * of three rows, the last of them null: `COPY t TO … (FORMAT parquet)`, and with `PARQUET_VERSION
 * v2, COMPRESSION zstd`. `expected` is what DuckDB says of the same table.
 */
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { parquetMetadata } from 'hyparquet';
import { ByteWriter, parquetWriteBuffer } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { parquetColumns } from '../../src/data-files/parquet.js';
import { columnType } from '../../src/data-files/parquet-types.js';
import { WeighbridgeError } from '../../src/errors.js';
import { columnOf, type DataInput, tableOf } from '../../src/formula/table.js';
import { powered } from '../support/deep.js';

type Columns = Parameters<typeof parquetWriteBuffer>[0]['columnData'];
const bytesOf = (columnData: Columns) => new Uint8Array(parquetWriteBuffer({ columnData }));
const fixture = (name: string) => readFile(new URL(name, import.meta.url));

/** Columns and their names in DuckDB; cells of null in row three. */
const expected = {
  i: [1, 2, 3],
  d4: [12.34, -99.99],
  d9: [-0.0001, 99999.9999],
  d15: [1234567890123.45, -1234567890123.45],
  d18: [0.1, 0.30000000000000004],
  d38: [9007199254740993n, 9007199254740992n],
  d382: [Number('12345678901234567890.12'), -0.01],
  d180: [9007199254740993n, -9007199254740993n],
  us: ['2026-01-31T12:30:00.123456', '1969-12-31T23:59:59.999999'],
  ns: ['2026-01-31T12:30:00.123456789', '1969-12-31T23:59:59.999999999'],
  ms: ['2026-01-31T12:30:00.123', '1969-12-31T23:59:59.999'],
  s: ['2026-01-31T12:30:00.000', '0001-01-01T00:00:01.000'],
  tz: ['2026-01-31T12:30:00.123456Z', '1969-12-31T23:59:59.999999Z'],
  tm: ['12:30:00.500000', '00:00:00.000000'],
  dt: ['2026-01-31', '0001-01-01'],
  u8: [255, 0],
  u16: [65535, 0],
  u32: [4294967295, 0],
  u64: [18446744073709551615n, 0n],
  uid: ['12345678-9abc-def0-1234-56789abcdef0', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  bo: [true, false],
  fl: [1.5, -1e30],
  tx: ['größe', ''],
  en: ['lo', 'hi'],
  js: ['[1]', '{"a":1}'],
  i8: [-128, 127],
};
const unsupported = {
  iv: 'INTERVAL',
  l: 'LIST',
  st: 'STRUCT',
  mp: 'MAP',
  bl: 'BYTE_ARRAY that is not UTF-8 text',
};

describe.each(['duckdb-types.parquet', 'duckdb-types-v2.parquet'])('%s', (name) => {
  let columns: ReturnType<typeof parquetColumns>;
  beforeAll(async () => {
    columns = parquetColumns(await fixture(name), name);
  });

  it.each(Object.entries(expected))('has column %s without a loss', (column, values) => {
    const three = values.length === 3 ? values : [...values, null];
    expect(columns[column]).toEqual(three);
  });

  it('keeps identifiers beyond 2^53 apart, as levels', () => {
    expect(columnOf(tableOf(columns), 'd38')).toMatchObject({
      kind: 'factor',
      levels: ['9007199254740992', '9007199254740993'],
    });
  });

  it.each(Object.entries(unsupported))(
    'refuses column %s by its type, where it is used',
    (column, type) => {
      expect(() => columnOf(tableOf(columns), column)).toThrow(
        `column '${column}', row 1: found a value of the Parquet type ${type}, which is not supported, expected a number, text or a boolean`,
      );
    },
  );
});

describe('a decimal', () => {
  const digits = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });

  /** Two's complement, the highest byte first, in as few bytes as hold it. */
  function bytes(value: bigint, least: number): Uint8Array {
    let length = least;
    while (BigInt.asIntN(8 * length, value) !== value) length++;
    const hex = BigInt.asUintN(8 * length, value)
      .toString(16)
      .padStart(2 * length, '0');
    return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  }

  /** The decimal in full, which JavaScript reads as the nearest number. */
  function written(value: bigint, scale: number): string {
    const size = String(value < 0n ? -value : value).padStart(scale + 1, '0');
    const point = size.length - scale;
    return `${value < 0n ? '-' : ''}${size.slice(0, point)}.${size.slice(point)}`;
  }

  const cellOf = (type: 'INT32' | 'INT64' | 'BYTE_ARRAY', scale: number, stored: bigint) => {
    const { cell } = columnType({ name: 'd', type, converted_type: 'DECIMAL', scale });
    return cell(type === 'BYTE_ARRAY' ? bytes(stored, 1) : stored);
  };

  it('is the nearest number, or unrounded where it is whole and beyond 2^53', () => {
    fc.assert(
      fc.property(digits, fc.integer({ min: 0, max: 38 }), (value, scale) => {
        const cell = cellOf('BYTE_ARRAY', scale, value);
        const whole = value % 10n ** BigInt(scale) === 0n;
        if (typeof cell === 'bigint') {
          expect(whole).toBe(true);
          expect(cell * 10n ** BigInt(scale)).toBe(value);
        } else {
          expect(cell).toBe(Number(written(value, scale)) + 0);
          expect(whole && !Number.isSafeInteger(cell)).toBe(false);
        }
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it('is the same in every way to store it', () => {
    const small = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(small, fc.integer({ min: 0, max: 9 }), fc.nat(12), (value, scale, extra) => {
        const cell = cellOf('INT64', scale, BigInt(value));
        expect(cellOf('BYTE_ARRAY', scale, BigInt(value))).toBe(cell);
        const element = { name: 'd', converted_type: 'DECIMAL', scale } as const;
        expect(columnType({ ...element, type: 'INT32' }).cell(value)).toBe(cell);
        const fixed = columnType({ ...element, type: 'FIXED_LEN_BYTE_ARRAY' });
        expect(fixed.cell(bytes(BigInt(value), 4 + extra))).toBe(cell);
      }),
      { seed: 2 },
    );
  });
});

describe('a time', () => {
  const milliseconds = fc.integer({ min: -8.64e15, max: 8.64e15 });
  const textOf = (element: Parameters<typeof columnType>[0], stored: readonly bigint[]) => {
    const { cell, finish } = columnType(element);
    return finish?.(stored.map(cell));
  };

  it('is told as JavaScript tells it, in every unit', () => {
    fc.assert(
      fc.property(milliseconds, (time) => {
        // Not a whole day, of which the date alone is told.
        const given = time % 86_400_000 === 0 ? time + 1 : time;
        const iso = new Date(given).toISOString();
        for (const [unit, factor] of [
          ['MILLIS', 1n],
          ['MICROS', 1000n],
          ['NANOS', 1_000_000n],
        ] as const) {
          const logical = { type: 'TIMESTAMP', isAdjustedToUTC: true, unit } as const;
          const element = { name: 't', type: 'INT64', logical_type: logical } as const;
          expect(textOf(element, [BigInt(given) * factor])).toEqual([iso]);
          const local = { ...element, logical_type: { ...logical, isAdjustedToUTC: false } };
          expect(textOf(local, [BigInt(given) * factor])).toEqual([iso.slice(0, -1)]);
        }
      }),
      { seed: 3 },
    );
  });

  it('is a day where all are, in a DATE as well', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), (day) => {
        const [date] = new Date(86_400_000 * day).toISOString().split('T');
        const { cell } = columnType({ name: 'd', type: 'INT32', converted_type: 'DATE' });
        expect(cell(day)).toBe(date);
        const element = { name: 't', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' } as const;
        expect(textOf(element, [BigInt(86_400_000 * day)])).toEqual([date]);
      }),
      { seed: 4 },
    );
  });

  it('of INT96 keeps its nanoseconds', () => {
    const stored = (2_440_588n << 64n) | 86_399_123_456_789n;
    expect(textOf({ name: 't', type: 'INT96' }, [stored])).toEqual([
      '1970-01-01T23:59:59.123456789',
    ]);
  });
});

describe('a file', () => {
  it('without rows has its columns', () => {
    const bytes = bytesOf([
      { name: 'x', data: [], type: 'DOUBLE' },
      { name: 'word', data: [], type: 'STRING' },
    ]);
    expect(parquetColumns(bytes, 'FILE')).toEqual({ x: [], word: [] });
  });

  it.each(['RLE', 'DELTA_BINARY_PACKED', 'BYTE_STREAM_SPLIT', 'DELTA_BYTE_ARRAY'] as const)(
    'is read in encoding %s',
    (encoding) => {
      const types = {
        RLE: { type: 'BOOLEAN', data: [true, null, false, true, true] },
        DELTA_BINARY_PACKED: { type: 'INT64', data: [1n, -(2n ** 63n), 2n ** 63n - 1n, null, 0n] },
        BYTE_STREAM_SPLIT: { type: 'DOUBLE', data: [1.5, null, -1e300, 0, 2] },
        DELTA_BYTE_ARRAY: { type: 'STRING', data: ['abc', 'abd', null, 'ab', 'zebra'] },
      } as const;
      const { type, data } = types[encoding];
      const columns = parquetColumns(
        bytesOf([{ name: 'x', type, data: [...data], encoding }]),
        'FILE',
      );
      expect(columns).toEqual({ x: data });
    },
  );

  it('with two columns of one name is refused', () => {
    const twice: Columns = [
      { name: 'x', data: [1], type: 'INT32' },
      { name: 'x', data: [2], type: 'INT32' },
    ];
    expect(() => parquetColumns(bytesOf(twice), 'FILE')).toThrow(
      /^FILE: two columns are called x, expected different names$/,
    );
  });

  it('that claims more rows than can be read is refused before any is', () => {
    const bytes = bytesOf([{ name: 'x', data: [1, 1], type: 'INT32' }]);
    expect(() => parquetColumns(claiming(bytes, 3_000_000_000n), 'FILE')).toThrow(
      /^FILE has 3000000000 rows in 1 columns: expected at most 50000000 values$/,
    );
    // Fewer, which the pages do not have.
    expect(() => parquetColumns(claiming(bytes, 4_000_000n), 'FILE')).toThrow(
      /^FILE is not Parquet, or damaged: column x: [^\n]+$/,
    );
  });
});

/** The same pages with another footer. */
function claiming(bytes: Uint8Array, rows: bigint): Uint8Array {
  const metadata = parquetMetadata(bytes);
  metadata.num_rows = rows;
  for (const group of metadata.row_groups) {
    group.num_rows = rows;
    for (const { meta_data } of group.columns) if (meta_data) meta_data.num_values = rows;
  }
  const writer = new ByteWriter();
  writer.appendBytes(bytes.subarray(0, bytes.length - 8 - metadata.metadata_length));
  writeMetadata(writer, metadata, 64);
  writer.appendUint32(0x31524150);
  return new Uint8Array(writer.getBuffer());
}

describe('a damaged file', () => {
  const table: Columns = [
    { name: 'x', data: [1.5, null, 2], type: 'DOUBLE' },
    { name: 'n', data: [1, 2, 3], type: 'INT32', encoding: 'DELTA_BINARY_PACKED' },
    { name: 'word', data: ['a', 'b', 'a'], type: 'STRING' },
    { name: 'id', data: ['aaa1', 'aaa2', 'b'], type: 'STRING', encoding: 'DELTA_BYTE_ARRAY' },
    { name: 'flag', data: [true, false, null], type: 'BOOLEAN' },
    { name: 'day', data: [new Date(0), null, new Date(86_400_000)], type: 'TIMESTAMP' },
  ];

  /** Columns of one length, or one line. */
  function readOrRefused(bytes: Uint8Array): string {
    let columns: ReturnType<typeof parquetColumns>;
    try {
      columns = parquetColumns(bytes, 'FILE');
    } catch (error) {
      expect(error).toBeInstanceOf(WeighbridgeError);
      expect(String(error)).toMatch(/^WeighbridgeError: FILE[ :][^\n]+$/);
      return 'refused';
    }
    const lengths = new Set(Object.values(columns).map((cells) => cells.length));
    expect(lengths.size).toBeLessThanOrEqual(1);
    expect(() => tableOf(columns as DataInput)).not.toThrow();
    return 'read';
  }

  it.each(['UNCOMPRESSED', 'SNAPPY'] as const)('ends, whatever byte is changed: %s', (codec) => {
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData: table, codec }));
    expect(readOrRefused(bytes)).toBe('read');
    const outcomes = new Set<string>();
    for (let at = 0; at < bytes.length; at += powered(5, 1)) {
      for (const mask of [0x80, 0xff]) {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ mask;
        outcomes.add(readOrRefused(changed));
      }
    }
    expect([...outcomes].sort()).toEqual(['read', 'refused']);
  });

  it("ends, whatever byte of DuckDB's is changed", async () => {
    const bytes = new Uint8Array(await fixture('duckdb-types-v2.parquet'));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ mask;
        expect(['read', 'refused']).toContain(readOrRefused(changed));
      }),
      { seed: 5, numRuns: powered(60, 300) },
    );
  });

  it('ends, wherever it is cut short', () => {
    const bytes = bytesOf(table);
    for (let length = 0; length < bytes.length; length += 3) {
      expect(readOrRefused(bytes.slice(0, length))).toBe('refused');
    }
  });
});
