/**
 * The client of a model's server. A request waits for budget and rate limits, is sent, is
 * retried if that can help, and ends as an answer or as a one-line error. Each
 * attempt is paced, budgeted and, if it fails, reported.
 *
 * Cost of an attempt in the budget: one request if the server got it; tokens and money as the
 * server counted them; nothing if it refused or failed (OpenAI bills no errors); and the most that it
 * can have cost if that is unknown, because the connection broke, the time was up, a gateway gave up,
 * or the answer came without counts.
 */
import { WeighbridgeError } from '../../errors.js';
import type { ChatMessage } from '../../study/stimuli.js';
import { type AttemptResult, Attempts } from './attempts.js';
import type { OnNotice } from './breaker.js';
import {
  type ChatRequest,
  type FailedAttempt,
  mostCompletionTokens,
  mostUsage,
  type PaidAnswer,
  type Usage,
} from './chat.js';
import { type Clock, realClock } from './clock.js';
import {
  type Completion,
  completionBody,
  promptRefusalCost,
  promptRefused,
  type ReadCompletion,
  readCompletion,
  settingsOf,
  unreadableAnswer,
} from './completion.js';
import { Connection, type Fetch, type TextResponse } from './connection.js';
import { type Failure, localFailure } from './failure.js';
import type { HeaderReader } from './headers.js';
import { nothingLearnt, Pacer, turnOutcome } from './pacer.js';
import { lessonOf, type RefusedParameters, refusedParameters } from './parameters.js';
import { oneLine } from './sanitize.js';
import { type ApiCall, checkedApi } from './server-api.js';
import { type Prices, type Spending, type Spent, spentOn, zeroSpent } from './spending.js';

export interface ClientSettings {
  /** Base URL of the API, for example `https://api.openai.com/v1`. */
  readonly baseURL: string;
  /** API key from the environment; null if the server requires none. */
  readonly apiKey: string | null;
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  /** Time limit of one attempt, from the first byte sent to the last byte read. */
  readonly timeoutSeconds: number;
  readonly maxAttempts: number;
  /** Longest wait, in minutes, for a server that fails every request. @default 20 */
  readonly outageMinutes?: number | undefined;
  /** Whether the server has answered chats before. @default false */
  readonly hasWorked?: boolean | undefined;
  readonly spending: Spending;
  readonly prices: (model: string) => Prices | null;
  /** Estimates the tokens of a prompt, for pacing. @default 4 characters per token */
  readonly likelyPromptTokens?: ((messages: readonly ChatMessage[]) => number) | undefined;
}

/** For settings written by hand. */
export const clientDefaults = {
  timeoutSeconds: 60,
  maxAttempts: 8,
  outageMinutes: 20,
} as const;

export interface ChatOptions {
  /**
   * Aborts requests that have not been sent. Requests in flight are already paid for, so their answers
   * are awaited.
   */
  readonly signal?: AbortSignal;
  readonly onFailedAttempt?: (failed: FailedAttempt) => void;
}

export interface ClientDependencies {
  readonly clock?: Clock;
  readonly fetch?: Fetch;
  /** Uniform on [0, 1), for the jitter of waits. */
  readonly random?: () => number;
  /** Called when a server is waited for, and when it works again. */
  readonly onNotice?: OnNotice | undefined;
  /** What is known of the server's models, and what is learned. @default nothing is known */
  readonly refused?: RefusedParameters;
}

/** Outcome of a chat attempt. */
type Received = (
  | { readonly completion: Completion; readonly failure: null }
  | { readonly completion: null; readonly failure: Failure }
) & {
  /** Null if the server did not count. */
  readonly usage: Usage | null;
  readonly headers: HeaderReader | null;
  /** The body of a response of good status that is not an answer. */
  readonly unread?: string;
};

export class ModelClient {
  private readonly clock: Clock;
  private readonly connection: Connection;
  private readonly pacer: Pacer;
  private readonly attempts: Attempts;
  private readonly refused: RefusedParameters;

  /** @throws WeighbridgeError `bad-configuration`, `no-key` */
  constructor(
    private readonly settings: ClientSettings,
    {
      clock = realClock,
      fetch,
      random = Math.random,
      onNotice = () => {},
      refused = refusedParameters(),
    }: ClientDependencies = {},
  ) {
    requireNumbers(settings);
    const { maxAttempts, outageMinutes = clientDefaults.outageMinutes } = settings;
    this.clock = clock;
    this.refused = refused;
    this.connection = new Connection(settings, { clock, fetch });
    this.pacer = new Pacer(settings, clock);
    this.attempts = new Attempts(
      { maxAttempts, longestOutageMs: 60_000 * outageMinutes, hasWorked: settings.hasWorked },
      { clock, random, onNotice },
    );
  }

  /** @throws WeighbridgeError `server`, `no-key`, `unknown-model`, `budget`, `interrupted` */
  chat(request: ChatRequest, { signal, onFailedAttempt }: ChatOptions = {}): Promise<PaidAnswer> {
    const { baseURL, hasKey } = this.connection;
    const purpose = { baseURL, hasKey, what: null, model: request.model };
    return this.attempts.untilDone(purpose, signal, (attempt, own) =>
      this.attemptChat(request, attempt, own, onFailedAttempt),
    );
  }

