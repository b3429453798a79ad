/** The body of a chat completion request: its shape, and the parameters that models refuse. */
import { z } from 'zod';
import type { Message, Sampling } from './answer.js';
import type { SimulatedModel } from './model.js';
import { type ModelProfile, type RefusedParameter, reasoningEfforts } from './profile.js';
import { type ApiError, checkBody } from './reply.js';
import type { Simulator } from './simulator.js';
import type { JsonSchema } from './structured.js';
import { countTokens } from './training.js';

/** Same limit as OpenAI. */
const MOST_MESSAGES = 2048;

const contentSchema = z
  .union([z.string(), z.array(z.object({ type: z.literal('text'), text: z.string() })), z.null()])
  .optional()
  .transform((content) => {
    if (Array.isArray(content)) return content.map(({ text }) => text).join('');
    return content ?? '';
  });

const formatSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({
      name: z.string().regex(/^[\w-]{1,64}$/),
      strict: z.boolean().nullish(),
      schema: z.record(z.string(), z.unknown()),
    }),
  }),
]);

const chatSchema = z.object({
  model: z.string(),
  messages: z
    .array(z.object({ role: z.string().max(64), content: contentSchema }))
    .min(1)
    .max(MOST_MESSAGES),
  temperature: z.number().min(0).max(2).nullish(),
  seed: z.int().nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  n: z.int().min(1).nullish(),
  stream: z.boolean().nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  reasoning_effort: z.enum(reasoningEfforts).nullish(),
  response_format: formatSchema.nullish(),
});

type ChatBody = z.infer<typeof chatSchema>;

/** A validated request. */
export interface ChatQuestion {
  readonly model: SimulatedModel;
  readonly messages: readonly Message[];
  readonly sampling: Omit<Sampling, 'repeat'>;
  readonly maxTokens: number;
  /** Mean number of reasoning tokens. */
  readonly reasoningTokens: number;
  /** Number of alternatives requested; null for no log-probabilities. */
  readonly topLogprobs: number | null;
  /** JSON schema of the answer; `{}` accepts each JSON object. Null: plain text. */
  readonly schema: JsonSchema | null;
  readonly promptTokens: number;
}

type ChatCheck =
  | { readonly ok: true; readonly question: ChatQuestion }
  | { readonly ok: false; readonly status: number; readonly error: ApiError };

/** Default for the most tokens in an answer. */
const USUAL_MOST_TOKENS = 4096;
/** Default effort of OpenAI's reasoning models. */
const USUAL_EFFORT = 'medium';

export function checkChat(body: unknown, { models, logprobs }: Simulator): ChatCheck {
  const checked = checkBody(chatSchema, body);
  if (!checked.ok) return { ok: false, status: 400, error: checked.error };
  const request = checked.value;
  const entry = models.get(request.model);
  const unsupported =
    unsupportedIn(request) ?? (entry ? refusedBy(entry.model.profile, request) : null);
  if (unsupported) return { ok: false, status: 400, error: unsupported };
  if (!entry) return { ok: false, status: 404, error: modelNotFound(request.model) };
  const { messages, max_completion_tokens, max_tokens } = request;
  return {
    ok: true,
    question: {
      model: entry.model,
      messages,
      // OpenAI's default.
      sampling: { temperature: request.temperature ?? 1, seed: request.seed ?? null },
      maxTokens: max_completion_tokens ?? max_tokens ?? USUAL_MOST_TOKENS,
      reasoningTokens:
        entry.model.profile.reasoningTokens?.[request.reasoning_effort ?? USUAL_EFFORT] ?? 0,
      topLogprobs: logprobs && request.logprobs ? (request.top_logprobs ?? 0) : null,
      schema: schemaOf(request),
      promptTokens: messages.reduce((sum, { content }) => sum + 4 + countTokens(content), 3),
    },
  };
}

function schemaOf({ response_format: format }: ChatBody): JsonSchema | null {
  if (format?.type === 'json_schema') return format.json_schema.schema;
  return format?.type === 'json_object' ? { type: 'object' } : null;
}

function unsupportedIn(request: ChatBody): ApiError | null {
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

/** A refused parameter, in OpenAI's words. */
function refusedBy(profile: ModelProfile, request: ChatBody): ApiError | null {
  if (request.reasoning_effort != null && !profile.reasoningTokens) {
    return { message: 'Unrecognized request argument supplied: reasoning_effort' };
  }
  for (const param of profile.refuses ?? []) {
    const value = request[param];
    if (value == null || value === false || (param === 'temperature' && value === 1)) continue;
    return refusalOf(param, value);
  }
  return null;
}

function refusalOf(param: RefusedParameter, value: unknown): ApiError {
  if (param === 'temperature') {
    return {
      message: `Unsupported value: 'temperature' does not support ${value} with this model. Only the default (1) value is supported.`,
      param,
      code: 'unsupported_value',
    };
  }
  const other = { max_tokens: 'max_completion_tokens', max_completion_tokens: 'max_tokens' };
  const hint = param in other ? ` Use '${other[param as keyof typeof other]}' instead.` : '';
  return {
    message: `Unsupported parameter: '${param}' is not supported with this model.${hint}`,
    param,
    code: 'unsupported_parameter',
  };
}

export function modelNotFound(name: string): ApiError {
  return {
    message: `The model \`${name}\` does not exist or you do not have access to it.`,
    code: 'model_not_found',
  };
}
