/**
 * Servers that speak OpenAI's chat completions, each in its own way: a table of what differs, and a
 * server on loopback for each row. The bodies are those that users of the servers have published; the
 * table in docs/todays-models.md says the same in words.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Readonly<Record<string, unknown>>;

/** A request's body. */
export type Body = Json & { readonly model: string };

export interface Said {
  readonly status: number;
  readonly body: unknown;
}

export interface Dialect {
  readonly name: string;
  /** Path of the base URL. */
  readonly path: string;
  /** The text of an answer, the rest of the response around it. */
  readonly answer: (text: string, body: Body) => Json;
  /** What the answer's usage means: tokens of the prompt, of the completion, of the reasoning. */
  readonly usage: readonly [number, number, number | null];
  readonly givesLogprobs: boolean;
  /** The parameters that it refuses, and how; all others are taken or ignored. */
  readonly refusals: Readonly<Record<string, Said>>;
  /** Most alternatives of a token, and what it says to more. */
  readonly mostAlternatives?: readonly [number, Said];
  readonly unknownModel: Said;
  /** Words of `unknownModel` that a user must see, and the error's code. */
  readonly unknownModelIs: readonly [words: string, code: 'unknown-model' | 'server'];
  readonly wrongKey: Said;
  /** How a content filter refuses a prompt; null for a server without one. */
  readonly filtered: Said | null;
  /** What it says when the account is empty, or null. */
  readonly noCredit?: Said;
  /** What it says while it starts. */
  readonly starting?: Said;
}

const REASONING = 'The user wants A or B.';

/** An error as OpenAI words it. */
const said = (
  status: number,
  message: string,
  { type = 'invalid_request_error', param = null, code = null }: Json = {},
): Said => ({ status, body: { error: { message, type, param, code } } });

function completion(body: Body, message: Json, usage: Json | null, more: Json = {}): Json {
  const { choice = {}, ...rest } = more;
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_780_000_000,
    model: body.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', ...message },
        finish_reason: 'stop',
        ...(choice as Json),
      },
    ],
    ...(usage && { usage }),
    ...rest,
  };
}

/** Log-probabilities as OpenAI words them, for a request that wants them. */
function logprobs(body: Body, text: string): Json {
  if (body.logprobs !== true) return { logprobs: null };
  const alternatives = ['A', 'B'].map((token) => ({
    token,
    bytes: [token.charCodeAt(0)],
    logprob: Math.log(token === text ? 0.75 : 0.25),
  }));
  const chosen = alternatives.find(({ token }) => token === text);
  return { logprobs: { content: [{ ...chosen, top_logprobs: alternatives }], refusal: null } };
}

const counts = (prompt: number, completion: number, total = prompt + completion) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: total,
});

const reasoned = (tokens: number) => ({ completion_tokens_details: { reasoning_tokens: tokens } });

/** OpenAI's reasoning models, also behind Azure. */
const openAIRefusals = {
  temperature: said(
    400,
    "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
    { param: 'temperature', code: 'unsupported_value' },
  ),
  max_tokens: said(
    400,
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    { param: 'max_tokens', code: 'unsupported_parameter' },
  ),
  logprobs: said(400, "Unsupported parameter: 'logprobs' is not supported with this model.", {
    param: 'logprobs',
    code: 'unsupported_parameter',
  }),
};

const openAI: Dialect = {
  name: 'OpenAI',
  path: '/v1',
  answer: (text, body) =>
    completion(
      body,
      { content: text, refusal: null, annotations: [] },
      {
        ...counts(20, 90),
        ...reasoned(89),
      },
    ),
  usage: [20, 90, 89],
  givesLogprobs: false,
  refusals: openAIRefusals,
  unknownModel: said(404, 'The model `gone` does not exist or you do not have access to it.', {
    code: 'model_not_found',
  }),
  unknownModelIs: ['does not exist', 'unknown-model'],
  wrongKey: said(401, 'Incorrect API key provided: sk-wrong.', { code: 'invalid_api_key' }),
  filtered: said(400, 'Invalid prompt: your prompt was flagged.', { code: 'invalid_prompt' }),
  noCredit: {
    status: 429,
    body: {
      error: {
        message: 'You exceeded your current quota.',
        type: 'insufficient_quota',
        code: 'insufficient_quota',
      },
    },
  },
};

