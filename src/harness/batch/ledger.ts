/**
 * Which batches of a stage are at the server, as the journal keeps it: small and written whole. It
 * holds no ids of items: the output says whose answers it brings, and an item that is not in it is
 * asked again with all others that have no answer.
 */
import { z } from 'zod';
import { idSchema } from '../client/server-answers.js';
import { readEntry, setAside } from '../jobs/journal-entry.js';
import type { Journal } from '../journal.js';

const entrySchema = z.object({
  /** Counts the stage's batches from 1. */
  number: z.number().int().min(1),
  /** Null: an intent; the batch may or may not exist. An id that cannot be read counts as none. */
  batchId: idSchema.nullable().catch(null),
  /** '' where it cannot be read: the batch is then found by its labels alone. */
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

export interface Ledger {
  /** The number that the next batch will have. */
  next(): number;
  open(): readonly BatchEntry[];
  /** On disk before the batch is created. */
  intend(entry: Omit<BatchEntry, 'batchId'>): BatchEntry;
  made(entry: BatchEntry, batchId: string): MadeBatch;
  /** Takes out a batch whose outcomes are all delivered, or that does not exist. */
  strike(entry: BatchEntry): void;
  /**
   * The journal's entry could not be read, and was set aside with this warning: batches of this
   * stage may be at the server of which the ledger does not know.
   */
  readonly damage: string | null;
  /** Takes up what was found at the server in place of a damaged entry. */
  recover(next: number, open: readonly MadeBatch[]): void;
}

const journalKey = (key: string) => `batch/${key}`;

export function openLedger(key: string, journal: Journal): Ledger {
  const read = readEntry(journal, journalKey(key), ledgerSchema) ?? { next: 1, open: [] };
  const isDamaged = 'stage' in read;
  let state = isDamaged ? { next: 1, open: [] } : read;
  const keep = (next: number, open: BatchEntry[]) => {
    journal.put(journalKey(key), JSON.stringify({ next, open }));
    state = { next, open };
  };
  const others = ({ number }: BatchEntry) => state.open.filter((one) => one.number !== number);
  return {
    next: () => state.next,
    open: () => state.open,
    intend: (entry) => {
      const intent = { ...entry, batchId: null };
      keep(state.next, [...others(intent), intent]);
      return intent;
    },
    made: (entry, batchId) => {
      const made = { ...entry, batchId };
      // Only now is its number used up: an intent that came to nothing is written over.
      keep(entry.number + 1, [...others(entry), made]);
      return made;
    },
    strike: (entry) => keep(state.next, others(entry)),
    damage: isDamaged ? setAside(journal, journalKey(key), read) : null,
    recover: (next, open) => keep(next, [...open]),
  };
}

/** What `study status` can tell of a stage's batches without asking the server. */
export interface BatchState {
  readonly batchId: string | null;
  readonly model: string;
  readonly round: number;
  readonly requests: number;
}

/**
 * Batches whose outcomes are still to come. Null where the journal's entry cannot be read: the next
 * run looks for them at the server.
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
