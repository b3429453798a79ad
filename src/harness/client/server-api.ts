/**
 * All calls except chat completions: the `openai` package sends them, and each answer is checked here
 * against its schema, because the package passes on any body (a login page as a string). Callers
 * get this API and never the package.
 *
 * Servers differ: unknown keys, missing optional keys, null and unknown status words are accepted.
 * Ids must fit into a URL path, counts must be possible, and a body of another kind (a login page, an
 * error object, an answer to another call) is malformed.
 */
import type OpenAI from 'openai';
import type { BatchCreateParams } from 'openai/resources/batches';
import type { FileCreateParams } from 'openai/resources/files';
import type { JobCreateParams } from 'openai/resources/fine-tuning/jobs/jobs';
import { z } from 'zod';
import { asCount, parseObject } from '../../checks/json.js';

/**
 * Makes a call at most as often as the client's settings allow. An attempt may follow one whose
 * outcome is unknown: `call` must be safe to repeat.
 * @param what the call in words for a message: 'upload a training file'
 * @param call is given the API and the signal of its attempt, which has at least ten minutes
 * @param signal aborts the attempt in flight
 * @throws WeighbridgeError `server`, `no-key`, `interrupted`
 */
export type ApiCall = <T>(
  what: string,
  call: (api: ServerApi, options: CallOptions) => Promise<T>,
  signal?: AbortSignal,
) => Promise<T>;

export interface CallOptions {
  readonly signal: AbortSignal | undefined;
  readonly maxRetries?: 0;
}

export interface PageQuery {
  readonly limit?: number;
  readonly after?: string;
}

/** A response with a good status but an unexpected body. The message shows its start. */
export class MalformedAnswer extends Error {}

const SHOWN = 80;

/**
 * @param kind what was asked for, for the message: 'batch'
 * @throws MalformedAnswer
 */
export function readAnswer<T>(body: string, kind: string, schema: z.ZodType<T>): T {
  const value = parseObject(body);
  const parsed = value && schema.safeParse(value);
  if (parsed?.success) return parsed.data;
  const issue = parsed?.error.issues[0];
  const where = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  const why = issue ? `${where}${issue.message}` : 'not a JSON object';
  const start = JSON.stringify(body.slice(0, SHOWN));
  throw new MalformedAnswer(
    `expected a ${kind}: ${why}; the body ${body.trim() === '' ? 'is empty' : `begins with ${start}`}`,
  );
}

/** A possible count; anything else counts as missing. */
const count = z.unknown().optional().transform(asCount);

/** A text for the user: one line, cut to a length. */
const words = (longest: number) =>
  z.string().transform((text) =>
    text
      .slice(0, longest)
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim(),
  );

/** An id becomes part of a URL path and of the journal. */
export const idSchema = z
  .string()
  .max(1000, 'expected an id of at most 1000 characters')
  .regex(/^(?!\.+$)[\w.~:;,=+@-]+$/, 'expected an id of letters, digits and -_.~:;,=+@');

/** '' counts as null. */
const nothingOr = (schema: z.ZodType<string, string>) =>
  z
    .string()
    .nullish()
    .transform((text) => text || null)
    .pipe(schema.nullable());

/** The name of a trained model, which may be the path of a local model, without '..'. */
export const modelNameSchema = z
  .string()
  // U+FFFD replaces a control character.
  .regex(/^[^\p{C}\ufffd]{1,500}$/u, 'expected 1 to 500 printable characters')
  .refine((name) => name.trim() !== '', 'expected a name')
  .refine((name) => !name.split(/[/\\]/).includes('..'), "expected a name without '..'");

/** The kind of an answer, if the server states it. */
const kindNamed = (pattern: RegExp) =>
  z.string().regex(pattern, 'another kind of object').nullish();

const labels = z.record(z.string(), z.unknown()).nullish().catch(null);
const status = words(100).refine((word) => word !== '', 'expected a status');

