/**
 * What a batch that is over says of each of its items. The server puts answers into one file and
 * errors into another, and may leave items out of both.
 */
import type { Answer, FailedAttempt } from '../client/chat.js';
import type { Batch } from '../client/server-answers.js';
import type { BatchRun } from './batch-context.js';
import type { BatchItem } from './chunks.js';
import type { MadeBatch } from './ledger.js';
import { linesOf, SHOWN } from './output-files.js';
import { type Again, failedAttempt } from './request-line.js';

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
  const strange = strangeLines();
  for await (const line of linesOf(run, entry, batch, () => waiting.size === 0)) {
    const item = 'strange' in line ? undefined : waiting.get(line.id);
    if ('strange' in line || !item) {
      strange.add('strange' in line ? line.strange : `an answer to '${line.id}'`);
      continue;
    }
    waiting.delete(line.id);
    if ('answer' in line) yield line;
    else yield* failure(item, line.failed, line.again);
  }
  strange.tell(run, batch);
  const again = batch.status === 'cancelled' ? 'next run' : 'yes';
  const failed = leftOut(entry, batch, strange.count());
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
  const strange = strangeLines();
  for await (const line of linesOf(run, entry, batch, () => false)) {
    if ('strange' in line) strange.add(line.strange);
    if ('strange' in line || seen.has(line.id)) continue;
    seen.add(line.id);
    if ('answer' in line) yield line;
    else if (line.again === 'no') yield { id: line.id, failed: line.failed };
    else run.context.onFailedAttempt?.(line.id, line.failed);
  }
  strange.tell(run, batch);
}

/** Counts lines that are of no use, and shows the first. */
function strangeLines() {
  let count = 0;
  let first = '';
  return {
    add(shown: string): void {
      if (count++ === 0) first = shown.slice(0, SHOWN);
    },
    count: () => count,
    tell({ key, context }: BatchRun, { id }: Batch): void {
      if (count === 0) return;
      context.onWarning?.(
        `${key}: ${count} lines of the files of batch ${id} were skipped, for they cannot be read or answer nothing that was asked; the first: ${JSON.stringify(first)}`,
      );
    },
  };
}

function leftOut({ round }: MadeBatch, { id, status }: Batch, strange: number): FailedAttempt {
  const lines = strange > 0 ? `; ${strange} lines of its files could not be read` : '';
  return failedAttempt(round, null, `batch ${id} ended (${status}) without a word on it${lines}`);
}
