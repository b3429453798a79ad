/** Watches a job at the server to its end: its progress, the trained model, or why it failed. */
import { asObject } from '../../checks/json.js';
import { WeighbridgeError } from '../../errors.js';
import { type ApiCall, type Job, type JobEvent, MalformedAnswer } from '../client/server-api.js';
import type { Journal } from '../journal.js';
import { listing, orMissing, type Polling, poll } from '../server-jobs.js';
import { isAbsent } from './absent-api.js';
import { type EntryIn, type FineTuned, type FineTuneProgress, writeFineTune } from './entry.js';

export interface WatchContext extends Polling {
  readonly call: ApiCall;
  readonly journal: Journal;
  readonly onProgress?: ((progress: FineTuneProgress) => void) | undefined;
  /** Receives one line for each problem that was handled. */
  readonly onWarning?: ((line: string) => void) | undefined;
}

/** Polls of a job that succeeded without naming its model, before that counts as an error. */
const MOST_UNNAMED = 5;

/** @throws WeighbridgeError `job-failed` */
export async function watchJob(
  key: string,
  from: EntryIn<'running'>,
  context: WatchContext,
): Promise<FineTuned> {
  const { call, journal, signal } = context;
  let unnamed = 0;
  let entry = from;
  return poll(async () => {
    const job = await retrieveJob(entry.jobId, call, signal);
    if (!job) throw vanished(key, entry.jobId);
    // Events after the status: those of a job that is over are then complete.
    entry = await reportProgress(key, entry, job, context);
    if (job.status === 'failed' || job.status === 'cancelled') {
      const failed = failedEntry(entry, job, entry.progress.message);
      throw failure(key, writeFineTune(key, journal, failed));
    }
    if (job.status !== 'succeeded') return null;
    if (!job.fine_tuned_model && ++unnamed < MOST_UNNAMED) return null;
    const { attempt, checksum } = entry;
    const result = resultOf(key, job, entry.progress.loss);
    writeFineTune(key, journal, { stage: 'succeeded', attempt, checksum, result });
    return result;
  }, context);
}

export function retrieveJob(jobId: string, call: ApiCall, signal: AbortSignal | undefined) {
  return call(
    `look at fine-tuning job ${jobId}`,
    (api, options) => orMissing(api.fineTuning.jobs.retrieve(jobId, options)),
    signal,
  );
}

/** Reports each new event and a change of status, then notes what was reported. */
async function reportProgress(
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

/** The newest events are enough; a server may list them without end. */
const MOST_EVENTS = 2000;

/** Events after the last one seen, oldest first; none if the server keeps no events. */
export async function newEvents(
  jobId: string,
  lastEvent: string | null,
  call: ApiCall,
  signal: AbortSignal | undefined,
): Promise<JobEvent[]> {
  const fetched = await call(
    `read the events of fine-tuning job ${jobId}`,
    async (api, options) => {
      const events: JobEvent[] = [];
      const { jobs } = api.fineTuning;
      const pages = listing((query, own) => jobs.listEvents(jobId, query, own), options);
      try {
        for await (const event of pages) {
          if (event.id === lastEvent || events.length === MOST_EVENTS) break;
          events.push({ ...event, data: metricsOf(event.data) });
        }
      } catch (error) {
        // The next poll brings all of them.
        if (error instanceof MalformedAnswer) return [];
        // A server without this endpoint can train all the same.
        if (!isAbsent(error)) throw error;
      }
      return events;
    },
    signal,
  );
  return fetched.reverse();
}

/** Progress after an event; what the event does not mention stays. */
function afterEvent(
  before: FineTuneProgress,
  { message, data }: Pick<JobEvent, 'message' | 'data'>,
): FineTuneProgress {
  const metrics = { ...metricsInText(message), ...metricsInData(data) };
  return { ...before, ...metrics, message };
}

type Metrics = Partial<Pick<FineTuneProgress, 'step' | 'totalSteps' | 'loss'>>;

function metricsInData(data: unknown): Metrics {
  const { step, total_steps, train_loss } = metricsOf(data);
  return {
    ...(isNumber(step) ? { step } : {}),
    ...(isNumber(total_steps) ? { totalSteps: total_steps } : {}),
    ...(isNumber(train_loss) ? { loss: train_loss } : {}),
  };
}

function metricsOf(data: unknown) {
  const { step, total_steps, train_loss } = asObject(data) ?? {};
  return { step, total_steps, train_loss };
}

/** 'Step 80/150: training loss=0.67, …': older events have no data. */
function metricsInText(message: string): Metrics {
  const found = /^Step (\d+)\/(\d+): training loss=([\d.]+(?:e-?\d+)?)/.exec(message);
  if (!found) return {};
  return { step: Number(found[1]), totalSteps: Number(found[2]), loss: Number(found[3]) };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
