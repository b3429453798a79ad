/**
 * The calls that are no chat completions: the `openai` package sends them, and each answer is read
 * here against its schema. The package itself hands over whatever came (a login page as a string),
 * so callers get this API and never the package.
 */
import type OpenAI from 'openai';
import type { BatchCreateParams } from 'openai/resources/batches';
import type { FileCreateParams } from 'openai/resources/files';
import type { JobCreateParams } from 'openai/resources/fine-tuning/jobs/jobs';
import type { z } from 'zod';
import {
  batchSchema,
  eventSchema,
  fileSchema,
  jobSchema,
  MalformedAnswer,
  modelSchema,
  pageSchema,
  readAnswer,
} from './server-answers.js';

export interface CallOptions {
  readonly signal: AbortSignal | undefined;
  readonly maxRetries?: 0;
}

export interface PageQuery {
  readonly limit?: number;
  readonly after?: string;
}

const jobsSchema = pageSchema(jobSchema);
const eventsSchema = pageSchema(eventSchema);
const batchesSchema = pageSchema(batchSchema);
const modelsSchema = pageSchema(modelSchema);

export interface ServerApi extends ReturnType<typeof checkedApi> {}

/** Every call throws MalformedAnswer where the body is not what was asked for. */
export function checkedApi({ files, batches, fineTuning: { jobs }, models }: OpenAI) {
  return {
    files: {
      create: (body: FileCreateParams, options: CallOptions) =>
        answer(files.create(body, options), 'file', fileSchema),
      retrieve: (id: string, options: CallOptions) =>
        answerOn(id, files.retrieve(id, options), 'file', fileSchema),
      /** As it arrives: a file of answers may be hundreds of megabytes. */
      content: (id: string, options: CallOptions) => content(files.content(id, options)),
    },
    fineTuning: {
      jobs: {
        create: (body: JobCreateParams, options: CallOptions) =>
          answer(jobs.create(body, options), 'fine-tuning job', jobSchema),
        retrieve: (id: string, options: CallOptions) =>
          answerOn(id, jobs.retrieve(id, options), 'fine-tuning job', jobSchema),
        cancel: (id: string, options: CallOptions) =>
          answerOn(id, jobs.cancel(id, options), 'fine-tuning job', jobSchema),
        list: (query: PageQuery, options: CallOptions) =>
          answer(jobs.list(query, options), 'list of fine-tuning jobs', jobsSchema),
        listEvents: (id: string, query: PageQuery, options: CallOptions) =>
          answer(jobs.listEvents(id, query, options), 'list of events', eventsSchema),
      },
    },
    batches: {
      create: (body: BatchCreateParams, options: CallOptions) =>
        answer(batches.create(body, options), 'batch', batchSchema),
      retrieve: (id: string, options: CallOptions) =>
        answerOn(id, batches.retrieve(id, options), 'batch', batchSchema),
      cancel: (id: string, options: CallOptions) =>
        answerOn(id, batches.cancel(id, options), 'batch', batchSchema),
      list: (query: PageQuery, options: CallOptions) =>
        answer(batches.list(query, options), 'list of batches', batchesSchema),
    },
    models: {
      list: (options: CallOptions) => answer(models.list(options), 'list of models', modelsSchema),
    },
  };
}

/** A request of the package that has not been read yet. */
interface Sent {
  asResponse(): Promise<Response>;
}

async function answer<T>(sent: Sent, kind: string, schema: z.ZodType<T>): Promise<T> {
  const response = await sent.asResponse();
  return readAnswer(await response.text(), kind, schema);
}

/** The answer on one object, which must be the one that was asked for. */
async function answerOn<T extends { readonly id: string }>(
  id: string,
  sent: Sent,
  kind: string,
  schema: z.ZodType<T>,
): Promise<T> {
  const read = await answer(sent, kind, schema);
  if (read.id === id) return read;
  throw new MalformedAnswer(`expected the ${kind} ${id}, got ${read.id}`);
}

async function content(sent: Sent): Promise<Response> {
  const response = await sent.asResponse();
  const type = response.headers.get('content-type') ?? '';
  if (!/html/i.test(type)) return response;
  await response.body?.cancel();
  throw new MalformedAnswer(`expected a file of JSON lines, got a page (${type})`);
}