  readonly call: ApiCall = (what, work, signal) => {
    const { baseURL, hasKey } = this.connection;
    const purpose = { baseURL, hasKey, what, model: null };
    return this.attempts.untilDone(purpose, signal, async (_, own) => {
      const turn = await this.pacer.take(0, own);
      let failure: Failure | null = null;
      try {
        const result = await this.connection.call(
          (api, options) => work(checkedApi(api), options),
          signal,
        );
        if ('failure' in result) failure = result.failure;
        return result;
      } finally {
        turn.end(turnOutcome(failure, failure?.headers ?? null, null));
      }
    });
  };

  /** Aborts everything, including requests in flight. */
  close(): void {
    const { baseURL } = this.connection;
    this.attempts.stop(new WeighbridgeError('interrupted', `the client of ${baseURL} is closed`));
    this.connection.close();
  }

  /** @throws the signal's reason if it is aborted before the request is sent; `budget` */
  private async attemptChat(
    request: ChatRequest,
    attempt: number,
    signal: AbortSignal,
    onFailedAttempt: ((failed: FailedAttempt) => void) | undefined,
  ): Promise<AttemptResult<PaidAnswer>> {
    const { model } = request;
    const price = this.settings.prices(model);
    const known = this.refused.of(model);
    const body = completionBody(request, known);
    const most = spentOn(price, mostUsage(request));
    const { reservation, turn } = await this.admit(request, most, signal);
    const began = this.clock.now();
    let received: Received;
    try {
      const sent = await this.connection.chat(body);
      received =
        'failure' in sent
          ? notReceived(sent.failure)
          : this.received(sent.value, readCompletion(sent.value.text, request));
    } catch (error) {
      // Aborted because the client was closed.
      turn.end(nothingLearnt);
      reservation.settle(most);
      throw error;
    }
    const { completion, failure, usage, headers, unread } = received;
    const latencyMs = this.clock.now() - began;
    const spent = usage ? spentOn(price, usage) : spentUncounted(received, most);
    turn.end(turnOutcome(failure, headers, usage));
    reservation.settle(spent);
    if (completion) {
      return { value: { ...completion, attempt, latencyMs, spent, settings: settingsOf(body) } };
    }
    const { kind, status, reason } = failure;
    onFailedAttempt?.({ attempt, status, reason: `${kind}: ${reason}`, latencyMs, spent });
    const sent = failure.refused?.filter((one) => one in body) ?? [];
    const lesson = lessonOf(sent, known);
    if (lesson.length === 0) {
      if (unread === undefined) return { failure };
      return { failure, outcome: () => unreadableAnswer(model, unread, attempt) };
    }
    this.refused.add(model, lesson);
    return { resend: true };
  }

  private received({ status, headers, text }: TextResponse, read: ReadCompletion): Received {
    if ('completion' in read) {
      const completion = { ...read.completion, status };
      return { completion, failure: null, usage: completion.usage, headers };
    }
    const reason = oneLine(read.malformed, this.connection.mask);
    const failure = localFailure('malformed', reason, 200);
    return { ...notReceived(failure), usage: read.usage, headers, unread: text };
  }

  /** Waits until budget and pace allow the request to be sent. */
  private async admit(request: ChatRequest, most: Spent, signal: AbortSignal) {
    const { spending, likelyPromptTokens = promptTokensByLength } = this.settings;
    const reservation = await spending.reserve(most, signal);
    try {
      const likely = likelyPromptTokens(request.messages) + mostCompletionTokens(request);
      const turn = await this.pacer.take(likely, signal);
      if (signal.aborted) turn.end(nothingLearnt);
      signal.throwIfAborted();
      return { reservation, turn };
    } catch (error) {
      reservation.release();
      throw error;
    }
  }
}

function notReceived(failure: Failure): Received {
  return { completion: null, failure, usage: null, headers: failure.headers };
}

function promptTokensByLength(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + Math.ceil(content.length / 4), 0);
}

/** The cost of an attempt that the server did not count. */
function spentUncounted({ completion, failure }: Received, most: Spent): Spent {
  if (failure) return spentOnFailure(failure, most);
  return completion.finishReason === promptRefused ? { ...promptRefusalCost } : most;
}

function spentOnFailure({ kind, status, proxy }: Failure, most: Spent): Spent {
  if (kind === 'unreached' || kind === 'no-descriptors' || proxy) return zeroSpent();
  // Behind a gateway that gave up, the answer may have been made.
  const isOpen = status === null || status === 200 || [502, 504, 520, 522, 524].includes(status);
  return isOpen ? most : { requests: 1, tokens: 0, usd: 0 };
}

/** @throws WeighbridgeError `bad-configuration` */
function requireNumbers(settings: ClientSettings): void {
  const { requestsPerMinute, tokensPerMinute, timeoutSeconds, maxAttempts } = settings;
  const requireNumber = (name: string, value: number | null, least: number) => {
    if (value === null || (Number.isFinite(value) && value >= least && value > 0)) return;
    const expected = `a number ${least > 0 ? `of ${least} or more` : 'above 0'}`;
    throw new WeighbridgeError('bad-configuration', `${name} is ${value}: expected ${expected}`, {
      details: { column: name, found: value, expected },
    });
  };
  requireNumber('attempts', maxAttempts, 1);
  requireNumber('timeout in seconds', timeoutSeconds, 0);
  requireNumber('requests a minute', requestsPerMinute, 0);
  requireNumber('tokens a minute', tokensPerMinute, 0);
}
