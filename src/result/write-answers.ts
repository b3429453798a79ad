/**
 * Writes the data of the result folder of a described study. `result.json` goes first and comes last,
 * so that a folder with one is complete; files with other names are left alone.
 */
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import type { TableRows } from '../data-files/table-rows.js';
import { makeFolder, writeWhole } from '../data-files/write-files.js';
import { jsonLinesOf } from '../data-files/write-table.js';
import { float64Bytes } from '../exchange/bytes.js';
import { drawsRecord } from '../posterior/summary.js';
import { type AnswersDocument, answersFiles, answersResultSchema } from './answers-format.js';
import { drawsBytes, RESULT_FORMAT, RESULT_VERSION } from './schema-parts.js';
import type { Section, StoredSection } from './sections.js';
import { requireOurs } from './write-result.js';

/** The facts about a described study and its analyses that go into `result.json`. */
export type AnswersFacts = Omit<
  AnswersDocument,
  'format' | 'format_version' | 'kind' | 'columns' | 'rows' | 'sections' | 'environment' | 'files'
>;

/**
 * Writes all but `result.json`, whose content it returns for `sealAnswers`.
 * @throws WeighbridgeError `bad-argument` if the folder cannot be written
 */
export async function writeAnswersData(
  folder: string,
  facts: AnswersFacts,
  sections: readonly Section[],
  answers: TableRows,
): Promise<AnswersDocument> {
  await makeFolder(folder);
  await requireOurs(folder);
  await rm(join(folder, answersFiles.result), { force: true });
  let rows = 0;
  const counted = { columns: answers.columns, rows: count(answers.rows, () => rows++) };
  await writeWhole(join(folder, answersFiles.answers), jsonLinesOf(counted));
  const stored = storedSections(sections);
  await writeDraws(join(folder, answersFiles.draws), sections);
  const document = {
    format: RESULT_FORMAT,
    format_version: RESULT_VERSION,
    kind: 'answers',
    ...facts,
    columns: answers.columns,
    rows,
    sections: stored,
    environment: { node: process.version, platform: `${platform()} ${arch()}` },
    files: await sizes(folder),
  };
  // Via text, which turns NaN into null.
  return answersResultSchema.parse(JSON.parse(JSON.stringify(document)));
}

/** Writes `result.json`. */
export async function sealAnswers(folder: string, document: AnswersDocument): Promise<void> {
  await writeWhole(join(folder, answersFiles.result), `${JSON.stringify(document, null, 1)}\n`);
}

function* count<T>(rows: Iterable<T>, onRow: () => void): Iterable<T> {
  for (const row of rows) {
    onRow();
    yield row;
  }
}

/** The sections with the places of their draws in place of the draws. */
export function storedSections(sections: readonly Section[]): StoredSection[] {
  let offset = 0;
  return sections.map(({ fits, ...section }) => ({
    ...section,
    fits: fits.map(({ draws, ...fit }) => {
      if (!draws) return fit;
      const place = { ...drawsRecord(draws), offset };
      offset += drawsBytes(place);
      return { ...fit, draws: place };
    }),
  }));
}

async function writeDraws(path: string, sections: readonly Section[]): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await writeFile(partial, drawsOf(sections));
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

function* drawsOf(sections: readonly Section[]): Iterable<Uint8Array> {
  for (const { fits } of sections) {
    for (const { draws } of fits) if (draws) yield float64Bytes(draws.values);
  }
}

/** Sizes of the data files, in bytes. */
async function sizes(folder: string): Promise<Record<string, number>> {
  const { answers, draws } = answersFiles;
  const all: Record<string, number> = {};
  for (const name of [answers, draws]) all[name] = (await stat(join(folder, name))).size;
  return all;
}
