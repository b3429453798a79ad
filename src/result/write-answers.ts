/** Writes the data of the result folder of a described study. */
import { join } from 'node:path';
import type { TableRows } from '../data-files/table-rows.js';
import { writeWhole } from '../data-files/write-files.js';
import { jsonLinesOf } from '../data-files/write-table.js';
import { type AnswersDocument, answersFiles, answersResultSchema } from './answers-format.js';
import type { Section } from './sections.js';
import {
  beginFolder,
  environment,
  headOf,
  sizesOf,
  storedSections,
  writeDraws,
} from './write-sections.js';

/** The facts about a described study and its analyses that go into `result.json`. */
export type AnswersFacts = Omit<
  AnswersDocument,
  'format' | 'format_version' | 'kind' | 'columns' | 'rows' | 'sections' | 'environment' | 'files'
>;

/**
 * Writes all but `result.json`, whose content it returns for `sealFolder`.
 * @throws WeighbridgeError `bad-argument` if the folder cannot be written
 */
export async function writeAnswersData(
  folder: string,
  facts: AnswersFacts,
  sections: readonly Section[],
  answers: TableRows,
): Promise<AnswersDocument> {
  await beginFolder(folder);
  let rows = 0;
  const counted = { columns: answers.columns, rows: count(answers.rows, () => rows++) };
  await writeWhole(join(folder, answersFiles.answers), jsonLinesOf(counted));
  await writeDraws(folder, sections);
  const document = {
    ...headOf('answers'),
    ...facts,
    columns: answers.columns,
    rows,
    sections: storedSections(sections),
    environment: environment(),
    files: await sizesOf(folder, [answersFiles.answers, answersFiles.draws]),
  };
  // Via text, which turns NaN into null.
  return answersResultSchema.parse(JSON.parse(JSON.stringify(document)));
}

function* count<T>(rows: Iterable<T>, onRow: () => void): Iterable<T> {
  for (const row of rows) {
    onRow();
    yield row;
  }
}
