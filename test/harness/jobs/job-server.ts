/**
 * A server of files, fine-tuning jobs and batches that does as it is told and remembers everything
 * it was asked. It lives in this process, behind the `fetch` of a real `OpenAI` client: no ports,
 * and its time is a clock that only sleepers move. Its listings come in pages of two.
 */
import { Hono } from 'hono';
import OpenAI from 'openai';
import type { Clock } from '../../../src/harness/client/clock.js';

export interface VirtualClock extends Clock {
  /** Sum of all sleeps, in milliseconds. */
  readonly slept: number[];
}

export function virtualClock(): VirtualClock {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      now += ms;
      slept.push(ms);
    },
  };
}

export interface ServedFile {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly text: string;
}

export interface ServedJob {
  readonly id: string;
  /** What the client sent. */
  readonly body: Record<string, unknown>;
  readonly created: number;
  cancelled: boolean;
}

export interface ServedBatch {
  readonly id: string;
  readonly body: Record<string, unknown> & { input_file_id: string };
  readonly created: number;
  status: 'in_progress' | 'completed' | 'failed' | 'expired' | 'cancelled';
  errors: { code: string; message: string; line?: number }[];
  completed: number;
  outputFile: string | null;
  errorFile: string | null;
}

/** After so many bytes the connection breaks, the file ends as if whole, or nothing more comes. */
export type DownloadFault =
  | { readonly breaks: number }
  | { readonly ends: number }
  | { readonly stalls: number };

/** A request of a batch as the server reads it. */
export interface AskedItem {
  readonly custom_id: string;
  readonly body: { readonly model: string; readonly messages: readonly { content: string }[] };
}

export type ItemFate =
  | { readonly answer: string }
  | { readonly status: number; readonly message: string }
  /** An error that is no response: 'batch_expired'. */
  | { readonly code: string }
  /** Any text in the output file. */
  | { readonly line: string }
  | 'left out';

export interface JobServerOptions {
  readonly clock: Clock;
  /** Why a job fails; null where it succeeds. */
  readonly jobFailure?: (id: string) => string | null;
  readonly keepsNoEvents?: boolean;
  /** `earlier`: how often the item was asked before. */
  readonly fate?: (item: AskedItem, earlier: number) => ItemFate;
  /** Why a batch fails validation, or null. */
  readonly batchFailure?: (items: readonly AskedItem[]) => ServedBatch['errors'] | null;
  readonly batchEnd?: 'completed' | 'expired' | 'cancelled';
  /** HTTP status with which the create requests are refused while it says so. */
  readonly refuse?: () => number | null;
  /** The request is carried out, and the connection breaks before the response. */
  readonly losesResponse?: (request: string) => boolean;
  /** Keeps no metadata, as older servers do. */
  readonly forgetsLabels?: boolean;
}

export const JOB_SECONDS = 100;
export const JOB_STEPS = 5;
export const BATCH_SECONDS = 60;

export interface JobServer {
  readonly api: OpenAI;
  /** The same server for a client of one's own. */
  readonly fetch: (url: string | URL | Request, init?: RequestInit) => Promise<Response>;
  readonly files: Map<string, ServedFile>;
  readonly jobs: ServedJob[];
  readonly batches: ServedBatch[];
  /** How often the server answered an item, and so was paid. */
  readonly answered: Map<string, number>;
  /** Brings batches that nobody asks about any more to their end. */
  finish(): void;
  /** 'GET /fine_tuning/jobs/ftjob-1/events?after=ev-3', … */
  readonly requests: string[];
  /** What goes wrong with the next downloads, one after another. */
  readonly downloadFaults: DownloadFault[];
}

export function jobServer(options: JobServerOptions): JobServer {
  const files = new Map<string, ServedFile>();
  const jobs: ServedJob[] = [];
  const batches: ServedBatch[] = [];
  const answered = new Map<string, number>();
  const requests: string[] = [];
  const downloadFaults: DownloadFault[] = [];
  const app = new Hono().basePath('/v1');
  app.use(async (context, next) => {
    const { pathname, search } = new URL(context.req.url);
    requests.push(`${context.req.method} ${pathname.replace('/v1', '')}${search}`);
    await next();
  });
  serveFiles(app, files, downloadFaults);
  serveJobs(app, options, files, jobs);
  const finish = serveBatches(app, options, { files, batches, answered });
  const fetch = async (url: string | URL | Request, init?: RequestInit) => {
    const response = await app.fetch(new Request(url, init));
    if (options.losesResponse?.(requests.at(-1) ?? '')) throw new TypeError('fetch failed');
    return response;
  };
  const api = new OpenAI({
    apiKey: 'sk-test',
    baseURL: 'http://server.test/v1',
    fetch,
    maxRetries: 0,
  });
  return { api, fetch, files, jobs, batches, answered, finish, requests, downloadFaults };
}

