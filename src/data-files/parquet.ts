/**
 * Reads Parquet as columns, by hyparquet: 64-bit integers as bigints, dates and times as text.
 * Columns of lists, records, maps and other types that are not cells have no values in the table:
 * using one in a formula is an error.
 *
 * Columns are read one at a time, with a time limit, since a damaged file may cause an infinite
 * loop.
 */
import { createContext, Script } from 'node:vm';
import {
  parquetMetadata,
  parquetSchema,
  type RowGroup,
  type SchemaElement,
  type SchemaTree,
} from 'hyparquet';
import { badData } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';
import type { Cell } from '../formula/table.js';
import { UnsupportedValue } from '../formula/table-source.js';
import { columnsOf, type DataColumns } from './columns.js';
import { type ColumnChunk, isCount, NotSupported, readChunk } from './parquet-pages.js';
import { type ColumnType, columnType } from './parquet-types.js';

/** 400 MB of numbers; a table of a few bytes can claim any number of rows. */
const MOST_CELLS = 50_000_000;

/**
 * @param file for messages
 * @throws WeighbridgeError `bad-data` if the file is not Parquet, is damaged, has two columns of
 *   the same name, or has more than 50 million cells
 */
export function parquetColumns(content: Uint8Array, file: string): DataColumns {
  // Not a Buffer, since its slices are not copies.
  const bytes = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  const { columns, rows, pages } = inTime(file, bytes.length, () => layoutOf(bytes));
  requireNames(columns, file);
  requireSize(columns, rows, file);
  const unsupported = unsupportedColumns(rows);
  return columnsOf(
    columns.map((column): [string, readonly Cell[]] => {
      const cells = inTime(file, bytes.length + 5 * rows, () => cellsOf(column, pages));
      return [column.name, typeof cells === 'string' ? unsupported(cells) : cells];
    }),
  );
}

interface Layout {
  readonly columns: readonly ParquetColumn[];
  readonly rows: number;
  /** The file without its footer. */
  readonly pages: Uint8Array;
}

interface ParquetColumn {
  readonly name: string;
  /** The type, or the name of an unsupported type. */
  readonly type: ColumnType | string;
  readonly chunks: readonly ColumnChunk[];
}

/** The metadata in the footer. */
function layoutOf(bytes: Uint8Array): Layout {
  const metadata = parquetMetadata(bytes, { geoparquet: false });
  const groups = metadata.row_groups;
  const rows = Number(metadata.num_rows);
  const counts = groups.map((group) => Number(group.num_rows));
  if (!counts.every(isCount) || counts.reduce((sum, count) => sum + count, 0) !== rows) {
    throw new Error(`${rows} rows, in groups of ${counts.join(', ') || 'none'}`);
  }
  return {
    columns: parquetSchema(metadata).children.map((tree) => columnOf(tree, groups)),
    rows,
    pages: bytes.subarray(0, bytes.length - 8 - metadata.metadata_length),
  };
}

function columnOf({ element, children }: SchemaTree, groups: readonly RowGroup[]): ParquetColumn {
  const { name } = element;
  try {
    if (children.length > 0) {
      throw new NotSupported(element.logical_type?.type ?? element.converted_type ?? 'STRUCT');
    }
    if (element.repetition_type === 'REPEATED') throw new NotSupported(`repeated ${element.type}`);
    const filled = groups.filter((group) => Number(group.num_rows) > 0);
    return {
      name,
      type: columnType(element),
      chunks: filled.map((group) => chunkOf(element, group)),
    };
  } catch (error) {
    if (!(error instanceof NotSupported)) throw error;
    return { name, type: error.message, chunks: [] };
  }
}

function chunkOf(element: SchemaElement, { columns, num_rows }: RowGroup): ColumnChunk {
  const { name, type } = element;
  const chunk = columns.find(({ meta_data }) => {
    const path = meta_data?.path_in_schema ?? [];
    return path.length === 1 && path[0] === name;
  });
  const meta = chunk?.meta_data;
  if (!meta && columns.some(({ meta_data }) => !meta_data)) throw new NotSupported('encrypted');
  if (!meta || meta.type !== type) throw new Error(`column ${name} is missing in a row group`);
  if (chunk.file_path) throw new NotSupported('in another file');
  return { element, meta, rows: Number(num_rows) };
}

function requireNames(columns: readonly ParquetColumn[], file: string): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name)) {
      throw badData(`${file}: two columns are called ${name}, expected different names`, {
        file,
        column: name,
      });
    }
    seen.add(name);
  }
}

/** The value shared by all columns of an unsupported type. */
function requireSize(columns: readonly ParquetColumn[], rows: number, file: string): void {
  const read = columns.filter(({ type }) => typeof type !== 'string').length;
  if (rows * Math.max(1, read) <= MOST_CELLS) return;
  throw badData(
    `${file} has ${rows} rows in ${columns.length} columns: expected at most ${MOST_CELLS} values`,
    { file },
  );
}

/** Columns of unsupported types, one array per type name. */
function unsupportedColumns(rows: number): (type: string) => readonly Cell[] {
  const known = new Map<string, readonly Cell[]>();
  return (type) => {
    const value: unknown = new UnsupportedValue(
      `a value of the Parquet type ${type}, which is not supported`,
    );
    // An unsupported value is an error only if a formula uses the column.
    const cells = known.get(type) ?? Array.from({ length: rows }, () => value as Cell);
    known.set(type, cells);
    return cells;
  };
}

/** The cells of a column, or the name of its unsupported feature. */
function cellsOf({ name, type, chunks }: ParquetColumn, pages: Uint8Array): Cell[] | string {
  if (typeof type === 'string') return type;
  const cells: Cell[] = [];
  try {
    for (const chunk of chunks) readChunk(pages, chunk, type.cell, cells);
  } catch (error) {
    if (error instanceof NotSupported) return error.message;
    throw new Error(`column ${name}: ${messageOf(error)}`, { cause: error });
  }
  return type.finish ? type.finish(cells) : cells;
}

const LEAST_MILLISECONDS = 10_000;
/** Minimum speed: a tenth of that of a machine with two busy cores. */
const BYTES_A_MILLISECOND = 1000;

const call = new Script('read()');
const nothing = () => null;
const sandbox: { read: () => unknown } = { read: nothing };
const context = createContext(sandbox);

/**
 * Runs `read` with a time limit that depends on the size. Without a separate thread, a time limit
 * is the only way to end an infinite loop.
 */
function inTime<T>(file: string, size: number, read: () => T): T {
  const timeout = LEAST_MILLISECONDS + Math.ceil(size / BYTES_A_MILLISECOND);
  try {
    sandbox.read = read;
    const value: T = call.runInContext(context, { timeout });
    return value;
  } catch (cause) {
    const late = isObject(cause) && cause.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    const problem = late ? `reading it does not end within ${timeout / 1000} s` : messageOf(cause);
    throw new WeighbridgeError('bad-data', `${file} is not Parquet, or damaged: ${problem}`, {
      details: { file },
      cause,
    });
  } finally {
    sandbox.read = nothing;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
}
