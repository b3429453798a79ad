/** Reads the result folder of a described study. */
import type { TableRow } from '../data-files/table-rows.js';
import { type AnswersDocument, answersFiles, answersResultSchema } from './answers-format.js';
import {
  damaged,
  once,
  openDraws,
  parseJson,
  readDraws,
  readHead,
  readLate,
  readText,
  requireSizes,
  requireStamp,
  shapeError,
  stampOf,
} from './result-files.js';
import type { StoredDraws } from './schema-parts.js';
import type { StoredFit } from './sections.js';

export interface AnswersFolder {
  readonly path: string;
  readonly result: AnswersDocument;
  /** The flat table; its cells are in the order of `result.columns`. */
  answers(): Promise<readonly TableRow[]>;
  /** Row-major (chain, draw, parameter); null if they were not kept. */
  draws(fit: StoredFit): Promise<Float64Array | null>;
  close(): Promise<void>;
}

/** @throws WeighbridgeError `wrong-format`, `wrong-version`, `damaged` */
export async function readAnswersResult(path: string): Promise<AnswersFolder> {
  const opened = await stampOf(path);
  const { document } = await readHead(path, 'answers');
  const parsed = answersResultSchema.safeParse(document);
  if (!parsed.success) throw shapeError(path, answersFiles.result, parsed.error);
  const result = parsed.data;
  await requireSizes(path, result.files, Object.values(answersFiles));
  const places = result.sections.flatMap(({ fits }) => fits.flatMap(placeOf));
  const draws = await openDraws(path, places);
  const late = <T>(work: () => Promise<T>) => readLate(work, () => requireStamp(path, opened));
  return {
    path,
    result,
    answers: once(() => late(() => readRows(path, result))),
    draws: async (fit) => {
      const [place] = placeOf(fit);
      return place ? late(() => readDraws(draws, place)) : null;
    },
    close: () => draws.close(),
  };
}

function placeOf({ name, draws }: StoredFit): StoredDraws[] {
  return draws ? [{ name, ...draws }] : [];
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
