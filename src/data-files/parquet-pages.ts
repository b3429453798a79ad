/**
 * The values of one column of a Parquet file, page by page. hyparquet decodes; what it takes on
 * trust is checked here, since on a damaged file it may loop without end: the sizes and counts of
 * pages, their checksums, and that a column has one value a row.
 */
import { crc32 } from 'node:zlib';
import type { ColumnMetaData, PageHeader, SchemaElement } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { compressors } from 'hyparquet-compressors';
import type { Cell } from '../formula/table.js';
import {
  decodedValues,
  dictionaryIndices,
  isCount,
  MOST_PAGE_BYTES,
  NotSupported,
  plainValues,
  readerOf,
  readRuns,
  type Stored,
} from './parquet-encodings.js';

export interface ColumnChunk {
  readonly element: SchemaElement;
  readonly meta: ColumnMetaData;
  readonly rows: number;
}

/**
 * Appends the values of a column in one row group.
 * @param file up to the end of its pages
 * @param toCell takes a value of the column, or of its dictionary
 * @throws NotSupported; Error for a damaged file
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

/** The bytes that follow a page's header. */
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
  // A copy, which ends where the page ends: reading beyond it is an error.
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
  /** Whether a row has a value; null where all have one. */
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
  // Before an array of this length is made.
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

/** Definition levels of a column that is not nested: 1 where there is a value, 0 where none. */
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
  // A page of missing values alone has no encoding worth the name.
  const value = values === 0 ? () => null : valuesOf(page, values, decoder);
  let at = 0;
  for (let row = 0; row < count; row++) {
    cells.push(present?.[row] === 0 ? null : value(at++));
  }
}

/** The values of a page by their place among those that are present. */
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