function serveFiles(
  app: Hono,
  files: Map<string, ServedFile>,
  downloadFaults: DownloadFault[],
): void {
  app.post('/files', async (context) => {
    const form = await context.req.parseBody();
    const { file, purpose } = form;
    if (!(file instanceof File)) return context.json(apiError('no file'), 400);
    const id = `file-${files.size + 1}`;
    const text = await file.text();
    files.set(id, { id, filename: file.name, purpose: String(purpose), text });
    return context.json({ id, object: 'file', filename: file.name, bytes: text.length });
  });
  app.get('/files/:id', (context) => {
    const file = files.get(context.req.param('id'));
    if (!file) return context.json(apiError('No such File object'), 404);
    const { text, ...told } = file;
    return context.json({ ...told, object: 'file', bytes: Buffer.byteLength(text) });
  });
  app.get('/files/:id/content', (context) => {
    const file = files.get(context.req.param('id'));
    if (!file) return context.json(apiError('No such File object'), 404);
    const bytes = new TextEncoder().encode(file.text);
    const body = slowly(bytes, downloadFaults.shift() ?? null);
    return new Response(body, { headers: { 'content-type': 'text/plain' } });
  });
}

/** In pieces of no round size, so that lines and letters are cut anywhere. */
const PIECE = 61;

function slowly(bytes: Uint8Array, fault: DownloadFault | null): ReadableStream<Uint8Array> {
  const [kind, last] = Object.entries(fault ?? { ends: bytes.length })[0] ?? [];
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent < Math.min(last, bytes.length)) {
        controller.enqueue(bytes.slice(sent, Math.min(sent + PIECE, last)));
        sent = Math.min(sent + PIECE, last);
      } else if (kind === 'breaks' && sent === last) controller.error(new TypeError('terminated'));
      else if (kind === 'stalls' && sent === last) return new Promise(() => {});
      else controller.close();
      return undefined;
    },
  });
}

function serveJobs(
  app: Hono,
  { clock, jobFailure, refuse, forgetsLabels, keepsNoEvents }: JobServerOptions,
  files: ReadonlyMap<string, ServedFile>,
  jobs: ServedJob[],
): void {
  const byId = (id: string) => jobs.find((job) => job.id === id);
  const status = (job: ServedJob) => {
    const age = (clock.now() - job.created) / 1000;
    if (job.cancelled) return 'cancelled';
    if (age < 10) return 'validating_files';
    if (age < JOB_SECONDS) return 'running';
    return jobFailure?.(job.id) ? 'failed' : 'succeeded';
  };
  const show = (job: ServedJob) => {
    const { model, suffix, training_file, metadata = null } = job.body;
    const done = status(job) === 'succeeded';
    return {
      id: job.id,
      object: 'fine_tuning.job',
      ...{ model, training_file, status: status(job) },
      fine_tuned_model: done ? `ft:${model}:lab:${suffix}:${job.id}` : null,
      trained_tokens: done ? 1234 : null,
      error: status(job) === 'failed' ? { message: jobFailure?.(job.id) } : null,
      ...(forgetsLabels ? {} : { metadata }),
    };
  };
  app.post('/fine_tuning/jobs', async (context) => {
    const refusal = refuse?.();
    if (refusal) return Response.json(apiError(`refused with ${refusal}`), { status: refusal });
    const body = await context.req.json();
    if (!files.has(body.training_file)) return context.json(apiError('no such file'), 400);
    const id = `ftjob-${jobs.length + 1}`;
    const job = { id, body, created: clock.now(), cancelled: false };
    jobs.push(job);
    return context.json(show(job));
  });
  app.get('/fine_tuning/jobs', (context) =>
    context.json(page(jobs.toReversed().map(show), context.req.query('after'))),
  );
  app.get('/fine_tuning/jobs/:id', (context) => {
    const job = byId(context.req.param('id'));
    return job ? context.json(show(job)) : context.json(apiError('Could not find job'), 404);
  });
  app.post('/fine_tuning/jobs/:id/cancel', (context) => {
    const job = byId(context.req.param('id'));
    if (!job) return context.json(apiError('Could not find job'), 404);
    job.cancelled = true;
    return context.json(show(job));
  });
  app.get('/fine_tuning/jobs/:id/events', (context) => {
    const job = byId(context.req.param('id'));
    if (!job || keepsNoEvents) return context.json(apiError('Not found'), 404);
    return context.json(page(eventsOf(job, clock).toReversed(), context.req.query('after')));
  });
}

/** A step every twenty seconds, and words at the beginning. */
function eventsOf({ id, created }: ServedJob, clock: Clock) {
  const steps = Math.min(JOB_STEPS, Math.floor((clock.now() - created) / 20_000));
  const event = (number: number, message: string, data: unknown) => ({
    ...{ id: `${id}-ev-${number}`, object: 'fine_tuning.job.event', level: 'info' },
    ...{ created_at: 0, message, data, type: data ? 'metrics' : 'message' },
  });
  return [
    event(0, 'Created fine-tuning job', null),
    ...Array.from({ length: steps }, (_, i) => {
      const [step, total_steps, train_loss] = [i + 1, JOB_STEPS, 1 / (i + 1)];
      const data = { step, total_steps, train_loss };
      return event(step, `Step ${step}/${total_steps}: training loss=${train_loss}`, data);
    }),
  ];
}

