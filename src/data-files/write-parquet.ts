/** Writes a table as Parquet by hyparquet-writer, a group of rows at a time. */
import { type BasicType, fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { packageVersion } from '../package-info.js';
import type { TableCell, TableColumn, TableKind, TableRow, TableRows } from './table-rows.js';

/** Rows in memory at once; groups of this size are read well by other programs. */
const ROWS_A_GROUP = 20_000;

export interface ParquetOptions {
  /** More make a smaller file of values that repeat, and need more memory. @default 20,000 */
  readonly rowsAGroup?: number;
}

const types: Readonly<Record<TableKind, BasicType>> = {
  text: 'STRING',
  number: 'DOUBLE',
  integer: 'INT64',
  boolean: 'BOOLEAN',
};

/** The same rows give the same bytes. */
export function writeParquetRows(
  path: string,
  { columns, rows }: TableRows,
  { rowsAGroup = ROWS_A_GROUP }: ParquetOptions = {},
): void {
  const writer = fileWriter(path);
  const schema = schemaFromColumnData({ columnData: columnsOf(columns, []) });
  const file = new ParquetWriter({ writer, schema, createdBy: `weighbridge ${packageVersion}` });
  for (const group of groupsOf(rows, rowsAGroup)) {
    file.write({
      columnData: columnsOf(columns, group).map(({ name, data }) => ({
        ...{ name, data },
        ...(repeats(data) && { encoding: 'RLE_DICTIONARY' as const }),
      })),
      rowGroupSize: rowsAGroup,
    });
  }
  file.finish();
}

/**
 * Whether a value occurs twice on average. hyparquet-writer judges from a sample, in which values that repeat far apart
 * are all different.
 */
function repeats(values: readonly unknown[]): boolean {
  return 2 * new Set(values).size <= values.length;
}

function* groupsOf(rows: Iterable<TableRow>, size: number): Iterable<TableRow[]> {
  let group: TableRow[] = [];
  for (const row of rows) {
    group.push(row);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

function columnsOf(columns: readonly TableColumn[], rows: readonly TableRow[]) {
  return columns.map(({ name, kind }, i) => ({
    name,
    type: types[kind],
    nullable: true,
    data: rows.map((row) => parquetValue(row[i] ?? null, kind)),
  }));
}

function parquetValue(cell: TableCell, kind: TableKind) {
  if (cell === null) return null;
  if (kind === 'integer') return BigInt(Number(cell));
  return kind === 'text' ? String(cell) : cell;
}
