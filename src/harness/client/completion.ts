/**
 * The body of a chat completion request, and the reading of its response. Servers implement OpenAI's API
 * with differences, so every field is checked.
 */

import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import {
  asCount,
  asList,
  asObject,
  asText,
  type JsonObject,
  parseObject,
} from '../../checks/json.js';
import type { AnswerSchema } from '../../packs/design.js';
import {
  type Answer,
  type ChatRequest,
  mostCompletionTokens,
  type PaidAnswer,
  type Usage,
} from './chat.js';
import { readLogprobs } from './label-logprobs.js';
import type { Parameter } from './parameters.js';
import { type Spent, zeroSpent } from './spending.js';

/** Maximum of OpenAI and vLLM. Needed because a confident model ranks B below all spellings of A. */
const ALTERNATIVES = 20;

/** Asked for where a server finds that too many. */
const FEWER_ALTERNATIVES = 5;

/** @param refused parameters that the server refuses for this model */
export function completionBody(
  request: ChatRequest,
  refused: ReadonlySet<Parameter>,
): ChatCompletionCreateParamsNonStreaming {
  const { model, messages, temperature, labels, seed, reasoningEffort, jsonSchema } = request;
  const takes = (parameter: Parameter) => !refused.has(parameter);
  const limitName = takes('max_tokens') ? 'max_tokens' : 'max_completion_tokens';
  const alternatives = takes('top_logprobs') ? ALTERNATIVES : FEWER_ALTERNATIVES;
  return {
    model,
    messages: [...messages],
    ...(temperature !== null && takes('temperature') && { temperature }),
    [limitName]: mostCompletionTokens(request),
    ...(labels && takes('logprobs') && { logprobs: true, top_logprobs: alternatives }),
    ...(seed !== null && takes('seed') && { seed }),
    ...(reasoningEffort !== null && takes('reasoning_effort') && effort(reasoningEffort)),
    ...(jsonSchema && takes('response_format') && { response_format: formatOf(jsonSchema) }),
  };
}

/** What a request says beside the model and the messages, as JSON. */
export function settingsOf({ model, messages, ...settings }: Body): string {
  return JSON.stringify(settings);
}

type Body = ChatCompletionCreateParamsNonStreaming;

/** Any word of a server; the package's type knows OpenAI's. */
function effort(word: string): Pick<Body, 'reasoning_effort'> {
  return { reasoning_effort: word as NonNullable<Body['reasoning_effort']> };
}

function formatOf({ name, schema }: AnswerSchema): NonNullable<Body['response_format']> {
  return { type: 'json_schema', json_schema: { name, strict: true, schema: { ...schema } } };
}

/** The content of a response; the client adds the attempt and its latency. */
export type Completion = Omit<Answer, 'attempt' | 'latencyMs'>;

export type ReadCompletion =
  | { readonly completion: Completion }
  /** `malformed`: why the body is not an answer. */
  | { readonly malformed: string; readonly usage: Usage | null };

/** Our finish reason for a prompt that a content filter refused. */
export const promptRefused = 'prompt_refused';

/** Our finish reason for a trial to which no attempt brought an answer that can be read. */
export const unreadable = 'unreadable';

/** The outcome of a trial whose answers could not be read. Its attempts are paid for. */
export function unreadableAnswer(model: string, raw: string, attempt: number): PaidAnswer {
  return {
    ...{ text: '', raw, model, fingerprint: null, finishReason: unreadable, usage: null },
    ...{ logprobs: null, attempt, latencyMs: 0, spent: zeroSpent() },
  };
}

/** A refused prompt costs no tokens. */
export const promptRefusalCost: Readonly<Spent> = { requests: 1, tokens: 0, usd: 0 };

/**
 * Reads any text; never throws.
 * @param body the completion, if the text holds more than that
 */
