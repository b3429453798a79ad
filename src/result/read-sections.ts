/** What the readers of result folders with sections share. */
import type { z } from 'zod';
import { resultFiles } from './format.js';
import {
  openDraws,
  readDraws,
  readHead,
  readLate,
  requireSizes,
  requireStamp,
  shapeError,
  stampOf,
} from './result-files.js';
import type { ResultKind, StoredDraws } from './schema-parts.js';
import type { StoredFit, StoredSection } from './sections.js';

interface SectionsDocument {
  readonly sections: readonly StoredSection[];
  readonly files: Readonly<Record<string, number>>;
}

export interface SectionsFolder<Result> {
  readonly path: string;
  readonly result: Result;
  /** Row-major (chain, draw, parameter); null if they were not kept. */
  draws(fit: StoredFit): Promise<Float64Array | null>;
  close(): Promise<void>;
}

interface OpenedSections<Result> extends SectionsFolder<Result> {
  /** Reads a file of the folder; throws `damaged` if the result was rewritten since it was opened. */
  late<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Reads `result.json` and checks the sizes of the other files.
 * @param names of the files that the folder may have
 * @throws WeighbridgeError `wrong-format`, `wrong-version`, `damaged`
 */
export async function openSections<Result extends SectionsDocument>(
  path: string,
  kind: ResultKind,
  schema: z.ZodType<Result>,
  names: readonly string[],
): Promise<OpenedSections<Result>> {
  const opened = await stampOf(path);
  const parsed = schema.safeParse((await readHead(path, kind)).document);
  if (!parsed.success) throw shapeError(path, resultFiles.result, parsed.error);
  const result = parsed.data;
  await requireSizes(path, result.files, names);
  const places = result.sections.flatMap(({ fits }) => fits.flatMap(placeOf));
  const draws = places.length > 0 ? await openDraws(path, places) : null;
  const late = <T>(work: () => Promise<T>) => readLate(work, () => requireStamp(path, opened));
  return {
    path,
    result,
    late,
    draws: async (fit) => {
      const [place] = placeOf(fit);
      return place && draws ? late(() => readDraws(draws, place)) : null;
    },
    close: async () => draws?.close(),
  };
}

function placeOf({ name, draws }: StoredFit): StoredDraws[] {
  return draws ? [{ name, ...draws }] : [];
}
