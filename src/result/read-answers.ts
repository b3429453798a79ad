/** Reads the result folder of a described study. */
import type { TableRow } from '../data-files/table-rows.js';
import { type AnswersDocument, answersFiles, answersResultSchema } from './answers-format.js';
import { openSections, type SectionsFolder } from './read-sections.js';
import { damaged, once, parseJson, readText } from './result-files.js';

export interface AnswersFolder extends SectionsFolder<AnswersDocument> {
  /** The flat table; its cells are in the order of `result.columns`. */
  answers(): Promise<readonly TableRow[]>;
}

/** @throws WeighbridgeError `wrong-format`, `wrong-version`, `damaged` */
export async function readAnswersResult(path: string): Promise<AnswersFolder> {
  const names = Object.values(answersFiles);
  const { late, ...folder } = await openSections(path, 'answers', answersResultSchema, names);
  return { ...folder, answers: once(() => late(() => readRows(path, folder.result))) };
}

async function readRows(path: string, { columns, rows }: AnswersDocument): Promise<TableRow[]> {
  const name = answersFiles.answers;
  const lines = (await readText(path, name)).split('\n').filter((line) => line !== '');
  if (lines.length !== rows) {
    throw damaged(path, name, `has ${lines.length} lines, expected ${rows}`);
  }
  return lines.map((line, i) => {
    const row = parseJson(path, name, line);
    if (typeof row !== 'object' || row === null) {
      throw damaged(path, name, `line ${i + 1} is not an object`);
    }
    const cells = new Map<string, unknown>(Object.entries(row));
    return columns.map(({ name: column }) => {
      const cell = cells.get(column);
      if (cell === null || ['string', 'number', 'boolean'].includes(typeof cell)) {
        return cell as TableRow[number];
      }
      throw damaged(path, name, `line ${i + 1} has no usable ${column}`);
    });
  });
}