export function readCompletion(
  raw: string,
  request: Pick<ChatRequest, 'model' | 'labels'>,
  body = parseObject(raw),
): ReadCompletion {
  if (!body)
    return { malformed: `not a JSON object: ${JSON.stringify(raw.slice(0, 80))}`, usage: null };
  const usage = readUsage(body.usage);
  const choice = firstChoice(asList(body.choices));
  const message = messageOf(choice);
  const error = errorIn(body.error) ?? errorIn(choice?.error) ?? failedFinish(choice);
  const common = {
    raw,
    model: asText(body.model) ?? request.model,
    fingerprint: asText(body.system_fingerprint),
    usage,
  };
  if (error && isFiltered(error.value)) {
    return { completion: { ...common, text: '', finishReason: promptRefused, logprobs: null } };
  }
  if (error) return { malformed: error.words, usage };
  if (!choice || !message) return { malformed: 'it holds no message', usage };
  const { text, refused } = said(message);
  return {
    completion: {
      ...common,
      text,
      finishReason: refused ? 'refusal' : (asText(choice.finish_reason) ?? 'unknown'),
      logprobs: request.labels ? readLogprobs(choice.logprobs, request.labels) : null,
    },
  };
}

/** The choice of index 0, if a server sends more than one. */
function firstChoice(choices: readonly unknown[]): JsonObject | null {
  const found = choices.map(asObject);
  return found.find((choice) => choice?.index === 0) ?? found[0] ?? null;
}

/** An answer that a content filter removed may come without its message. */
function messageOf(choice: JsonObject | null): JsonObject | null {
  const message = asObject(choice?.message);
  if (message || !isFilterFinish(asText(choice?.finish_reason))) return message;
  return { content: '' };
}

/** Finish reasons of a content filter, of OpenAI and of other servers. */
const filterFinishes: ReadonlySet<string> = new Set([
  ...['content_filter', 'content_filtered', 'safety', 'recitation', 'prohibited_content'],
  ...['blocklist', 'spii', 'sensitive', 'guardrail_intervened'],
]);

/** Gemini adds which of its filters it was: 'content_filter: PROHIBITED_CONTENT'. */
export function isFilterFinish(reason: string | null | undefined): boolean {
  const [word = ''] = reason?.toLowerCase().split(':', 1) ?? [];
  return filterFinishes.has(word.trim());
}

/** Tokens spent on reasoning; null if the server does not count them. */
export function reasoningTokens(raw: string): number | null {
  return readUsage(parseObject(raw)?.usage)?.reasoningTokens ?? null;
}

interface ErrorInBody {
  readonly value: unknown;
  readonly words: string;
}

/** An error instead of an answer, in any shape; null if there is none. */
function errorIn(value: unknown): ErrorInBody | null {
  if (typeof value === 'string') return value === '' ? null : { value, words: value };
  const error = asObject(value);
  if (!error) return null;
  const { message, code, type } = error;
  const words = [message, code, type].find((one) => typeof one === 'string' && one !== '');
  if (words !== undefined) return { value, words: String(words) };
  if (isFiltered(value)) return { value, words: 'content filter' };
  // Some servers send 0 or 200 if nothing went wrong.
  const isFailure = typeof code === 'number' && code !== 0 && code !== 200;
  return isFailure ? { value, words: `error ${code}` } : null;
}

/** Finish reasons of an answer that the server could not complete. */
const failedFinishes =
  /^(error|abort(ed)?|cancell?ed|network_error|insufficient_system_resource)$/i;

function failedFinish(choice: JsonObject | null): ErrorInBody | null {
  const reason = asText(choice?.finish_reason);
  if (reason === null || !failedFinishes.test(reason)) return null;
  return { value: null, words: `finish_reason '${reason}'` };
}

/**
 * Codes of a content filter: OpenAI, Azure (also inside `innererror`), Alibaba, Bedrock's gateways,
 * Zhipu (a number).
 */
const filterCodes: ReadonlySet<string> = new Set([
  'content_filter',
  'content_filtered',
  'content_policy_violation',
  'responsibleaipolicyviolation',
  'responsible_ai_policy_violation',
  'invalid_prompt',
  'prompt_blocked',
  'moderation_blocked',
  'data_inspection_failed',
  'datainspectionfailed',
  'guardrail_intervened',
  '1301',
]);

