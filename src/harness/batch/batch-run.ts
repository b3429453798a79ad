/** The context of a run of batches, and its ledger of the stage's batches at the server. */
import { z } from 'zod';
import type { FailedAttempt } from '../client/chat.js';
import type { Clock } from '../client/clock.js';
import { type Parameter, type RefusedParameters, refusedParameters } from '../client/parameters.js';
import { type ApiCall, idSchema } from '../client/server-api.js';
import { type Journal, readEntry, setAside } from '../journal.js';
import { type ChunkLimits, type ChunkSize, openaiLimits } from './chunks.js';
import type { LabelsOf } from './request-line.js';

/** A file of requests, with its estimated size. */
export interface BatchEstimate extends ChunkSize {
  /** Names this batch; an earlier run that stopped before creating the batch used the same name. */
  readonly reservation: string;
  readonly key: string;
  /** 1 for the first; higher for items that are sent again. */
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
  /** The study's id, because the server may hold batches of several studies. */
  readonly study: string;
  readonly call: ApiCall;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly pollSeconds: number;
  /** Null for an item without any. @default none for all */
  readonly labelsOf?: LabelsOf | undefined;
  /** Stops watching; batches continue at the server, and a later run finds them. */
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<ChunkLimits> | undefined;
  /** Maximum number of this stage's batches at the server at a time. @default 4 */
  readonly atOnce?: number | undefined;
  /** What is known of the server's models, and what is learned. @default nothing is known */
  readonly refused?: RefusedParameters | undefined;
  /** Number of times an item is sent before it counts as failed. @default 3 */
  readonly rounds?: number | undefined;
  /**
   * Reserves money; an error ends the run before the batch is created. May wait until other batches
   * are settled, which are watched meanwhile.
   */
  readonly beforeCreate?: ((batch: BatchEstimate) => void | Promise<void>) | undefined;
  /** Called for a batch of an earlier run, whose answers are billed to this run. */
  readonly onAdopted?: ((batch: BatchEstimate) => void) | undefined;
  /**
   * Called when all outcomes are consumed, or when the batch failed without being billed: its
   * reservation ends.
   */
  readonly onSettled?: ((batch: BatchEstimate) => void) | undefined;
  /** Called for an attempt that is not the last; the item is sent again. */
  readonly onFailedAttempt?: ((id: string, failed: FailedAttempt) => void) | undefined;
  readonly onProgress?: ((progress: BatchProgress) => void) | undefined;
  /** Receives one line for each problem that was handled. */
  readonly onWarning?: ((line: string) => void) | undefined;
  /** Repeat, and pay for, batches and answers that are gone from the server. @default false */
  readonly retryFailed?: boolean | undefined;
}

/** The state of one call of `runBatches`. Its limits shrink if the server refuses batches. */
export interface BatchRun {
  readonly key: string;
  readonly context: BatchContext;
  readonly ledger: Ledger;
  /** Grows by one for each round that taught which parameters a server refuses. */
  rounds: number;
  readonly refused: RefusedParameters;
  /** What was known of the model when a batch of this run was made, by its number. */
  readonly sentWithout: Map<number, ReadonlySet<Parameter>>;
  /** Number of polls in which a batch was complete but had no files. */
  readonly withoutFiles: Map<string, number>;
  limits: ChunkLimits;
  atOnce: number;
}

export function createRun(key: string, context: BatchContext): BatchRun {
  return {
    key,
    context,
    ledger: new Ledger(key, context.journal),
    rounds: context.rounds ?? 3,
    refused: context.refused ?? refusedParameters(),
    sentWithout: new Map(),
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

/** Removes a batch from the journal and ends its reservation. */
export function settle({ key, context, ledger }: BatchRun, entry: BatchEntry): void {
  ledger.strike(entry);
  context.onSettled?.(estimateOf(key, entry));
}

const entrySchema = z.object({
  /** Counts the stage's batches from 1. */
  number: z.number().int().min(1),
  /** Null: an intent; the batch may or may not exist. An unreadable id counts as null. */
  batchId: idSchema.nullable().catch(null),
  /** '' if it cannot be read: the batch is then found by its labels alone. */
  fileId: idSchema.or(z.literal('')).catch(''),
  checksum: z.string(),
  round: z.number().int().min(1),
  size: z.object({
    model: z.string(),
    requests: z.number(),
    promptTokens: z.number(),
    mostPromptTokens: z.number(),
    mostCompletionTokens: z.number(),
  }),
});
const ledgerSchema = z.object({ next: z.number().int().min(1), open: z.array(entrySchema) });

export type BatchEntry = Readonly<z.infer<typeof entrySchema>>;
export type MadeBatch = BatchEntry & { readonly batchId: string };

const journalKey = (key: string) => `batch/${key}`;

/** The batches of a stage that are at the server, according to the journal. */
class Ledger {
  /** The number of the next batch. */
  next = 1;
  open: readonly BatchEntry[] = [];
  /**
   * Warning that the journal's entry could not be read and was set aside: the server may have batches
   * of this stage that the ledger does not list. Null if the entry was sound.
   */
  readonly damage: string | null = null;

  constructor(
    private readonly key: string,
    private readonly journal: Journal,
  ) {
    const read = readEntry(journal, journalKey(key), ledgerSchema);
    if (read && 'stage' in read) this.damage = setAside(journal, journalKey(key), read);
    else if (read) Object.assign(this, read);
  }

  /** Replaces the entry; on disk when it returns. */
  keep(next: number, open: readonly BatchEntry[]): void {
    this.journal.put(journalKey(this.key), JSON.stringify({ next, open }));
    this.next = next;
    this.open = open;
  }

  /** Notes an intent. */
  intend(entry: Omit<BatchEntry, 'batchId'>): BatchEntry {
    const intent = { ...entry, batchId: null };
    this.keep(this.next, [...this.others(intent), intent]);
    return intent;
  }

  made(entry: BatchEntry, batchId: string): MadeBatch {
    const made = { ...entry, batchId };
    // The number advances only now, so a failed intent is overwritten.
    this.keep(entry.number + 1, [...this.others(entry), made]);
    return made;
  }

  /** Removes a batch whose outcomes are all delivered, or that does not exist. */
  strike(entry: BatchEntry): void {
    this.keep(this.next, this.others(entry));
  }

  private others({ number }: BatchEntry): BatchEntry[] {
    return this.open.filter((one) => one.number !== number);
  }
}

/** The state of a batch as known without querying the server. */
export interface BatchState {
  readonly batchId: string | null;
  readonly model: string;
  readonly round: number;
  readonly requests: number;
}

/**
 * Batches with outstanding outcomes. Null if the journal's entry is unreadable: the next run
 * searches the server for them.
 */
export function batchState(key: string, journal: Journal): readonly BatchState[] | null {
  const ledger = readEntry(journal, journalKey(key), ledgerSchema);
  if (ledger && 'stage' in ledger) return null;
  return (ledger?.open ?? []).map(({ batchId, round, size: { model, requests } }) => ({
    batchId,
    model,
    round,
    requests,
  }));
}
