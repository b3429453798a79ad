/** Batches at the server: made once, found again after a stop, watched until they end. */
import type { BatchCreateParams } from 'openai/resources/batches';
import { WeighbridgeError } from '../../errors.js';
import type { Batch } from '../client/server-answers.js';
import type { CallOptions, ServerApi } from '../client/server-api.js';
import { carries, createOnce, orMissing } from '../jobs/create-once.js';
import { listing } from '../jobs/listing.js';
import { checksumOf, upload } from '../jobs/upload.js';
import {
  type BatchContext,
  type BatchEstimate,
  type BatchRun,
  estimateOf,
  openRun,
} from './batch-context.js';
import type { BatchItem, Chunk } from './chunks.js';
import type { BatchEntry, MadeBatch } from './ledger.js';
import { recoverLedger } from './recover.js';
import { batchEndpoint, requestLine } from './request-line.js';

/** A batch of this run, with what it asks; one of an earlier run is known by its entry alone. */
export interface OwnBatch {
  readonly entry: MadeBatch;
  readonly items: readonly BatchItem[];
}

/** What a chunk will come to as the next batch of its stage. */
export function estimateNext(
  { key, ledger }: BatchRun,
  { size }: Chunk,
  round: number,
): BatchEstimate {
  return estimateOf(key, { number: ledger.next(), round, size });
}

/** Uploads a chunk, writes the intent down, and makes the batch. */
export async function makeBatch(
  { key, ledger, context, otherLimitName }: BatchRun,
  { items, size }: Chunk,
  round: number,
): Promise<OwnBatch> {
  const { call, signal } = context;
  const number = ledger.next();
  const limitName = otherLimitName.has(size.model) ? 'max_completion_tokens' : 'max_tokens';
  const text = items.map((item) => requestLine(item, limitName)).join('');
  const name = `${key.replace(/[^A-Za-z0-9.-]+/g, '-')}-${number}.jsonl`;
  const fileId = await upload({ name, text, purpose: 'batch' }, call, signal);
  const entry = ledger.intend({ number, fileId, checksum: checksumOf(text), round, size });
  const labels = labelsOf(key, context.study, entry);
  const batch = await createOnce({
    what: `create batch ${number} of ${key}`,
    find: findBatch(fileId, labels),
    create: (api, options) => api.batches.create(batchBody(fileId, labels), options),
    refused: () => ledger.strike(entry),
    call,
    signal,
  });
  return { entry: ledger.made(entry, batch.id), items };
}

function batchBody(fileId: string, labels: Record<string, string>): BatchCreateParams {
  return {
    input_file_id: fileId,
    endpoint: batchEndpoint,
    completion_window: '24h',
    metadata: labels,
  };
}

/** By these a batch is known as ours when its id never reached us. */
function labelsOf(key: string, study: string, entry: BatchEntry): Record<string, string> {
  return {
    weighbridge_study: study,
    weighbridge_stage: key,
    weighbridge_batch: String(entry.number),
    weighbridge_checksum: entry.checksum,
  };
}

/** Each batch has a file of its own, so that the file tells it even where labels are not kept. */
function findBatch(fileId: string, labels: Record<string, string>) {
  return async (api: ServerApi, options: CallOptions): Promise<Batch | null> => {
    const pages = listing((query, own) => api.batches.list(query, own), options);
    for await (const batch of pages) {
      const isOfFile = fileId !== '' && batch.input_file_id === fileId;
      if (isOfFile || carries(batch.metadata, labels)) return batch;
    }
    return null;
  };
}

/** Batches that an earlier run left; intents are resolved: the batch is found, or there is none. */
export async function adoptBatches(run: BatchRun): Promise<MadeBatch[]> {
  await recoverLedger(run);
  const adopted: MadeBatch[] = [];
  for (const entry of run.ledger.open()) {
    const made = await resolved(run, entry);
    if (!made) continue;
    adopted.push(made);
    run.context.onAdopted?.(estimateOf(run.key, made));
  }
  return adopted;
}

