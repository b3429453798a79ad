/** Reads a result folder of the paper's analysis. */
import type { ReportFile, Setting } from '../study/study.js';
import {
  type ContextRecord,
  contextsSchema,
  type FitRecord,
  fitsSchema,
  type ReportRecord,
  type ResultDocument,
  reportsSchema,
  resultFiles,
  resultSchema,
  type TrialRecord,
  trialsSchema,
} from './format.js';
import {
  once,
  openDraws,
  readDraws,
  readHead,
  readLate,
  readPart,
  requireSizes,
  requireStamp,
  shapeError,
  stampOf,
} from './result-files.js';

export interface ResultFolder {
  readonly path: string;
  readonly result: ResultDocument;
  /** In the order of their draws. */
  readonly fits: readonly FitRecord[];
  readonly contexts: readonly ContextRecord[];
  /** Empty for a context in which the model made no choices. */
  trials(model: string, setting: Setting, context: string): Promise<readonly TrialRecord[]>;
  /** Empty for a context on which nothing was reported. */
  reports(model: string, file: ReportFile, context: string): Promise<readonly ReportRecord[]>;
  /** Row-major (chain, draw, parameter); reads that part of the file only. */
  draws(fit: FitRecord): Promise<Float64Array>;
  /** Throws `damaged` if the result was rewritten since it was opened; to be called after reading another file. */
  requireUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** @throws WeighbridgeError `wrong-format`, `wrong-version`, `damaged` */
export async function readResult(path: string): Promise<ResultFolder> {
  const opened = await stampOf(path);
  const result = resultSchema.safeParse((await readHead(path, 'paper')).document);
  if (!result.success) throw shapeError(path, resultFiles.result, result.error);
  await requireSizes(path, result.data.files, Object.values(resultFiles));
  const { fits } = await readPart(path, resultFiles.fits, fitsSchema);
  const { contexts } = await readPart(path, resultFiles.contexts, contextsSchema);
  const draws = await openDraws(path, fits);
  const requireUnchanged = () => requireStamp(path, opened);
  const late = <T>(work: () => Promise<T>) => readLate(work, requireUnchanged);
  const trials = once(() => late(() => readPart(path, resultFiles.trials, trialsSchema)));
  const reports = once(() => late(() => readPart(path, resultFiles.reports, reportsSchema)));
  return {
    path,
    result: result.data,
    fits,
    contexts,
    trials: async (model, setting, context) =>
      recordsOf((await trials()).trials[`${model}/${setting}`], context),
    reports: async (model, file, context) =>
      recordsOf((await reports()).reports[`${model}/${file}`], context),
    draws: (fit) => late(() => readDraws(draws, fit)),
    requireUnchanged,
    close: () => draws.close(),
  };
}

/** A context may be called `constructor`. */
function recordsOf<T>(
  byContext: Readonly<Record<string, readonly T[]>> | undefined,
  context: string,
): readonly T[] {
  return (byContext && Object.hasOwn(byContext, context) && byContext[context]) || [];
}
