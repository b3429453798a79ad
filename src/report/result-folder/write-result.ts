/**
 * Writes a result folder. Draws are written while fits are made; all else when they are done, and
 * `result.json` last, so that a folder that has one is whole. A result that was there before stays
 * until then; other files in the folder stay anyway.
 */
import { existsSync, rmdirSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { FitObserver } from '../../analysis/planned-fits.js';
import type { Reproduction } from '../../analysis/reproduce.js';
import { WeighbridgeError } from '../../errors.js';
import type { Study } from '../../study/read-study.js';
import { makeFolder, writeFiles, writeWhole } from '../../study/write-files.js';
import { reportHtml } from '../html/report.js';
import { type Answers, answersOf, contextRecords, type UnitsOf } from './asked.js';
import { authorsWeights } from './authors-weights.js';
import { dataChecksums } from './checksums.js';
import { csvFiles } from './csv-files.js';
import { drawFigures } from './draw-figures.js';
import { type DrawsFile, openDrawsFile } from './draws-file.js';
import {
  RESULT_FORMAT,
  RESULT_VERSION,
  type ReportCount,
  type ResultDocument,
  resultFiles,
  resultSchema,
} from './format.js';
import { byContextText, listText } from './json-text.js';
import { displayName, figureData } from './study-figures.js';

export interface ResultWriter {
  /** To be told of the fits of the analysis. */
  readonly observe: FitObserver;
  finish(finished: FinishedAnalysis): Promise<void>;
  /** Leaves nothing behind of a result that was not finished; does nothing to one that was. */
  discard(): void;
}

/** Why reports of a model could not be used, by reason: what is known beside their number. */
export type ReasonsOf = (model: string, files: readonly string[]) => Record<string, number>;

export interface FinishedAnalysis {
  readonly study: Study;
  readonly result: Reproduction;
  /** The document of --json. */
  readonly document: Readonly<Record<string, unknown>>;
  /** The command as it was given. */
  readonly command: string;
  /** The files that the study was read from, where they are in memory and not in its folder. */
  readonly dataFiles?: ReadonlyMap<string, string> | undefined;
  /** With the words of the answers; those of the study where absent. */
  readonly answers?: Answers | undefined;
  readonly unitsOf?: UnitsOf | undefined;
  readonly reasonsOf?: ReasonsOf | undefined;
  /** Figures as PNG too. */
  readonly png: boolean;
}

/** @throws WeighbridgeError `bad-argument` for a folder that takes no result */
export async function beginResult(
  folder: string,
  settings: { chains: number; draws: number },
): Promise<ResultWriter> {
  const made = missingFolders(folder);
  await makeFolder(folder);
  await requireOurs(folder);
  const draws = openDrawsFile(folder, settings);
  return {
    observe: draws.observe,
    finish: (finished) => writeResult(folder, draws, finished),
    discard() {
      draws.discard();
      removeEmpty(made);
    },
  };
}

/** The folder and those it lies in, as far as they are not there yet; the innermost first. */
function missingFolders(folder: string): string[] {
  const path = resolve(folder);
  return existsSync(path) ? [] : [path, ...missingFolders(dirname(path))];
}

/** As far as nothing lies in them. */
function removeEmpty(folders: readonly string[]): void {
  try {
    for (const folder of folders) rmdirSync(folder);
  } catch {
    // It holds something: so do those it lies in.
  }
}

/** A `result.json` of somebody else is not written over. */
async function requireOurs(folder: string): Promise<void> {
  const file = join(folder, resultFiles.result);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null || text.includes(RESULT_FORMAT)) return;
  throw new WeighbridgeError(
    'bad-argument',
    `${file} is not a result of weighbridge: choose another folder for --out`,
  );
}

async function writeResult(
  folder: string,
  draws: DrawsFile,
  finished: FinishedAnalysis,
): Promise<void> {
  const { study, result, png } = finished;
  const fits = draws.fits();
  const contexts = contextRecords(study, finished.unitsOf);
  const { trials, reports } = finished.answers ?? answersOf(study);
  const figures = await drawFigures(figureData(result, study), {
    simulated: study.provenance?.simulated ?? false,
    drawsOf: (fit) => draws.read('correlation', fit),
    png,
  });

  await rm(join(folder, resultFiles.result), { force: true });
  draws.keep();
  await writeParts(folder, [
    [resultFiles.fits, listText('fits', fits)],
    [resultFiles.contexts, listText('contexts', contexts)],
    [resultFiles.trials, byContextText('trials', trials)],
    [resultFiles.reports, byContextText('reports', reports)],
  ]);
  const document = await resultDocument(folder, finished);
  await writeFiles(join(folder, 'csv'), csvFiles(document, fits, contexts, figures));
  await writeFiles(join(folder, 'weights'), authorsWeights(result));
  for (const { name, svg, image } of figures) {
    await writeParts(folder, [[`${name}.svg`, svg]]);
    if (image) await writeParts(folder, [[`${name}.png`, image]]);
  }
  const modelName = shortNames(document.models);
  await writeParts(folder, [
    ['report.html', await reportHtml({ result: document, fits, contexts, figures, modelName })],
    [resultFiles.result, `${JSON.stringify(document, null, 1)}\n`],
  ]);
}

type Part = readonly [name: string, content: string | Uint8Array | Iterable<string>];

async function writeParts(folder: string, parts: readonly Part[]): Promise<void> {
  for (const [name, content] of parts) await writeWhole(join(folder, name), content);
}

/** The document of --json, with what a result says of itself; checked, as others will read it. */
async function resultDocument(
  folder: string,
  { document, study, result, command, dataFiles, reasonsOf }: FinishedAnalysis,
): Promise<ResultDocument> {
  const whole = {
    format: RESULT_FORMAT,
    format_version: RESULT_VERSION,
    ...document,
    report_counts: reportCounts(result, reasonsOf),
    command,
    environment: { node: process.version, platform: `${platform()} ${arch()}` },
    checksums: await dataChecksums(study, dataFiles),
    files: await sizes(folder),
  };
  // By way of text, which turns what is no number into null.
  return resultSchema.parse(JSON.parse(JSON.stringify(whole)));
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

/** Of the files that are read back. */
async function sizes(folder: string): Promise<Record<string, number>> {
  const { result: _last, ...others } = resultFiles;
  const all: Record<string, number> = {};
  for (const name of Object.values(others)) all[name] = (await stat(join(folder, name))).size;
  return all;
}

/** As the paper calls them, unless two would then be called the same. */
function shortNames(models: readonly string[]): (model: string) => string {
  const distinct = new Set(models.map(displayName)).size === models.length;
  return distinct ? displayName : (model) => model;
}
