/**
 * The outcome of each item of a finished batch. The server puts answers in one file and errors in
 * another, and may omit items from both.
 */
import { WeighbridgeError } from '../../errors.js';
import type { Answer, FailedAttempt } from '../client/chat.js';
import { lessonOf, type Parameter } from '../client/parameters.js';
import type { Batch } from '../client/server-api.js';
import type { BatchRun, MadeBatch } from './batch-run.js';
import type { BatchItem } from './chunks.js';
import { fileLines } from './download.js';
import { type Again, type BatchLine, failedAttempt, readLine } from './request-line.js';

export type BatchOutcome =
  | { readonly id: string; readonly answer: Answer }
  | { readonly id: string; readonly failed: FailedAttempt };

/**
 * Outcomes of a batch of this run.
 * @param sendAgain receives items that are worth another round; false in the last round
 */
export async function* outcomesOf(
  run: BatchRun,
  { entry, items }: { readonly entry: MadeBatch; readonly items: readonly BatchItem[] },
  batch: Batch,
  sendAgain: (item: BatchItem) => boolean,
): AsyncGenerator<BatchOutcome, void, undefined> {
  const waiting = new Map(items.map((item) => [item.id, item]));
  const failure = (item: BatchItem, failed: FailedAttempt, again: Again): BatchOutcome[] => {
    if (again !== 'yes' || !sendAgain(item)) return [{ id: item.id, failed }];
    run.context.onFailedAttempt?.(item.id, failed);
    return [];
  };
  const skipped = skippedLines();
  for await (const line of linesOf(run, entry, batch, () => waiting.size === 0)) {
    const item = 'skipped' in line ? undefined : waiting.get(line.id);
    if ('skipped' in line || !item) {
      skipped.add('skipped' in line ? line.skipped : `an answer to '${line.id}'`);
      continue;
    }
    waiting.delete(line.id);
    if ('answer' in line) yield line;
    else yield* failure(item, line.failed, line.again);
  }
  skipped.warn(run, batch);
  const again = batch.status === 'cancelled' ? 'next run' : 'yes';
  const failed = leftOut(entry, batch, skipped.count());
  for (const item of waiting.values()) yield* failure(item, failed, again);
}

/**
 * Outcomes of a batch of an earlier run, whose items are known only from its answers. Items that
 * are missing, or whose failure may be temporary, are requested again with the rest.
 */
export async function* adoptedOutcomes(
  run: BatchRun,
  entry: MadeBatch,
  batch: Batch,
): AsyncGenerator<BatchOutcome, void, undefined> {
  const seen = new Set<string>();
  const skipped = skippedLines();
  for await (const line of linesOf(run, entry, batch, () => false)) {
    if ('skipped' in line) skipped.add(line.skipped);
    if ('skipped' in line || seen.has(line.id)) continue;
    seen.add(line.id);
    if ('answer' in line) yield line;
    else if (line.again === 'no') yield { id: line.id, failed: line.failed };
    else run.context.onFailedAttempt?.(line.id, line.failed);
  }
  skipped.warn(run, batch);
}

/** Counts lines that are skipped, and keeps the first for the warning. */
function skippedLines() {
  let count = 0;
  let first = '';
  return {
    add(shown: string): void {
      if (count++ === 0) first = shown.slice(0, SHOWN);
    },
    count: () => count,
    warn({ key, context }: BatchRun, { id }: Batch): void {
      if (count === 0) return;
      context.onWarning?.(
        `${key}: ${count} lines of the files of batch ${id} were skipped, for they cannot be read or answer nothing that was asked; the first: ${JSON.stringify(first)}`,
      );
    },
  };
}

function leftOut({ round }: MadeBatch, { id, status }: Batch, skipped: number): FailedAttempt {
  const lines = skipped > 0 ? `; ${skipped} lines of its files could not be read` : '';
  return failedAttempt(round, null, `batch ${id} ended (${status}) without a word on it${lines}`);
}

/** An unusable line: its beginning, or its problem. */
interface SkippedLine {
  readonly skipped: string;
}

/** Maximum number of characters shown of a line. */
const SHOWN = 60;
/** Maximum downloads of a file with unreadable lines, after which it is used as it is. */
const MOST_DOWNLOADS = 3;

