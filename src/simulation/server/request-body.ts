/** Reading what a client sends, and saying what is wrong with it as OpenAI does. */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { type ApiError, errorReply, type Reply } from './reply.js';

export type Checked<T, E = ApiError> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** Of anything but an uploaded file. */
const MOST_BYTES = 4 * 1024 ** 2;

export function tooLarge(mostBytes: number): Reply {
  return errorReply(413, { message: `The request body is larger than ${mostBytes} bytes.` });
}

/** The body as the schema has it, or the reply that says what is wrong with it. */
export async function readBody<T>(
  incoming: IncomingMessage,
  schema: z.ZodType<T>,
): Promise<Checked<T, Reply>> {
  const json = await readJson(incoming);
  if (!json.ok) return json;
  const checked = checkBody(schema, json.value);
  return checked.ok ? checked : { ok: false, error: errorReply(400, checked.error) };
}

export async function readJson(incoming: IncomingMessage): Promise<Checked<unknown, Reply>> {
  const text = await readText(incoming);
  if (text === null) return { ok: false, error: tooLarge(MOST_BYTES) };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    const message =
      'We could not parse the JSON body of your request. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.';
    return { ok: false, error: errorReply(400, { message }) };
  }
}

/**
 * Straight from Node's request: the way through a web stream takes longer than the answer. Null
 * where the body is too large; the rest of it is dropped as it comes.
 */
function readText(incoming: IncomingMessage): Promise<string | null> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = Number(incoming.headers['content-length'] ?? 0) > MOST_BYTES ? Infinity : 0;
    if (bytes > MOST_BYTES) resolve(null);
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MOST_BYTES) {
        chunks.push(chunk);
      } else {
        chunks = [];
        resolve(null);
      }
    });
    incoming.on('end', () => resolve(Buffer.concat(chunks).toString()));
    incoming.on('error', reject);
  });
}

/** The first thing that is wrong, with the parameter that has it. */
export function checkBody<T>(schema: z.ZodType<T>, body: unknown): Checked<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  const param = parameterName(issue?.path ?? []);
  const missing = issue?.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return {
    ok: false,
    error: missing
      ? {
          message: `Missing required parameter: '${param}'.`,
          param,
          code: 'missing_required_parameter',
        }
      : { message: `Invalid '${param}': ${issue?.message}`, param, code: 'invalid_value' },
  };
}

/** `messages[0].content`. */
function parameterName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`;
    return name === '' ? String(part) : `${name}.${String(part)}`;
  }, '');
}