/** `/openai/v1`, which takes the key as OpenAI does and needs no `api-version`. */
const azure: Dialect = {
  ...openAI,
  name: 'Azure',
  path: '/openai/v1',
  answer: (text, body) => ({
    ...openAI.answer(text, body),
    prompt_filter_results: [
      { prompt_index: 0, content_filter_results: { hate: { filtered: false, severity: 'safe' } } },
    ],
  }),
  unknownModel: {
    status: 404,
    body: {
      error: {
        code: 'DeploymentNotFound',
        message: 'The API deployment for this resource does not exist.',
      },
    },
  },
  unknownModelIs: ['The API deployment', 'unknown-model'],
  wrongKey: {
    status: 401,
    body: { error: { code: '401', message: 'Access denied due to invalid subscription key.' } },
  },
  filtered: {
    status: 400,
    body: {
      error: {
        message: "The response was filtered due to the prompt triggering Azure's policy.",
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: { hate: { filtered: true, severity: 'high' } },
        },
      },
    },
  },
};

const anthropicError = (status: number, code: string, message: string): Said => ({
  status,
  body: { error: { code, message, type: code, param: null } },
});

/** Ignores logprobs, seed, response_format and reasoning_effort. */
const anthropic: Dialect = {
  name: 'Anthropic',
  path: '/v1',
  answer: (text, body) => completion(body, { content: text }, counts(20, 4)),
  usage: [20, 4, null],
  givesLogprobs: false,
  refusals: {
    temperature: anthropicError(
      400,
      'invalid_request_error',
      '`temperature` is deprecated for this model.',
    ),
  },
  unknownModel: anthropicError(404, 'not_found_error', 'model: gone'),
  unknownModelIs: ['model: gone', 'unknown-model'],
  wrongKey: anthropicError(401, 'authentication_error', 'invalid x-api-key'),
  filtered: anthropicError(
    400,
    'invalid_request_error',
    'Output blocked by content filtering policy',
  ),
};

/** An error is in a list; without `param`, the names stand in descriptions. */
const geminiError = (code: number, status: string, message: string, details?: unknown): Said => ({
  status: code,
  body: [{ error: { code, message, status, ...(details ? { details: [details] } : {}) } }],
});

const geminiUnknown = (name: string) => {
  const description = `Invalid JSON payload received. Unknown name "${name}": Cannot find field.`;
  return geminiError(400, 'INVALID_ARGUMENT', description, {
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    fieldViolations: [{ description }],
  });
};

const gemini: Dialect = {
  name: 'Gemini',
  path: '/v1beta/openai',
  // The tokens of the reasoning are in the total only.
  answer: (text, body) => completion(body, { content: text }, counts(20, 1, 121)),
  usage: [20, 101, 100],
  givesLogprobs: false,
  refusals: {
    seed: geminiUnknown('seed'),
    logprobs: geminiUnknown('logprobs'),
  },
  unknownModel: geminiError(
    404,
    'NOT_FOUND',
    'models/gone is not found for API version v1main, or is not supported for generateContent.',
  ),
  unknownModelIs: ['models/gone is not found', 'unknown-model'],
  wrongKey: geminiError(
    400,
    'INVALID_ARGUMENT',
    'API key not valid. Please pass a valid API key.',
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'API_KEY_INVALID',
    },
  ),
  filtered: {
    status: 200,
    body: {
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason: 'content_filter: PROHIBITED_CONTENT' }],
      usage: { prompt_tokens: 20, total_tokens: 20 },
    },
  },
};

