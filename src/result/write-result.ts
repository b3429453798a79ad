/**
 * Writes the data of a result folder: draws while fits are made, the other files when all are done,
 * and `result.json` last, so that a folder with one is complete. An earlier result stays until then;
 * files with other names are left alone.
 */

import { createHash } from 'node:crypto';
import { existsSync, rmdirSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { FitObserver } from '../analysis/learned-weights.js';
import type { Reproduction } from '../analysis/reproduce.js';
import { modelFiles, sharedFiles } from '../authors-files/layout.js';
import { makeFolder, writeWhole } from '../data-files/write-files.js';
import { WeighbridgeError } from '../errors.js';
import type { Study } from '../study/study.js';
import { type Answers, answersOf, contextRecords, type UnitsOf } from './answers.js';
import { type DrawsFile, openDrawsFile } from './draws-file.js';
import {
  type ByContext,
  type ContextRecord,
  type FitRecord,
  type ReportCount,
  type ResultDocument,
  resultFiles,
  resultSchema,
} from './format.js';
import { RESULT_FORMAT, RESULT_VERSION } from './schema-parts.js';

export interface ResultWriter {
  readonly folder: string;
  /** Receives the fits of the analysis. */
  readonly observe: FitObserver;
  /** The draws of a finished fit. */
  readonly drawsOf: DrawsFile['read'];
  /** Replaces an earlier result. The folder is complete only after `seal`. */
  writeData(finished: FinishedAnalysis): Promise<ResultData>;
  /** Writes `result.json`. */
  seal(result: ResultDocument): Promise<void>;
  /** Removes an unfinished result; does nothing after `writeData`. */
  discard(): void;
}

/** The records of a result, as they were written. */
interface ResultData {
  readonly result: ResultDocument;
  readonly fits: readonly FitRecord[];
  readonly contexts: readonly ContextRecord[];
}

/** Numbers of invalid reports in files of a model, by reason. */
export type ReasonsOf = (model: string, files: readonly string[]) => Record<string, number>;

export interface FinishedAnalysis {
  readonly study: Study;
  readonly result: Reproduction;
  /** The document of --json. */
  readonly document: Readonly<Record<string, unknown>>;
  /** The command line. */
  readonly command: string;
  /** The files of the study by name, if they are not in the study's folder. */
  readonly dataFiles?: ReadonlyMap<string, string> | undefined;
  /** Answers with their texts. @default the answers of the study, without texts */
  readonly answers?: Answers | undefined;
  readonly unitsOf?: UnitsOf | undefined;
  readonly reasonsOf?: ReasonsOf | undefined;
}

/** @throws WeighbridgeError `bad-argument` if the folder cannot be written or has a foreign `result.json` */
export async function beginResult(
  folder: string,
  settings: { chains: number; draws: number },
): Promise<ResultWriter> {
  const made = missingFolders(folder);
  await makeFolder(folder);
  await requireOurs(folder);
  const draws = openDrawsFile(folder, settings);
  return {
    folder,
    observe: draws.observe,
    drawsOf: draws.read,
    writeData: (finished) => writeData(folder, draws, finished),
    seal: (result) =>
      writeParts(folder, [[resultFiles.result, `${JSON.stringify(result, null, 1)}\n`]]),
    discard() {
      draws.discard();
      removeEmpty(made);
    },
  };
}

/** The folder and its parents that do not exist yet, innermost first. */
function missingFolders(folder: string): string[] {
  const path = resolve(folder);
  return existsSync(path) ? [] : [path, ...missingFolders(dirname(path))];
}

/** Stops at the first folder that is not empty. */
function removeEmpty(folders: readonly string[]): void {
  try {
    for (const folder of folders) rmdirSync(folder);
  } catch {
    // Not empty, and so are its parents.
  }
}

/** Throws on a `result.json` of another program, which is not overwritten. */
export async function requireOurs(folder: string): Promise<void> {
  const file = join(folder, resultFiles.result);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null || text.includes(RESULT_FORMAT)) return;
  throw new WeighbridgeError(
    'bad-argument',
    `${file} is not a result of weighbridge: choose another folder for --out`,
    { details: { option: 'out', found: folder } },
  );
}

