/** Reads a result folder of any kind. */
import { type AnswersFolder, readAnswersResult } from './read-answers.js';
import { type ExplanationsFolder, readExplanationsResult } from './read-explanations.js';
import { type ResultFolder, readResult } from './read-result.js';
import { readHead } from './result-files.js';

export type AnyFolder = ResultFolder | AnswersFolder | ExplanationsFolder;

/** @throws WeighbridgeError `wrong-format`, `wrong-version`, `damaged` */
export async function readAnyResult(path: string): Promise<AnyFolder> {
  const { kind } = await readHead(path);
  if (kind === 'explanations') return readExplanationsResult(path);
  return kind === 'answers' ? readAnswersResult(path) : readResult(path);
}
