/**
 * Opens a result folder. What a result is made of is read at once; draws, trials and reports when
 * they are asked for, so that a large result opens fast and takes little memory. A folder that is
 * written anew meanwhile is known by its `result.json`, which a writer removes first and writes last:
 * what is read late is handed out only where that file is still the one that was opened.
 */
import { constants } from 'node:buffer';
import { type FileHandle, lstat, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { Setting } from '../../analysis/learned-weights.js';
import { decodeText } from '../../decode-text.js';
import { WeighbridgeError } from '../../errors.js';
import type { ReportFile } from '../../study/layout.js';
import { numbersOf } from './draws-file.js';
import {
  type ContextRecord,
  contextsSchema,
  drawsBytes,
  type FitRecord,
  fitsSchema,
  headerSchema,
  RESULT_VERSION,
  type ReportRecord,
  type ResultDocument,
  reportsSchema,
  resultFiles,
  resultSchema,
  type TrialRecord,
  trialsSchema,
} from './format.js';
import { openPlainFile, readPlainFile } from './plain-file.js';

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
  /** For those who read other files of the folder, once they have: fails as all of these do. */
  requireUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** @throws WeighbridgeError `no-result`, `result-version`, `damaged-result` */
export async function readResult(path: string): Promise<ResultFolder> {
  const opened = await stampOf(path);
  const result = resultSchema.safeParse(await readHead(path));
  if (!result.success) throw shapeError(path, resultFiles.result, result.error);
  await requireSizes(path, result.data);
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

/** The work is done at the first call; a failure is tried again. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | null = null;
  return () => {
    begun ??= work().catch((error: unknown) => {
      begun = null;
      throw error;
    });
    return begun;
  };
}

/** A file that changed is the reason for whatever else went wrong with it. */
async function readLate<T>(
  work: () => Promise<T>,
  requireUnchanged: () => Promise<void>,
): Promise<T> {
  try {
    return await work();
  } finally {
    await requireUnchanged();
  }
}

/** What tells one writing of `result.json` from another; null where there is none. */
async function stampOf(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeNs } = await lstat(join(path, resultFiles.result), { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch {
    return null;
  }
}

async function requireStamp(path: string, opened: string | null): Promise<void> {
  const found = await stampOf(path);
  if (found === opened) return;
  const what = found === null ? 'is gone or being written anew' : 'was written anew';
  throw new WeighbridgeError(
    'damaged-result',
    `${join(path, resultFiles.result)} ${what} since it was opened: end \`weighbridge view\` and start it again`,
  );
}

/** `result.json`, which alone tells whether a folder holds a result at all, and of which version. */
async function readHead(path: string): Promise<unknown> {
  const file = join(path, resultFiles.result);
  const bytes = await readPlainFile(path, resultFiles.result).catch(async (cause) => {
    throw cause instanceof WeighbridgeError ? cause : await noResult(path, cause);
  });
  const text = textOf(path, resultFiles.result, bytes);
  const json = parseJson(path, resultFiles.result, text);
  const header = headerSchema.safeParse(json);
  if (!header.success) {
    throw new WeighbridgeError(
      'no-result',
      `${file} is not a result of weighbridge: expected what \`weighbridge reproduce --out ${path}\` writes`,
    );
  }
  const { format_version } = header.data;
  if (format_version !== RESULT_VERSION) {
    const age = format_version < RESULT_VERSION ? 'an older' : 'a newer';
    throw new WeighbridgeError(
      'result-version',
      `${path} was written by ${age} weighbridge (format ${format_version}, this one reads ${RESULT_VERSION}): make it anew with \`weighbridge reproduce --out\``,
    );
  }
  return json;
}

async function noResult(path: string, cause: unknown): Promise<WeighbridgeError> {
  const found = await stat(path).catch(() => null);
  const what = !found
    ? 'does not exist'
    : !found.isDirectory()
      ? 'is not a folder'
      : codeOf(cause) === 'ENOENT'
        ? `holds no ${resultFiles.result}`
        : `cannot be read (${codeOf(cause)})`;
  return new WeighbridgeError(
    'no-result',
    `${path} ${what}: expected a result folder, as \`weighbridge reproduce --out ${path}\` writes it`,
    { cause },
  );
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}

async function readPart<T>(path: string, name: string, schema: z.ZodType<T>): Promise<T> {
  const bytes = await readPlainFile(path, name).catch((cause) => {
    throw unreadable(path, name, cause);
  });
  const text = textOf(path, name, bytes);
  const parsed = schema.safeParse(parseJson(path, name, text));
  if (parsed.success) return parsed.data;
  throw shapeError(path, name, parsed.error);
}

/** Bytes that are not UTF-8 would be shown as other words than were written. */
function textOf(path: string, name: string, bytes: Uint8Array): string {
  try {
    return decodeText(bytes, name);
  } catch (cause) {
    throw damaged(path, name, 'is not UTF-8', cause);
  }
}

function unreadable(path: string, name: string, cause: unknown): WeighbridgeError {
  if (cause instanceof WeighbridgeError) return cause;
  const reason = codeOf(cause) === 'ENOENT' ? 'is missing' : `cannot be read (${codeOf(cause)})`;
  return damaged(path, name, reason, cause);
}

function damaged(path: string, name: string, found: string, cause?: unknown): WeighbridgeError {
  return new WeighbridgeError(
    'damaged-result',
    `${join(path, name)} ${found}: the result is damaged, make it anew with \`weighbridge reproduce --out\``,
    { cause },
  );
}

function parseJson(path: string, name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The parser's own words quote what it found, which can be long and have line ends.
    const ends = !text.trimEnd().endsWith('}');
    const reason = ends ? `ends early, after ${text.length} characters` : 'is not JSON';
    throw damaged(path, name, reason, cause);
  }
}

function shapeError(path: string, name: string, error: z.ZodError): WeighbridgeError {
  const [issue] = error.issues;
  const place = issue && issue.path.length > 0 ? ` at ${issue.path.join('.')}` : '';
  return damaged(path, name, `is not what it should be${place} (${issue?.message})`, error);
}

/** Every data file is as long as it was when the result was written. */
async function requireSizes(path: string, { files = {} }: ResultDocument): Promise<void> {
  const known: readonly string[] = Object.values(resultFiles);
  for (const [name, bytes] of Object.entries(files)) {
    // A name could be a path that leads anywhere.
    if (!known.includes(name)) {
      throw damaged(
        path,
        resultFiles.result,
        `lists a file that no result has (${JSON.stringify(name.slice(0, 80))})`,
      );
    }
    const found = await sizeOf(path, name);
    if (found !== bytes) {
      throw damaged(path, name, `has ${found} bytes, expected ${bytes}`);
    }
  }
}

async function sizeOf(path: string, name: string): Promise<number> {
  try {
    return (await lstat(join(path, name))).size;
  } catch (cause) {
    throw unreadable(path, name, cause);
  }
}

async function openDraws(path: string, fits: readonly FitRecord[]): Promise<FileHandle> {
  const name = resultFiles.draws;
  const expected = Math.max(0, ...fits.map((fit) => fit.offset + drawsBytes(fit)));
  const found = await sizeOf(path, name);
  if (found !== expected) {
    throw damaged(
      path,
      name,
      `has ${found} bytes, expected ${expected} for the ${fits.length} fits of ${resultFiles.fits}`,
    );
  }
  try {
    return await openPlainFile(path, name);
  } catch (cause) {
    throw unreadable(path, name, cause);
  }
}

async function readDraws(file: FileHandle, fit: FitRecord): Promise<Float64Array> {
  const size = drawsBytes(fit);
  if (size > constants.MAX_LENGTH) {
    throw new WeighbridgeError(
      'damaged-result',
      `the draws of ${fit.name} take ${size} bytes, more than can be read at once`,
    );
  }
  const bytes = Buffer.alloc(size);
  let read = 0;
  while (read < bytes.length) {
    const { bytesRead } = await file.read(bytes, read, bytes.length - read, fit.offset + read);
    if (bytesRead === 0) {
      throw new WeighbridgeError(
        'damaged-result',
        `${resultFiles.draws} ends within the draws of ${fit.name}: the result changed while it was read`,
      );
    }
    read += bytesRead;
  }
  return numbersOf(bytes);
}
