/**
 * The encodings of Parquet pages, decoded by hyparquet within bounds: no count of a damaged or
 * hostile page makes an array longer than the page can fill.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */
import type { DataReader, SchemaElement } from 'hyparquet';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { byteStreamSplit, readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { readVarInt } from 'hyparquet/src/thrift.js';

/** A value as it is stored; an INT96 is a bigint. */
export type Stored = number | bigint | boolean | Uint8Array;

/** A column that may be sound, and is not supported. The message goes on "a value of type …". */
export class NotSupported extends Error {}

/** Bytes of a page, unpacked; writers aim at 1 MB. */
export const MOST_PAGE_BYTES = 2 ** 29;

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

export function readerOf(bytes: Uint8Array): DataReader {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
}

/**
 * Runs of equal values and bit-packed values.
 * @param target typed, so that no length of a run makes it longer
 */
export function readRuns(reader: DataReader, bits: number, target: Uint8Array | Int32Array): void {
  if (bits > 32) throw new Error(`values of ${bits} bits, expected at most 32`);
  readRleBitPackedHybrid(reader, bits, target, reader.view.byteLength - reader.offset);
}

export function dictionaryIndices(bytes: Uint8Array, count: number): Int32Array {
  const reader = readerOf(bytes);
  const bits = reader.view.getUint8(reader.offset++);
  const indices = new Int32Array(count);
  // The only value of a dictionary takes no bits, and no runs.
  if (bits > 0) readRuns(reader, bits, indices);
  return indices;
}

/** Values of every encoding but those of dictionaries. */
export function decodedValues(
  encoding: string,
  bytes: Uint8Array,
  count: number,
  element: SchemaElement,
): ArrayLike<Stored> {
  const { type } = element;
  const reader = readerOf(bytes);
  switch (encoding) {
    case 'PLAIN':
      return plainValues(bytes, count, element);
    case 'RLE':
      if (type === 'BOOLEAN') return runsOfBooleans(reader, count);
      break;
    case 'BYTE_STREAM_SPLIT':
      if (type === undefined || type === 'BOOLEAN' || type === 'BYTE_ARRAY') break;
      requireBytes(bytes, count, element);
      return byteStreamSplit(reader, count, type, element.type_length);
    case 'DELTA_BINARY_PACKED':
      if (type === 'INT32') return deltas32(reader, count);
      if (type === 'INT64') return deltas(reader, new BigInt64Array(count));
      break;
    case 'DELTA_LENGTH_BYTE_ARRAY':
      if (type === 'BYTE_ARRAY') return byteArrays(reader, bytes, new Int32Array(count));
      break;
    case 'DELTA_BYTE_ARRAY':
      if (type !== 'BYTE_ARRAY' && type !== 'FIXED_LEN_BYTE_ARRAY') break;
      return byteArrays(reader, bytes, deltas(reader, new Int32Array(count)));
  }
  throw new NotSupported(`${type} encoded as ${encoding}`);
}

export function plainValues(
  bytes: Uint8Array,
  count: number,
  element: SchemaElement,
): ArrayLike<Stored> {
  if (element.type === undefined) throw new Error('a column without a type');
  requireBytes(bytes, count, element);
  return readPlain(readerOf(bytes), element.type, count, element.type_length);
}

/** Least bytes of a value; a byte array has its length before it. */
const widths = {
  BOOLEAN: 1 / 8,
  INT32: 4,
  INT64: 8,
  INT96: 12,
  FLOAT: 4,
  DOUBLE: 8,
  BYTE_ARRAY: 4,
};

function requireBytes(bytes: Uint8Array, count: number, { type, type_length }: SchemaElement) {
  const fixed = type === 'FIXED_LEN_BYTE_ARRAY' || type === undefined;
  const width = fixed ? type_length : widths[type];
  if (width === undefined || !(width > 0) || count * width > bytes.length) {
    throw new Error(`${bytes.length} bytes for ${count} values`);
  }
}

function runsOfBooleans(reader: DataReader, count: number): boolean[] {
  // Their length, which the page tells too.
  reader.offset += 4;
  const values = new Uint8Array(count);
  readRuns(reader, 1, values);
  return Array.from(values, (value) => value === 1);
}

function deltas<T extends Int32Array | BigInt64Array>(reader: DataReader, target: T): T {
  const { offset } = reader;
  const block = readVarInt(reader);
  const parts = readVarInt(reader);
  const count = readVarInt(reader);
  // With a size of 0 its reader would not get on.
  if (block <= 0 || parts <= 0 || parts > reader.view.byteLength || block % parts !== 0) {
    throw new Error(`blocks of ${block} differences in ${parts} parts`);
  }
  if (count !== target.length) throw new Error(`${count} values, expected ${target.length}`);
  reader.offset = offset;
  deltaBinaryUnpack(reader, count, target);
  return target;
}

/**
 * By way of 64 bits: hyparquet cuts the first value to 32, and writers of unsigned numbers, DuckDB
 * for one, need a 33rd there.
 */
function deltas32(reader: DataReader, count: number): Int32Array {
  return Int32Array.from(deltas(reader, new BigInt64Array(count)), (value) =>
    Number(BigInt.asIntN(32, value)),
  );
}

/** @param prefixes bytes that each value shares with the one before it; 0 for none */
function byteArrays(reader: DataReader, bytes: Uint8Array, prefixes: Int32Array): Uint8Array[] {
  const lengths = deltas(reader, new Int32Array(prefixes.length));
  let total = 0;
  let previous: Uint8Array = new Uint8Array();
  return Array.from(lengths, (length, i) => {
    const shared = prefixes[i] ?? 0;
    const end = reader.offset + length;
    if (length < 0 || end > bytes.length || shared < 0 || shared > previous.length) {
      throw new Error('a value reaches beyond its page');
    }
    total += shared + length;
    if (total > MOST_PAGE_BYTES) throw new Error(`a page of more than ${MOST_PAGE_BYTES} bytes`);
    let value = bytes.subarray(reader.offset, end);
    if (shared > 0) {
      const rest = value;
      value = new Uint8Array(shared + length);
      value.set(previous.subarray(0, shared));
      value.set(rest, shared);
    }
    reader.offset = end;
    previous = value;
    return value;
  });
}
