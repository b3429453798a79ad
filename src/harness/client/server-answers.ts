/**
 * The shape of each answer of the server that is no chat completion. An answer is recorded only
 * after it has passed its schema. Servers differ: unknown keys, missing optional keys, null and
 * unknown status words pass. Ids must fit into a URL path, counts must be possible, and a body of
 * another kind (a login page, an error object, an answer to another call) is malformed.
 */
import { z } from 'zod';
import { asCount, parseObject } from './json.js';

/** A good status with a body that is not what was asked for. The message shows where it begins. */
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

/** A possible count; anything else is as if it were missing. */
const count = z.unknown().optional().transform(asCount);

/** Words for a person: one line, cut to a length. */
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

/** '' stands for nothing, as null does. */
const nothingOr = (schema: z.ZodType<string, string>) =>
  z
    .string()
    .nullish()
    .transform((text) => text || null)
    .pipe(schema.nullable());

/** The name of a trained model; the path of a local model is one, a path with '..' is not. */
export const modelNameSchema = z
  .string()
  // U+FFFD stands where a control character was taken out.
  .regex(/^[^\p{C}\ufffd]{1,500}$/u, 'expected 1 to 500 printable characters')
  .refine((name) => name.trim() !== '', 'expected a name')
  .refine((name) => !name.split(/[/\\]/).includes('..'), "expected a name without '..'");

/** What a server calls the kind of an answer, where it says so. */
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

export const eventSchema = z.object({
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

export const modelSchema = z.object({ id: modelNameSchema });

/**
 * A page of a listing. An empty one must say that it is a list: where a job is looked for, any
 * other object would mean that there is none, and it would be made and paid for again.
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

/** One line of a batch's files; only the id that we gave to the request has to be there. */
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
