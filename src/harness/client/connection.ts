/**
 * One attempt at the server, with a time limit and with failures as values. The `openai` package sends
 * all calls except chat completions; it does not retry or log, and reads no key or address from the
 * environment.
 *
 * Both go through the proxy that the environment names for the server.
 *
 * Chat completions, text out and text in, go over `node:http` and its pool of connections: Node's
 * built-in `fetch` (undici) takes most of the processor time of a small request (0.30 of 0.45 ms, the
 * `openai` package included), `node:http` a sixth of that.
 */
import http from 'node:http';
import https from 'node:https';
import OpenAI from 'openai';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { abortRequest, createAgent } from '../../http/agents.js';
import { fetchThrough } from '../../http/fetch.js';
import { type HttpProxy, proxyOf, refusingProxy } from '../../http/proxy.js';
import { type Clock, Deadlines, interruption, linkSignals } from './clock.js';
import { promptRefusal } from './completion.js';
import { type Failure, failureOf, localFailure, RequestFailed, statusFailure } from './failure.js';
import type { HeaderReader } from './headers.js';
import {
  beyondLimit,
  createSanitizer,
  LONGEST_ANSWER,
  LONGEST_ERROR,
  type Sanitizer,
  serverError,
  startOf,
} from './sanitize.js';
import { isOpenAI, masksOf, requireBaseURL, requireKey } from './secrets.js';
import type { CallOptions } from './server-api.js';

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

interface ConnectionSettings {
  readonly baseURL: string;
  readonly apiKey: string | null;
  readonly timeoutSeconds: number;
}

interface ConnectionDependencies {
  readonly clock: Clock;
  /** Replaces Node's `fetch` for all requests, and the proxy. */
  readonly fetch: Fetch | undefined;
}

export interface TextResponse {
  readonly status: number;
  readonly headers: HeaderReader;
  /** Without the key. Of an error only the beginning, of little more than LONGEST_ERROR characters. */
  readonly text: string;
}

type Attempted<T> = { readonly value: T } | { readonly failure: Failure };

const SHORTEST_CALL_LIMIT_SECONDS = 600;
/** The package's own timeout, later than ours, which also covers the body. */
const GRACE_MS = 1000;
/** Idle connections that are kept, as many as can be in flight. */
const MOST_IDLE = 1024;

export class Connection {
  readonly baseURL: string;
  readonly hasKey: boolean;
  /** Takes the key, and the password of the proxy, out of a text. */
  readonly mask: (text: string) => string;
  private readonly api: OpenAI;
  private readonly proxy: HttpProxy | null;
  /** Keeps its connections. */
  private readonly agent: http.Agent;
  /** Makes a new connection for each request. */
  private readonly freshAgent: http.Agent;
  private readonly fetch: Fetch | undefined;
  private readonly chatLimit: TimeLimit;
  private readonly callLimit: TimeLimit;
  private readonly closing = new AbortController();
  private chatHeaders: Promise<Headers> | null = null;

  /** @throws WeighbridgeError `bad-configuration`, `no-key` */
  constructor(settings: ConnectionSettings, { clock, fetch }: ConnectionDependencies) {
    const { apiKey, timeoutSeconds } = settings;
    const callSeconds = Math.max(timeoutSeconds, SHORTEST_CALL_LIMIT_SECONDS);
    this.baseURL = requireBaseURL(settings.baseURL);
    const key = requireKey(apiKey, this.baseURL);
    const url = new URL(this.baseURL);
    const proxy = fetch ? null : proxyOf(url);
    const sanitizer = createSanitizer(masksOf(apiKey, proxy?.password ?? null));
    this.hasKey = apiKey !== null;
    this.mask = sanitizer.mask;
    this.fetch = fetch;
    this.proxy = proxy;
    this.agent = createAgent(url, proxy, { keepAlive: true, maxFreeSockets: MOST_IDLE });
    this.freshAgent = createAgent(url, proxy);
    const viaProxy: Fetch | undefined = proxy
      ? (input, init = {}) => fetchThrough(proxy, this.agent, input, init)
      : undefined;
    this.api = openAI(this.baseURL, key, callSeconds, checkedFetch(sanitizer, fetch ?? viaProxy));
    this.chatLimit = new TimeLimit(clock, timeoutSeconds);
    this.callLimit = new TimeLimit(clock, callSeconds);
  }

