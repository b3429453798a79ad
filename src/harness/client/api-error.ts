/**
 * What went wrong with an attempt, from the `openai` package's errors, Node's and undici's to one
 * line for the person who can mend it: which server, which model, in the server's own words;
 * without key, headers or stack. No error is handed on as a `cause`: it would hold the headers.
 */
import { APIConnectionTimeoutError, APIError } from 'openai';
import { WeighbridgeError } from '../../errors.js';
import { retryAfterMs } from './retry.js';
import { MalformedAnswer } from './server-answers.js';

export type FailureKind =
  /** No connection came about: nothing was sent. */
  | 'unreached'
  /** The connection broke: the server may have done what was asked. */
  | 'broken'
  | 'timeout'
  /** A good status, and a body that is no answer. */
  | 'malformed'
  /** 429. */
  | 'limited'
  /** 429 for good: the account's credit is used up. */
  | 'no-credit'
  /** 408, 409, 5xx. */
  | 'faulty'
  /** 401, 403. */
  | 'denied'
  /** 404. */
  | 'not-found'
  /** Anything else, 400 and 422 above all. */
  | 'rejected';

export interface Failure {
  readonly kind: FailureKind;
  readonly status: number | null;
  /** The server's code for it, where it has one. */
  readonly code: string | null;
  /** One line, without the key. */
  readonly reason: string;
  readonly headers: Headers | null;
  readonly retryAfterMs: number | null;
}

/**
 * What an error thrown by the `openai` package, or by reading a response, says; null for one that
 * has nothing to do with the server.
 */
export function failureOf(error: unknown, mask: (text: string) => string): Failure | null {
  if (error instanceof APIError && typeof error.status === 'number') {
    return statusFailure(error, error.status, mask);
  }
  if (error instanceof APIConnectionTimeoutError) return localFailure('timeout', 'timed out');
  if (error instanceof SyntaxError) {
    return localFailure('malformed', oneLine(`not JSON: ${error.message}`, mask));
  }
  if (error instanceof MalformedAnswer) {
    return localFailure('malformed', oneLine(error.message, mask), 200);
  }
  const code = codeOf(error);
  if (code !== null && neverSent.test(code)) return localFailure('unreached', code);
  const isNetwork = code !== null && (brokenConnection.test(code) || error instanceof APIError);
  if (!isNetwork && !(error instanceof APIError)) return null;
  return localFailure('broken', code ?? oneLine(messageOf(error), mask));
}

/** A failure that no status tells. */
export function localFailure(
  kind: FailureKind,
  reason: string,
  status: number | null = null,
): Failure {
  return { kind, status, code: null, reason, headers: null, retryAfterMs: null };
}

function statusFailure(error: APIError, status: number, mask: (text: string) => string): Failure {
  const code = typeof error.code === 'string' ? error.code : null;
  const headers = error.headers ?? null;
  const words = error.message.replace(new RegExp(`^${status} `), '');
  return {
    kind: code === 'insufficient_quota' ? 'no-credit' : kindOf(status),
    status,
    code,
    reason: oneLine(words, mask),
    headers,
    retryAfterMs: headers && retryAfterMs(headers),
  };
}

function kindOf(status: number): FailureKind {
  if (status === 429) return 'limited';
  if (status === 408 || status === 409 || status >= 500) return 'faulty';
  if (status === 401 || status === 403) return 'denied';
  return status === 404 ? 'not-found' : 'rejected';
}

/** Codes of Node, undici and OpenSSL for what goes wrong before a request can be sent. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EPROTO|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_\w+|ERR_SSL_\w+|\w*CERT\w*|\w*SIGNATURE\w*)$/;

/** And for what goes wrong afterwards; errors of files have codes too, and are not meant. */
const brokenConnection = /^(ECONN\w+|EPIPE|ETIMEDOUT|ENETDOWN|HPE_\w+|UND_ERR_\w+|ERR_STREAM_\w+)$/;

/** The code of an error or of what caused it: `fetch` wraps errors once or twice. */
function codeOf(error: unknown): string | null {
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    current = current.cause;
  }
  return null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const LONGEST_REASON = 300;

/** A server's words in one line: without tags, without the key, also not one it has starred out. */
export function oneLine(text: string, mask: (text: string) => string): string {
  const words = /^\s*</.test(text)
    ? text.replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ')
    : text;
  const line = mask(words)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .replace(/\S*\*{3,}\S*/g, '[key]');
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON)}…` : line;
}

/** Whom was asked for what, for a message. */
export interface Purpose {
  readonly baseURL: string;
  /** In words that follow 'to': 'upload a training file'; null: a chat completion. */
  readonly what: string | null;
  readonly model: string | null;
  readonly hasKey: boolean;
}

/** The failure as an error for the person who can mend it. */
export function errorOf(failure: Failure, purpose: Purpose): WeighbridgeError {
  const { baseURL, hasKey } = purpose;
  const { kind, status, reason } = failure;
  const code = kind === 'denied' && status === 401 && !hasKey ? 'no-key' : 'server';
  const said = status === null ? reason : `${status}: ${reason}`;
  return new WeighbridgeError(code, `${baseURL} ${complaints[kind](failure, purpose)} (${said})`);
}

const complaints: Record<FailureKind, (failure: Failure, purpose: Purpose) => string> = {
  unreached: () => 'cannot be reached: is the server running, and is the base URL right?',
  broken: (_, to) => `broke the connection ${asked(to)}`,
  timeout: (_, to) => `gave no answer in time ${asked(to)}`,
  malformed: (_, to) => `answered what cannot be read ${asked(to)}`,
  limited: (_, to) => `refuses, for it gets too many requests, ${asked(to)}`,
  'no-credit': () => 'refuses, for the account has no credit left: see its billing page',
  faulty: (_, to) => `fails ${asked(to)}`,
  denied: ({ status }, { hasKey }) => {
    if (status === 403) return 'does not allow this to the API key';
    if (hasKey) return 'does not accept the API key: is it the right one for this server?';
    return 'wants an API key: set its environment variable';
  },
  'not-found': ({ reason, code }, to) => {
    if (to.model === null) return `does not know of it ${asked(to)}`;
    if (code === 'model_not_found' || /model/i.test(reason) || reason.includes(to.model)) {
      return `does not know the model '${to.model}'`;
    }
    return `has no chat completions (asked for model '${to.model}'): is the base URL right? Most end in /v1`;
  },
  rejected: ({ status, headers }, to) => {
    const location = headers?.get('location');
    if (status !== null && status < 400 && location) {
      return `sends elsewhere: make ${location} the base URL`;
    }
    return `rejects the request ${asked(to)}`;
  },
};

function asked({ what, model }: Purpose): string {
  return what === null ? `when model '${model}' is asked` : `when asked to ${what}`;
}
