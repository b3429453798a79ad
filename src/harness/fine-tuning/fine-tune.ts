/**
 * One fine-tuning stage, from its training file to the name of the trained model. Each run goes on
 * where the journal says the last one stopped: a stage has one job at the server, however often it
 * is stopped, and a job that failed is not paid for again unless its user says so.
 */
import { WeighbridgeError } from '../../errors.js';
import type { Job } from '../client/server-answers.js';
import type { CallOptions, ServerApi } from '../client/server-api.js';
import { carries, createOnce, orMissing } from '../jobs/create-once.js';
import { listing } from '../jobs/listing.js';
import { upload } from '../jobs/upload.js';
import {
  type EntryIn,
  type FineTuned,
  type FineTuneEntry,
  noFiles,
  readFineTune,
  running,
  writeFineTune,
} from './entry.js';
import { recovered } from './recover.js';
import {
  checkRequest,
  estimateOf,
  type FineTuneEstimate,
  type FineTuneRequest,
  jobBody,
  jobLabels,
  requestChecksum,
} from './request.js';
import { failedEntry, failure, isOver, retrieveJob, type WatchContext, watchJob } from './watch.js';

export {
  type FineTuned,
  type FineTuneProgress,
  type FineTuneState,
  fineTuneState,
} from './entry.js';
export type {
  FineTuneEstimate,
  FineTuneRequest,
  Hyperparameters,
  TrainingFile,
} from './request.js';

export interface FineTuneContext extends WatchContext {
  /**
   * The place to set money aside: what it throws ends the stage before anything is made. Called
   * again, with the same reservation, where an earlier run stopped short of making the job.
   */
  readonly beforeCreate?: ((estimate: FineTuneEstimate) => void | Promise<void>) | undefined;
  /** Forget a job that failed, was cancelled or has vanished from the server, and start anew. */
  readonly retryFailed?: boolean | undefined;
}

/**
 * @throws WeighbridgeError `job-failed`; `study-changed` where the stage was trained from another
 *   file or with other settings; `bad-argument`; whatever the call and the hook throw
 */
export async function fineTune(
  request: FineTuneRequest,
  context: FineTuneContext,
): Promise<FineTuned> {
  checkRequest(request);
  const checksum = requestChecksum(request);
  const standing = await forgiven(request, await whereItStands(request, context), context);
  switch (standing?.stage) {
    case 'succeeded':
      checkUnchanged(request.key, standing, checksum);
      return standing.result;
    case 'failed':
      throw failure(request.key, standing);
    case 'running':
      checkUnchanged(request.key, standing, checksum);
      return watchJob(request.key, standing, context);
    default: {
      // Files that another version of the examples left at the server are of no use.
      const kept = standing?.checksum === checksum ? standing : null;
      const entry = { ...(kept ?? noFiles(standing?.attempt ?? 1)), checksum };
      return watchJob(request.key, await start(request, entry, context), context);
    }
  }
}

/** Cancels the stage's job at the server, if there is one that still runs. */
export async function cancelFineTune(
  stage: Pick<FineTuneRequest, 'key' | 'study'>,
  context: Pick<FineTuneContext, 'call' | 'journal' | 'signal' | 'onWarning'>,
): Promise<void> {
  const { key } = stage;
  const { call, journal, signal } = context;
  const read = readFineTune(key, journal);
  const entry = read?.stage === 'damaged' ? await recovered(stage, read, context) : read;
  if (entry?.stage !== 'creating' && entry?.stage !== 'running') return;
  const job = await call(
    `cancel the fine-tuning job of ${key}`,
    async (api, options) => {
      const found =
        entry.stage === 'running'
          ? await orMissing(api.fineTuning.jobs.retrieve(entry.jobId, options))
          : await findJob(entry.trainingFile, null)(api, options);
      if (!found || isOver(found)) return found;
      return api.fineTuning.jobs.cancel(found.id, options);
    },
    signal,
  );
  if (job?.status === 'cancelled') writeFineTune(key, journal, failedEntry(entry, job, null));
}

