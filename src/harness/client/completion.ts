/**
 * A chat completion on its way out and in: the body of the request, and what of the response's is
 * an answer. Servers that speak OpenAI's language speak it with accents, so nothing is taken on
 * trust here.
 */
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import type { Answer, ChatRequest, ChoiceLogprobs, Usage } from './chat.js';
import { asCount, asList, asObject, asText, type JsonObject, parseObject } from './json.js';
import type { Spent } from './spending.js';

/** As many as OpenAI and vLLM give: a sure model has B far behind all spellings of A. */
const ALTERNATIVES = 20;

/**
 * Servers of open models know `max_tokens` only, and OpenAI's reasoning models only the other.
 */
export type LimitName = 'max_tokens' | 'max_completion_tokens';

export function completionBody(
  { model, messages, maxTokens, logprobs }: ChatRequest,
  limitName: LimitName,
): ChatCompletionCreateParamsNonStreaming {
  return {
    model,
    messages: [...messages],
    temperature: 0,
    [limitName]: maxTokens,
    ...(logprobs ? { logprobs: true, top_logprobs: ALTERNATIVES } : {}),
  };
}

/** Whether a server's refusal (400) says to use the other name. */
export function wantsOtherLimit(status: number | null, reason: string): boolean {
  return status === 400 && /max_tokens/.test(reason) && /max_completion_tokens/.test(reason);
}

/** What the body of a response tells; the client adds the attempt and its time. */
export type Completion = Omit<Answer, 'attempt' | 'latencyMs'>;

export type ReadCompletion =
  | { readonly completion: Completion }
  /** Why the body is no answer. */
  | { readonly malformed: string; readonly usage: Usage | null };

/** The finish reason, ours, of an answer to a prompt that a content filter kept from the model. */
export const promptRefused = 'prompt_refused';

/** A prompt that the model never saw costs no tokens. */
export const promptRefusalCost: Readonly<Spent> = { requests: 1, tokens: 0, usd: 0 };

/**
 * Reads any text at all; never throws.
 * @param body the completion, where the text holds more than that
 */
export function readCompletion(
  raw: string,
  request: ChatRequest,
  body = parseObject(raw),
): ReadCompletion {
  if (!body)
    return { malformed: `not a JSON object: ${JSON.stringify(raw.slice(0, 80))}`, usage: null };
  const usage = readUsage(body.usage);
  const choice = firstChoice(asList(body.choices));
  const message = messageOf(choice);
  const error = errorIn(body.error) ?? errorIn(choice?.error) ?? failedFinish(choice);
  const told = {
    raw,
    model: asText(body.model) ?? request.model,
    fingerprint: asText(body.system_fingerprint),
    usage,
  };
  if (error && isFiltered(error.value)) {
    return { completion: { ...told, text: '', finishReason: promptRefused, logprobs: null } };
  }
  if (error) return { malformed: error.words, usage };
  if (!choice || !message) return { malformed: 'it holds no message', usage };
  const { text, refused } = said(message);
  return {
    completion: {
      ...told,
      text,
      finishReason: refused ? 'refusal' : (asText(choice.finish_reason) ?? 'unknown'),
      logprobs: request.logprobs ? readLogprobs(choice.logprobs) : null,
    },
  };
}

/** By its index, where a server gives more than the one that was asked for. */
function firstChoice(choices: readonly unknown[]): JsonObject | null {
  const found = choices.map(asObject);
  return found.find((choice) => choice?.index === 0) ?? found[0] ?? null;
}

/** An answer that a content filter took away altogether may come without its message. */
function messageOf(choice: JsonObject | null): JsonObject | null {
  const message = asObject(choice?.message);
  if (message || !isFilterFinish(asText(choice?.finish_reason))) return message;
  return { content: '' };
}

/** Finish reasons of a content filter, of OpenAI and of servers that have words of their own. */
const filterFinishes: ReadonlySet<string> = new Set([
  ...['content_filter', 'content_filtered', 'safety', 'recitation', 'prohibited_content'],
  ...['blocklist', 'spii', 'sensitive', 'guardrail_intervened'],
]);

/** Gemini adds which of its filters it was: 'content_filter: PROHIBITED_CONTENT'. */
export function isFilterFinish(reason: string | null | undefined): boolean {
  const [word = ''] = reason?.toLowerCase().split(':', 1) ?? [];
  return filterFinishes.has(word.trim());
}

/** Tokens that the model thought with, where the server counts them. */
export function reasoningTokens(raw: string): number | null {
  const usage = asObject(parseObject(raw)?.usage);
  return asCount(asObject(usage?.completion_tokens_details)?.reasoning_tokens);
}

interface ToldError {
  readonly value: unknown;
  readonly words: string;
}