const openRouter: Dialect = {
  name: 'OpenRouter',
  path: '/api/v1',
  answer: (text, body) =>
    completion(
      body,
      {
        content: text,
        refusal: null,
        reasoning: REASONING,
        reasoning_details: [{ type: 'reasoning.text', text: REASONING, format: 'unknown' }],
      },
      { ...counts(20, 31), ...reasoned(30), cost: 0.0004 },
      { provider: 'Somebody', choice: { native_finish_reason: 'stop', ...logprobs(body, text) } },
    ),
  usage: [20, 31, 30],
  givesLogprobs: true,
  // Most are left out before a provider sees them; this one came through.
  refusals: {
    temperature: {
      status: 400,
      body: {
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: {
            provider_name: 'OpenAI',
            raw: JSON.stringify(openAIRefusals.temperature.body),
          },
        },
        user_id: 'user_1',
      },
    },
  },
  unknownModel: {
    status: 404,
    body: { error: { message: 'No endpoints found for gone.', code: 404 } },
  },
  unknownModelIs: ['No endpoints found for gone', 'unknown-model'],
  wrongKey: { status: 401, body: { error: { message: 'No auth credentials found', code: 401 } } },
  filtered: {
    status: 403,
    body: {
      error: {
        message: 'Somebody requires moderation. Your input was flagged.',
        code: 403,
        metadata: { reasons: ['violence'], flagged_input: 'A or B?', provider_name: 'Somebody' },
      },
    },
  },
  noCredit: { status: 402, body: { error: { message: 'Insufficient credits', code: 402 } } },
};

const vllmError = (status: number, type: string, message: string): Said => ({
  status,
  body: { object: 'error', message, type, param: null, code: status },
});

const vllm: Dialect = {
  name: 'vLLM',
  path: '/v1',
  answer: (text, body) =>
    completion(
      body,
      { content: text, reasoning: REASONING, reasoning_content: REASONING, tool_calls: [] },
      { ...counts(20, 12), prompt_tokens_details: null },
      { choice: { stop_reason: null, token_ids: null, ...logprobs(body, text) } },
    ),
  usage: [20, 12, null],
  givesLogprobs: true,
  refusals: {},
  // With --max-logprobs 5.
  mostAlternatives: [
    5,
    vllmError(
      400,
      'BadRequestError',
      'Requested sample logprobs of 20, which is greater than max allowed: 5 (parameter=logprobs, value=20)',
    ),
  ],
  unknownModel: vllmError(404, 'NotFoundError', 'The model `gone` does not exist.'),
  unknownModelIs: ['The model `gone` does not exist', 'unknown-model'],
  wrongKey: { status: 401, body: { error: 'Unauthorized' } },
  filtered: null,
};

const ollama: Dialect = {
  name: 'Ollama',
  path: '/v1',
  answer: (text, body) =>
    completion(body, { content: text, reasoning: REASONING }, counts(20, 12), {
      system_fingerprint: 'fp_ollama',
    }),
  usage: [20, 12, null],
  // Before 0.12.11, and in its cloud, logprobs are ignored.
  givesLogprobs: false,
  refusals: {
    reasoning_effort: said(400, 'think value "low" is not supported for this model', {
      type: 'api_error',
    }),
  },
  unknownModel: said(404, 'model "gone" not found, try pulling it first', {
    type: 'not_found_error',
  }),
  unknownModelIs: ['try pulling it first', 'unknown-model'],
  wrongKey: said(401, 'unauthorized', { type: 'authentication_error' }),
  filtered: null,
};

const llamaCpp: Dialect = {
  name: 'llama.cpp',
  path: '/v1',
  answer: (text, body) =>
    completion(body, { content: text, reasoning_content: REASONING }, counts(20, 12), {
      timings: { prompt_n: 20, predicted_n: 12 },
      choice: logprobs(body, text),
    }),
  usage: [20, 12, null],
  givesLogprobs: true,
  refusals: {},
  // It serves one model by any name; a router of several refuses.
  unknownModel: {
    status: 400,
    body: {
      error: { code: 400, message: "model 'gone' not found", type: 'invalid_request_error' },
    },
  },
  unknownModelIs: ["model 'gone' not found", 'server'],
  wrongKey: {
    status: 401,
    body: { error: { code: 401, message: 'Invalid API Key', type: 'authentication_error' } },
  },
  filtered: null,
  starting: {
    status: 503,
    body: { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } },
  },
};

