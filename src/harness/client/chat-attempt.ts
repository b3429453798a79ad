/**
 * One attempt at one answer: money set aside, a turn, the request, and the settling of both by what
 * came of it.
 *
 * What an attempt counts for in the budget: a request, if the server got it. Tokens and money as
 * the server counted them; nothing where it refused or failed (OpenAI bills no errors); and where
 * nobody can know, because the connection broke, the time was up, a gateway gave up, or the answer
 * came without counts, the most that it can have cost.
 */
import { APIError } from 'openai';
import { type Failure, localFailure, oneLine } from './api-error.js';
import type { Answer, ChatRequest, FailedAttempt, Usage } from './chat.js';
import type { Clock } from './clock.js';
import {
  type Completion,
  completionBody,
  type LimitName,
  promptRefusal,
  promptRefusalCost,
  promptRefused,
  readCompletion,
  wantsOtherLimit,
} from './completion.js';
import type { Connection } from './connection.js';
import { estimatePromptTokens, mostPromptTokens } from './estimate.js';
import { nothingLearnt, type Pacer, turnOutcome } from './pacer.js';
import { costOf, type Prices, type Spending, type Spent } from './spending.js';

export interface ChatSettings {
  readonly spending: Spending;
  readonly prices: (model: string) => Prices | null;
}

export type AttemptedChat =
  | { readonly value: Answer }
  | { readonly failure: Failure; readonly failed: FailedAttempt; readonly isMended: boolean };

/** @throws the signal's reason when called off before it is sent; WeighbridgeError `budget` */
export type AttemptChat = (
  request: ChatRequest,
  attempt: number,
  signal: AbortSignal,
) => Promise<AttemptedChat>;

/** What came back, whatever it is. */
type Received = (
  | { readonly completion: Completion; readonly failure: null }
  | { readonly completion: null; readonly failure: Failure }
) & {
  /** Null where the server did not count. */
  readonly usage: Usage | null;
  readonly headers: Headers | null;
};

export function openChat(
  { spending, prices }: ChatSettings,
  { clock, connection, pacer }: { clock: Clock; connection: Connection; pacer: Pacer },
): AttemptChat {
  const limitNames = new Map<string, LimitName>();

  /** Waits until budget and pace allow to send. */
  async function admit(request: ChatRequest, most: Spent, signal: AbortSignal) {
    const reservation = await spending.reserve(most, signal);
    try {
      const likely = estimatePromptTokens(request.messages) + request.maxTokens;
      const turn = await pacer.take(likely, signal);
      if (signal.aborted) turn.end(nothingLearnt);
      signal.throwIfAborted();
      return { reservation, turn };
    } catch (error) {
      reservation.release();
      throw error;
    }
  }

  async function exchange(request: ChatRequest, limitName: LimitName): Promise<Received> {
    const body = completionBody(request, limitName);
    const sent = await connection.chat(async (api, options) => {
      try {
        const response = await api.chat.completions.create(body, options).asResponse();
        return { raw: await connection.textOf(response), status: 200, headers: response.headers };
      } catch (error) {
        const refusal = refusalIn(error);
        if (!refusal) throw error;
        return refusal;
      }
    });
    if ('failure' in sent) {
      const { failure } = sent;
      return { completion: null, failure, usage: null, headers: failure.headers };
    }
    const { raw, headers, status } = sent.value;
    const read = readCompletion(raw, request);
    if ('completion' in read) {
      const completion = { ...read.completion, status };
      return { completion, failure: null, usage: completion.usage, headers };
    }
    const failure = localFailure('malformed', oneLine(read.malformed, connection.mask), 200);
    return { completion: null, failure, usage: read.usage, headers };
  }

  async function pacedAndPaid(
    request: ChatRequest,
    limitName: LimitName,
    signal: AbortSignal,
  ): Promise<Received & { readonly latencyMs: number; readonly spent: Spent }> {
    const price = prices(request.model);
    const most = spentOn(price, {
      promptTokens: mostPromptTokens(request.messages),
      completionTokens: request.maxTokens,
    });
    const { reservation, turn } = await admit(request, most, signal);
    const began = clock.now();
    try {
      const received = await exchange(request, limitName);
      const { failure, usage, headers } = received;
      const latencyMs = clock.now() - began;
      const spent = usage ? spentOn(price, usage) : spentUncounted(received, most);
      turn.end(turnOutcome(failure, headers, usage));
      reservation.settle(spent);
      return { ...received, latencyMs, spent };
    } catch (error) {
      // Broken off when the client was closed.
      turn.end(nothingLearnt);
      reservation.settle(most);
      throw error;
    }
  }

  return async (request, attempt, signal) => {
    const { model } = request;
    const limitName = limitNames.get(model) ?? 'max_tokens';
    const received = await pacedAndPaid(request, limitName, signal);
    const { completion, failure, latencyMs, spent } = received;
    if (completion) {
      return { value: { ...completion, attempt, latencyMs, spent } };
    }
    const { kind, status, reason } = failure;
    const failed = { attempt, status, reason: `${kind}: ${reason}`, latencyMs, spent };
    const isMended = limitName === 'max_tokens' && wantsOtherLimit(status, reason);
    if (isMended) limitNames.set(model, 'max_completion_tokens');
    return { failure, failed, isMended };
  };
}

function spentOn(prices: Prices | null, usage: Usage): Spent {
  const tokens = usage.promptTokens + usage.completionTokens;
  return { requests: 1, tokens, usd: costOf(prices, usage) };
}

/** With the statuses by which servers refuse what they understand. */
const refusing: ReadonlySet<number> = new Set([400, 403, 422, 451]);

/**
 * A content filter's refusal of the prompt as a response: it is the outcome of this one trial, and
 * says nothing about others. Null for any other error.
 */
function refusalIn(
  error: unknown,
): { raw: string; status: number; headers: Headers | null } | null {
  if (!(error instanceof APIError) || typeof error.status !== 'number') return null;
  const { status, headers = null } = error;
  const raw = refusing.has(status) ? promptRefusal(error.error) : null;
  return raw === null ? null : { raw, status, headers };
}

/** Where the server did not count. */
function spentUncounted({ completion, failure }: Received, most: Spent): Spent {
  if (failure) return spentOnFailure(failure, most);
  return completion.finishReason === promptRefused ? { ...promptRefusalCost } : most;
}

function spentOnFailure({ kind, status }: Failure, most: Spent): Spent {
  if (kind === 'unreached' || kind === 'no-descriptors') return { requests: 0, tokens: 0, usd: 0 };
  // Behind a gateway that gave up, the answer may have been made.
  const isOpen = status === null || status === 200 || [502, 504, 520, 522, 524].includes(status);
  return isOpen ? most : { requests: 1, tokens: 0, usd: 0 };
}
