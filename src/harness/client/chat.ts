/** Chat requests and answers: the interface of the client to the rest of the harness. */
import type { Question } from '../../packs/design.js';
import type { ChatMessage } from '../../study/stimuli.js';
import type { Spent } from './spending.js';

/** A question, and the model that is asked. */
export interface ChatRequest extends Question {
  readonly model: string;
}

export interface Usage {
  readonly promptTokens: number;
  /** With the tokens of the reasoning. */
  readonly completionTokens: number;
  /** Null if the server does not count them. */
  readonly reasoningTokens: number | null;
}

export interface Answer {
  /** The model's text, or the text of its refusal; '' if there is none. */
  readonly text: string;
  /** The response as JSON. */
  readonly raw: string;
  /** The model that answered, as the server names it. */
  readonly model: string;
  /** `system_fingerprint`; null if the server sent none. */
  readonly fingerprint: string | null;
  /**
   * As the server names it; 'refusal' if the model refused, and `promptRefused` if a content filter
   * refused the prompt.
   */
  readonly finishReason: string;
  /** HTTP status. @default 200 */
  readonly status?: number;
  /** Null if the server does not count. */
  readonly usage: Usage | null;
  /**
   * Natural logarithms of the probabilities of the labels that were asked for. A label is absent if
   * its probability is not known. Null if none was asked for, or the server gave none.
   */
  readonly logprobs: ReadonlyMap<string, number> | null;
  /** Which attempt succeeded: 1 is the first. */
  readonly attempt: number;
  /** Latency of the successful attempt, in milliseconds. */
  readonly latencyMs: number;
  /** Cost in the budget: the maximum if the server does not count. */
  readonly spent?: Spent;
  /** What was sent beside the model and the messages, as JSON. Absent for a batch. */
  readonly settings?: string;
}

export type PaidAnswer = Answer & { readonly spent: Spent };

/** An attempt without an answer. */
export interface FailedAttempt {
  readonly attempt: number;
  /** HTTP status; null if the connection broke. */
  readonly status: number | null;
  /** One line, without key or headers. */
  readonly reason: string;
  /** The body of a response of good status that is not an answer. */
  readonly unreadable?: string;
  readonly latencyMs: number;
  /** Cost in the budget: the maximum if it may have been charged. */
  readonly spent?: Spent;
}

/** Marks of role, begin and end; templates of open models have more than OpenAI's three. */
const MOST_TOKENS_PER_MESSAGE = 8;
/** What a template may add by itself: Llama 3's states two dates in some 25 tokens. */
const MOST_TOKENS_OF_TEMPLATE = 64;

/**
 * Upper bound of the tokens of a prompt: a token of a byte-level vocabulary, or of one that falls
 * back on bytes, is at least one byte.
 */
export function mostPromptTokens(messages: readonly ChatMessage[]): number {
  let tokens = MOST_TOKENS_OF_TEMPLATE;
  for (const { content } of messages) {
    tokens += MOST_TOKENS_PER_MESSAGE + Buffer.byteLength(content);
  }
  return tokens;
}

/** The most tokens that a request can use. */
export function mostUsage(request: ChatRequest): Usage {
  return {
    promptTokens: mostPromptTokens(request.messages),
    completionTokens: mostCompletionTokens(request),
    reasoningTokens: null,
  };
}

/** The limit of tokens that is sent: the answer's, and the room for reasoning. */
export function mostCompletionTokens({ maxTokens, reasoningTokens }: ChatRequest): number {
  return maxTokens + reasoningTokens;
}
