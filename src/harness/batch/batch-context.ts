/** What the Batch API is worked with, and what its caller may set, learn and prevent. */
import type { ApiCall } from '../client/api-call.js';
import type { FailedAttempt } from '../client/chat.js';
import type { Clock } from '../client/clock.js';
import type { Journal } from '../journal.js';
import { type ChunkLimits, type ChunkSize, openaiLimits } from './chunks.js';
import { type BatchEntry, type Ledger, openLedger } from './ledger.js';

/** One file of requests, and what it will come to. */
export interface BatchEstimate extends ChunkSize {
  /** Names this batch; the same one again where an earlier run stopped short of making it. */
  readonly reservation: string;
  readonly key: string;
  /** 1, and one more for what is sent again. */
  readonly round: number;
}

export interface BatchProgress {
  readonly batchId: string;
  /** As the server names it: 'validating', 'in_progress', 'finalizing', 'completed', … */
  readonly status: string;
  readonly completed: number;
  readonly failed: number;
  readonly requests: number;
}

export interface BatchContext {
  /** The study's own id: the server may hold the batches of many. */
  readonly study: string;
  readonly call: ApiCall;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly pollSeconds: number;
  /** Stops watching, with its reason; batches go on at the server, and a later run finds them. */
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<ChunkLimits> | undefined;
  /** Batches of this stage at the server at a time; 4 unless told. */
  readonly atOnce?: number | undefined;
  /** How often an item is sent before it counts as failed; 3 unless told. */
  readonly rounds?: number | undefined;
  /**
   * The place to set money aside: what it throws ends the run before the batch is made. It may
   * wait until others are settled: they are watched meanwhile.
   */
  readonly beforeCreate?: ((batch: BatchEstimate) => void | Promise<void>) | undefined;
  /** A batch of an earlier run: its answers will be billed to this one. */
  readonly onAdopted?: ((batch: BatchEstimate) => void) | undefined;
  /** All outcomes are consumed, or the batch failed unpaid: what was set aside is free again. */
  readonly onSettled?: ((batch: BatchEstimate) => void) | undefined;
  /** An attempt that is not the last: the item is sent again. */
  readonly onFailedAttempt?: ((id: string, failed: FailedAttempt) => void) | undefined;
  readonly onProgress?: ((progress: BatchProgress) => void) | undefined;
  /** Something went otherwise than it should, and was dealt with: one line. */
  readonly onWarning?: ((line: string) => void) | undefined;
  /** Forget batches, and answers, that have vanished from the server: ask, and pay, again. */
  readonly retryFailed?: boolean | undefined;
}

/** One call of `runBatches`. What the server will not take makes it more modest as it goes. */
export interface BatchRun {
  readonly key: string;
  readonly context: BatchContext;
  readonly ledger: Ledger;
  readonly rounds: number;
  /** Models that know the limit of tokens by its other name. */
  readonly otherLimitName: Set<string>;
  /** How often a batch was seen complete, but without its files. */
  readonly withoutFiles: Map<string, number>;
  limits: ChunkLimits;
  atOnce: number;
}

export function openRun(key: string, context: BatchContext): BatchRun {
  return {
    key,
    context,
    ledger: openLedger(key, context.journal),
    rounds: context.rounds ?? 3,
    otherLimitName: new Set(),
    withoutFiles: new Map(),
    limits: { ...openaiLimits, ...context.limits },
    atOnce: context.atOnce ?? 4,
  };
}

export function estimateOf(
  key: string,
  { number, round, size }: Pick<BatchEntry, 'number' | 'round' | 'size'>,
): BatchEstimate {
  return { reservation: `${key}#${number}`, key, round, ...size };
}

/** The batch is done with: struck from the journal, its reservation free. */
export function settle({ key, context, ledger }: BatchRun, entry: BatchEntry): void {
  ledger.strike(entry);
  context.onSettled?.(estimateOf(key, entry));
}