function serveBatches(
  app: Hono,
  { clock, fate, batchFailure, batchEnd = 'completed', refuse, forgetsLabels }: JobServerOptions,
  {
    files,
    batches,
    answered,
  }: { files: Map<string, ServedFile>; batches: ServedBatch[]; answered: Map<string, number> },
): () => void {
  const asked = new Map<string, number>();
  const addFile = (filename: string, lines: readonly string[]): string | null => {
    if (lines.length === 0) return null;
    const id = `file-${files.size + 1}`;
    files.set(id, {
      id,
      filename,
      purpose: 'batch_output',
      text: lines.map((l) => `${l}\n`).join(''),
    });
    return id;
  };
  const run = (batch: ServedBatch, now = clock.now()) => {
    if (batch.status !== 'in_progress') return;
    if (now - batch.created < 1000 * BATCH_SECONDS) return;
    const items: AskedItem[] = (files.get(batch.body.input_file_id)?.text ?? '')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    batch.errors = batchFailure?.(items) ?? [];
    batch.status = batch.errors.length > 0 ? 'failed' : batchEnd;
    if (batch.status === 'failed') return;
    const output: string[] = [];
    const errors: string[] = [];
    for (const item of items) {
      const earlier = asked.get(item.custom_id) ?? 0;
      asked.set(item.custom_id, earlier + 1);
      const end = fate?.(item, earlier) ?? { answer: `answer to ${item.custom_id}` };
      if (end === 'left out') continue;
      const { custom_id } = item;
      if ('line' in end) output.push(end.line);
      else if ('answer' in end) {
        answered.set(custom_id, (answered.get(custom_id) ?? 0) + 1);
        batch.completed++;
        const response = { status_code: 200, body: completion(item.body.model, end.answer) };
        output.push(JSON.stringify({ id: 'r', custom_id, response, error: null }));
      } else if ('code' in end) {
        const error = { code: end.code, message: 'This request was not executed.' };
        errors.push(JSON.stringify({ id: 'r', custom_id, response: null, error }));
      } else {
        const response = { status_code: end.status, body: apiError(end.message) };
        errors.push(JSON.stringify({ id: 'r', custom_id, response, error: null }));
      }
    }
    batch.outputFile = addFile(`${batch.id}-output.jsonl`, output);
    batch.errorFile = addFile(`${batch.id}-error.jsonl`, errors);
  };
  const show = (batch: ServedBatch) => {
    run(batch);
    return {
      ...{ id: batch.id, object: 'batch', status: batch.status },
      input_file_id: batch.body.input_file_id,
      ...(batch.outputFile ? { output_file_id: batch.outputFile } : {}),
      ...(batch.errorFile ? { error_file_id: batch.errorFile } : {}),
      errors: batch.errors.length > 0 ? { object: 'list', data: batch.errors } : null,
      request_counts: { total: batch.completed, completed: batch.completed, failed: 0 },
      ...(forgetsLabels ? {} : { metadata: batch.body.metadata ?? null }),
    };
  };
  app.post('/batches', async (context) => {
    const refusal = refuse?.();
    if (refusal) return Response.json(apiError(`refused with ${refusal}`), { status: refusal });
    const body = await context.req.json();
    const batch: ServedBatch = {
      ...{ id: `batch-${batches.length + 1}`, body, created: clock.now(), status: 'in_progress' },
      ...{ errors: [], completed: 0, outputFile: null, errorFile: null },
    };
    batches.push(batch);
    return context.json(show(batch));
  });
  app.get('/batches', (context) =>
    context.json(page(batches.toReversed().map(show), context.req.query('after'))),
  );
  app.get('/batches/:id', (context) => {
    const batch = batches.find(({ id }) => id === context.req.param('id'));
    return batch ? context.json(show(batch)) : context.json(apiError('No such batch'), 404);
  });
  app.post('/batches/:id/cancel', (context) => {
    const batch = batches.find(({ id }) => id === context.req.param('id'));
    if (!batch) return context.json(apiError('No such batch'), 404);
    if (batch.status === 'in_progress') batch.status = 'cancelled';
    return context.json(show(batch));
  });
  return () => {
    for (const batch of batches) run(batch, Number.POSITIVE_INFINITY);
  };
}

export function completion(model: string, content: string) {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: `${model}-served`,
    system_fingerprint: 'fp_test',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
    usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 },
  };
}

function apiError(message: string) {
  return { error: { message, type: 'invalid_request_error', param: null, code: null } };
}

const PAGE = 2;

function page<T extends { id: string }>(all: readonly T[], after: string | undefined) {
  const from = after ? all.findIndex(({ id }) => id === after) + 1 : 0;
  const data = all.slice(from, from + PAGE);
  return { object: 'list', data, has_more: from + PAGE < all.length };
}
