/** Writes the result folder of a described study with its report and CSV files. */
import { join } from 'node:path';
import type { TableRows } from '../../data-files/table-rows.js';
import { writeFiles, writeWhole } from '../../data-files/write-files.js';
import { writeTable } from '../../data-files/write-table.js';
import type { AnswersDocument } from '../../result/answers-format.js';
import type { Section } from '../../result/sections.js';
import { type AnswersFacts, writeAnswersData } from '../../result/write-answers.js';
import { sealFolder } from '../../result/write-sections.js';
import { answersHtml } from '../html/answers.js';
import { answersCsv } from './csv.js';

/** @param answers the flat table; its rows are gone through more than once */
export async function writeAnswersResult(
  folder: string,
  facts: AnswersFacts,
  sections: readonly Section[],
  answers: TableRows,
): Promise<AnswersDocument> {
  const document = await writeAnswersData(folder, facts, sections, answers);
  const csv = join(folder, 'csv');
  await writeFiles(csv, answersCsv(document));
  await writeTable(join(csv, 'answers.csv'), answers);
  await writeWhole(join(folder, 'report.html'), await answersHtml(document, 'csv/answers.csv'));
  await sealFolder(folder, document);
  return document;
}
