/** A fine-tuning stage whose journal entry cannot be read: what the server has of it. */
import { z } from 'zod';
import { WeighbridgeError } from '../../errors.js';
import { idSchema } from '../client/server-answers.js';
import { carries, lookThrough } from '../jobs/create-once.js';
import { type DamagedEntry, parseJson, setAside } from '../jobs/journal-entry.js';
import { listing } from '../jobs/listing.js';
import { type EntryIn, journalKey, noFiles, running, writeFineTune } from './entry.js';
import type { FineTuneContext } from './fine-tune.js';
import type { FineTuneRequest } from './request.js';

/** What can still be read of a damaged entry. */
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
 * The state of a stage whose entry cannot be read: its job is looked for at the server by what the
 * entry still tells, by its file and by its labels.
 * @throws WeighbridgeError `job-failed` where the server may have the job without showing it
 */
export async function recovered(
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
      lookThrough(
        listing((query, own) => jobs.list(query, own), options),
        (job) =>
          (trainingFile !== null && job.training_file === trainingFile) ||
          carries(job.metadata, labels),
      ),
    signal,
  );
  const [newest] = ours;
  if (newest) {
    const { weighbridge_checksum: checksum, weighbridge_attempt: nth } = newest.metadata ?? {};
    const told = {
      checksum: typeof checksum === 'string' ? checksum : kept.checksum,
      attempt: /^[1-9]\d{0,5}$/.test(String(nth)) ? Number(nth) : attempt,
    };
    return running(key, told, newest, journal);
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
