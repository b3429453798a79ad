/**
 * What went wrong with an attempt, from the `openai` package's errors, Node's and undici's to one
 * line for the person who can mend it: which server, which model, in the server's own words;
 * without key, headers or stack. No error is handed on as a `cause`: it would hold the headers.
 */
import { APIConnectionTimeoutError, APIError } from 'openai';
import { isOutOfDescriptors, WeighbridgeError } from '../../errors.js';
import { AnswerTooLarge } from './door.js';
import { withoutTags } from './plain-words.js';
import { retryAfterMs } from './retry.js';
import { MalformedAnswer } from './server-answers.js';

export type FailureKind =
  /** No connection came about: nothing was sent. */
  | 'unreached'
  /** This machine could not open one more connection: nothing was sent. */
  | 'no-descriptors'
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
  /** Where a redirect points to, without the key. */
  readonly location: string | null;
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
  const causes = causesOf(error);
  const tooLarge = causes.find((cause) => cause instanceof AnswerTooLarge);
  if (tooLarge) return localFailure('malformed', tooLarge.message);
  const coded = causes.find(hasCode);
  const code = coded?.code ?? null;
  if (coded && isNeverSent(coded)) {
    return localFailure(
      isOutOfDescriptors(coded.code) ? 'no-descriptors' : 'unreached',
      coded.code,
    );
  }
  const isNetwork = code !== null && (brokenConnection.test(code) || error instanceof APIError);
  if (!isNetwork && !(error instanceof APIError)) return null;
  return localFailure('broken', code ?? oneLine(messageOf(causes.at(-1)), mask));
}

/** A failure that no status tells. */
export function localFailure(
  kind: FailureKind,
  reason: string,
  status: number | null = null,
): Failure {
  return { kind, status, code: null, reason, headers: null, retryAfterMs: null, location: null };
}

function statusFailure(error: APIError, status: number, mask: (text: string) => string): Failure {
  const code = typeof error.code === 'string' ? error.code : null;
  const headers = error.headers ?? null;
  const location = headers?.get('location');
  const words = error.message.replace(new RegExp(`^${status} `), '');
  return {
    kind: code === 'insufficient_quota' ? 'no-credit' : kindOf(status),
    status,
    code,
    reason: oneLine(words, mask),
    headers,
    retryAfterMs: headers && retryAfterMs(headers),
    location: location ? oneLine(location, mask) : null,
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

interface CodedError extends Error {
  readonly code: string;
}

function hasCode(error: Error): error is CodedError {
  return 'code' in error && typeof error.code === 'string';
}

function isNeverSent(error: CodedError): boolean {
  const call = 'syscall' in error ? error.syscall : null;
  if (call === 'connect' || call === 'getaddrinfo') return true;
  return neverSent.test(error.code) || (call === 'socket' && isOutOfDescriptors(error.code));
}

/** An error and what caused it: `fetch` and the `openai` package wrap errors once or twice. */
function causesOf(error: unknown): readonly Error[] {
  const causes: Error[] = [];
  let current = error;
  while (current instanceof Error && causes.length < 5) {
    causes.push(current);
    current = current.cause;
  }
  return causes;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const LONGEST_REASON = 300;
/** So much of a text is searched. */
const LONGEST_WORDS = 64 * 1024;

/** A server's words in one line: without tags, without the key, also not one it has starred out. */
export function oneLine(text: string, mask: (text: string) => string = (words) => words): string {
  const words = mask(withoutTags(text.slice(0, LONGEST_WORDS)))
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .split(' ');
  const line = words.map((word) => (word.includes('***') ? '[key]' : word)).join(' ');
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
  'no-descriptors': () =>
    'was not asked: this process may open no more files or connections; raise the limit (`ulimit -n 1024`) or lower server.concurrency',
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
  rejected: (failure, to) => redirection(failure, to) ?? `rejects the request ${asked(to)}`,
};

/**
 * Where a server points to. Chats follow no redirect, and nothing is sent to another host; the
 * address is masked and cut like everything that a server says.
 */
function redirection({ status, location }: Failure, to: Purpose): string | null {
  if (status === null || status < 300 || status >= 400 || location === null) return null;
  const found = URL.canParse(location, to.baseURL) ? new URL(location, to.baseURL) : null;
  if (!found) return `redirects to ${location}, which is no address, ${asked(to)}`;
  const base = new URL(to.baseURL);
  const ours = base.pathname.replace(/\/$/, '');
  const isWithin = found.pathname.startsWith(`${ours}/`) || found.pathname === ours;
  const address = isWithin ? `${found.origin}${ours}` : location;
  if (found.origin === base.origin) {
    return `redirects to ${location}, which is not followed, ${asked(to)}`;
  }
  return `redirects to ${found.origin}, where nothing was sent, ${asked(to)}: where that is the right server, set base_url to ${address}`;
}

function asked({ what, model }: Purpose): string {
  return what === null ? `when model '${model}' is asked` : `when asked to ${what}`;
}
