/**
 * Parquet as columns, by hyparquet: whole numbers of 64 bits as bigints, dates and times as text.
 */
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { WeighbridgeError } from '../errors.js';
import type { Cell } from '../formula/table.js';
import { columnsOf, columnsOfRecords, type DataColumns } from './columns.js';

/** @throws WeighbridgeError `bad-data` for a file that is no Parquet, or damaged */
export async function parquetColumns(bytes: Uint8Array, file: string): Promise<DataColumns> {
  // Copied, since the bytes may be a part of a buffer that others lie in.
  const whole = new Uint8Array(bytes).buffer;
  let records: Record<string, unknown>[];
  try {
    records = await parquetReadObjects({ file: whole, compressors });
  } catch (cause) {
    const told = cause instanceof Error ? cause.message : String(cause);
    throw new WeighbridgeError(
      'bad-data',
      `${file} is not Parquet, or damaged: ${told.replaceAll(/\s+/g, ' ')}`,
      { cause },
    );
  }
  const columns = columnsOfRecords(records);
  return columnsOf(
    Object.entries(columns).map(([name, cells]): [string, readonly Cell[]] => [
      name,
      datesAsText(cells),
    ]),
  );
}

/** `2026-01-31`, and with the time of day where any has one. */
function datesAsText(cells: readonly unknown[]): Cell[] {
  const dates = cells.filter((cell) => cell instanceof Date);
  const wholeDays = dates.every((date) => date.getTime() % MILLISECONDS_A_DAY === 0);
  return cells.map((cell) => {
    if (!(cell instanceof Date)) return cell as Cell;
    if (Number.isNaN(cell.getTime())) return null;
    return wholeDays ? cell.toISOString().slice(0, 10) : cell.toISOString();
  });
}

const MILLISECONDS_A_DAY = 86_400_000;
