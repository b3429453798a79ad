/**
 * Requests through the Batch API, at half the price and within a day. A paid batch is never lost:
 * the journal lists it from before its creation until the caller has consumed its last outcome, and
 * a run that finds batches of an earlier one delivers those first and requests only the rest. After
 * an interruption an outcome may be delivered twice.
 */
import { setImmediate } from 'node:timers/promises';
import { WeighbridgeError } from '../../errors.js';
import { poll } from '../server-jobs.js';
import { type BatchContext, type BatchRun, createRun, settle } from './batch-run.js';
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

export type { BatchContext, BatchEstimate, BatchProgress } from './batch-run.js';
export { type BatchState, batchState } from './batch-run.js';
export type { BatchItem, ChunkLimits } from './chunks.js';
export type { BatchOutcome } from './outcomes.js';
export { cancelBatches } from './server-batches.js';

/**
 * Yields an outcome for every item and, after an interruption, for items of earlier batches, wanted
 * or not. The caller requests the next outcome when it has stored the last one.
 * @param items those without an accepted answer; read as batches have room
 * @throws WeighbridgeError `job-failed`; `bad-argument` for a duplicate id or a request that no
 * file
 * can hold; errors of the call and the hooks
 */
export async function* runBatches(
  key: string,
  items: Iterable<BatchItem>,
  context: BatchContext,
): AsyncGenerator<BatchOutcome, void, undefined> {
  const run = createRun(key, context);
  const settled = new Set<string>();
  for await (const outcome of earlierOutcomes(run)) {
    settled.add(outcome.id);
    yield outcome;
  }
  let wanted = unsettled(items, settled);
  for (let round = 1; ; round++) {
    const again: BatchItem[] = [];
    const sendAgain = (item: BatchItem) => round < run.rounds && again.push(item) > 0;
    yield* oneRound(run, chunker(wanted, run.limits), round, sendAgain);
    if (again.length === 0) return;
    wanted = again;
  }
}

/** Outcomes of batches of an earlier run. */
async function* earlierOutcomes(run: BatchRun): AsyncGenerator<BatchOutcome, void, undefined> {
  const left = (await adoptBatches(run)).map((entry) => ({ entry }));
  while (left.length > 0) {
    const { ended, batch } = await poll(() => firstOver(run, left), run.context);
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
  sendAgain: (item: BatchItem) => boolean,
): AsyncGenerator<BatchOutcome, void, undefined> {
  const open: OwnBatch[] = [];
  let next = null as Admission | null;
  for (;;) {
    const over = await poll(async () => {
      if (open.length < run.atOnce) next ??= askAdmission(run, chunks, round);
      if (open.length === 0 || (next && (await isGrantedNow(next)))) return 'room';
      return firstOver(run, open);
    }, run.context);
    if (over === 'room') {
      if (!next) return;
      await next.granted;
      open.push(await makeBatch(run, next.chunk, round));
      next = null;
      continue;
    }
    const { ended, batch } = over;
    open.splice(open.indexOf(ended), 1);
    if (batch.status !== 'failed') yield* outcomesOf(run, ended, batch, sendAgain);
    settle(run, ended.entry);
    if (batch.status !== 'failed') continue;
    if (!queueIsFull(batch) || !reduceLoad(run, ended, open.length)) {
      throw failure(run.key, batch);
    }
    chunks.giveBack(ended.items, run.limits);
  }
}

/** A chunk that waits for the caller's permission to be sent. */
interface Admission {
  readonly chunk: Chunk;
  readonly granted: Promise<void>;
}

function askAdmission(run: BatchRun, chunks: Chunker, round: number): Admission | null {
  const chunk = chunks.next();
  if (!chunk) return null;
  const granted = (async () => run.context.beforeCreate?.(estimateNext(run, chunk, round)))();
  // A rejection is rethrown when awaited; if the run ends first, it must not end the process.
  granted.catch(() => {});
  return { chunk, granted };
}

/** Whether permission has been granted yet; throws if it was refused. */
function isGrantedNow({ granted }: Admission): Promise<boolean> {
  return Promise.race([granted.then(() => true), setImmediate(false)]);
}

/**
 * Reduces the load after the server had no room for a batch: fewer batches at a time or, if it was
 * the only one, smaller ones. Returns false if it cannot be smaller.
 */
function reduceLoad(run: BatchRun, { items }: OwnBatch, others: number): boolean {
  if (others > 0) {
    run.atOnce = others;
    return true;
  }
  run.atOnce = 1;
  run.limits = { ...run.limits, requests: Math.ceil(items.length / 2) };
  return items.length > 1;
}
