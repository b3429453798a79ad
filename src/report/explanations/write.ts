/** Writes the result folder of a study of explanations with its report and CSV files. */
import { join } from 'node:path';
import type { TaskComparison } from '../../analysis/explanations/compare-items.js';
import { writeFiles, writeWhole } from '../../data-files/write-files.js';
import type { Prediction } from '../../explain/grid.js';
import type { ExplanationsDocument } from '../../result/explanations-format.js';
import type { ExplanationsFolder } from '../../result/read-explanations.js';
import type { Section } from '../../result/sections.js';
import {
  copyExplanationsData,
  type ExplanationsFacts,
  writeExplanationsData,
} from '../../result/write-explanations.js';
import { sealFolder } from '../../result/write-sections.js';
import { explanationsHtml } from '../html/explanations.js';
import { sectionsCsv } from '../sections/csv.js';
import { curvesCsv, scoreCurves } from './curves.js';
import { explainersJson } from './json.js';
import { explainerSections } from './sections.js';

interface WriteOptions {
  /** Whether the draws of the regressions are kept. @default false */
  readonly keepDraws?: boolean;
}

/**
 * Replaces an earlier result in the folder; files with other names are left alone.
 * @throws WeighbridgeError `bad-argument` if the folder cannot be written
 */
export async function writeExplanations(
  folder: string,
  facts: ExplanationsFacts,
  tasks: readonly TaskComparison[],
  rows: readonly Prediction[],
  { keepDraws = false }: WriteOptions = {},
): Promise<ExplanationsDocument> {
  const sections = explainerSections(tasks);
  const found = {
    sections: keepDraws ? sections : sections.map(withoutDraws),
    tasks: explainersJson(tasks),
    curves: scoreCurves(rows),
  };
  const document = await writeExplanationsData(folder, facts, found, rows);
  await finish(folder, document);
  return document;
}

function withoutDraws({ fits, ...section }: Section): Section {
  return { ...section, fits: fits.map(({ draws: _, ...fit }) => fit) };
}

/** Writes an open result to another folder, with a report of this version. */
export async function copyExplanations(
  { path, result }: ExplanationsFolder,
  folder: string,
): Promise<void> {
  await copyExplanationsData(path, folder, result);
  await finish(folder, result);
}

async function finish(folder: string, document: ExplanationsDocument): Promise<void> {
  const csv = sectionsCsv(document.sections).set('curves.csv', curvesCsv(document.curves));
  await writeFiles(join(folder, 'csv'), csv);
  await writeWhole(join(folder, 'report.html'), await explanationsHtml(document, null));
  await sealFolder(folder, document);
}
