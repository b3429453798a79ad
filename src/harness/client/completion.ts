/**
 * A chat completion on its way out and in: the body of the request, and what of the response's is
 * an answer. Servers that speak OpenAI's language speak it with accents, so nothing is taken on
 * trust here.
 */
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import type { Answer, ChatRequest, ChoiceLogprobs, Usage } from './chat.js';
import { asCount, asList, asObject, asText, parseObject } from './json.js';

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
  const choice = asObject(asList(body.choices)[0]);
  const message = choice && asObject(choice.message);
  if (!choice || !message) {
    const said = asObject(body.error)?.message;
    const why = typeof said === 'string' ? said : 'it holds no message';
    return { malformed: why, usage };
  }
  const refused = typeof message.refusal === 'string' && message.refusal !== '';
  return {
    completion: {
      text: refused || typeof message.content !== 'string' ? '' : message.content,
      raw,
      model: asText(body.model) ?? request.model,
      fingerprint: asText(body.system_fingerprint),
      finishReason: refused ? 'refusal' : (asText(choice.finish_reason) ?? 'unknown'),
      usage,
      logprobs: request.logprobs ? readLogprobs(choice.logprobs) : null,
    },
  };
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
