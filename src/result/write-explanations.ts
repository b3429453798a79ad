/** Writes the data of the result folder of a study of explanations. */
import { createHash } from 'node:crypto';
import { copyFile, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { badArgument } from '../checks/values.js';
import type { TableRow } from '../data-files/table-rows.js';
import { writeTable } from '../data-files/write-table.js';
import type { Prediction } from '../explain/grid.js';
import {
  type ExplanationsDocument,
  explanationsFiles,
  explanationsResultSchema,
  predictionColumns,
} from './explanations-format.js';
import type { Section } from './sections.js';
import {
  beginFolder,
  environment,
  headOf,
  sizesOf,
  storedSections,
  writeDraws,
} from './write-sections.js';

/** The facts about a study of explanations that go into `result.json`. */
export type ExplanationsFacts = Omit<
  ExplanationsDocument,
  | 'format'
  | 'format_version'
  | 'kind'
  | 'sections'
  | 'tasks'
  | 'curves'
  | 'rows'
  | 'environment'
  | 'checksums'
  | 'files'
>;

/** What the analysis of a study found. */
interface ExplanationsFound extends Pick<ExplanationsDocument, 'tasks' | 'curves'> {
  /** With the draws that are to be kept. */
  readonly sections: readonly Section[];
}

/** The full study is a few groups: fewer and larger ones halve the file. */
const ROWS_A_GROUP = 200_000;

/**
 * Writes all but `result.json`, whose content it returns for `sealFolder`. The same rows give the same
 * `predictions.parquet`.
 * @throws WeighbridgeError `bad-argument` if the folder cannot be written
 */
export async function writeExplanationsData(
  folder: string,
  facts: ExplanationsFacts,
  { sections, tasks, curves }: ExplanationsFound,
  rows: readonly Prediction[],
): Promise<ExplanationsDocument> {
  const { predictions, draws } = explanationsFiles;
  await beginFolder(folder);
  const file = join(folder, predictions);
  await writeTable(
    file,
    { columns: predictionColumns, rows: cellsOf(rows) },
    { rowsAGroup: ROWS_A_GROUP },
  );
  const hasDraws = sections.some(({ fits }) => fits.some((fit) => fit.draws !== undefined));
  if (hasDraws) await writeDraws(folder, sections);
  else await rm(join(folder, draws), { force: true });
  const sum = createHash('sha256').update(await readFile(file));
  const document = {
    ...headOf('explanations'),
    ...facts,
    ...{ sections: storedSections(sections), tasks, curves, rows: rows.length },
    environment: environment(),
    checksums: { [predictions]: sum.digest('hex') },
    files: await sizesOf(folder, [predictions, ...(hasDraws ? [draws] : [])]),
  };
  // Via text, which turns NaN into null.
  return explanationsResultSchema.parse(JSON.parse(JSON.stringify(document)));
}

function* cellsOf(rows: readonly Prediction[]): Iterable<TableRow> {
  for (const row of rows) yield predictionColumns.map(({ name }) => row[name] ?? null);
}

/**
 * Copies the data of a folder to another but for `result.json`, which `sealFolder` writes.
 * @throws WeighbridgeError `bad-argument` if the folder cannot be written
 */
export async function copyExplanationsData(
  from: string,
  folder: string,
  { files }: Pick<ExplanationsDocument, 'files'>,
): Promise<void> {
  if (resolve(from) === resolve(folder)) {
    throw badArgument(`${folder} is the result itself: choose another folder for --out`);
  }
  await beginFolder(folder);
  for (const name of Object.keys(files)) await copyFile(join(from, name), join(folder, name));
}
