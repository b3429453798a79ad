/**
 * A data set from a file, as `regression` takes it.
 */
import { basename, extname } from 'node:path';
import { decodeText } from '../decode-text.js';
import { WeighbridgeError } from '../errors.js';
import type { DataColumns } from './columns.js';
import { type CsvOptions, csvColumns } from './csv.js';
import { jsonColumns, jsonLinesColumns } from './json.js';
import { readBytes, STANDARD_INPUT } from './read-bytes.js';

export const tableFormats = ['csv', 'tsv', 'json', 'jsonl', 'parquet'] as const;
export type TableFormat = (typeof tableFormats)[number];

const formatOf: Readonly<Record<string, TableFormat>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.parquet': 'parquet',
};

export interface ReadTableOptions {
  /** By the file's extension where absent. */
  readonly format?: TableFormat | undefined;
  /**
   * Takes a line for each column of CSV or TSV that is read as text though nearly all of its cells
   * are numbers: `d.csv, column x is read as text: line 302 has '?'; 300 of 301 cells are numbers`.
   */
  readonly onWarning?: ((line: string) => void) | undefined;
}

/**
 * Reads CSV, TSV, JSON, JSON lines or Parquet.
 *
 * @param path '-' for standard input
 * @returns columns of numbers, text, booleans and bigints, null where missing
 * @throws WeighbridgeError `missing-file`; `bad-argument` for an extension that tells no format;
 *   `bad-data` with file, line and column
 */
export async function readTable(
  path: string,
  options: ReadTableOptions = {},
): Promise<DataColumns> {
  const format = options.format ?? formatByExtension(path);
  const file = path === STANDARD_INPUT ? 'standard input' : basename(path);
  const bytes = await readBytes(path, 'a data set');
  return columnsOfBytes(bytes, format, { file, onWarning: options.onWarning });
}

function formatByExtension(path: string): TableFormat {
  const extension = extname(path).toLowerCase();
  const format = Object.hasOwn(formatOf, extension) ? formatOf[extension] : undefined;
  if (format) return format;
  const what = path === STANDARD_INPUT ? 'standard input' : path;
  throw new WeighbridgeError(
    'bad-argument',
    `${what} does not tell its format: expected a name that ends in ${Object.keys(formatOf).join(', ')}, or a format given`,
  );
}

async function columnsOfBytes(
  bytes: Uint8Array,
  format: TableFormat,
  options: Pick<CsvOptions, 'file' | 'onWarning'>,
): Promise<DataColumns> {
  const { file } = options;
  switch (format) {
    case 'csv':
      return csvColumns(decodeText(bytes, file), options);
    case 'tsv':
      return csvColumns(decodeText(bytes, file), { ...options, delimiter: '\t' });
    case 'json':
      return jsonColumns(decodeText(bytes, file), file);
    case 'jsonl':
      return jsonLinesColumns(decodeText(bytes, file), file);
    case 'parquet': {
      // Loaded where it is needed.
      const { parquetColumns } = await import('./parquet.js');
      return parquetColumns(bytes, file);
    }
  }
}