/** An error given in place of an answer, in any shape; null if there is none. */
function errorIn(value: unknown): ToldError | null {
  if (typeof value === 'string') return value === '' ? null : { value, words: value };
  const error = asObject(value);
  if (!error) return null;
  const { message, code, type } = error;
  const words = [message, code, type].find((one) => typeof one === 'string' && one !== '');
  if (words !== undefined) return { value, words: String(words) };
  if (isFiltered(value)) return { value, words: 'content filter' };
  // 0 and 200 are how some servers say that nothing went wrong.
  const isFailure = typeof code === 'number' && code !== 0 && code !== 200;
  return isFailure ? { value, words: `error ${code}` } : null;
}

/** Finish reasons of an answer that the server could not bring to its end. */
const failedFinishes =
  /^(error|abort(ed)?|cancell?ed|network_error|insufficient_system_resource)$/i;

function failedFinish(choice: JsonObject | null): ToldError | null {
  const reason = asText(choice?.finish_reason);
  if (reason === null || !failedFinishes.test(reason)) return null;
  return { value: null, words: `finish_reason '${reason}'` };
}

/**
 * Codes of a content filter: OpenAI, Azure (also inside `innererror`), Alibaba, Bedrock's gateways,
 * Zhipu (a number) and those who copy them.
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

/**
 * A server's error as the body of a response, where it says that a content filter refused the
 * prompt; null for any other error.
 */
export function promptRefusal(error: unknown): string | null {
  if (!isFiltered(error)) return null;
  try {
    return JSON.stringify({ error });
  } catch {
    // Nested too deep to be written.
    return JSON.stringify({ error: { code: 'content_filter' } });
  }
}

/** Codes and typed fields decide, and never the words of the message. */
function isFiltered(value: unknown, depth = 0): boolean {
  const error = asObject(value);
  if (!error || depth > 3) return false;
  const codes = [error.code, error.type].map((one) => asText(one)?.toLowerCase() ?? '');
  if (codes.some((code) => filterCodes.has(code))) return true;
  const results = error.content_filter_result ?? error.content_filter_results;
  if (Object.values(asObject(results) ?? {}).some((one) => asObject(one)?.filtered === true)) {
    return true;
  }
  // OpenRouter: which rules of the provider's moderation the input broke.
  const metadata = asObject(error.metadata);
  if (asList(metadata?.reasons).length > 0 && typeof metadata?.flagged_input === 'string') {
    return true;
  }
  // LiteLLM hands on what the provider said in `provider_specific_fields`.
  const inner = [error.innererror, error.inner_error, error.error, error.provider_specific_fields];
  return inner.some((one) => isFiltered(one, depth + 1));
}

/** The model's words: content, be it a list of parts, and the text of a refusal. */
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
  // Half a surrogate pair cannot be written to a file: the record would hold another text.
  return { text: Buffer.from(text).toString(), refused };
}

/** '' for what is no text: thoughts, images, calls of tools. */
function textOfPart(part: unknown): string {
  if (typeof part === 'string') return part;
  const { type, text } = asObject(part) ?? {};
  if (type !== undefined && type !== 'text' && type !== 'output_text') return '';
  return asText(text) ?? asText(asObject(text)?.value) ?? '';
}

function readUsage(value: unknown): Usage | null {
  const usage = asObject(value);
  const promptTokens = asCount(usage?.prompt_tokens);
  const completionTokens = asCount(usage?.completion_tokens);
  if (promptTokens === null || completionTokens === null) return null;
  return { promptTokens, completionTokens };
}

/** The first token's alternatives; null where the server gave none. */
function readLogprobs(value: unknown): ChoiceLogprobs | null {
  const first = asObject(asList(asObject(value)?.content)[0]);
  if (!first) return null;
  const alternatives = new Map<string, number>();
  // Some servers list only the others beside the token that was chosen.
  for (const one of [first, ...asList(first.top_logprobs)]) {
    const alternative = asObject(one);
    const token = asText(alternative?.token);
    const logprob = alternative?.logprob;
    if (token === null || typeof logprob !== 'number' || !Number.isFinite(logprob)) continue;
    alternatives.set(token, logprob);
  }
  return { a: sumOf(alternatives, 'A'), b: sumOf(alternatives, 'B') };
}

/** Log of the probabilities' sum over all that read as the letter: 'A', ' A', 'A\n'. */
function sumOf(alternatives: ReadonlyMap<string, number>, letter: string): number | null {
  const logprobs: number[] = [];
  for (const [token, logprob] of alternatives) {
    // A longer one is no letter, and would take long to strip.
    if (token.length <= 64 && bareText(token) === letter) logprobs.push(logprob);
  }
  if (logprobs.length === 0) return null;
  // The largest is taken out of the sum, so that no exponential becomes zero.
  const largest = Math.max(...logprobs);
  return largest + Math.log(logprobs.reduce((sum, one) => sum + Math.exp(one - largest), 0));
}

/** Without spaces, also as SentencePiece (▁) and byte-level vocabularies (Ġ, Ċ) write them. */
function bareText(token: string): string {
  return token.replace(/^[\s▁ĠĊ]+|[\s▁ĠĊ]+$/g, '');
}
