/** Reads client requests, and reports their errors as OpenAI does. */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';

/** Request bodies, replies, errors and pages of lists in the shape of OpenAI's API. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called once the entire reply is handed to the connection. */
  readonly onDelivered?: () => void;
}

export function jsonReply(value: unknown, status = 200): Reply {
  return { status, body: JSON.stringify(value) };
}

export interface ApiError {
  readonly message: string;
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
}

export function errorBody(error: ApiError): { error: Required<ApiError> } {
  const { message, type = 'invalid_request_error', param = null, code = null } = error;
  return { error: { message, type, param, code } };
}

export function errorReply(
  status: number,
  error: ApiError,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { ...jsonReply(errorBody(error), status), headers };
}

type Checked<T, E = ApiError> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** Size limit of all bodies except uploaded files. */
const MOST_BYTES = 4 * 1024 ** 2;

export function tooLarge(mostBytes: number): Reply {
  return errorReply(413, { message: `The request body is larger than ${mostBytes} bytes.` });
}

/** The body parsed by the schema, or an error reply. */
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
 * Reads Node's request directly: a web stream takes longer than the answer. Null if the body is
 * too large; the rest of it is discarded as it arrives.
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

/** The first validation error, with its parameter. */
export function checkBody<T>(schema: z.ZodType<T>, body: unknown): Checked<T> {
  const parsed = schema.safeParse(body, { reportInput: true });
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  const param = parameterName(issue?.path ?? []);
  const missing = issue?.code === 'invalid_type' && issue.input === undefined;
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

interface PageQuery {
  readonly after: string | undefined;
  readonly limit: string | undefined;
}

const MOST = 10_000;

/** @param items oldest first */
export function pageOf<T extends { readonly id: string }>(
  items: readonly T[],
  { after, limit }: PageQuery,
  usualLimit = 20,
): Reply {
  const size = limit === undefined ? usualLimit : Number(limit);
  if (!Number.isInteger(size) || size < 1 || size > MOST) {
    return errorReply(400, {
      message: `Invalid 'limit': expected a whole number from 1 to ${MOST}`,
      param: 'limit',
      code: 'invalid_value',
    });
  }
  const newestFirst = items.toReversed();
  const last = after === undefined ? -1 : newestFirst.findIndex(({ id }) => id === after);
  if (after !== undefined && last < 0) {
    return errorReply(400, {
      message: `Invalid 'after': nothing in this list has that id`,
      param: 'after',
      code: 'invalid_value',
    });
  }
  const data = newestFirst.slice(last + 1, last + 1 + size);
  return jsonReply({
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: last + 1 + size < newestFirst.length,
  });
}

/**
 * The lines of an uploaded file; null if there are more than `most`. They are counted before
 * splitting, so that a file of only line ends cannot fill the memory. A line end after the last
 * line is optional.
 */
export function linesOf(text: string, most: number): string[] | null {
  let lines = 1;
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) {
    if (end === text.length - 1) break;
    lines++;
    if (lines > most) return null;
  }
  return text.split('\n');
}
