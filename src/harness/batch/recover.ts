/** A stage whose list of batches cannot be read: what the server has of it. */
import { WeighbridgeError } from '../../errors.js';
import { type Batch, idSchema } from '../client/server-answers.js';
import { carries, lookThrough } from '../jobs/create-once.js';
import { listing } from '../jobs/listing.js';
import type { BatchRun } from './batch-context.js';
import type { MadeBatch } from './ledger.js';

/**
 * Takes up every batch of the stage that did not fail. Some may have been delivered already: their
 * answers come once more, and are known by their ids.
 * @throws WeighbridgeError `job-failed` where the server may have batches without showing them
 */
export async function recoverLedger({ key, ledger, context }: BatchRun): Promise<void> {
  if (ledger.damage === null) return;
  const { call, signal, study, retryFailed = false, onWarning } = context;
  onWarning?.(ledger.damage);
  const labels = { weighbridge_study: study, weighbridge_stage: key };
  const { ours, isSure } = await call(
    `look for the batches of ${key}`,
    ({ batches }, options) =>
      lookThrough(
        listing((query, own) => batches.list(query, own), options),
        ({ metadata }) => carries(metadata, labels),
      ),
    signal,
  );
  if (!isSure && !retryFailed) throw undecided(key);
  const taken = new Set<number>();
  const all = ours.map((batch) => entryOf(batch, taken));
  const next = Math.max(0, ...all.map(({ number }) => number)) + 1;
  const failed = new Set(ours.flatMap(({ id, status }) => (status === 'failed' ? [id] : [])));
  ledger.recover(
    next,
    all.filter(({ batchId }) => !failed.has(batchId)),
  );
}

/** As much of an entry as the server can tell. */
function entryOf(batch: Batch, taken: Set<number>): MadeBatch {
  const { weighbridge_batch: label, weighbridge_checksum: checksum } = batch.metadata ?? {};
  let number = /^[1-9]\d{0,5}$/.test(String(label)) ? Number(label) : 1;
  while (taken.has(number)) number++;
  taken.add(number);
  const fileId = idSchema.safeParse(batch.input_file_id);
  const size = { model: '', promptTokens: 0, mostPromptTokens: 0, mostCompletionTokens: 0 };
  return {
    number,
    batchId: batch.id,
    fileId: fileId.data ?? '',
    checksum: typeof checksum === 'string' ? checksum : '',
    round: 1,
    size: { ...size, requests: batch.request_counts?.total ?? 0 },
  };
}

function undecided(key: string): WeighbridgeError {
  return new WeighbridgeError(
    'job-failed',
    `${key}: the journal's entry of its batches is damaged, and the server keeps no labels by which they could be found; if none of the server's batches is of this study, run again with --retry-failed to ask, and pay, once more`,
  );
}
