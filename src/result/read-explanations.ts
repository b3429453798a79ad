/** Reads the result folder of a study of explanations. */
import type { DataColumns } from '../data-files/columns.js';
import { WeighbridgeError } from '../errors.js';
import type { Prediction } from '../explain/grid.js';
import {
  type ExplanationsDocument,
  explanationsFiles,
  explanationsResultSchema,
  predictionColumns,
} from './explanations-format.js';
import { openSections, type SectionsFolder } from './read-sections.js';
import { damaged, once, readBytes } from './result-files.js';

/** The rows of `predictions.parquet` as columns, in their order; equal texts share their memory. */
export type Predictions = {
  readonly [Name in keyof Required<Prediction>]: readonly Required<Prediction>[Name][];
};

export interface ExplanationsFolder extends SectionsFolder<ExplanationsDocument> {
  predictions(): Promise<Predictions>;
}

/** @throws WeighbridgeError `wrong-format`, `wrong-version`, `damaged` */
export async function readExplanationsResult(path: string): Promise<ExplanationsFolder> {
  const { late, ...folder } = await openSections(
    path,
    'explanations',
    explanationsResultSchema,
    Object.values(explanationsFiles),
  );
  const read = () => readPredictions(path, folder.result);
  return { ...folder, predictions: once(() => late(read)) };
}

async function readPredictions(path: string, { rows }: ExplanationsDocument): Promise<Predictions> {
  const name = explanationsFiles.predictions;
  const columns = await columnsIn(path, name);
  const entries = predictionColumns.map((column) => {
    const cells = columns[column.name] ?? [];
    if (cells.length !== rows) {
      const found = columns[column.name] ? `${cells.length} rows` : `no column ${column.name}`;
      throw damaged(path, name, `has ${found}, expected ${rows} rows of each column`);
    }
    return [column.name, cells.map((cell, i) => known(cell, column) ?? fail(column.name, i))];
  });
  // Each column has the kind of its name.
  return Object.fromEntries(entries) as Predictions;

  function fail(column: string, row: number): null {
    if (['model', 'seed', 'answer'].includes(column)) return null;
    throw damaged(path, name, `has no usable ${column} in row ${row + 1}`);
  }
}

/** The cell as its column has it; undefined for another kind of value. */
function known(cell: unknown, { kind }: (typeof predictionColumns)[number]) {
  if (kind === 'text') return typeof cell === 'string' ? cell : undefined;
  // Whole numbers of 64 bits are bigints.
  const value = typeof cell === 'bigint' ? Number(cell) : cell;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

async function columnsIn(path: string, name: string): Promise<DataColumns> {
  const bytes = await readBytes(path, name);
  // Loaded only when needed.
  const { parquetColumns } = await import('../data-files/parquet.js');
  try {
    return parquetColumns(bytes, name);
  } catch (cause) {
    if (!(cause instanceof WeighbridgeError)) throw cause;
    throw damaged(path, name, 'is not Parquet, or damaged', cause);
  }
}
