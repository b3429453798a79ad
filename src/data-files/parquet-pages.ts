/**
 * Reads the values of one column of a Parquet file, page by page, in all encodings
 * (https://parquet.apache.org/docs/file-format/data-pages/encodings/). hyparquet decodes, but may
 * loop forever on a damaged file. This module checks the sizes, counts and checksums of pages, and
 * that a column has one value per row. A count in a damaged or hostile page never allocates an
 * array longer than the page can fill.
 */
import { crc32 } from 'node:zlib';
import type { ColumnMetaData, DataReader, PageHeader, SchemaElement } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { byteStreamSplit, readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { readVarInt } from 'hyparquet/src/thrift.js';
import { compressors } from 'hyparquet-compressors';
import type { Cell } from '../formula/table.js';

export interface ColumnChunk {
  readonly element: SchemaElement;
  readonly meta: ColumnMetaData;
  readonly rows: number;
}

/**
 * Appends the values of a column in one row group.
 * @param file up to the end of its pages
 * @param toCell converts a value of the column or its dictionary
 * @throws NotSupported; Error if the file is damaged
 */
export function readChunk(
  file: Uint8Array,
  { element, meta, rows }: ColumnChunk,
  toCell: (stored: Stored) => Cell,
  cells: Cell[],
): void {
  if (Number(meta.num_values) !== rows) {
    throw new Error(`${meta.num_values} values, expected ${rows}, one a row`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const reader = { view, offset: startOf(meta) };
  let dictionary: readonly Cell[] | null = null;
  let read = 0;
  while (read < rows) {
    const header = parquetHeader(reader);
    const body = bodyOf(file, reader.offset, header);
    reader.offset += body.length;
    if (header.type === 'INDEX_PAGE') continue;
    if (header.type === 'DICTIONARY_PAGE') {
      const bytes = unpacked(body, header.uncompressed_page_size, meta);
      dictionary = Array.from(dictionaryOf(header, bytes, element), toCell);
      continue;
    }
    const page = dataPage(header, body, meta, element);
    if (page.count > rows - read) throw new Error('a page has more values than there are rows');
    appendCells(page, { element, dictionary, toCell }, cells);
    read += page.count;
  }
}

function startOf(meta: ColumnMetaData): number {
  const data = Number(meta.data_page_offset);
  const dictionary = Number(meta.dictionary_page_offset ?? 0);
  return dictionary > 0 && dictionary < data ? dictionary : data;
}

/** The bytes after a page's header. */
function bodyOf(file: Uint8Array, at: number, header: PageHeader): Uint8Array {
  const { compressed_page_size: size, uncompressed_page_size: full, crc } = header;
  if (!isCount(size) || size > file.length - at) {
    throw new Error(`a page of ${size} bytes, of which the file has ${file.length - at}`);
  }
  if (!isCount(full) || full > MOST_PAGE_BYTES) {
    throw new Error(`a page of ${full} bytes unpacked, expected at most ${MOST_PAGE_BYTES}`);
  }
  const body = file.subarray(at, at + size);
  if (typeof crc === 'number' && crc32(body) !== crc >>> 0) {
    throw new Error('a page differs from its checksum');
  }
  return body;
}

function unpacked(bytes: Uint8Array, size: number, { codec }: ColumnMetaData): Uint8Array {
  let page = bytes;
  if (codec !== 'UNCOMPRESSED' && size > 0) {
    const unpack = compressors[codec];
    if (!unpack) throw new NotSupported(`compressed by ${codec}`);
    page = unpack(bytes, size);
  }
  if (page.length < size) throw new Error(`a page of ${page.length} bytes, expected ${size}`);
  // A copy of the page alone, so that reading beyond its end is an error.
  return page.slice(0, size);
}

function dictionaryOf(
  { dictionary_page_header: header }: PageHeader,
  bytes: Uint8Array,
  element: SchemaElement,
): ArrayLike<Stored> {
  if (!isCount(header?.num_values)) throw new Error('a dictionary without a size');
  return plainValues(bytes, header.num_values, element);
}

interface DataPage {
  readonly count: number;
  /** Whether each row has a value; null if all have one. */
  readonly present: Uint8Array | null;
  readonly encoding: string;
  /** The values that are present, encoded. */
  readonly bytes: Uint8Array;
}

function dataPage(
  { type, data_page_header: v1, data_page_header_v2: v2, uncompressed_page_size }: PageHeader,
  body: Uint8Array,
  meta: ColumnMetaData,
  element: SchemaElement,
): DataPage {
  const header = type === 'DATA_PAGE' ? v1 : type === 'DATA_PAGE_V2' ? v2 : undefined;
  if (!header || !isCount(header.num_values)) throw new Error('a page of an unknown kind');
  const { num_values: count, encoding } = header;
  // Checked before an array of this length is allocated.
  if (count > Number(meta.num_values)) throw new Error('a page has more values than its column');
  const optional = element.repetition_type === 'OPTIONAL';
  if ('num_rows' in header) {
    const repetition = header.repetition_levels_byte_length;
    const definition = header.definition_levels_byte_length;
    if (!isCount(repetition) || !isCount(definition) || repetition + definition > body.length) {
      throw new Error('a page without the lengths of its levels');
    }
    const levels = repetition + definition;
    const size = uncompressed_page_size - levels;
    if (size < 0) throw new Error('a page shorter than its levels');
    const packed = header.is_compressed !== false;
    const rest = body.subarray(levels);
    return {
      count,
      encoding,
      present: optional ? presence(body.slice(repetition, levels), count) : null,
      bytes: packed ? unpacked(rest, size, meta) : rest.slice(),
    };
  }
  const bytes = unpacked(body, uncompressed_page_size, meta);
  if (!optional) return { count, encoding, present: null, bytes };
  if (header.definition_level_encoding !== 'RLE') {
    throw new NotSupported(`definition levels encoded as ${header.definition_level_encoding}`);
  }
  const length = new DataView(bytes.buffer).getUint32(0, true);
  if (length > bytes.length - 4) throw new Error('a page shorter than its levels');
  return {
    count,
    encoding,
    present: presence(bytes.slice(4, 4 + length), count),
    bytes: bytes.slice(4 + length),
  };
}

/** Definition levels of a flat column: 1 if a row has a value, else 0. */
function presence(levels: Uint8Array, count: number): Uint8Array {
  const present = new Uint8Array(count);
  readRuns(readerOf(levels), 1, present);
  if (present.some((level) => level > 1)) throw new Error('a definition level beyond 1');
  return present;
}

interface Decoder {
  readonly element: SchemaElement;
  readonly dictionary: readonly Cell[] | null;
  readonly toCell: (stored: Stored) => Cell;
}

function appendCells(page: DataPage, decoder: Decoder, cells: Cell[]): void {
  const { count, present } = page;
  const values = present ? present.reduce((sum, level) => sum + level, 0) : count;
  // The encoding of a page with only missing values is irrelevant.
  const value = values === 0 ? () => null : valuesOf(page, values, decoder);
  let at = 0;
  for (let row = 0; row < count; row++) {
    cells.push(present?.[row] === 0 ? null : value(at++));
  }
}

/** The values of a page, by index among the present values. */
function valuesOf(
  { encoding, bytes }: DataPage,
  values: number,
  { element, dictionary, toCell }: Decoder,
): (at: number) => Cell {
  if (encoding !== 'PLAIN_DICTIONARY' && encoding !== 'RLE_DICTIONARY') {
    const stored = decodedValues(encoding, bytes, values, element);
    return (at) => {
      const value = stored[at];
      if (value === undefined) throw new Error('a page has fewer values than it says');
      return toCell(value);
    };
  }
  if (!dictionary) throw new Error('a page refers to a dictionary that is missing');
  const indices = dictionaryIndices(bytes, values);
  return (at) => {
    const cell = dictionary[indices[at] ?? -1];
    if (cell === undefined) throw new Error('a page refers to a value beyond its dictionary');
    return cell;
  };
}

/** A stored value; an INT96 is a bigint. */
export type Stored = number | bigint | boolean | Uint8Array;

/** A possibly valid column that is not supported. The message continues "a value of type …". */
export class NotSupported extends Error {}

/** Maximum size of a decompressed page in bytes; writers aim at 1 MB. */
const MOST_PAGE_BYTES = 2 ** 29;

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function readerOf(bytes: Uint8Array): DataReader {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
}

/**
 * Runs of equal values and bit-packed values.
 * @param target a typed array, which no run length can extend
 */
function readRuns(reader: DataReader, bits: number, target: Uint8Array | Int32Array): void {
  if (bits > 32) throw new Error(`values of ${bits} bits, expected at most 32`);
  readRleBitPackedHybrid(reader, bits, target, reader.view.byteLength - reader.offset);
}

function dictionaryIndices(bytes: Uint8Array, count: number): Int32Array {
  const reader = readerOf(bytes);
  const bits = reader.view.getUint8(reader.offset++);
  const indices = new Int32Array(count);
  // Indices into a dictionary with one value have zero bits and no runs.
  if (bits > 0) readRuns(reader, bits, indices);
  return indices;
}

/** Decodes values in all encodings except dictionaries. */
function decodedValues(
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

function plainValues(bytes: Uint8Array, count: number, element: SchemaElement): ArrayLike<Stored> {
  if (element.type === undefined) throw new Error('a column without a type');
  requireBytes(bytes, count, element);
  return readPlain(readerOf(bytes), element.type, count, element.type_length);
}

/** Minimum size of a value in bytes; a byte array is preceded by its length. */
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
  // The length of the values, which the page also states.
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
  // With a size of 0, hyparquet would loop forever.
  if (block <= 0 || parts <= 0 || parts > reader.view.byteLength || block % parts !== 0) {
    throw new Error(`blocks of ${block} differences in ${parts} parts`);
  }
  if (count !== target.length) throw new Error(`${count} values, expected ${target.length}`);
  reader.offset = offset;
  deltaBinaryUnpack(reader, count, target);
  return target;
}

/**
 * Decodes in 64 bits: hyparquet truncates the first value to 32 bits, but writers of unsigned
 * numbers (for example DuckDB) need 33.
 */
function deltas32(reader: DataReader, count: number): Int32Array {
  return Int32Array.from(deltas(reader, new BigInt64Array(count)), (value) =>
    Number(BigInt.asIntN(32, value)),
  );
}

/** @param prefixes number of bytes that each value shares with the previous one */
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