/** 422, with the parameter in `loc`. */
const mistralForbidden = (name: string, input: unknown): Said => ({
  status: 422,
  body: {
    object: 'error',
    message: {
      detail: [
        {
          type: 'extra_forbidden',
          loc: ['body', name],
          msg: 'Extra inputs are not permitted',
          input,
        },
      ],
    },
    type: 'invalid_request_error',
    param: null,
    code: null,
  },
});

const mistral: Dialect = {
  name: 'Mistral',
  path: '/v1',
  answer: (text, body) =>
    completion(
      body,
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: REASONING }], closed: true },
          { type: 'text', text },
        ],
        tool_calls: null,
        prefix: false,
      },
      counts(20, 12),
    ),
  usage: [20, 12, null],
  givesLogprobs: false,
  refusals: {
    seed: mistralForbidden('seed', 7),
    logprobs: mistralForbidden('logprobs', true),
    max_completion_tokens: mistralForbidden('max_completion_tokens', 5),
  },
  unknownModel: {
    status: 400,
    body: {
      object: 'error',
      message: 'Invalid model: gone',
      type: 'invalid_model',
      param: null,
      code: '1500',
    },
  },
  unknownModelIs: ['Invalid model: gone', 'server'],
  wrongKey: { status: 401, body: { detail: 'Unauthorized' } },
  filtered: null,
};

const deepSeekError = (status: number, message: string) =>
  said(status, message, { code: 'invalid_request_error' });

const deepSeek: Dialect = {
  name: 'DeepSeek',
  path: '/v1',
  answer: (text, body) =>
    completion(
      body,
      { content: text, reasoning_content: REASONING },
      {
        ...counts(20, 31),
        ...reasoned(30),
        prompt_cache_hit_tokens: 0,
        prompt_cache_miss_tokens: 20,
      },
      { system_fingerprint: 'fp_1' },
    ),
  usage: [20, 31, 30],
  givesLogprobs: false,
  refusals: {
    logprobs: deepSeekError(400, 'deepseek-reasoner does not support this parameter logprobs'),
  },
  unknownModel: deepSeekError(400, 'Model Not Exist'),
  unknownModelIs: ['Model Not Exist', 'server'],
  wrongKey: said(401, 'Authentication Fails', { type: 'authentication_error' }),
  filtered: deepSeekError(400, 'Content Exists Risk'),
  noCredit: said(402, 'Insufficient Balance', { type: 'unknown_error' }),
};

export const dialects: readonly Dialect[] = [
  ...[openAI, azure, anthropic, gemini, openRouter],
  ...[vllm, ollama, llamaCpp, mistral, deepSeek],
];

/**
 * The models 'gone', 'filtered', 'broke' and 'starting' make a server behave so; any other answers 'B'.
 * @param key the one that is right
 */
export async function startDialect(dialect: Dialect, key: string) {
  const asked: Body[] = [];
  let starts = 0;
  const reply = (headers: IncomingHttpHeaders, body: Body): Said => {
    if (headers.authorization !== `Bearer ${key}`) return dialect.wrongKey;
    if (body.model === 'gone') return dialect.unknownModel;
    const refused = Object.keys(dialect.refusals).find((name) => name in body);
    if (refused) return dialect.refusals[refused];
    const [most, tooMany] = dialect.mostAlternatives ?? [20, null];
    if (tooMany && Number(body.top_logprobs) > most) return tooMany;
    if (body.model === 'filtered' && dialect.filtered) return dialect.filtered;
    if (body.model === 'broke' && dialect.noCredit) return dialect.noCredit;
    if (body.model === 'starting' && dialect.starting && starts++ < 2) return dialect.starting;
    return { status: 200, body: dialect.answer('B', body) };
  };
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    if (request.url !== `${dialect.path}/chat/completions`) return response.writeHead(404).end();
    const body = JSON.parse(text) as Body;
    asked.push(body);
    const { status, body: sent } = reply(request.headers, body);
    response.writeHead(status, { 'content-type': 'application/json' });
    // DeepSeek keeps the connection alive by empty lines.
    response.end(`\n\n${JSON.stringify(sent, null, 2)}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseURL: `http://127.0.0.1:${port}${dialect.path}`,
    asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
