/**
 * A fine-tuning stage, from its training file to the name of the trained model. Each run continues
 * from the state in the journal: a stage has one job at the server, however often it is stopped, and a
 * job that failed is not paid for again unless the user asks for it.
 */
import { z } from 'zod';
import { parseJson } from '../../checks/json.js';
import { WeighbridgeError } from '../../errors.js';
import { type CallOptions, idSchema, type Job, type ServerApi } from '../client/server-api.js';
import { type DamagedEntry, setAside } from '../journal.js';
import { createOnce, findOurs, hasLabels, listing, orMissing, upload } from '../server-jobs.js';
import { created, uploaded } from './absent-api.js';
import {
  type EntryIn,
  type FineTuned,
  type FineTuneEntry,
  journalKey,
  noFiles,
  readFineTune,
  running,
  writeFineTune,
} from './entry.js';
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
   * Reserves money: an error ends the stage before anything is made. Called again with the same
   * reservation if an earlier run stopped before it made the job.
   */
  readonly beforeCreate?: ((estimate: FineTuneEstimate) => void | Promise<void>) | undefined;
  /** Train again if the job failed, was cancelled or is gone from the server. @default false */
  readonly retryFailed?: boolean | undefined;
}

/**
 * @throws WeighbridgeError `job-failed`; `study-changed` if the stage was trained from another file or
 *   with other settings; `bad-argument`; errors of the call and of `beforeCreate`
 */
export async function fineTune(
  request: FineTuneRequest,
  context: FineTuneContext,
): Promise<FineTuned> {
  checkRequest(request);
  const checksum = requestChecksum(request);
  const state = await retried(request, await resolvedEntry(request, context), context);
  switch (state?.stage) {
    case 'succeeded':
      checkUnchanged(request.key, state, checksum);
      return state.result;
    case 'failed':
      throw failure(request.key, state);
    case 'running':
      checkUnchanged(request.key, state, checksum);
      return watchJob(request.key, state, context);
    default: {
      // Files of another version of the examples are not used.
      const kept = state?.checksum === checksum ? state : null;
      const entry = { ...(kept ?? noFiles(state?.attempt ?? 1)), checksum };
      return watchJob(request.key, await start(request, entry, context), context);
    }
  }
}

/** Cancels the stage's job at the server if it still runs. */
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

/** The journal's entry; for an intent, the job is looked for at the server. */
async function resolvedEntry(
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

/** With `retryFailed`, the state before a job that failed or is gone. */
async function retried<Entry extends Exclude<FineTuneEntry, { stage: 'creating' }>>(
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

/** Uploads what is missing, notes the intent, and makes the job. */
async function start(
  request: FineTuneRequest,
  entry: EntryIn<'uploading'>,
  { call, journal, signal, beforeCreate }: FineTuneContext,
): Promise<EntryIn<'running'>> {
  const { key } = request;
  await beforeCreate?.(estimateOf(request, entry.attempt));
  const send = (file: FineTuneRequest['trainingFile']) =>
    uploaded(upload({ name: file.name, text: file.text, purpose: 'fine-tune' }, call, signal));
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
  const creation = createOnce({
    what: `create the fine-tuning job of ${key}`,
    find: findJob(trainingFile, labels),
    create: (api, options) => api.fineTuning.jobs.create(jobBody(request, intent, labels), options),
    // The reason may be a file that the server has deleted since.
    onRefused: () => writeFineTune(key, journal, noFiles(entry.attempt)),
    call,
    signal,
  });
  return running(key, intent, await created(creation, call, signal), journal);
}

/**
 * Finds the job at the server. Each attempt uploads a file of its own, which identifies the job even
 * at a server that keeps no labels.
 */
function findJob(trainingFile: string, labels: Record<string, string> | null) {
  return async (api: ServerApi, options: CallOptions): Promise<Job | null> => {
    const { jobs } = api.fineTuning;
    for await (const job of listing((query, own) => jobs.list(query, own), options)) {
      if (job.training_file === trainingFile) return job;
      if (labels && hasLabels(job.metadata, labels)) return job;
    }
    return null;
  };
}

/** The parts of a damaged entry that can still be read. */
const remainsSchema = z
  .object({
    attempt: z.number().int().min(1).catch(1),
    checksum: z.string().catch(''),
    trainingFile: idSchema.nullable().catch(null),
    jobId: idSchema.nullable().catch(null),
    result: z.object({ jobId: idSchema }).nullable().catch(null),
  })
  .catch({ attempt: 1, checksum: '', trainingFile: null, jobId: null, result: null });

/**
 * Recovers a stage whose entry cannot be read: looks for its job at the server by what is left of the
 * entry, by its file and by its labels.
 * @throws WeighbridgeError `job-failed` if the server may have the job without showing it
 */
async function recovered(
  { key, study }: Pick<FineTuneRequest, 'key' | 'study'>,
  damaged: DamagedEntry,
  {
    call,
    journal,
    signal,
    onWarning,
    retryFailed = false,
  }: Pick<FineTuneContext, 'call' | 'journal' | 'signal' | 'onWarning' | 'retryFailed'>,
): Promise<EntryIn<'running'> | EntryIn<'uploading'>> {
  onWarning?.(setAside(journal, journalKey(key), damaged));
  const { trainingFile, attempt, ...kept } = remainsSchema.parse(parseJson(damaged.text));
  const jobId = kept.jobId ?? kept.result?.jobId;
  if (jobId) return running(key, { ...kept, attempt }, { id: jobId, status: 'unknown' }, journal);
  const labels = { weighbridge_study: study, weighbridge_stage: key };
  const { ours, isSure } = await call(
    `look for the fine-tuning job of ${key}`,
    ({ fineTuning: { jobs } }, options) =>
      findOurs(
        listing((query, own) => jobs.list(query, own), options),
        (job) =>
          (trainingFile !== null && job.training_file === trainingFile) ||
          hasLabels(job.metadata, labels),
      ),
    signal,
  );
  const [newest] = ours;
  if (newest) {
    const { weighbridge_checksum: checksum, weighbridge_attempt: nth } = newest.metadata ?? {};
    const found = {
      checksum: typeof checksum === 'string' ? checksum : kept.checksum,
      attempt: /^[1-9]\d{0,5}$/.test(String(nth)) ? Number(nth) : attempt,
    };
    return running(key, found, newest, journal);
  }
  if (!isSure && !retryFailed) throw undecided(key);
  return writeFineTune(key, journal, noFiles(isSure ? attempt : attempt + 1));
}

function undecided(key: string): WeighbridgeError {
  return new WeighbridgeError(
    'job-failed',
    `fine-tuning ${key}: the journal's entry is damaged, and the server keeps no labels by which its job could be found; if none of the server's jobs is this one, run again with --retry-failed to train, and pay, once more`,
  );
}
