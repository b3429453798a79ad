/**
 * How far a fine-tuning stage has come, as the journal keeps it. One entry a stage, written whole,
 * so that a stop leaves either the state before a step or the state after it:
 *
 *   uploading → creating → running → succeeded
 *                    └─────────┴───→ failed
 *
 * 'creating' is an intent: the job may or may not exist.
 */
import { z } from 'zod';
import { readEntry } from '../jobs/journal-entry.js';
import type { Journal } from '../journal.js';

export interface FineTuneProgress {
  /** As the server names it: 'validating_files', 'queued', 'running', 'succeeded', … */
  readonly status: string;
  readonly step: number | null;
  readonly totalSteps: number | null;
  /** Training loss of the step. */
  readonly loss: number | null;
  /** What the server said last. */
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

const progressSchema = z.object({
  status: z.string(),
  step: z.number().nullable(),
  totalSteps: z.number().nullable(),
  loss: z.number().nullable(),
  message: z.string().nullable(),
});

const shared = {
  /** 1, and one more each time that a failed job is forgotten. */
  attempt: z.number().int().min(1),
  checksum: z.string(),
};
const files = { trainingFile: z.string(), validationFile: z.string().nullable() };

const entrySchema = z.discriminatedUnion('stage', [
  z.object({
    stage: z.literal('uploading'),
    ...shared,
    trainingFile: z.string().nullable(),
    validationFile: z.string().nullable(),
  }),
  z.object({ stage: z.literal('creating'), ...shared, ...files }),
  z.object({
    stage: z.literal('running'),
    ...shared,
    jobId: z.string(),
    progress: progressSchema,
    /** Id of the newest event that was told of. */
    lastEvent: z.string().nullable(),
  }),
  z.object({
    stage: z.literal('succeeded'),
    ...shared,
    result: z.object({
      model: z.string(),
      jobId: z.string(),
      trainedTokens: z.number().nullable(),
      finalLoss: z.number().nullable(),
    }),
  }),
  z.object({
    stage: z.literal('failed'),
    ...shared,
    jobId: z.string(),
    /** In the server's words. */
    reason: z.string(),
  }),
]);

export type FineTuneEntry = z.infer<typeof entrySchema>;
export type EntryIn<Stage extends FineTuneEntry['stage']> = Extract<
  FineTuneEntry,
  { stage: Stage }
>;

const journalKey = (key: string) => `fine-tune/${key}`;

export function readFineTune(key: string, journal: Journal): FineTuneEntry | null {
  return readEntry(journal, journalKey(key), entrySchema);
}

export function writeFineTune<E extends FineTuneEntry>(key: string, journal: Journal, entry: E): E {
  journal.put(journalKey(key), JSON.stringify(entry));
  return entry;
}

/** What `study status` can tell of a stage without asking the server. */
export type FineTuneState =
  | { readonly stage: 'not started' }
  /** Files are on their way: there is no job yet. */
  | { readonly stage: 'uploading' }
  /** The job's id is not known yet, and it may or may not exist. */
  | { readonly stage: 'creating' }
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
      return { stage: entry.stage };
    case 'running':
      return { stage: 'running', jobId: entry.jobId, progress: entry.progress };
    case 'succeeded':
      return { stage: 'succeeded', result: entry.result };
    case 'failed':
      return { stage: 'failed', jobId: entry.jobId, reason: entry.reason };
  }
}
