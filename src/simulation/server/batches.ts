/**
 * /v1/batches: chat completions from a file, answered in the background. Writes a file of answers
 * and a file of errors at the end.
 */
import { z } from 'zod';
import {
  BATCH_ENDPOINT,
  type BatchError,
  type BatchRequest,
  problem,
  readBatchFile,
} from './batch-file.js';
import { completeChat } from './chat.js';
import { newId, nowInSeconds, type StoredFile } from './files.js';
import { metadataSchema } from './job-routes.js';
import { errorBody, errorReply, jsonReply, pageOf, type Reply, readBody } from './reply.js';
import type { Call, Route } from './route.js';
import { inBackground, pause, type Simulator, yieldToRequests } from './simulator.js';

const batchSchema = z.object({
  input_file_id: z.string(),
  endpoint: z.literal(BATCH_ENDPOINT, { message: `only ${BATCH_ENDPOINT} is simulated` }),
  completion_window: z.literal('24h'),
  metadata: metadataSchema.nullish(),
});

type BatchStatus =
  | 'validating'
  | 'failed'
  | 'in_progress'
  | 'finalizing'
  | 'completed'
  | 'cancelling'
  | 'cancelled';

/** A running batch; changed by its work and by cancellation. */
interface Batch {
  readonly id: string;
  readonly input: StoredFile;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly createdAt: number;
  status: BatchStatus;
  /** The time each status was reached. */
  readonly reached: Partial<Record<BatchStatus, number>>;
  errors: readonly BatchError[];
  total: number;
  readonly answers: Line[];
  readonly failures: Line[];
  outputFile: string | null;
  errorFile: string | null;
}

/** A line of the answers file or the errors file. */
interface Line {
  readonly id: string;
  readonly custom_id: string;
  readonly response: {
    readonly status_code: number;
    readonly request_id: string;
    readonly body: object;
  };
  readonly error: null;
}

function startBatch(input: StoredFile, metadata: Batch['metadata'], simulator: Simulator): Batch {
  const batch: Batch = {
    id: newId('batch_'),
    input,
    metadata,
    createdAt: nowInSeconds(),
    status: 'validating',
    reached: {},
    errors: [],
    total: 0,
    answers: [],
    failures: [],
    outputFile: null,
    errorFile: null,
  };
  inBackground(
    simulator,
    () => work(batch, simulator),
    (reason) => {
      batch.errors = [problem('server_error', null, reason, null)];
      reach(batch, 'failed');
    },
  );
  return batch;
}

/** Statuses in which a batch can still be cancelled. */
function cancelBatch(batch: Batch): boolean {
  const { status } = batch;
  if (status === 'cancelling') return true;
  if (status !== 'validating' && status !== 'in_progress') return false;
  reach(batch, 'cancelling');
  return true;
}

function isCancelled({ status }: Batch): boolean {
  return status === 'cancelling';
}

function reach(batch: Batch, status: BatchStatus): void {
  batch.status = status;
  batch.reached[status] = nowInSeconds();
}

/** Shares of a batch's total time. */
const VALIDATING = 0.1;
const IN_PROGRESS = 0.8;
const FINALIZING = 0.1;
/** Lines processed between two yields to the event loop. */
const CHUNK = 100;

async function work(batch: Batch, simulator: Simulator): Promise<void> {
  const milliseconds = 1000 * simulator.jobSeconds;
  const input = readBatchFile(batch.input.text);
  await pause(simulator, VALIDATING * milliseconds);
  if (!input.ok) {
    batch.errors = input.errors;
    reach(batch, 'failed');
    return;
  }
  batch.total = input.requests.length;
  if (!isCancelled(batch)) reach(batch, 'in_progress');
  const questions = await answerAll(batch, input.requests, simulator, IN_PROGRESS * milliseconds);

  const end = isCancelled(batch) ? 'cancelled' : 'completed';
  if (end === 'completed') reach(batch, 'finalizing');
  await pause(simulator, FINALIZING * milliseconds);
  batch.outputFile = store(batch, 'output', batch.answers, simulator);
  batch.errorFile = store(batch, 'error', batch.failures, simulator);
  for (const question of questions) simulator.stats.paid(question);
  reach(batch, end);
}