  /**
   * Asks for a chat completion, within the time limit of the settings. A content filter's refusal of
   * the prompt is a value, because it concerns only this trial.
   * @throws WeighbridgeError `interrupted` if the connection was closed
   */
  async chat(body: ChatCompletionCreateParamsNonStreaming): Promise<Attempted<TextResponse>> {
    const attempt = this.chatLimit.start(this.closing.signal);
    const url = `${this.baseURL}/chat/completions`;
    let response: TextResponse;
    try {
      const { signal } = attempt;
      const request = {
        headers: await this.headersOfChat(url),
        body: JSON.stringify(body),
        signal,
      };
      const retryOnNewConnection = (error: unknown) => {
        if (!(error instanceof StaleConnection)) throw error;
        return exchange(this.freshAgent, url, request);
      };
      response = this.fetch
        ? await exchangeByFetch(this.fetch, url, request)
        : await exchange(this.agent, url, request).catch(retryOnNewConnection);
      if (this.proxy && response.status === 407) throw refusingProxy(this.proxy, 407);
      if (response.status < 200 || response.status > 599) {
        throw new Error(`HTTP status ${response.status}`);
      }
    } catch (cause) {
      const error = new RequestFailed('no response', { cause });
      return { failure: attempt.failure(error, this.mask) };
    } finally {
      attempt.end();
    }
    const { status, headers } = response;
    const text = this.mask(response.text);
    if (status < 300) return { value: { status, headers, text } };
    const error = serverError(text);
    const refusal = refusing.has(status) ? promptRefusal(error) : null;
    if (refusal !== null) return { value: { status, headers, text: refusal } };
    return { failure: statusFailure(status, error, headers, this.mask) };
  }

  /**
   * Makes any other call, which may be long: an upload, for example. The signal breaks it off.
   * @throws WeighbridgeError `interrupted`; errors of `work` that have nothing to do with the server
   */
  async call<T>(
    work: (api: OpenAI, options: CallOptions) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<Attempted<T>> {
    const attempt = this.callLimit.start(this.closing.signal, signal);
    try {
      return { value: await work(this.api, { signal: attempt.signal }) };
    } catch (error) {
      return { failure: attempt.failure(error, this.mask) };
    } finally {
      attempt.end();
    }
  }

  /** Aborts everything and closes idle connections. */
  close(): void {
    this.closing.abort();
    this.agent.destroy();
  }

  /** The package's own headers, with those that it reads from the environment. */
  private headersOfChat(url: string): Promise<Headers> {
    this.chatHeaders ??= this.api
      .buildRequest({ method: 'post', path: url, body: {} })
      .then(({ req }) => new Headers(req.headers as Headers));
    return this.chatHeaders;
  }
}

/** Statuses by which servers refuse a valid request. */
const refusing: ReadonlySet<number> = new Set([400, 403, 422, 451]);

interface TimedAttempt {
  readonly signal: AbortSignal;
  /**
   * Converts an error to a failure.
   * @throws the signal's reason if it was aborted; the error if it has nothing to do with the server
   */
  failure(error: unknown, mask: (text: string) => string): Failure;
  end(): void;
}

class TimeLimit {
  private readonly deadlines: Deadlines;

  constructor(
    clock: Clock,
    private readonly seconds: number,
  ) {
    this.deadlines = new Deadlines(clock, 1000 * seconds);
  }