/** DeepSeek and Anthropic: the whole message, the only sign of their filters. */
const filterMessages: ReadonlySet<string> = new Set([
  'content exists risk',
  'output blocked by content filtering policy',
]);

/** The body of a response for an error that a content filter caused; null for any other error. */
export function promptRefusal(error: unknown): string | null {
  if (!isFiltered(error)) return null;
  try {
    return JSON.stringify({ error });
  } catch {
    // Nested too deep to be written.
    return JSON.stringify({ error: { code: 'content_filter' } });
  }
}

/** Decided by codes and typed fields; by the message only where it is fixed and nothing else tells. */
function isFiltered(value: unknown, depth = 0): boolean {
  const error = asObject(value);
  if (!error || depth > 3) return false;
  const codes = [error.code, error.type].map((one) => asText(one)?.toLowerCase() ?? '');
  if (codes.some((code) => filterCodes.has(code))) return true;
  if (filterMessages.has(asText(error.message)?.trim().toLowerCase() ?? '')) return true;
  const results = error.content_filter_result ?? error.content_filter_results;
  if (Object.values(asObject(results) ?? {}).some((one) => asObject(one)?.filtered === true)) {
    return true;
  }
  // OpenRouter: which rules of the provider's moderation the input broke.
  const metadata = asObject(error.metadata);
  if (asList(metadata?.reasons).length > 0 && typeof metadata?.flagged_input === 'string') {
    return true;
  }
  // LiteLLM passes on the provider's error in `provider_specific_fields`.
  const inner = [error.innererror, error.inner_error, error.error, error.provider_specific_fields];
  return inner.some((one) => isFiltered(one, depth + 1));
}

/** The model's text: the content, which may be a list of parts, and the text of a refusal. */
function said({ content, refusal }: JsonObject): { text: string; refused: boolean } {
  const parts = [...(Array.isArray(content) ? content : [content]), { type: 'refusal', refusal }];
  let refused = false;
  let text = '';
  for (const part of parts) {
    const refusalText = asText(asObject(part)?.refusal) ?? '';
    if (refusalText !== '') refused = true;
    if (refusalText !== '' && text !== '') text += '\n';
    text += refusalText === '' ? textOfPart(part) : refusalText;
  }
  // Replaces halves of surrogate pairs, which cannot be stored.
  return { text: Buffer.from(text).toString(), refused };
}

/** '' for parts that are not text: reasoning, images, tool calls. */
function textOfPart(part: unknown): string {
  if (typeof part === 'string') return part;
  const { type, text } = asObject(part) ?? {};
  if (type !== undefined && type !== 'text' && type !== 'output_text') return '';
  return asText(text) ?? asText(asObject(text)?.value) ?? '';
}

/**
 * Gemini counts its reasoning in the total only, and leaves out a count of zero: what the total has
 * beyond the prompt was made, and is billed, as completion.
 */
function readUsage(value: unknown): Usage | null {
  const usage = asObject(value);
  const promptTokens = asCount(usage?.prompt_tokens);
  if (promptTokens === null) return null;
  const total = asCount(usage?.total_tokens);
  const beyondPrompt = total === null ? null : asCount(total - promptTokens);
  const counted = asCount(usage?.completion_tokens);
  if (counted === null && (beyondPrompt === null || usage?.completion_tokens != null)) return null;
  const completionTokens = Math.max(counted ?? 0, beyondPrompt ?? 0);
  const uncounted = completionTokens - (counted ?? 0);
  return {
    promptTokens,
    completionTokens,
    reasoningTokens: reasoningIn(usage) ?? (uncounted > 0 ? uncounted : null),
  };
}

function reasoningIn(usage: JsonObject | null): number | null {
  return asCount(asObject(usage?.completion_tokens_details)?.reasoning_tokens);
}
