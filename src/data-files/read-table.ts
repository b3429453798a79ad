/**
 * A data set from a file, as `regression` takes it.
 */
import { basename, extname } from 'node:path';
import { decodeText } from '../decode-text.js';
import { WeighbridgeError } from '../errors.js';
import type { DataColumns } from './columns.js';
import { csvColumns } from './csv.js';
import { refuseOtherKinds, unpacked } from './file-kind.js';
import { jsonColumns, jsonLinesColumns } from './json.js';
import { type NumberMarks, requireMarks } from './number-format.js';
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

export interface ReadTableOptions extends NumberMarks {
  /** By the file's extension where absent. */
  readonly format?: TableFormat | undefined;
  /** One character between the cells of CSV and its like; found from the file by default. */
  readonly delimiter?: string | undefined;
  /** Text of cells that are missing values, beside `NA` and its like. Not of Parquet. */
  readonly na?: readonly string[] | undefined;
  /**
   * Takes a line for each column that is read as text though it looks like one of numbers:
   * `d.csv, column x is read as text: line 302 has '?'; 300 of 301 cells are numbers`; and for what
   * was guessed, left out as a comment, or is waited for.
   */
  readonly onWarning?: ((line: string) => void) | undefined;
}

/**
 * Reads CSV, TSV, JSON, JSON lines or Parquet; text also where it is packed by gzip.
 *
 * What separates the cells of a CSV file, and whether it has decimal points or commas, is found from
 * the whole file, unless options say it: `decimal` (`.` or `,`), `thousands` (`,`, `.`, a space, an
 * apostrophe, `none`), `delimiter`.
 *
 * @param path '-' for standard input
 * @returns columns of numbers, text, booleans and bigints, null where missing
 * @throws WeighbridgeError `missing-file`; `bad-argument` for an extension that tells no format, and
 *   options that the format does not have; `bad-data` with file, line and column
 */
export async function readTable(
  path: string,
  options: ReadTableOptions = {},
): Promise<DataColumns> {
  const format = options.format ?? formatByExtension(path);
  requireOptions(options, format);
  const file = path === STANDARD_INPUT ? 'standard input' : basename(path);
  const bytes = await readBytes(path, 'a data set', options.onWarning);
  if (format === 'parquet') {
    // Loaded where it is needed.
    const { parquetColumns } = await import('./parquet.js');
    return parquetColumns(bytes, file);
  }
  const plain = await unpacked(bytes, file);
  refuseOtherKinds(plain, file);
  return columnsOfText(decodeText(plain, file), format, { ...options, file });
}

function formatByExtension(path: string): TableFormat {
  const extension = extname(path.replace(/\.gz$/i, '')).toLowerCase();
  const format = Object.hasOwn(formatOf, extension) ? formatOf[extension] : undefined;
  if (format) return format;
  const what = path === STANDARD_INPUT ? 'standard input' : path;
  throw new WeighbridgeError(
    'bad-argument',
    `${what} does not tell its format: expected a name that ends in ${Object.keys(formatOf).join(', ')}, or a format given`,
  );
}

function requireOptions(options: ReadTableOptions, format: TableFormat): void {
  requireMarks(options);
  const { delimiter } = options;
  if (delimiter !== undefined && (delimiter.length !== 1 || /["\r\n#]/.test(delimiter))) {
    throw badArgument(`delimiter is '${delimiter}', expected one character such as ; or a tab`);
  }
  if (delimiter !== undefined && delimiter === options.decimal && delimiter !== ',') {
    throw badArgument(`delimiter and decimal are both '${delimiter}', expected different marks`);
  }
  if (format === 'csv' || format === 'tsv') return;
  const names = ['decimal', 'thousands', 'delimiter'] as const;
  const odd = names.find((name) => options[name] !== undefined);
  const name = odd ?? (format === 'parquet' && options.na !== undefined ? 'na' : undefined);
  if (name !== undefined) {
    throw badArgument(`${name} is given for a file of format ${format}, which has no such option`);
  }
}

function columnsOfText(
  text: string,
  format: Exclude<TableFormat, 'parquet'>,
  options: ReadTableOptions & { readonly file: string },
): DataColumns {
  switch (format) {
    case 'csv':
      refuseJson(text, options.file);
      return csvColumns(text, options);
    case 'tsv':
      return csvColumns(text, { ...options, usual: '\t' });
    case 'json':
      return jsonColumns(text, options);
    case 'jsonl':
      return jsonLinesColumns(text, options);
  }
}

/** A JSON file has no header of CSV that somebody would write. */
function refuseJson(text: string, file: string): void {
  if (!/^\s{0,100}(?:\[\s{0,100}\{\s{0,100}"|\{\s{0,100}"[^"]{0,200}"\s{0,100}:)/.test(text))
    return;
  throw new WeighbridgeError(
    'bad-data',
    `${file} holds JSON, expected CSV: --format json or --format jsonl`,
  );
}

function badArgument(message: string): WeighbridgeError {
  return new WeighbridgeError('bad-argument', message);
}
