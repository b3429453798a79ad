/**
 * One attempt at the server through the `openai` package: with a time limit, and with what goes
 * wrong as a value. The package neither retries here, nor logs, nor looks into the environment for
 * another key, address or account than the ones it is given.
 */
import OpenAI from 'openai';
import type { CallOptions } from './api-call.js';
import { type Failure, failureOf, localFailure } from './api-error.js';
import type { Clock } from './clock.js';
import { type Deadlines, openDeadlines } from './deadlines.js';
import { openDoor } from './door.js';
import { checkBaseURL, checkKey, isOpenAI, masksOf } from './secrets.js';
import { interruption, linkSignals } from './signals.js';
import { type Fetch, openTransport } from './transport.js';

export interface ConnectionSettings {
  readonly baseURL: string;
  readonly apiKey: string | null;
  readonly timeoutSeconds: number;
}

/** An attempt that came to something, or did not. */
export type Attempted<T> = { readonly value: T } | { readonly failure: Failure };

export type Work<T> = (api: OpenAI, options: CallOptions) => Promise<T>;

export interface Connection {
  readonly baseURL: string;
  readonly hasKey: boolean;
  /** A text without the key. */
  mask(text: string): string;
  /** The body of a response to a chat completion, whole. */
  textOf(response: Response): Promise<string>;
  /**
   * A chat completion, in the time of the settings; `work` reads its response with `textOf`.
   * @throws WeighbridgeError `interrupted` when the connection was closed; whatever `work` throws
   *   that has nothing to do with the server
   */
  chat<T>(work: Work<T>): Promise<Attempted<T>>;
  /** Anything else, which may be long: a file to send. Called off by the signal. */
  call<T>(work: Work<T>, signal: AbortSignal | undefined): Promise<Attempted<T>>;
  close(): void;
}

const SHORTEST_CALL_LIMIT_SECONDS = 600;
/** By so much the package's own watch is later than ours, which also covers the body. */
const GRACE_MS = 1000;

/** @throws WeighbridgeError `bad-configuration`, `no-key` */
export function openConnection(
  settings: ConnectionSettings,
  { clock, fetch }: { readonly clock: Clock; readonly fetch: Fetch | undefined },
): Connection {
  const baseURL = checkBaseURL(settings.baseURL);
  const key = checkKey(settings.apiKey, baseURL);
  const masks = masksOf(settings.apiKey);
  const { mask } = masks;
  const transport = openTransport(baseURL, openDoor(masks), fetch);
  const chatSeconds = settings.timeoutSeconds;
  const callSeconds = Math.max(chatSeconds, SHORTEST_CALL_LIMIT_SECONDS);
  const chatLimit = timeLimit(clock, chatSeconds);
  const callLimit = timeLimit(clock, callSeconds);
  const chatApi = openAI(baseURL, key, chatSeconds, transport.fetchText);
  const callApi = openAI(baseURL, key, callSeconds, transport.fetch);
  const closing = new AbortController();

  async function attempt<T>(
    api: OpenAI,
    work: Work<T>,
    { deadlines, seconds }: TimeLimit,
    signal?: AbortSignal,
  ): Promise<Attempted<T>> {
    const link = linkSignals(closing.signal, signal);
    let expired = false;
    const done = deadlines.start(() => {
      expired = true;
      link.abort(interruption(null));
    });
    try {
      return { value: await work(api, { signal: link.signal }) };
    } catch (error) {
      if (expired) return { failure: localFailure('timeout', `no answer within ${seconds} s`) };
      link.signal.throwIfAborted();
      const failure = failureOf(error, mask);
      if (!failure) throw error;
      return { failure };
    } finally {
      done();
      link.unlink();
    }
  }

  return {
    baseURL,
    hasKey: settings.apiKey !== null,
    mask,
    textOf: transport.textOf,
    chat: (work) => attempt(chatApi, work, chatLimit),
    call: (work, signal) => attempt(callApi, work, callLimit, signal),
    close: () => {
      closing.abort();
      transport.close();
    },
  };
}

interface TimeLimit {
  readonly deadlines: Deadlines;
  readonly seconds: number;
}

function timeLimit(clock: Clock, seconds: number): TimeLimit {
  return { deadlines: openDeadlines(clock, 1000 * seconds), seconds };
}

function openAI(baseURL: string, key: string, timeoutSeconds: number, fetch: Fetch): OpenAI {
  return new OpenAI({
    baseURL,
    apiKey: key,
    // Absent, it would be taken from OPENAI_ADMIN_KEY and the like.
    adminAPIKey: null,
    webhookSecret: null,
    ...(isOpenAI(baseURL) ? {} : { organization: null, project: null }),
    // Stronger than what OPENAI_CUSTOM_HEADERS could hold.
    defaultHeaders: { Authorization: `Bearer ${key}` },
    maxRetries: 0,
    timeout: Math.ceil(1000 * timeoutSeconds) + GRACE_MS,
    logLevel: 'off',
    fetch,
  });
}
