/**
 * The state of a fine-tuning stage in the journal: one entry per stage, always written completely, so
 * that a stop leaves the state either before a step or after it:
 *
 *   uploading → creating → running → succeeded
 *                    └─────────┴───→ failed
 *
 * 'creating' is an intent: the job may or may not exist.
 */
import { z } from 'zod';
import { idSchema, type Job, modelNameSchema } from '../client/server-api.js';
import type { Journal } from '../journal.js';
import { type DamagedEntry, readEntry } from '../journal.js';

export interface FineTuneProgress {
  /** As the server names it: 'validating_files', 'queued', 'running', 'succeeded', … */
  readonly status: string;
  readonly step: number | null;
  readonly totalSteps: number | null;
  /** Training loss of the step. */
  readonly loss: number | null;
  /** The server's last message. */
  readonly message: string | null;
}

export interface FineTuned {
  /** Name of the trained model. */
  readonly model: string;
  readonly jobId: string;
  /** As the server counts and bills them. */
  readonly trainedTokens: number | null;
  readonly finalLoss: number | null;
}

/** Missing events come with the next poll of the job. */
const progressSchema = z.object({
  status: z.string().catch('unknown'),
  step: z.number().nullable().catch(null),
  totalSteps: z.number().nullable().catch(null),
  loss: z.number().nullable().catch(null),
  message: z.string().nullable().catch(null),
});

const shared = {
  /** 1, and one more each time that a failed job is forgotten. */
  attempt: z.number().int().min(1),
  checksum: z.string(),
};
const files = { trainingFile: idSchema, validationFile: idSchema.nullable() };

const entrySchema = z.discriminatedUnion('stage', [
  z.object({
    stage: z.literal('uploading'),
    ...shared,
    trainingFile: idSchema.nullable().catch(null),
    validationFile: idSchema.nullable().catch(null),
  }),
  z.object({ stage: z.literal('creating'), ...shared, ...files }),
  z.object({
    stage: z.literal('running'),
    ...shared,
    jobId: idSchema,
    progress: progressSchema,
    /** Id of the newest event that was reported. */
    lastEvent: z.string().nullable().catch(null),
  }),
  z.object({
    stage: z.literal('succeeded'),
    ...shared,
    result: z.object({
      model: modelNameSchema,
      jobId: idSchema,
      trainedTokens: z.number().nullable().catch(null),
      finalLoss: z.number().nullable().catch(null),
    }),
  }),
  z.object({
    stage: z.literal('failed'),
    ...shared,
    jobId: idSchema,
    /** In the server's words. */
    reason: z.string().catch('no reason given'),
  }),
]);

export type FineTuneEntry = z.infer<typeof entrySchema>;
export type EntryIn<Stage extends FineTuneEntry['stage']> = Extract<
  FineTuneEntry,
  { stage: Stage }
>;

export const journalKey = (key: string) => `fine-tune/${key}`;

export function readFineTune(key: string, journal: Journal): FineTuneEntry | DamagedEntry | null {
  return readEntry(journal, journalKey(key), entrySchema);
}

export function writeFineTune<E extends FineTuneEntry>(key: string, journal: Journal, entry: E): E {
  journal.put(journalKey(key), JSON.stringify(entry));
  return entry;
}

/** The state of a stage as far as it is known without asking the server. */
export type FineTuneState =
  | { readonly stage: 'not started' }
  /** Files are on their way: there is no job yet. */
  | { readonly stage: 'uploading' }
  /** The job's id is not known yet, and it may or may not exist. */
  | { readonly stage: 'creating' }
  /** The journal's entry cannot be read: the next run looks for the job at the server. */
  | { readonly stage: 'damaged' }
  | { readonly stage: 'running'; readonly jobId: string; readonly progress: FineTuneProgress }
  | { readonly stage: 'succeeded'; readonly result: FineTuned }
  | { readonly stage: 'failed'; readonly jobId: string; readonly reason: string };

export function fineTuneState(key: string, journal: Journal): FineTuneState {
  const entry = readFineTune(key, journal);
  switch (entry?.stage) {
    case undefined:
      return { stage: 'not started' };
    case 'uploading':
    case 'creating':
    case 'damaged':
      return { stage: entry.stage };
    case 'running':
      return { stage: 'running', jobId: entry.jobId, progress: entry.progress };
    case 'succeeded':
      return { stage: 'succeeded', result: entry.result };
    case 'failed':
      return { stage: 'failed', jobId: entry.jobId, reason: entry.reason };
  }
}

/** The first state; it shares no file with an earlier one, because no checksum is empty. */
export function noFiles(attempt: number): EntryIn<'uploading'> {
  return { stage: 'uploading', attempt, checksum: '', trainingFile: null, validationFile: null };
}

/** A job is known at the server. */
export function running(
  key: string,
  { attempt, checksum }: Pick<EntryIn<'running'>, 'attempt' | 'checksum'>,
  { id: jobId, status }: Pick<Job, 'id' | 'status'>,
  journal: Journal,
): EntryIn<'running'> {
  return writeFineTune(key, journal, {
    stage: 'running',
    attempt,
    checksum,
    jobId,
    progress: { status, step: null, totalSteps: null, loss: null, message: null },
    lastEvent: null,
  });
}
