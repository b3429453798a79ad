/**
 * Questions to a model through the Batch API: at half the price, within a day. A batch that was
 * paid for is never lost: the journal knows it from before it is made until the caller has consumed
 * its last outcome, and a run that finds batches of an earlier one delivers those first and asks
 * only for what is then left. What the caller gets twice after a stop it may ignore.
 */
import { setImmediate } from 'node:timers/promises';
import { WeighbridgeError } from '../../errors.js';
import { type BatchContext, type BatchRun, openRun, settle } from './batch-context.js';
import { type BatchItem, type Chunk, type Chunker, chunker } from './chunks.js';
import { adoptedOutcomes, type BatchOutcome, outcomesOf } from './outcomes.js';
import {
  adoptBatches,
  estimateNext,
  failure,
  firstOver,
  makeBatch,
  type OwnBatch,
  queueIsFull,
} from './server-batches.js';

export type { BatchContext, BatchEstimate, BatchProgress } from './batch-context.js';
export type { BatchItem, ChunkLimits } from './chunks.js';
export { type BatchState, batchState } from './ledger.js';
export type { BatchOutcome } from './outcomes.js';
export { cancelBatches } from './server-batches.js';

/**
 * Yields an outcome for every item; and, after a stop, for items of the batches left over, wanted
 * or not. Asking for the next outcome says that the last one is safely kept.
 * @param items those without an accepted answer; read as batches have room
 * @throws WeighbridgeError `job-failed`; `bad-argument` for an id that comes twice or a request
 *   that no file can hold; whatever the call and the hooks throw
 */
export async function* runBatches(
  key: string,
  items: Iterable<BatchItem>,
  context: BatchContext,
): AsyncGenerator<BatchOutcome, void, undefined> {
  const run = openRun(key, context);
  const settled = new Set<string>();
  for await (const outcome of earlierOutcomes(run)) {
    settled.add(outcome.id);
    yield outcome;
  }
  let wanted = unsettled(items, settled);
  for (let round = 1; ; round++) {
    const again: BatchItem[] = [];
    const sendAgain = round < run.rounds ? (item: BatchItem) => void again.push(item) : null;
    yield* oneRound(run, chunker(wanted, run.limits), round, sendAgain);
    if (again.length === 0) return;
    wanted = again;
  }
}

/** What batches of an earlier run bring. */
async function* earlierOutcomes(run: BatchRun): AsyncGenerator<BatchOutcome, void, undefined> {
  const left = (await adoptBatches(run)).map((entry) => ({ entry }));
  while (left.length > 0) {
    const over = await firstOver(run, left);
    if (!over) {
      await pause(run);
      continue;
    }
    const { ended, batch } = over;
    left.splice(left.indexOf(ended), 1);
    if (batch.status !== 'failed') yield* adoptedOutcomes(run, ended.entry, batch);
    settle(run, ended.entry);
    if (batch.status === 'failed' && !queueIsFull(batch)) throw failure(run.key, batch);
  }
}

function* unsettled(items: Iterable<BatchItem>, settled: ReadonlySet<string>): Iterable<BatchItem> {
  const ids = new Set<string>();
  for (const item of items) {
    if (ids.has(item.id)) {
      throw new WeighbridgeError('bad-argument', `two batch requests have the id '${item.id}'`);
    }
    ids.add(item.id);
    if (!settled.has(item.id)) yield item;
  }
}

/** Sends every item once. */
async function* oneRound(
  run: BatchRun,
  chunks: Chunker,
  round: number,
  sendAgain: ((item: BatchItem) => void) | null,
): AsyncGenerator<BatchOutcome, void, undefined> {
  const open: OwnBatch[] = [];
  let next: Admission | null = null;
  for (;;) {
    if (open.length < run.atOnce) next ??= askAdmission(run, chunks, round);
    if (next && (open.length === 0 || (await isGrantedNow(next)))) {
      await next.granted;
      open.push(await makeBatch(run, next.chunk, round));
      next = null;
      continue;
    }
    if (open.length === 0) return;
    const over = await firstOver(run, open);
    if (!over) {
      await pause(run);
      continue;
    }
    const { ended, batch } = over;
    open.splice(open.indexOf(ended), 1);
    if (batch.status !== 'failed') yield* outcomesOf(run, ended, batch, sendAgain);
    settle(run, ended.entry);
    if (batch.status !== 'failed') continue;
    if (!queueIsFull(batch) || !becomeModest(run, ended, open.length)) {
      throw failure(run.key, batch);
    }
    chunks.giveBack(ended.items, run.limits);
  }
}

/** A chunk that waits for its caller's leave to be sent. */
interface Admission {
  readonly chunk: Chunk;
  readonly granted: Promise<void>;
}

function askAdmission(run: BatchRun, chunks: Chunker, round: number): Admission | null {
  const chunk = chunks.next();
  if (!chunk) return null;
  const granted = (async () => run.context.beforeCreate?.(estimateNext(run, chunk, round)))();
  // Its refusal is thrown where it is waited for; a run that ends before must not end the process.
  granted.catch(() => {});
  return { chunk, granted };
}

/** Whether leave is given already; a refusal is thrown. */
function isGrantedNow({ granted }: Admission): Promise<boolean> {
  return Promise.race([granted.then(() => true), setImmediate(false)]);
}

function pause({ context: { clock, pollSeconds, signal } }: BatchRun): Promise<void> {
  return clock.sleep(pollSeconds * 1000, signal);
}

/**
 * After a batch that the server had no room for: fewer at a time, or, where there was no other,
 * smaller ones. False where it cannot be smaller.
 */
function becomeModest(run: BatchRun, { items }: OwnBatch, others: number): boolean {
  if (others > 0) {
    run.atOnce = others;
    return true;
  }
  run.atOnce = 1;
  run.limits = { ...run.limits, requests: Math.ceil(items.length / 2) };
  return items.length > 1;
}
