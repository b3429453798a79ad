/**
 * Chat completions, live or from a batch: the request is checked, a model answers it, and the answer
 * is put in OpenAI's shape.
 */
import { z } from 'zod';
import { answer, type Message } from './answer.js';
import { newId, nowInSeconds } from './file-store.js';
import { logprobsOf } from './logprobs.js';
import { digestOf, uniformOf } from './luck.js';
import type { Mind } from './mind.js';
import { type ApiError, errorBody } from './reply.js';
import { checkBody } from './request-body.js';
import type { Simulator } from './simulator.js';
import { countTokens } from './training-file.js';

/** As OpenAI. */
const MOST_MESSAGES = 2048;

const contentSchema = z
  .union([z.string(), z.array(z.object({ type: z.literal('text'), text: z.string() })), z.null()])
  .optional()
  .transform((content) => {
    if (Array.isArray(content)) return content.map(({ text }) => text).join('');
    return content ?? '';
  });

const chatSchema = z.object({
  model: z.string(),
  messages: z
    .array(z.object({ role: z.string().max(64), content: contentSchema }))
    .min(1)
    .max(MOST_MESSAGES),
  temperature: z.number().min(0).max(2).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  n: z.int().min(1).nullish(),
  stream: z.boolean().nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
});

/** A request that can be answered. */
export interface ChatQuestion {
  readonly mind: Mind;
  readonly messages: readonly Message[];
  readonly temperature: number;
  readonly maxTokens: number;
  /** Alternatives wanted; null: no log-probabilities. */
  readonly topLogprobs: number | null;
  readonly promptTokens: number;
}

export type ChatCheck =
  | { readonly ok: true; readonly question: ChatQuestion }
  | { readonly ok: false; readonly status: number; readonly error: ApiError };

/** Most tokens of an answer where the request does not say. */
const USUAL_MOST_TOKENS = 4096;

export function checkChat(body: unknown, { models, logprobs }: Simulator): ChatCheck {
  const checked = checkBody(chatSchema, body);
  if (!checked.ok) return { ok: false, status: 400, error: checked.error };
  const request = checked.value;
  const unsupported = unsupportedIn(request);
  if (unsupported) return { ok: false, status: 400, error: unsupported };
  const entry = models.get(request.model);
  if (!entry) return { ok: false, status: 404, error: modelNotFound(request.model) };
  const { messages, max_completion_tokens, max_tokens } = request;
  return {
    ok: true,
    question: {
      mind: entry.mind,
      messages,
      // OpenAI's default.
      temperature: request.temperature ?? 1,
      maxTokens: max_completion_tokens ?? max_tokens ?? USUAL_MOST_TOKENS,
      topLogprobs: logprobs && request.logprobs ? (request.top_logprobs ?? 0) : null,
      promptTokens: messages.reduce((sum, { content }) => sum + 4 + countTokens(content), 3),
    },
  };
}

function unsupportedIn(request: z.infer<typeof chatSchema>): ApiError | null {
  const { stream, n, max_tokens, max_completion_tokens, top_logprobs, logprobs } = request;
  const unsupported = (param: string, message: string): ApiError => ({
    message,
    param,
    code: 'unsupported_value',
  });
  if (stream) {
    return unsupported('stream', 'Streaming is not simulated: send the request without `stream`.');
  }
  if ((n ?? 1) > 1) return unsupported('n', 'One answer a request is simulated: `n` must be 1.');
  if (max_tokens != null && max_completion_tokens != null) {
    return unsupported(
      'max_tokens',
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
    );
  }
  if (top_logprobs != null && !logprobs) {
    return unsupported(
      'top_logprobs',
      "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
    );
  }
  return null;
}

export function modelNotFound(name: string): ApiError {
  return {
    message: `The model \`${name}\` does not exist or you do not have access to it.`,
    code: 'model_not_found',
  };
}

/** What the rate limits count before an answer is there: as OpenAI, the prompt and the most. */
export function tokensAsked({ promptTokens, maxTokens }: ChatQuestion): number {
  return promptTokens + maxTokens;
}

/** Tells one question to one model from all others: 52 bits of a hash. */
export function questionHash({ mind, messages }: ChatQuestion): number {
  const texts = messages.flatMap(({ role, content }) => [role, content]);
  return Math.floor(uniformOf(digestOf(mind.name, texts), 0) * 2 ** 52);
}

/** What keeps a model from answering. */
export type Mishap = 'refusal' | 'filter' | null;

export function chatCompletion(question: ChatQuestion, { world }: Simulator, mishap: Mishap) {
  const { mind, messages, temperature, maxTokens, topLogprobs, promptTokens } = question;
  const spoken = answer(mind, world, messages, temperature);
  const tokens = spoken.logOdds === null ? countTokens(spoken.text) : 1;
  const cut = tokens > maxTokens;
  // Tokens are counted as four characters each.
  const text = cut ? spoken.text.slice(0, 4 * maxTokens) : spoken.text;
  const completionTokens = Math.min(tokens, maxTokens);
  const logprobs = topLogprobs === null ? null : logprobsOf(text, spoken.logOdds, topLogprobs);
  const choice = mishap
    ? mishaps[mishap]
    : {
        message: { role: 'assistant', content: text, refusal: null, annotations: [] },
        logprobs,
        finish_reason: cut ? 'length' : 'stop',
      };
  return {
    id: newId('chatcmpl-'),
    object: 'chat.completion',
    created: nowInSeconds(),
    model: mind.name,
    choices: [{ index: 0, ...choice }],
    usage: usageOf(promptTokens, completionTokens),
    service_tier: 'default',
    system_fingerprint: fingerprintOf(mind, world.seed),
  };
}

const mishaps = {
  refusal: {
    message: {
      role: 'assistant',
      content: null,
      refusal: "I'm sorry, but I can't assist with that request.",
      annotations: [],
    },
    logprobs: null,
    finish_reason: 'stop',
  },
  filter: {
    message: { role: 'assistant', content: '', refusal: null, annotations: [] },
    logprobs: null,
    finish_reason: 'content_filter',
  },
} as const;

function usageOf(promptTokens: number, completionTokens: number) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

const fingerprints = new WeakMap<Mind, string>();

function fingerprintOf(mind: Mind, seed: number): string {
  const known = fingerprints.get(mind);
  if (known) return known;
  const fingerprint = `fp_simulated_${digestOf('fingerprint', seed, mind.name).slice(0, 10)}`;
  fingerprints.set(mind, fingerprint);
  return fingerprint;
}

/** A chat completion or the error that stands for it. */
export interface ChatOutcome {
  readonly status: number;
  readonly body: object;
  /** Of the question that was answered; null where it was not. */
  readonly question: number | null;
}

/** Checks and answers in one go, as for a line of a batch. */
export function completeChat(body: unknown, simulator: Simulator): ChatOutcome {
  const check = checkChat(body, simulator);
  if (!check.ok) return { status: check.status, body: errorBody(check.error), question: null };
  return {
    status: 200,
    body: chatCompletion(check.question, simulator, null),
    question: questionHash(check.question),
  };
}