/** Returns hashes of the answered questions; fewer if the batch is cancelled meanwhile. */
async function answerAll(
  batch: Batch,
  requests: readonly BatchRequest[],
  simulator: Simulator,
  milliseconds: number,
): Promise<number[]> {
  const questions: number[] = [];
  const chunks = Math.ceil(requests.length / CHUNK);
  for (let start = 0; start < requests.length && !isCancelled(batch); start += CHUNK) {
    await (milliseconds > 0 ? pause(simulator, milliseconds / chunks) : yieldToRequests(simulator));
    for (const request of requests.slice(start, start + CHUNK)) {
      const question = answerLine(batch, request, simulator);
      if (question !== null) questions.push(question);
    }
  }
  return questions;
}

function answerLine(batch: Batch, request: BatchRequest, simulator: Simulator): number | null {
  const failed = simulator.faults.work('batch-line');
  const { status, body, question } = failed ? overloaded : completeChat(request.body, simulator);
  const line: Line = {
    id: newId('batch_req_'),
    custom_id: request.custom_id,
    response: { status_code: status, request_id: newId('req_'), body },
    error: null,
  };
  (status === 200 ? batch.answers : batch.failures).push(line);
  return question;
}

const overloaded = {
  status: 500,
  body: errorBody({
    message: 'The server had an error while processing your request. Sorry about that!',
    type: 'server_error',
  }),
  question: null,
};

/** The file's id; null if there is nothing to write or the store is full. */
function store(
  { id }: Batch,
  kind: 'output' | 'error',
  lines: readonly Line[],
  { files }: Simulator,
): string | null {
  if (lines.length === 0) return null;
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const filename = `${id}_${kind}.jsonl`;
  return files.add({ filename, purpose: 'batch_output', text })?.id ?? null;
}

const DAY = 24 * 60 * 60;

/** The batch in the API's shape. */
function batchObject(batch: Batch) {
  const { reached, errors, answers, failures } = batch;
  return {
    id: batch.id,
    object: 'batch',
    endpoint: BATCH_ENDPOINT,
    errors: errors.length > 0 ? { object: 'list', data: errors } : null,
    input_file_id: batch.input.id,
    completion_window: '24h',
    status: batch.status,
    output_file_id: batch.outputFile,
    error_file_id: batch.errorFile,
    created_at: batch.createdAt,
    in_progress_at: reached.in_progress ?? null,
    expires_at: batch.createdAt + DAY,
    finalizing_at: reached.finalizing ?? null,
    completed_at: reached.completed ?? null,
    failed_at: reached.failed ?? null,
    expired_at: null,
    cancelling_at: reached.cancelling ?? null,
    cancelled_at: reached.cancelled ?? null,
    request_counts: {
      total: batch.total,
      completed: answers.length,
      failed: failures.length,
    },
    metadata: batch.metadata,
  };
}

const PATH = '/v1/batches';

/** The routes, and the batches created through them, oldest first. */
export function batchRoutes(): readonly Route[] {
  const batches = new Map<string, Batch>();
  const withBatch = (call: Call, reply: (batch: Batch) => Reply): Reply => {
    const id = call.req.param('id') ?? '';
    const batch = batches.get(id);
    return batch
      ? reply(batch)
      : errorReply(404, { message: `No batch found with id '${id}'.`, code: 'not_found' });
  };
  return [
    { method: 'POST', path: PATH, handle: (call, simulator) => create(call, simulator, batches) },
    {
      method: 'GET',
      path: PATH,
      handle(call) {
        const { after, limit } = call.req.query();
        return pageOf([...batches.values()].map(batchObject), { after, limit });
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:id`,
      handle: (call) => withBatch(call, (batch) => jsonReply(batchObject(batch))),
    },
    { method: 'POST', path: `${PATH}/:id/cancel`, handle: (call) => withBatch(call, cancel) },
  ];
}

async function create(
  call: Call,
  simulator: Simulator,
  batches: Map<string, Batch>,
): Promise<Reply> {
  const body = await readBody(call.env.incoming, batchSchema);
  if (!body.ok) return body.error;
  const { input_file_id, metadata } = body.value;
  const input = simulator.files.get(input_file_id);
  if (input?.purpose !== 'batch') {
    return errorReply(400, {
      message: `Invalid 'input_file_id': there is no file for batches with the id ${input_file_id}`,
      param: 'input_file_id',
      code: 'invalid_value',
    });
  }
  const batch = startBatch(input, metadata ?? null, simulator);
  batches.set(batch.id, batch);
  return jsonReply(batchObject(batch));
}

function cancel(batch: Batch): Reply {
  if (!cancelBatch(batch)) {
    return errorReply(409, {
      message: `Cannot cancel a batch with status '${batch.status}'.`,
      code: 'batch_not_cancellable',
    });
  }
  return jsonReply(batchObject(batch));
}