async function writeData(
  folder: string,
  draws: DrawsFile,
  finished: FinishedAnalysis,
): Promise<ResultData> {
  const { study, unitsOf, answers } = finished;
  const fits = draws.fits();
  const contexts = contextRecords(study, unitsOf);
  const { trials, reports } = answers ?? answersOf(study);
  await rm(join(folder, resultFiles.result), { force: true });
  draws.keep();
  await writeParts(folder, [
    [resultFiles.fits, listText('fits', fits)],
    [resultFiles.contexts, listText('contexts', contexts)],
    [resultFiles.trials, byContextText('trials', trials)],
    [resultFiles.reports, byContextText('reports', reports)],
  ]);
  return { result: await resultDocument(folder, finished), fits, contexts };
}

type Part = readonly [name: string, content: string | Iterable<string>];

async function writeParts(folder: string, parts: readonly Part[]): Promise<void> {
  for (const [name, content] of parts) await writeWhole(join(folder, name), content);
}

/** The document of --json with the facts about the run, checked against the format. */
async function resultDocument(
  folder: string,
  { document, study, result, command, dataFiles, reasonsOf }: FinishedAnalysis,
): Promise<ResultDocument> {
  const complete = {
    format: RESULT_FORMAT,
    format_version: RESULT_VERSION,
    kind: 'paper',
    ...document,
    report_counts: reportCounts(result, reasonsOf),
    command,
    environment: { node: process.version, platform: `${platform()} ${arch()}` },
    checksums: await dataChecksums(study, dataFiles),
    files: await sizes(folder),
  };
  // Via text, which turns NaN into null.
  return resultSchema.parse(JSON.parse(JSON.stringify(complete)));
}

function reportCounts({ models }: Reproduction, reasonsOf: ReasonsOf = () => ({})): ReportCount[] {
  return models.flatMap(({ name: model, reportCounts }) =>
    reportCounts.map(({ setting, files, asked, used }) => ({
      model,
      setting,
      files: [...files],
      asked,
      used,
      reasons: reasonsOf(model, files),
    })),
  );
}

/** Sizes of the data files, in bytes. */
async function sizes(folder: string): Promise<Record<string, number>> {
  const { result: _last, ...others } = resultFiles;
  const all: Record<string, number> = {};
  for (const name of Object.values(others)) all[name] = (await stat(join(folder, name))).size;
  return all;
}

const HEADER = `{"format":"${RESULT_FORMAT}","format_version":${RESULT_VERSION}`;

/**
 * `{ …header, [key]: [ … ] }` in parts, so that no file is one long string. Each record has a line of
 * its own, for readers and for differences.
 */
export function* listText(key: string, records: readonly unknown[]): Iterable<string> {
  yield `${HEADER},"${key}":[`;
  let separator = '\n';
  for (const record of records) {
    yield separator + JSON.stringify(record);
    separator = ',\n';
  }
  yield '\n]}\n';
}

/** `{ …header, [key]: { group: { context: [ … ] } } }` */
export function* byContextText(key: string, groups: ByContext<unknown>): Iterable<string> {
  yield `${HEADER},"${key}":{`;
  let separator = '\n';
  for (const [group, contexts] of Object.entries(groups)) {
    yield `${separator}${JSON.stringify(group)}:{`;
    let inner = '\n';
    for (const [context, records] of Object.entries(contexts)) {
      yield `${inner}${JSON.stringify(context)}:${JSON.stringify(records)}`;
      inner = ',\n';
    }
    yield '\n}';
    separator = ',\n';
  }
  yield '\n}}\n';
}

/**
 * SHA-256 of the files that a study was read from, which show whether a result and data belong
 * together.
 * @param files by name, if they are not in the study's folder
 */
async function dataChecksums(
  { folder, models, provenance }: Study,
  files?: ReadonlyMap<string, string>,
): Promise<Record<string, string>> {
  const names = [
    sharedFiles.contexts,
    sharedFiles.targets,
    ...(provenance ? [sharedFiles.provenance] : []),
    ...models.flatMap(({ name }) => Object.values(modelFiles).map(({ suffix }) => name + suffix)),
  ];
  const checksums: Record<string, string> = {};
  for (const name of names.sort()) {
    checksums[name] = createHash('sha256')
      .update(files?.get(name) ?? (await readFile(join(folder, name))))
      .digest('hex');
  }
  return checksums;
}
