/**
 * The files of a batch that is over, read to lines. Where a login page or nothing comes in place of
 * a file, or some of its lines cannot be read, it is downloaded again after a pause: the items
 * without an answer would otherwise be asked, and paid for, once more.
 */
import { WeighbridgeError } from '../../errors.js';
import { wantsOtherLimit } from '../client/completion.js';
import type { Batch } from '../client/server-answers.js';
import type { BatchRun } from './batch-context.js';
import { fileLines } from './download.js';
import type { MadeBatch } from './ledger.js';
import { type BatchLine, readLine } from './request-line.js';

/** A line that is of no use: where it begins, or what is wrong with it. */
export interface StrangeLine {
  readonly strange: string;
}

/** So many characters of a line are shown. */
export const SHOWN = 60;
/** Downloads of a file with strange lines, before it is taken as it is. */
const MOST_DOWNLOADS = 3;

/**
 * Answers first.
 * @param isDone whether all that was asked has an outcome
 * @throws WeighbridgeError `job-failed` where a file is gone, `server` where it holds no answers
 */
export async function* linesOf(
  run: BatchRun,
  entry: MadeBatch,
  batch: Batch,
  isDone: () => boolean,
): AsyncGenerator<BatchLine | StrangeLine, void, undefined> {
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
    for (let i = 0; i < reading.unreadable; i++) yield { strange: reading.first };
  }
}

/** What is known of a file after one or more downloads. */
interface Reading {
  /** Ids of the lines that were yielded. */
  readonly seen: Set<string>;
  /** Lines of the last download that cannot be read, and where the first of them begins. */
  unreadable: number;
  first: string;
  isGone: boolean;
}

async function* oneDownload(
  run: BatchRun,
  { size: { model }, round: attempt }: MadeBatch,
  { batch, fileId }: { readonly batch: Batch; readonly fileId: string },
  reading: Reading,
): AsyncGenerator<BatchLine | StrangeLine, void, undefined> {
  const { call, signal, retryFailed = false } = run.context;
  const ifGone = () => {
    reading.isGone = true;
    if (!retryFailed) throw answersGone(run.key, batch.id, fileId);
  };
  const earlier = new Set(reading.seen);
  Object.assign(reading, { unreadable: 0, first: '' });
  for await (const text of fileLines(fileId, { call, signal, ifGone })) {
    if (text.trim() === '') continue;
    const line = readLine(text, { model, attempt });
    if (!line) {
      if (reading.unreadable++ === 0) reading.first = text.slice(0, SHOWN);
    } else if (!reading.seen.has(line.id)) {
      reading.seen.add(line.id);
      if ('failed' in line && wantsOtherLimit(line.failed.status, line.failed.reason)) {
        run.otherLimitName.add(model);
      }
      yield line;
    } else if (!earlier.has(line.id)) {
      yield { strange: `a second line on '${line.id}'` };
    }
  }
}

/** An empty file of answers is sound where the server does not say that there are answers. */
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