/**
 * The lines of the files of a batch, answers first. A file is downloaded again after a pause if it
 * is empty or a login page, or if some lines are unreadable: items without an answer would
 * otherwise be requested, and paid for, again.
 * @param isDone whether all requested items have an outcome
 * @throws WeighbridgeError `job-failed` if a file is gone, `server` if it holds no answers
 */
async function* linesOf(
  run: BatchRun,
  entry: MadeBatch,
  batch: Batch,
  isDone: () => boolean,
): AsyncGenerator<BatchLine | SkippedLine, void, undefined> {
  const { clock, pollSeconds, signal } = run.context;
  for (const fileId of [batch.output_file_id, batch.error_file_id]) {
    if (!fileId) continue;
    const reading: Reading = { seen: new Set(), unreadable: 0, first: '', isGone: false };
    for (let downloads = 1; ; downloads++) {
      yield* oneDownload(run, entry, { batch, fileId }, reading);
      if (reading.isGone || isDone() || isSound(batch, fileId, reading)) break;
      if (downloads === MOST_DOWNLOADS) {
        checkAnswers(run, batch, fileId, reading);
        break;
      }
      await clock.sleep(pollSeconds * 1000, signal);
    }
    for (let i = 0; i < reading.unreadable; i++) yield { skipped: reading.first };
  }
}

/** State of a file after one or more downloads. */
interface Reading {
  /** Ids of the lines that were yielded. */
  readonly seen: Set<string>;
  /** Lines of the last download that cannot be read, and the beginning of the first. */
  unreadable: number;
  first: string;
  isGone: boolean;
}

async function* oneDownload(
  run: BatchRun,
  entry: MadeBatch,
  { batch, fileId }: { readonly batch: Batch; readonly fileId: string },
  reading: Reading,
): AsyncGenerator<BatchLine | SkippedLine, void, undefined> {
  const { call, signal, retryFailed = false } = run.context;
  const { size, round: attempt } = entry;
  const ifGone = () => {
    reading.isGone = true;
    if (!retryFailed) throw answersGone(run.key, batch.id, fileId);
  };
  const earlier = new Set(reading.seen);
  Object.assign(reading, { unreadable: 0, first: '' });
  for await (const text of fileLines(fileId, { call, signal, ifGone })) {
    if (text.trim() === '') continue;
    const line = readLine(text, { model: size.model, attempt, labelsOf: run.context.labelsOf });
    if (!line) {
      if (reading.unreadable++ === 0) reading.first = text.slice(0, SHOWN);
    } else if (!reading.seen.has(line.id)) {
      reading.seen.add(line.id);
      if ('failed' in line) learn(run, entry, line.refused ?? []);
      yield line;
    } else if (!earlier.has(line.id)) {
      yield { skipped: `a second line on '${line.id}'` };
    }
  }
}

/** A round that teaches what a server refuses is not one of those that an item may take. */
function learn(run: BatchRun, { number, size }: MadeBatch, refused: readonly Parameter[]): void {
  const lesson = lessonOf(refused, run.sentWithout.get(number) ?? new Set());
  if (run.refused.add(size.model, lesson).length > 0) run.rounds++;
}

/** An empty file of answers is valid if the server reports no answers. */
function isSound(batch: Batch, fileId: string, { seen, unreadable }: Reading): boolean {
  const lacksAnswers = fileId === batch.output_file_id && seen.size === 0 && hasAnswers(batch);
  return unreadable === 0 && !lacksAnswers;
}

function hasAnswers({ request_counts }: Batch): boolean {
  return (request_counts?.completed ?? 0) > 0;
}

function checkAnswers(
  { key, context }: BatchRun,
  batch: Batch,
  fileId: string,
  { seen, first }: Reading,
): void {
  if (fileId !== batch.output_file_id || seen.size > 0 || context.retryFailed) return;
  const found = first === '' ? 'is empty' : `begins with ${JSON.stringify(first)}`;
  throw new WeighbridgeError(
    'server',
    `the file ${fileId}, which should hold the answers of batch ${batch.id} of ${key}, ${found}: run again to download it once more, or with --retry-failed to ask, and pay, once more`,
  );
}

function answersGone(key: string, batchId: string, fileId: string): WeighbridgeError {
  return new WeighbridgeError(
    'job-failed',
    `the answers of batch ${batchId} of ${key} are gone: the server does not have ${fileId} any more; to ask, and pay, once more, run again with --retry-failed`,
  );
}
