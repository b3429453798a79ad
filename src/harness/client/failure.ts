/**
 * Failures of an attempt: from an HTTP status, or from an error of Node, undici or the `openai`
 * package, to one line for the user, with server, model and the server's own words. The key, headers
 * and stack are left out; no error is passed on as a `cause`, because it would hold the headers.
 */
import { APIConnectionTimeoutError, APIError } from 'openai';
import { type ErrorCode, isOutOfDescriptors, WeighbridgeError } from '../../errors.js';
import { untrustedCertificate } from '../../http/certificates.js';
import { ProxyFailure } from '../../http/proxy.js';
import { retryAfterMs } from '../../http/retry.js';
import type { HeaderReader } from './headers.js';
import { type Parameter, refusedBy } from './parameters.js';
import { AnswerTooLarge, oneLine, type ServerError } from './sanitize.js';
import { MalformedAnswer } from './server-api.js';

/** A request without a response; see `cause`. */
export class RequestFailed extends Error {}

export type FailureKind =
  /** No connection could be made: nothing was sent. */
  | 'unreached'
  /** This machine could not open one more connection: nothing was sent. */
  | 'no-descriptors'
  /** The connection broke: the server may have done what was asked. */
  | 'broken'
  | 'timeout'
  /** A good status with a body that is not an answer. */
  | 'malformed'
  /** 429. */
  | 'limited'
  /** 402, or a 429 that does not go away: the account's credit is used up. */
  | 'no-credit'
  /** 408, 409, 5xx. */
  | 'faulty'
  /** 401, 403, or what a proxy refuses. */
  | 'denied'
  /** 404. */
  | 'not-found'
  /** Any other status, mainly 400 and 422. */
  | 'rejected';

export interface Failure {
  readonly kind: FailureKind;
  readonly status: number | null;
  /** The server's code for it; null if it has none. */
  readonly code: string | null;
  /** One line, without the key. */
  readonly reason: string;
  readonly headers: HeaderReader | null;
  readonly retryAfterMs: number | null;
  /** Target of a redirect, without the key. */
  readonly location: string | null;
  /** Parameters that the server refuses. */
  readonly refused?: readonly Parameter[];
  /** What the proxy on the way did; null if it is not to blame. */
  readonly proxy?: string | null;
}

/**
 * The failure behind an error thrown by a request or by reading its response; null for an error
 * that has nothing to do with the server.
 */
export function failureOf(error: unknown, mask: (text: string) => string): Failure | null {
  if (error instanceof APIError && typeof error.status === 'number') {
    const { status, headers = null, code } = error;
    const message = error.message.replace(new RegExp(`^${status} `), '');
    return statusFailure(status, { code, message }, headers, mask);
  }
  if (error instanceof APIConnectionTimeoutError) return localFailure('timeout', 'timed out');
  if (error instanceof MalformedAnswer) {
    return localFailure('malformed', oneLine(error.message, mask), 200);
  }
  const causes = causesOf(error);
  const tooLarge = causes.find((cause) => cause instanceof AnswerTooLarge);
  if (tooLarge) return localFailure('malformed', tooLarge.message);
  const proxy = causes.find((cause) => cause instanceof ProxyFailure);
  if (proxy) {
    const kind = proxy.passes ? 'unreached' : 'denied';
    return { ...localFailure(kind, proxy.reason), proxy: proxy.words };
  }
  const coded = causes.find(hasCode);
  const code = coded?.code ?? null;
  if (coded && isNeverSent(coded)) {
    return localFailure(
      isOutOfDescriptors(coded.code) ? 'no-descriptors' : 'unreached',
      coded.code,
    );
  }
  const isRequest = error instanceof APIError || error instanceof RequestFailed;
  if (!isRequest && (code === null || !brokenConnection.test(code))) return null;
  return localFailure('broken', code ?? oneLine(messageOf(causes.at(-1)), mask));
}

/** A failure without an HTTP status of its own. */
export function localFailure(
  kind: FailureKind,
  reason: string,
  status: number | null = null,
): Failure {
  return { kind, status, code: null, reason, headers: null, retryAfterMs: null, location: null };
}

/**
 * The failure behind an HTTP status.
 * @param error what the server said; null if the body was empty
 */
