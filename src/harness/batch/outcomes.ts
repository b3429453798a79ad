/**
 * What a batch that is over says of each of its items. The server puts answers into one file and
 * errors into another, and may leave items out of both.
 */
import type { Batch } from 'openai/resources/batches';
import { WeighbridgeError } from '../../errors.js';
import type { Answer, FailedAttempt } from '../client/chat.js';
import { wantsOtherLimit } from '../client/completion.js';
import type { BatchRun } from './batch-context.js';
import type { BatchItem } from './chunks.js';
import { fileLines } from './download.js';
import type { MadeBatch } from './ledger.js';
import { type Again, type BatchLine, failedAttempt, readLine } from './request-line.js';

export type BatchOutcome =
  | { readonly id: string; readonly answer: Answer }
  | { readonly id: string; readonly failed: FailedAttempt };

/**
 * Of a batch of this run.
 * @param sendAgain takes items that are worth another round; null in the last one
 */
export async function* outcomesOf(
  run: BatchRun,
  { entry, items }: { readonly entry: MadeBatch; readonly items: readonly BatchItem[] },
  batch: Batch,
  sendAgain: ((item: BatchItem) => void) | null,
): AsyncGenerator<BatchOutcome, void, undefined> {
  const waiting = new Map(items.map((item) => [item.id, item]));
  const failure = (item: BatchItem, failed: FailedAttempt, again: Again): BatchOutcome[] => {
    if (again !== 'yes' || !sendAgain) return [{ id: item.id, failed }];
    run.context.onFailedAttempt?.(item.id, failed);
    sendAgain(item);
    return [];
  };
  let strange = 0;
  for await (const line of linesOf(run, entry, batch)) {
    const item = line ? waiting.get(line.id) : undefined;
    if (!line || !item) {
      strange++;
      continue;
    }
    waiting.delete(line.id);
    if ('answer' in line) yield line;
    else yield* failure(item, line.failed, line.again);
  }
  const again = batch.status === 'cancelled' ? 'next run' : 'yes';
  const failed = leftOut(entry, batch, strange);
  for (const item of waiting.values()) yield* failure(item, failed, again);
}

/**
 * Of a batch of an earlier run, whose items are known by its answers alone: those that failed in a
 * way that may pass, or were left out, are still wanted and are asked again with the rest.
 */
export async function* adoptedOutcomes(
  run: BatchRun,
  entry: MadeBatch,
  batch: Batch,
): AsyncGenerator<BatchOutcome, void, undefined> {
  const seen = new Set<string>();
  for await (const line of linesOf(run, entry, batch)) {
    if (!line || seen.has(line.id)) continue;
    seen.add(line.id);
    if ('answer' in line) yield line;
    else if (line.again === 'no') yield { id: line.id, failed: line.failed };
    else run.context.onFailedAttempt?.(line.id, line.failed);
  }
}

/** Answers first; null for a line that cannot be read. */
async function* linesOf(
  { key, context, otherLimitName }: BatchRun,
  entry: MadeBatch,
  { id, output_file_id, error_file_id }: Batch,
): AsyncGenerator<BatchLine | null, void, undefined> {
  const { call, signal, retryFailed = false } = context;
  const { model } = entry.size;
  for (const fileId of [output_file_id, error_file_id]) {
    if (!fileId) continue;
    const ifGone = () => {
      if (!retryFailed) throw answersGone(key, id, fileId);
    };
    for await (const text of fileLines(fileId, { call, signal, ifGone })) {
      if (text.trim() === '') continue;
      const line = readLine(text, { model, attempt: entry.round });
      if (line && 'failed' in line && wantsOtherLimit(line.failed.status, line.failed.reason)) {
        otherLimitName.add(model);
      }
      yield line;
    }
  }
}

function leftOut({ round }: MadeBatch, { id, status }: Batch, strange: number): FailedAttempt {
  const lines = strange > 0 ? `; ${strange} lines of its files could not be read` : '';
  return failedAttempt(round, null, `batch ${id} ended (${status}) without a word on it${lines}`);
}

function answersGone(key: string, batchId: string, fileId: string): WeighbridgeError {
  return new WeighbridgeError(
    'job-failed',
    `the answers of batch ${batchId} of ${key} are gone: the server does not have ${fileId} any more; to ask, and pay, once more, run again with --retry-failed`,
  );
}
