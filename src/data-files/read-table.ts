/**
 * Reads a data set for `regression` from a file.
 */
import { basename, extname } from 'node:path';
import { badArgument, badData } from '../checks/values.js';
import type { DataColumns } from './columns.js';
import { csvColumns } from './csv.js';
import { jsonColumns, jsonLinesColumns } from './json.js';
import { type NumberMarks, requireMarks } from './number-format.js';
import { decodeText, readBytes, refuseOtherKinds, STANDARD_INPUT, unpacked } from './read-bytes.js';

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
  /** @default by the file's extension */
  readonly format?: TableFormat | undefined;
  /** The delimiter of CSV and similar files, one character. @default detected from the file */
  readonly delimiter?: string | undefined;
  /** Additional markers of missing values, besides `NA` and similar. Not for Parquet. */
  readonly na?: readonly string[] | undefined;
  /**
   * Receives a line for each column that is read as text although it looks like numbers:
   * `d.csv, column x is read as text: line 302 has '?'; 300 of 301 cells are numbers`; and for each
   * guess, each skipped comment, and a pipe without data.
   */
  readonly onWarning?: ((line: string) => void) | undefined;
}

/**
 * Reads CSV, TSV, JSON, JSON lines or Parquet. Text files may be gzipped.
 *
 * The delimiter and the number format of a CSV file are detected from the file unless options state
 * them: `delimiter`, `decimal` (`.` or `,`), `thousands` (`,`, `.`, a space, an apostrophe,
 * `none`).
 *
 * @param path '-' for standard input
 * @returns columns of numbers, text, booleans and bigints; null is a missing value
 * @throws WeighbridgeError `missing-file`; `bad-argument` if the extension is unknown or an option
 *   does not apply to the format; `bad-data` with file, line and column
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
    // Loaded only when needed.
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
  throw badArgument(
    `the format of ${what} is unknown: expected a name that ends in ${Object.keys(formatOf).join(', ')}, or a format given`,
    { option: 'format' },
  );
}

function requireOptions(options: ReadTableOptions, format: TableFormat): void {
  requireMarks(options);
  const { delimiter } = options;
  if (delimiter !== undefined && (delimiter.length !== 1 || /["\r\n#]/.test(delimiter))) {
    throw badArgument(`delimiter is '${delimiter}', expected one character such as ; or a tab`, {
      option: 'delimiter',
      found: delimiter,
      expected: 'one character',
    });
  }
  if (delimiter !== undefined && delimiter === options.decimal && delimiter !== ',') {
    throw badArgument(`delimiter and decimal are both '${delimiter}', expected different marks`, {
      option: 'delimiter',
      found: delimiter,
    });
  }
  if (format === 'csv' || format === 'tsv') return;
  const names = ['decimal', 'thousands', 'delimiter'] as const;
  const odd = names.find((name) => options[name] !== undefined);
  const name = odd ?? (format === 'parquet' && options.na !== undefined ? 'na' : undefined);
  if (name !== undefined) {
    throw badArgument(`${name} is given for a file of format ${format}, which has no such option`, {
      option: name,
    });
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

/** Detects JSON in a file named .csv. */
function refuseJson(text: string, file: string): void {
  if (!/^\s{0,100}(?:\[\s{0,100}\{\s{0,100}"|\{\s{0,100}"[^"]{0,200}"\s{0,100}:)/.test(text))
    return;
  throw badData(`${file} holds JSON, expected CSV: --format json or --format jsonl`, {
    file,
    expected: 'CSV',
  });
}
