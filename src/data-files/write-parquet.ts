/** Writes a table as Parquet by hyparquet-writer, a group of rows at a time. */
import { type BasicType, fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { packageVersion } from '../package-info.js';
import type { TableCell, TableColumn, TableKind, TableRow, TableRows } from './table-rows.js';

/** Rows in memory at once; groups of this size are read well by other programs. */
const ROWS_A_GROUP = 20_000;

const types: Readonly<Record<TableKind, BasicType>> = {
  text: 'STRING',
  number: 'DOUBLE',
  integer: 'INT64',
  boolean: 'BOOLEAN',
};

export function writeParquetRows(path: string, { columns, rows }: TableRows): void {
  const writer = fileWriter(path);
  const schema = schemaFromColumnData({ columnData: columnsOf(columns, []) });
  const file = new ParquetWriter({ writer, schema, createdBy: `weighbridge ${packageVersion}` });
  for (const group of groupsOf(rows)) {
    file.write({
      columnData: columnsOf(columns, group).map(({ name, data }) => ({ name, data })),
      rowGroupSize: ROWS_A_GROUP,
    });
  }
  file.finish();
}

function* groupsOf(rows: Iterable<TableRow>): Iterable<TableRow[]> {
  let group: TableRow[] = [];
  for (const row of rows) {
    group.push(row);
    if (group.length < ROWS_A_GROUP) continue;
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
