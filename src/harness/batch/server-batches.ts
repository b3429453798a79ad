/**
 * Batches at the server: created once, found again after an interruption, watched until they end.
 */
import type { BatchCreateParams } from 'openai/resources/batches';
import { WeighbridgeError } from '../../errors.js';
import { type Batch, type CallOptions, idSchema, type ServerApi } from '../client/server-api.js';
import {
  checksumOf,
  createOnce,
  findOurs,
  hasLabels,
  listing,
  orMissing,
  upload,
} from '../server-jobs.js';
import {
  type BatchContext,
  type BatchEntry,
  type BatchEstimate,
  type BatchRun,
  createRun,
  estimateOf,
  type MadeBatch,
} from './batch-run.js';
import type { BatchItem, Chunk } from './chunks.js';
import { batchEndpoint, requestLine } from './request-line.js';

/** A batch of this run, with its items; for an earlier run only the entry is known. */
export interface OwnBatch {
  readonly entry: MadeBatch;
  readonly items: readonly BatchItem[];
}

/** The estimate of a chunk as the next batch of its stage. */
export function estimateNext(
  { key, ledger }: BatchRun,
  { size }: Chunk,
  round: number,
): BatchEstimate {
  return estimateOf(key, { number: ledger.next, round, size });
}

/** Uploads a chunk, notes the intent, and creates the batch. */
export async function makeBatch(
  { key, ledger, context, refused, sentWithout }: BatchRun,
  { items, size }: Chunk,
  round: number,
): Promise<OwnBatch> {
  const { call, signal } = context;
  const number = ledger.next;
  const known = refused.of(size.model);
  sentWithout.set(number, known);
  const text = items.map((item) => requestLine(item, known)).join('');
  const name = `${key.replace(/[^A-Za-z0-9.-]+/g, '-')}-${number}.jsonl`;
  const fileId = await upload({ name, text, purpose: 'batch' }, call, signal);
  const entry = ledger.intend({ number, fileId, checksum: checksumOf(text), round, size });
  const labels = labelsOf(key, context.study, entry);
  const batch = await createOnce({
    what: `create batch ${number} of ${key}`,
    find: findBatch(fileId, labels),
    create: (api, options) => api.batches.create(batchBody(fileId, labels), options),
    onRefused: () => ledger.strike(entry),
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

/** Labels that identify a batch whose id never arrived. */
function labelsOf(key: string, study: string, entry: BatchEntry): Record<string, string> {
  return {
    weighbridge_study: study,
    weighbridge_stage: key,
    weighbridge_batch: String(entry.number),
    weighbridge_checksum: entry.checksum,
  };
}

/** Each batch has a file of its own, which identifies it even if the server stores no labels. */
function findBatch(fileId: string, labels: Record<string, string>) {
  return async (api: ServerApi, options: CallOptions): Promise<Batch | null> => {
    const pages = listing((query, own) => api.batches.list(query, own), options);
    for await (const batch of pages) {
      const isOfFile = fileId !== '' && batch.input_file_id === fileId;
      if (isOfFile || hasLabels(batch.metadata, labels)) return batch;
    }
    return null;
  };
}

/** Batches of an earlier run; for intents, the batch is searched for at the server. */
export async function adoptBatches(run: BatchRun): Promise<MadeBatch[]> {
  await recoverLedger(run);
  const adopted: MadeBatch[] = [];
  for (const entry of run.ledger.open) {
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

/** Polls each batch once and returns the first that has ended; null if none has. */
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

/** Any other status, known or not, counts as running. */
function isOver({ status }: Batch): boolean {
  return ['completed', 'failed', 'expired', 'cancelled'].includes(status);
}

/** Maximum polls of a complete batch without a file; it then counts as having no outcomes. */
const MOST_WITHOUT_FILES = 5;

/** Some servers complete a batch before they name its files, so the files are awaited. */
function hasFiles({ withoutFiles }: BatchRun, batch: Batch): boolean {
  const { id, status, output_file_id, error_file_id } = batch;
  if (status !== 'completed' || output_file_id || error_file_id) return true;
  const looks = (withoutFiles.get(id) ?? 0) + 1;
  withoutFiles.set(id, looks);
  return looks >= MOST_WITHOUT_FILES;
}

/** Cancels the stage's batches at the server. @returns whether there were any */
export async function cancelBatches(key: string, context: BatchContext): Promise<boolean> {
  const run = createRun(key, context);
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

/** Whether the server's queue of tokens is full; a later attempt, or smaller files, may work. */
export function queueIsFull({ errors }: Batch): boolean {
  return errors?.data?.some(({ code }) => code === 'token_limit_exceeded') ?? false;
}

/** The error for a batch that the server did not start; nothing was answered or billed. */
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

/**
 * Rebuilds a damaged ledger from the stage's batches that did not fail. Answers of batches already
 * delivered are delivered again.
 * @throws WeighbridgeError `job-failed` if the server may have batches without showing them
 */
async function recoverLedger({ key, ledger, context }: BatchRun): Promise<void> {
  if (ledger.damage === null) return;
  const { call, signal, study, retryFailed = false, onWarning } = context;
  onWarning?.(ledger.damage);
  const labels = { weighbridge_study: study, weighbridge_stage: key };
  const { ours, isSure } = await call(
    `look for the batches of ${key}`,
    ({ batches }, options) =>
      findOurs(
        listing((query, own) => batches.list(query, own), options),
        ({ metadata }) => hasLabels(metadata, labels),
      ),
    signal,
  );
  if (!isSure && !retryFailed) throw undecided(key);
  const taken = new Set<number>();
  const all = ours.map((batch) => entryOf(batch, taken));
  const next = Math.max(0, ...all.map(({ number }) => number)) + 1;
  const failed = new Set(ours.flatMap(({ id, status }) => (status === 'failed' ? [id] : [])));
  ledger.keep(
    next,
    all.filter(({ batchId }) => !failed.has(batchId)),
  );
}

/** The entry of a batch, rebuilt from what the server returns. */
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