/** The journal's entry, with an intent resolved: the job is found, or there is none. */
async function whereItStands(
  request: FineTuneRequest,
  context: FineTuneContext,
): Promise<Exclude<FineTuneEntry, { stage: 'creating' }> | null> {
  const { call, journal, signal } = context;
  const entry = readFineTune(request.key, journal);
  if (entry?.stage === 'damaged') return recovered(request, entry, context);
  if (entry?.stage !== 'creating') return entry;
  const job = await call(
    `look for the fine-tuning job of ${request.key}`,
    findJob(entry.trainingFile, jobLabels(request, entry)),
    signal,
  );
  return job ? running(request.key, entry, job, journal) : { ...entry, stage: 'uploading' };
}

/** Where the user asks for another try: the state in which a failed job never was. */
async function forgiven<Entry extends Exclude<FineTuneEntry, { stage: 'creating' }>>(
  { key }: FineTuneRequest,
  entry: Entry | null,
  { call, journal, signal, retryFailed = false }: FineTuneContext,
): Promise<Entry | EntryIn<'uploading'> | null> {
  if (!retryFailed || (entry?.stage !== 'failed' && entry?.stage !== 'running')) return entry;
  if (entry.stage === 'running' && (await retrieveJob(entry.jobId, call, signal))) return entry;
  return writeFineTune(key, journal, noFiles(entry.attempt + 1));
}

function checkUnchanged(
  key: string,
  entry: EntryIn<'running'> | EntryIn<'succeeded'>,
  checksum: string,
): void {
  // '' if the entry was damaged and the checksum is unknown.
  if (entry.checksum === checksum || entry.checksum === '') return;
  const jobId = entry.stage === 'running' ? entry.jobId : entry.result.jobId;
  throw new WeighbridgeError(
    'study-changed',
    `fine-tuning ${key}: its examples or settings are not those that job ${jobId} was made with; restore them, or begin a new study`,
  );
}

/** Uploads what is not there yet, writes the intent down, and makes the job. */
async function start(
  request: FineTuneRequest,
  entry: EntryIn<'uploading'>,
  { call, journal, signal, beforeCreate }: FineTuneContext,
): Promise<EntryIn<'running'>> {
  const { key } = request;
  await beforeCreate?.(estimateOf(request, entry.attempt));
  const send = (file: FineTuneRequest['trainingFile']) =>
    upload({ name: file.name, text: file.text, purpose: 'fine-tune' }, call, signal);
  const trainingFile = entry.trainingFile ?? (await send(request.trainingFile));
  writeFineTune(key, journal, { ...entry, trainingFile });
  const validationFile =
    entry.validationFile ?? (request.validationFile ? await send(request.validationFile) : null);
  const intent: EntryIn<'creating'> = {
    ...entry,
    stage: 'creating',
    trainingFile,
    validationFile,
  };
  writeFineTune(key, journal, intent);
  const labels = jobLabels(request, intent);
  const job = await createOnce({
    what: `create the fine-tuning job of ${key}`,
    find: findJob(trainingFile, labels),
    create: (api, options) => api.fineTuning.jobs.create(jobBody(request, intent, labels), options),
    // The reason may be a file that the server has deleted since.
    refused: () => writeFineTune(key, journal, noFiles(entry.attempt)),
    call,
    signal,
  });
  return running(key, intent, job, journal);
}

/**
 * The job among those at the server. Each attempt uploads a file of its own, so that the file tells
 * the job even at a server that keeps no labels.
 */
function findJob(trainingFile: string, labels: Record<string, string> | null) {
  return async (api: ServerApi, options: CallOptions): Promise<Job | null> => {
    const { jobs } = api.fineTuning;
    for await (const job of listing((query, own) => jobs.list(query, own), options)) {
      if (job.training_file === trainingFile) return job;
      if (labels && carries(job.metadata, labels)) return job;
    }
    return null;
  };
}
