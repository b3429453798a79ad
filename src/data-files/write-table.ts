/**
 * Writes a table to a file, row by row, so that a large one is never in memory as a whole.
 * `readTable` reads all formats.
 */
import { rename, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { badArgument } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';
import type { TableRow, TableRows } from './table-rows.js';
import { safeCsvBlocks } from './text-table.js';
import { writeWhole } from './write-files.js';
import type { ParquetOptions } from './write-parquet.js';

type Write = (path: string, table: TableRows, options: ParquetOptions) => Promise<void>;

/** By the ends of file names. */
const writers: Readonly<Record<string, Write>> = {
  '.csv': (path, table) => writeWhole(path, csvOf(table)),
  '.jsonl': (path, table) => writeWhole(path, jsonLinesOf(table)),
  '.ndjson': (path, table) => writeWhole(path, jsonLinesOf(table)),
  '.parquet': writeParquet,
};

/**
 * Replaces the file when the table is complete. The format follows from the end of the name:
 *
 * - `.csv`: for spreadsheets too. A missing value is an empty cell; text that a spreadsheet would take
 *   for a formula gets a leading apostrophe; NUL and halves of surrogate pairs, which CSV cannot hold,
 *   become U+FFFD
 * - `.jsonl`, `.ndjson`: every value exactly
 * - `.parquet`: every value exactly, but halves of surrogate pairs, which UTF-8 cannot hold, become
 *   U+FFFD
 *
 * @param options of `.parquet` files
 * @throws WeighbridgeError `bad-argument` for another name, or if the file cannot be written
 */
export async function writeTable(
  path: string,
  table: TableRows,
  options: ParquetOptions = {},
): Promise<void> {
  await requireTableName(path)(path, table, options);
}

/** The writer for a file's name. @throws WeighbridgeError `bad-argument` */
function requireTableName(path: string) {
  const extension = extname(path).toLowerCase();
  const write = Object.hasOwn(writers, extension) ? writers[extension] : undefined;
  if (write) return write;
  throw badArgument(
    `the format of ${path} is unknown: expected a name that ends in ${Object.keys(writers).join(', ')}`,
    { found: path },
  );
}

function csvOf({ columns, rows }: TableRows): Iterable<string> {
  return safeCsvBlocks(
    columns.map(({ name }) => name),
    mapped(rows, (row) =>
      columns.map((_, i) => {
        const cell = row[i] ?? null;
        return typeof cell === 'string' ? wellFormed(cell).replaceAll('\0', '\u{FFFD}') : cell;
      }),
    ),
  );
}

/** Text as UTF-8 can hold it. */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\u{FFFD}');
}

/** Each row as a line of JSON, an object with a key for each column. */
export function jsonLinesOf({ columns, rows }: TableRows): Iterable<string> {
  const keys = columns.map(({ name }) => `${JSON.stringify(name)}:`);
  return mapped(rows, (row) => {
    const values = keys.map((key, i) => key + JSON.stringify(row[i] ?? null));
    return `{${values.join(',')}}\n`;
  });
}

function* mapped<T>(rows: Iterable<TableRow>, of: (row: TableRow) => T): Iterable<T> {
  for (const row of rows) yield of(row);
}

async function writeParquet(
  path: string,
  table: TableRows,
  options: ParquetOptions,
): Promise<void> {
  // Loaded only when needed.
  const { writeParquetRows } = await import('./write-parquet.js');
  const temporary = `${path}.${process.pid}.partial`;
  try {
    writeParquetRows(temporary, table, options);
    await rename(temporary, path);
  } catch (cause) {
    if (cause instanceof WeighbridgeError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WeighbridgeError('bad-argument', `cannot write ${path}: ${reason}`, { cause });
  } finally {
    await rm(temporary, { force: true });
  }
}
