/** A job at the server, watched to its end: its progress, the model it brings, or why it failed. */
import { WeighbridgeError } from '../../errors.js';
import type { ApiCall } from '../client/api-call.js';
import type { Clock } from '../client/clock.js';
import type { Job } from '../client/server-answers.js';
import { orMissing } from '../jobs/create-once.js';
import type { Journal } from '../journal.js';
import { type EntryIn, type FineTuned, type FineTuneProgress, writeFineTune } from './entry.js';
import { afterEvent, newEvents } from './events.js';

export interface WatchContext {
  readonly call: ApiCall;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly pollSeconds: number;
  /** Stops watching, with its reason; the job goes on at the server, and a later run finds it. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FineTuneProgress) => void) | undefined;
  /** Something went otherwise than it should, and was dealt with: one line. */
  readonly onWarning?: ((line: string) => void) | undefined;
}

/** Looks at a job that succeeded without naming its model, before that counts as an error. */
const MOST_UNNAMED = 5;

/** @throws WeighbridgeError `job-failed` */
export async function watchJob(
  key: string,
  from: EntryIn<'running'>,
  context: WatchContext,
): Promise<FineTuned> {
  const { call, journal, clock, pollSeconds, signal } = context;
  let unnamed = 0;
  for (let entry = from; ; ) {
    signal?.throwIfAborted();
    const job = await retrieveJob(entry.jobId, call, signal);
    if (!job) throw vanished(key, entry.jobId);
    // Events after the status: those of a job that is over are then all there.
    entry = await tellNews(key, entry, job, context);
    if (job.status === 'failed' || job.status === 'cancelled') {
      const failed = failedEntry(entry, job, entry.progress.message);
      throw failure(key, writeFineTune(key, journal, failed));
    }
    if (job.status === 'succeeded' && (job.fine_tuned_model || ++unnamed === MOST_UNNAMED)) {
      const { attempt, checksum } = entry;
      const result = resultOf(key, job, entry.progress.loss);
      writeFineTune(key, journal, { stage: 'succeeded', attempt, checksum, result });
      return result;
    }
    await clock.sleep(pollSeconds * 1000, signal);
  }
}

export function retrieveJob(jobId: string, call: ApiCall, signal: AbortSignal | undefined) {
  return call(
    `look at fine-tuning job ${jobId}`,
    (api, options) => orMissing(api.fineTuning.jobs.retrieve(jobId, options)),
    signal,
  );
}

/** Tells of each new event, and of a change of status; then notes what was told. */
async function tellNews(
  key: string,
  entry: EntryIn<'running'>,
  { status }: Job,
  { call, journal, signal, onProgress }: WatchContext,
): Promise<EntryIn<'running'>> {
  const events = await newEvents(entry.jobId, entry.lastEvent, call, signal);
  if (events.length === 0 && status === entry.progress.status) return entry;
  let progress: FineTuneProgress = { ...entry.progress, status };
  if (events.length === 0) onProgress?.(progress);
  for (const event of events) {
    progress = afterEvent(progress, event);
    onProgress?.(progress);
  }
  const lastEvent = events.at(-1)?.id ?? entry.lastEvent;
  return writeFineTune(key, journal, { ...entry, progress, lastEvent });
}

function resultOf(key: string, job: Job, finalLoss: number | null): FineTuned {
  if (!job.fine_tuned_model) {
    throw new WeighbridgeError(
      'server',
      `fine-tuning ${key}: the server says that job ${job.id} succeeded, but names no model; run again to look once more`,
    );
  }
  const { fine_tuned_model: model, id: jobId, trained_tokens } = job;
  return { model, jobId, trainedTokens: trained_tokens, finalLoss };
}

export function isOver({ status }: Job): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled';
}

export function failedEntry(
  { attempt, checksum }: EntryIn<'running'> | EntryIn<'creating'>,
  { id: jobId, status, error }: Job,
  lastMessage: string | null,
): EntryIn<'failed'> {
  const reason =
    status === 'cancelled'
      ? 'it was cancelled'
      : error?.message || lastMessage || 'no reason given';
  return { stage: 'failed', attempt, checksum, jobId, reason };
}

const HOW_TO_RETRY = 'to train, and pay, once more, run again with --retry-failed';

export function failure(key: string, { jobId, reason }: EntryIn<'failed'>): WeighbridgeError {
  const line = reason.replace(/\s+/g, ' ').replace(/[.\s]+$/, '');
  return new WeighbridgeError(
    'job-failed',
    `fine-tuning ${key}: job ${jobId} failed: ${line}; ${HOW_TO_RETRY}`,
  );
}

function vanished(key: string, jobId: string): WeighbridgeError {
  return new WeighbridgeError(
    'job-failed',
    `fine-tuning ${key}: the server does not know job ${jobId}, which an earlier run made: it was deleted, or the key is another project's; ${HOW_TO_RETRY}`,
  );
}