  start(...signals: (AbortSignal | undefined)[]): TimedAttempt {
    const link = linkSignals(...signals);
    let isExpired = false;
    const done = this.deadlines.start(() => {
      isExpired = true;
      link.abort(interruption(null));
    });
    return {
      signal: link.signal,
      failure: (error, mask) => {
        if (isExpired) return localFailure('timeout', `no answer within ${this.seconds} s`);
        link.signal.throwIfAborted();
        const failure = failureOf(error, mask);
        if (!failure) throw error;
        return failure;
      },
      end: () => {
        done();
        link.unlink();
      },
    };
  }
}

function openAI(baseURL: string, key: string, timeoutSeconds: number, fetch: Fetch): OpenAI {
  return new OpenAI({
    baseURL,
    apiKey: key,
    // If absent, it would be taken from OPENAI_ADMIN_KEY and the like.
    adminAPIKey: null,
    webhookSecret: null,
    ...(isOpenAI(baseURL) ? {} : { organization: null, project: null }),
    // Overrides OPENAI_CUSTOM_HEADERS.
    defaultHeaders: { Authorization: `Bearer ${key}` },
    maxRetries: 0,
    timeout: Math.ceil(1000 * timeoutSeconds) + GRACE_MS,
    logLevel: 'off',
    fetch,
  });
}

/** The `fetch` of the `openai` package, whose responses are sanitized. */
function checkedFetch(sanitizer: Sanitizer, own: Fetch | undefined): Fetch {
  // Node's is looked up when it is used, so that it can be replaced from outside.
  const send: Fetch = own ?? ((input, init) => fetch(input, init));
  return async (input, init = {}) => {
    const response = await withinOrigin(send, String(input), init);
    if (!response.ok) return sanitizer.error(response);
    return isFileContent(String(input)) ? sanitizer.file(response) : sanitizer.answer(response);
  };
}

function isFileContent(url: string): boolean {
  return new URL(url).pathname.endsWith('/content');
}

const MOST_REDIRECTS = 5;

/**
 * Follows redirects to the same scheme, host and port, because a server may want a slash at the end of
 * a path. A redirect to another server is returned as the response: files and model names must not be
 * sent there.
 */
async function withinOrigin(send: Fetch, url: string, init: RequestInit): Promise<Response> {
  let at = url;
  for (let redirects = 0; ; redirects++) {
    const response = await send(at, { ...init, redirect: 'manual' });
    const { status } = response;
    const location = response.headers.get('location');
    const keepsMethod = status === 307 || status === 308;
    const isRedirect = keepsMethod || (status >= 301 && status <= 303);
    if (!isRedirect || location === null || redirects === MOST_REDIRECTS) return response;
    if (!keepsMethod && (init.method ?? 'GET').toUpperCase() !== 'GET') return response;
    if (!URL.canParse(location, at)) return response;
    const next = new URL(location, at);
    if (next.origin !== new URL(at).origin) return response;
    await response.body?.cancel();
    at = next.href;
  }
}

interface TextRequest {
  readonly headers: Headers;
  readonly body: string;
  readonly signal: AbortSignal;
}

async function exchangeByFetch(
  send: Fetch,
  url: string,
  request: TextRequest,
): Promise<TextResponse> {
  const response = await send(url, { ...request, method: 'POST', redirect: 'manual' });
  const { status, headers, ok } = response;
  const { text, isWhole } = await startOf(response, ok ? LONGEST_ANSWER : LONGEST_ERROR);
  if (ok && !isWhole) throw beyondLimit();
  return { status, headers, text };
}

/** The server had closed an idle connection: the request did not get through. */
class StaleConnection extends Error {}

/** A server that works for longer before it breaks the connection did get the request. */
const STALE_WITHIN_MS = 1000;

/** POSTs a text over `node:http`. Follows no redirect. @throws StaleConnection */
function exchange(
  agent: http.Agent,
  url: string,
  { headers: given, body, signal }: TextRequest,
): Promise<TextResponse> {
  return new Promise((resolve, reject) => {
    const headers = Object.fromEntries(given);
    // No compression: answers are short, and are not decompressed here.
    headers['accept-encoding'] = 'identity';
    headers['content-length'] = String(Buffer.byteLength(body));
    const began = performance.now();
    const send = url.startsWith('https:') ? https.request : http.request;
    const request = send(url, { method: 'POST', agent, headers });
    const abort = () => {
      const reason = new DOMException('aborted', 'AbortError');
      abortRequest(request, reason);
      fail(reason);
    };
    const settled = () => signal.removeEventListener('abort', abort);
    let readBefore = 0;
    request.on('socket', (socket) => {
      readBefore = socket.bytesRead;
    });
    const isStale = (error: NodeJS.ErrnoException) =>
      request.reusedSocket &&
      (error.code === 'ECONNRESET' || error.code === 'EPIPE') &&
      request.socket?.bytesRead === readBefore &&
      performance.now() - began < STALE_WITHIN_MS;
    const fail = (error: Error) => {
      settled();
      reject(isStale(error) ? new StaleConnection() : error);
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    request.on('error', fail);
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      let text = '';
      const done = () => {
        settled();
        resolve({ status, headers: headerReader(response.headers), text });
      };
      response.setEncoding('utf8');
      response.on('error', fail);
      response.on('data', (part: string) => {
        text += part;
        if (status > 299 && text.length > LONGEST_ERROR) {
          done();
          request.destroy();
        } else if (text.length > LONGEST_ANSWER) {
          request.destroy(beyondLimit());
        }
      });
      response.on('end', done);
    });
    request.end(body);
  });
}

function headerReader(headers: http.IncomingHttpHeaders): HeaderReader {
  return {
    get: (name) => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(', ') : (value ?? null);
    },
  };
}
