/**
 * The way to a model's server. A request waits for a place, for the budget and for its turn; is
 * sent with temperature 0; is tried again where that can help; and comes back as an answer, or as
 * one line that says why not. Each attempt is paced, paid for and, where it fails, told.
 */
import { WeighbridgeError } from '../../errors.js';
import type { ApiCall } from './api-call.js';
import type { Failure } from './api-error.js';
import { openAttempts } from './attempts.js';
import type { OnNotice } from './breaker.js';
import type { Answer, ChatRequest, FailedAttempt } from './chat.js';
import { openChat } from './chat-attempt.js';
import { type Clock, realClock } from './clock.js';
import { openConnection } from './connection.js';
import { openGate } from './gate.js';
import { openPacer, turnOutcome } from './pacer.js';
import { checkedApi } from './server-api.js';
import type { Prices, Spending } from './spending.js';
import type { Fetch } from './transport.js';

export interface ClientSettings {
  /** Of the API, as in `https://api.openai.com/v1`. */
  readonly baseURL: string;
  /** As the environment holds it; null where the server wants none. */
  readonly apiKey: string | null;
  /** Most chat requests in flight. */
  readonly concurrency: number;
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  /** For one attempt, its last byte included. */
  readonly timeoutSeconds: number;
  readonly maxAttempts: number;
  /** Longest wait, in minutes, for a server that fails every request. @default 20 */
  readonly outageMinutes?: number | undefined;
  readonly spending: Spending;
  readonly prices: (model: string) => Prices | null;
}

/** For those who write settings by hand. */
export const clientDefaults = {
  timeoutSeconds: 60,
  maxAttempts: 8,
  outageMinutes: 20,
} as const;

export interface ChatOptions {
  /**
   * Calls off what has not been sent. What is in flight is paid for: it is let come home, and
   * becomes an answer if it can.
   */
  readonly signal?: AbortSignal;
  readonly onFailedAttempt?: (failed: FailedAttempt) => void;
}

export interface ModelClient {
  /** @throws WeighbridgeError `server`, `no-key`, `budget`, `interrupted` */
  chat(request: ChatRequest, options?: ChatOptions): Promise<Answer>;
  readonly call: ApiCall;
  /** Breaks off everything, also in flight. */
  close(): void;
}

export interface ClientDependencies {
  readonly clock?: Clock;
  readonly fetch?: Fetch;
  /** Uniform on [0, 1), for the jitter of waits. */
  readonly random?: () => number;
  /** Told that a server is waited for, and that it works again. */
  readonly onNotice?: OnNotice | undefined;
}

/** @throws WeighbridgeError `bad-configuration`, `no-key` */
export function openClient(
  settings: ClientSettings,
  { clock = realClock, fetch, random = Math.random, onNotice = () => {} }: ClientDependencies = {},
): ModelClient {
  checkNumbers(settings);
  const connection = openConnection(settings, { clock, fetch });
  const pacer = openPacer(settings, clock);
  const attemptChat = openChat(settings, { clock, connection, pacer });
  const places = openGate(settings.concurrency);
  const openDoor = openGate(Number.POSITIVE_INFINITY);
  const { maxAttempts, outageMinutes = clientDefaults.outageMinutes } = settings;
  const longestOutageMs = 60_000 * outageMinutes;
  const attempts = openAttempts({ maxAttempts, longestOutageMs }, { clock, random, onNotice });
  const { baseURL, hasKey } = connection;

  return {
    chat(request, { signal, onFailedAttempt } = {}) {
      const purpose = { baseURL, hasKey, what: null, model: request.model };
      return attempts.untilDone(purpose, places, signal, async (attempt, calledOff) => {
        const result = await attemptChat(request, attempt, calledOff);
        if ('failed' in result) onFailedAttempt?.(result.failed);
        return result;
      });
    },
    call(what, work, signal) {
      const purpose = { baseURL, hasKey, what, model: null };
      return attempts.untilDone(purpose, openDoor, signal, async (_, calledOff) => {
        const turn = await pacer.take(0, calledOff);
        let failure: Failure | null = null;
        try {
          const result = await connection.call(
            (api, options) => work(checkedApi(api), options),
            signal,
          );
          if ('failure' in result) failure = result.failure;
          return result;
        } finally {
          turn.end(turnOutcome(failure, failure?.headers ?? null, null));
        }
      });
    },
    close() {
      attempts.stop(new WeighbridgeError('interrupted', `the client of ${baseURL} is closed`));
      connection.close();
    },
  };
}

/** @throws WeighbridgeError `bad-configuration` */
function checkNumbers(settings: ClientSettings): void {
  const { concurrency, requestsPerMinute, tokensPerMinute, timeoutSeconds, maxAttempts } = settings;
  const check = (name: string, value: number | null, least: number) => {
    if (value === null || (Number.isFinite(value) && value >= least && value > 0)) return;
    throw new WeighbridgeError(
      'bad-configuration',
      `${name} is ${value}: expected a number ${least > 0 ? `of ${least} or more` : 'above 0'}`,
    );
  };
  check('concurrency', concurrency, 1);
  check('attempts', maxAttempts, 1);
  check('timeout in seconds', timeoutSeconds, 0);
  check('requests a minute', requestsPerMinute, 0);
  check('tokens a minute', tokensPerMinute, 0);
}
