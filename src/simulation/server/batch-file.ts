/** The input of a batch: JSONL of requests, and its validation errors as OpenAI reports them. */
import { z } from 'zod';
import { linesOf } from './reply.js';

export const BATCH_ENDPOINT = '/v1/chat/completions';

export interface BatchError {
  readonly code: string;
  readonly line: number | null;
  readonly message: string;
  readonly param: string | null;
}

const requestSchema = z.object({
  custom_id: z.string(),
  method: z.literal('POST'),
  url: z.literal(BATCH_ENDPOINT, {
    message: 'The URL provided for this request does not match the batch endpoint.',
  }),
  body: z.record(z.string(), z.unknown()),
});

export type BatchRequest = z.infer<typeof requestSchema>;

type BatchFile =
  | { readonly ok: true; readonly requests: readonly BatchRequest[] }
  | { readonly ok: false; readonly errors: readonly BatchError[] };

/** Same limit as OpenAI. */
const MOST_REQUESTS = 50_000;
const MOST_ERRORS = 20;

export function readBatchFile(text: string): BatchFile {
  const lines = linesOf(text, MOST_REQUESTS)?.filter((line) => line.trim() !== '');
  if (!lines) {
    const message = `The batch has more lines than ${MOST_REQUESTS}, the most requests.`;
    return refused([problem('too_many_tasks', null, message, null)]);
  }
  if (lines.length === 0) {
    return refused([problem('empty_file', null, 'The input file is empty.', null)]);
  }
  const requests: BatchRequest[] = [];
  const errors: BatchError[] = [];
  const seen = new Set<string>();
  for (const [i, line] of lines.entries()) {
    const request = readLine(line, i + 1, seen);
    if ('code' in request) errors.push(request);
    else requests.push(request);
    if (errors.length === MOST_ERRORS) break;
  }
  return errors.length > 0 ? refused(errors) : { ok: true, requests };
}

function refused(errors: readonly BatchError[]): BatchFile {
  return { ok: false, errors };
}

export function problem(
  code: string,
  line: number | null,
  message: string,
  param: string | null,
): BatchError {
  return { code, line, message, param };
}

function readLine(line: string, number: number, seen: Set<string>): BatchRequest | BatchError {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return problem('invalid_json_line', number, 'This line is not parseable as valid JSON.', null);
  }
  const parsed = requestSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const param = issue?.path.join('.') ?? null;
    return problem('invalid_request', number, issue?.message ?? 'Invalid request.', param);
  }
  const { custom_id } = parsed.data;
  if (seen.has(custom_id)) {
    const message = `The custom_id for this request is a duplicate of another request: ${custom_id}`;
    return problem('duplicate_custom_id', number, message, 'custom_id');
  }
  seen.add(custom_id);
  return parsed.data;
}
