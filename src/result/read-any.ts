/** Reads a result folder of either kind. */
import { type AnswersFolder, readAnswersResult } from './read-answers.js';
import { type ResultFolder, readResult } from './read-result.js';
import { readHead } from './result-files.js';

/** @throws WeighbridgeError `wrong-format`, `wrong-version`, `damaged` */
export async function readAnyResult(path: string): Promise<ResultFolder | AnswersFolder> {
  const { kind } = await readHead(path);
  return kind === 'answers' ? readAnswersResult(path) : readResult(path);
}