export const fileSchema = z.object({
  object: kindNamed(/file/i),
  id: idSchema,
  bytes: z.number().int().min(0).nullish().catch(null),
});

const reason = z
  .object({ message: words(1000).nullish().catch(null) })
  .or(words(1000).transform((message) => ({ message })))
  .nullish()
  .catch(null);

export const jobSchema = z.object({
  object: kindNamed(/job|fine/i),
  id: idSchema,
  /** Unknown ones count as running. */
  status,
  training_file: z.string().nullish().catch(null),
  fine_tuned_model: nothingOr(modelNameSchema),
  trained_tokens: count,
  error: reason,
  metadata: labels,
});

const eventSchema = z.object({
  id: idSchema,
  message: words(1000).catch(''),
  data: z.unknown().optional(),
});

const batchErrors = z.object({
  data: z
    .array(
      z.object({
        code: z.string().nullish().catch(null),
        message: words(1000).nullish().catch(null),
        line: count,
      }),
    )
    .nullish(),
});

export const batchSchema = z.object({
  object: kindNamed(/batch/i),
  id: idSchema,
  /** Unknown ones count as running. */
  status,
  input_file_id: z.string().nullish().catch(null),
  output_file_id: nothingOr(idSchema),
  error_file_id: nothingOr(idSchema),
  errors: batchErrors.nullish().catch(null),
  request_counts: z.object({ completed: count, failed: count, total: count }).nullish().catch(null),
  metadata: labels,
});

const modelSchema = z.object({ id: modelNameSchema });

/**
 * A page of a listing. An empty one must state that it is a list: if a job is looked for, any other
 * object would read as "no such job", and the job would be created and paid for again.
 */
export function pageSchema<Item>(item: z.ZodType<Item>) {
  return z
    .object({
      object: kindNamed(/^list$/),
      data: z.array(item).nullish(),
      has_more: z.boolean().nullish().catch(null),
    })
    .refine(
      ({ object, data, has_more }) =>
        object === 'list' || (data && (data.length > 0 || typeof has_more === 'boolean')),
      'expected a list',
    )
    .transform(({ data, has_more }) => ({ data: data ?? [], has_more: has_more ?? false }));
}

/** A line of a batch's output; only the request's id is required. */
export const batchLineSchema = z.object({
  custom_id: z.string(),
  response: z
    .object({
      status_code: z.number().int().min(100).max(599).nullable().catch(null),
      body: z.unknown().optional(),
    })
    .nullish()
    .catch(null),
  error: z
    .looseObject({
      code: z.string().nullish().catch(null),
      message: z.string().nullish().catch(null),
    })
    .nullish()
    .catch(null),
});

export type Job = z.infer<typeof jobSchema>;
export type JobEvent = z.infer<typeof eventSchema>;
export type Batch = z.infer<typeof batchSchema>;

const jobsSchema = pageSchema(jobSchema);
const eventsSchema = pageSchema(eventSchema);
const batchesSchema = pageSchema(batchSchema);
const modelsSchema = pageSchema(modelSchema);

export interface ServerApi extends ReturnType<typeof checkedApi> {}

/** Every call throws MalformedAnswer on an unexpected body. */
export function checkedApi({ files, batches, fineTuning: { jobs }, models }: OpenAI) {
  return {
    files: {
      create: (body: FileCreateParams, options: CallOptions) =>
        answer(files.create(body, options), 'file', fileSchema),
      retrieve: (id: string, options: CallOptions) =>
        answerOn(id, files.retrieve(id, options), 'file', fileSchema),
      /** Streams the file: answers may have hundreds of megabytes. */
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

/** A request of the package whose response is not read yet. */
interface Sent {
  asResponse(): Promise<Response>;
}

async function answer<T>(sent: Sent, kind: string, schema: z.ZodType<T>): Promise<T> {
  const response = await sent.asResponse();
  return readAnswer(await response.text(), kind, schema);
}

/** Checks that the answer is about the requested object. */
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
