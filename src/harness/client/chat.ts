/**
 * What is asked of a model and what comes back: the seam between those who know what to ask and
 * the client that knows how to reach a server.
 */
import type { Spent } from './spending.js';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  /** Most tokens of the answer. */
  readonly maxTokens: number;
  /** Ask for the log-probabilities of the first token's likeliest alternatives. */
  readonly logprobs: boolean;
}

/** Natural logarithms of the probabilities of the two answers, where the server gave them. */
export interface ChoiceLogprobs {
  readonly a: number | null;
  readonly b: number | null;
}

export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** An answer that was paid for. */
export interface Answer {
  /** What the model said, or the text of its refusal; '' where it said nothing. */
  readonly text: string;
  /** The whole response as JSON. */
  readonly raw: string;
  /** The model that answered, as the server names it. */
  readonly model: string;
  /** `system_fingerprint`, where the server tells one. */
  readonly fingerprint: string | null;
  /**
   * As the server names it; 'refusal' where the model refused, and `promptRefused` where a content
   * filter kept the prompt from it.
   */
  readonly finishReason: string;
  /** HTTP status. @default 200 */
  readonly status?: number;
  /** Null where the server does not count. */
  readonly usage: Usage | null;
  readonly logprobs: ChoiceLogprobs | null;
  /** Which attempt succeeded: 1 is the first. */
  readonly attempt: number;
  /** Of the attempt that succeeded, in milliseconds. */
  readonly latencyMs: number;
  /** What the budget counts for it: the most it can have cost, where the server does not count. */
  readonly spent?: Spent;
}

/** An attempt that brought no answer. */
export interface FailedAttempt {
  readonly attempt: number;
  /** HTTP status; null where the connection broke. */
  readonly status: number | null;
  /** One line, without key or headers. */
  readonly reason: string;
  readonly latencyMs: number;
  /** What the budget counts for it: it may have been charged where nobody can know. */
  readonly spent?: Spent;
}