async function resolved(run: BatchRun, entry: BatchEntry): Promise<MadeBatch | null> {
  const { key, ledger, context } = run;
  const { call, signal, retryFailed = false } = context;
  const { batchId } = entry;
  if (batchId !== null) {
    const isThere = !retryFailed || (await retrieve(run, batchId)) !== null;
    if (isThere) return { ...entry, batchId };
  } else {
    const what = `look for batch ${entry.number} of ${key}`;
    const labels = labelsOf(key, context.study, entry);
    const batch = await call(what, findBatch(entry.fileId, labels), signal);
    if (batch) return ledger.made(entry, batch.id);
  }
  ledger.strike(entry);
  return null;
}

function retrieve({ context: { call, signal } }: BatchRun, id: string): Promise<Batch | null> {
  return call(
    `look at batch ${id}`,
    (api, options) => orMissing(api.batches.retrieve(id, options)),
    signal,
  );
}

/** Looks at each once, and returns the first that is over. */
export async function firstOver<B extends { readonly entry: MadeBatch }>(
  run: BatchRun,
  batches: readonly B[],
): Promise<{ readonly ended: B; readonly batch: Batch } | null> {
  const { signal, onProgress } = run.context;
  for (const one of batches) {
    signal?.throwIfAborted();
    const batch = await retrieve(run, one.entry.batchId);
    if (!batch) throw vanished(run.key, one.entry.batchId);
    onProgress?.({
      batchId: batch.id,
      status: batch.status,
      completed: batch.request_counts?.completed ?? 0,
      failed: batch.request_counts?.failed ?? 0,
      requests: one.entry.size.requests,
    });
    if (isOver(batch) && hasFiles(run, batch)) return { ended: one, batch };
  }
  return null;
}

/** Any other status, also one that is not known, is one of a batch that goes on. */
function isOver({ status }: Batch): boolean {
  return ['completed', 'failed', 'expired', 'cancelled'].includes(status);
}

/** Looks at a batch that is complete without a file, before it counts as one without outcomes. */
const MOST_WITHOUT_FILES = 5;

/** Some servers complete a batch before they name its files: what is paid for is waited for. */
function hasFiles({ withoutFiles }: BatchRun, batch: Batch): boolean {
  const { id, status, output_file_id, error_file_id } = batch;
  if (status !== 'completed' || output_file_id || error_file_id) return true;
  const looks = (withoutFiles.get(id) ?? 0) + 1;
  withoutFiles.set(id, looks);
  return looks >= MOST_WITHOUT_FILES;
}

/** Cancels the stage's batches at the server. @returns whether there was one to cancel */
export async function cancelBatches(key: string, context: BatchContext): Promise<boolean> {
  const run = openRun(key, context);
  const open = await adoptBatches(run);
  for (const { batchId } of open) {
    await context.call(
      `cancel batch ${batchId}`,
      async (api, options) => {
        const batch = await orMissing(api.batches.retrieve(batchId, options));
        if (!batch || isOver(batch) || isEnding(batch)) return;
        await api.batches.cancel(batchId, options);
      },
      context.signal,
    );
  }
  return open.length > 0;
}

function isEnding({ status }: Batch): boolean {
  return status === 'finalizing' || status === 'cancelling';
}

/** The server holds as many waiting tokens as it allows; later, or in smaller files, it may work. */
export function queueIsFull({ errors }: Batch): boolean {
  return errors?.data?.some(({ code }) => code === 'token_limit_exceeded') ?? false;
}

/** A batch that the server would not begin; nothing of it was answered or paid for. */
export function failure(key: string, { id, errors }: Batch): WeighbridgeError {
  const [first, ...more] = errors?.data ?? [];
  const where = first?.line ? `line ${first.line}: ` : '';
  const reason = (first?.message ?? 'no reason given').replace(/\s+/g, ' ').replace(/[.\s]+$/, '');
  const others = more.length > 0 ? `, and ${more.length} more such` : '';
  return new WeighbridgeError(
    'job-failed',
    `batch ${id} of ${key} failed, unpaid: ${where}${reason}${others}`,
  );
}

function vanished(key: string, batchId: string): WeighbridgeError {
  return new WeighbridgeError(
    'job-failed',
    `the server does not know batch ${batchId} of ${key}, which an earlier run made: it was deleted, or the key is another project's; to ask, and pay, once more, run again with --retry-failed`,
  );
}