export function statusFailure(
  status: number,
  error: ServerError | null,
  headers: HeaderReader | null,
  mask: (text: string) => string,
): Failure {
  const code = typeof error?.code === 'string' ? error.code : null;
  const location = headers?.get('location');
  return {
    kind: code === 'insufficient_quota' ? 'no-credit' : kindOf(status),
    status,
    code,
    reason: error ? oneLine(error.message, mask) : 'status code (no body)',
    headers,
    retryAfterMs: headers && retryAfterMs(headers),
    location: location ? oneLine(location, mask) : null,
    refused: refusedBy(status, error),
  };
}

function kindOf(status: number): FailureKind {
  if (status === 429) return 'limited';
  if (status === 402) return 'no-credit';
  // 501: not implemented, and so not in a minute either.
  if (status === 408 || status === 409 || (status >= 500 && status !== 501)) return 'faulty';
  if (status === 401 || status === 403) return 'denied';
  return status === 404 ? 'not-found' : 'rejected';
}

/** Codes of Node, undici and OpenSSL for failures before a request is sent. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EPROTO|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_\w+|ERR_SSL_\w+|\w*CERT\w*|\w*SIGNATURE\w*)$/;

/** Codes for failures afterwards; errors of files have other codes. */
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

/** An error and its causes: `fetch` and the `openai` package wrap errors once or twice. */
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

/** The purpose of a request, for messages. */
export interface Purpose {
  readonly baseURL: string;
  /** Words that follow 'to', such as 'upload a training file'; null: a chat completion. */
  readonly what: string | null;
  readonly model: string | null;
  readonly hasKey: boolean;
}

/** The failure as an error for the user. */
export function errorOf(failure: Failure, purpose: Purpose): WeighbridgeError<ServerErrorCode> {
  const { kind, status, reason } = failure;
  const { baseURL, model } = purpose;
  const said = status === null ? reason : `${status}: ${reason}`;
  const complaint = failure.proxy
    ? `is not reached: ${failure.proxy}`
    : complaints[kind](failure, purpose);
  const message = `${baseURL} ${complaint} (${said})`;
  return new WeighbridgeError(codeOf(failure, purpose), message, {
    details: {
      baseURL,
      ...(status === null ? {} : { status }),
      ...(failure.code === null ? {} : { serverCode: failure.code }),
      ...(model === null ? {} : { model }),
    },
  });
}

type ServerErrorCode = 'server' | 'no-key' | 'unknown-model';

function codeOf(failure: Failure, { model, hasKey }: Purpose): ServerErrorCode {
  const { kind, status } = failure;
  if (kind === 'denied' && status === 401 && !hasKey) return 'no-key';
  return model !== null && isUnknownModel(failure, model) ? 'unknown-model' : 'server';
}

/** OpenAI and Azure send a code; servers of open models send only a text that names the model. */
function isUnknownModel({ kind, code, reason }: Failure, model: string): boolean {
  if (kind !== 'not-found') return false;
  if (code === 'model_not_found' || code === 'DeploymentNotFound') return true;
  return /model/i.test(reason) || reason.includes(model);
}

/** The same error with an addition to its message. */
export function reworded<C extends ErrorCode>(
  error: WeighbridgeError<C>,
  message: string,
): WeighbridgeError<C> {
  return new WeighbridgeError(error.code, message, { details: error.details });
}

const complaints: Record<FailureKind, (failure: Failure, purpose: Purpose) => string> = {
  unreached: ({ reason }) =>
    untrustedCertificate(reason) ??
    'cannot be reached: is the server running, and is the base URL right?',
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
  'not-found': (failure, to) => {
    if (to.model === null) return `does not know of it ${asked(to)}`;
    if (isUnknownModel(failure, to.model)) return `does not know the model '${to.model}'`;
    return `has no chat completions (asked for model '${to.model}'): is the base URL right? Most end in /v1`;
  },
  rejected: (failure, to) => redirection(failure, to) ?? `rejects the request ${asked(to)}`,
};

/**
 * Message about a redirect. Chats follow no redirects, and nothing is sent to another host; the address
 * is masked and cut like every text of a server.
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

/** Statuses of a server or gateway that is temporarily unavailable. */
const unavailable: ReadonlySet<number> = new Set([502, 503, 521, 522, 523, 529, 530]);

/** True if the failure cannot be caused by the request itself. */
export function isUnavailable({ kind, status }: Failure): boolean {
  if (kind === 'unreached' || kind === 'no-descriptors') return true;
  return status !== null && unavailable.has(status);
}
