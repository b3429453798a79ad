/** What servers say when they refuse a parameter, and what is learned from it. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FailedAttempt } from '../../../src/harness/client/chat.js';
import { ModelClient } from '../../../src/harness/client/model-client.js';
import {
  lessonOf,
  type Parameter,
  refusedBy,
  refusedParameters,
} from '../../../src/harness/client/parameters.js';
import { serverError } from '../../../src/harness/client/sanitize.js';
import { Spending } from '../../../src/harness/client/spending.js';
import {
  chatRequest,
  completion,
  noLimit,
  nothing,
  sendJson,
  settings,
  smallServer,
} from './support.js';

const said = (status: number, body: unknown) =>
  refusedBy(status, serverError(JSON.stringify(body)));
const error = (message: string, param: string | null = null, code: unknown = null) => ({
  error: { message, type: 'invalid_request_error', param, code },
});
const unsupported = (name: string) => `Unsupported value: '${name}' does not support 0.`;

describe('a refusal', () => {
  it.each<[string, unknown, string[], number?]>([
    ['OpenAI, a value', error('…', 'temperature', 'unsupported_value'), ['temperature']],
    ['OpenAI, a name', error('…', 'max_tokens', 'unsupported_parameter'), ['max_tokens']],
    ['a nested one', error('…', 'response_format.type', 'unsupported_value'), ['response_format']],
    [
      'OpenAI, log-probabilities',
      error('You are not allowed to request logprobs from this model'),
      ['logprobs'],
      403,
    ],
    [
      'OpenAI, an older model',
      error('Unrecognized request argument supplied: reasoning_effort'),
      ['reasoning_effort'],
    ],
    [
      'OpenAI, a schema',
      error(
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
      ),
      ['response_format'],
    ],
    [
      'OpenRouter',
      {
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: {
            raw: JSON.stringify(
              error(unsupported('temperature'), 'temperature', 'unsupported_value'),
            ),
          },
        },
      },
      ['temperature'],
    ],
    [
      'LiteLLM, passing on',
      error(`litellm.BadRequestError: OpenAIException - ${unsupported('temperature')}`),
      ['temperature'],
    ],
    [
      'LiteLLM',
      error("openai does not support parameters: ['temperature', 'seed'], for model=o9."),
      ['temperature', 'seed'],
    ],
    [
      'Mistral',
      {
        object: 'error',
        message: {
          detail: [
            {
              type: 'extra_forbidden',
              loc: ['body', 'seed'],
              msg: 'Extra inputs are not permitted',
            },
            { type: 'extra_forbidden', loc: ['body', 'logprobs'], msg: 'no' },
          ],
        },
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
      ['seed', 'logprobs'],
      422,
    ],
    [
      'FastAPI',
      { detail: [{ type: 'less_than_equal', loc: ['body', 'top_logprobs'], msg: 'at most 5' }] },
      ['top_logprobs'],
      422,
    ],
    ['Groq', error('`logprobs` is not supported with this model'), ['logprobs']],
    [
      'Groq, a property',
      error("property 'reasoning_effort' is unsupported, did you mean 'reasoning_format'?"),
      ['reasoning_effort'],
    ],
    [
      'Gemini',
      [{ error: { code: 400, message: 'Unknown name "seed": Cannot find field.', status: 'X' } }],
      ['seed'],
    ],
    ['Vertex', error('Logprobs is not supported for this model.'), ['logprobs']],
    [
      'xAI',
      { code: 'invalid', error: 'Model grok-4-latest does not support parameter reasoningEffort.' },
      ['reasoning_effort'],
    ],
    ['DeepSeek', error('deepseek-reasoner does not support logprobs'), ['logprobs']],
    [
      'vLLM, older',
      { object: 'error', message: 'Cannot request more than 5 logprobs.' },
      ['top_logprobs'],
    ],
    [
      'servers of open models',
      error("max_tokens is too old here: use 'max_completion_tokens'"),
      ['max_tokens'],
    ],
  ])('is understood: %s', (_, body, refused, status = 400) => {
    expect(said(status, body)).toEqual(refused);
  });

  it.each<[string, number, unknown]>([
    ['a failure of the server', 500, error('…', 'temperature', 'unsupported_value')],
    [
      'a key that may not',
      403,
      error('`logprobs` is not supported', 'logprobs', 'unsupported_value'),
    ],
    ['a value that is wrong', 400, error('…', 'temperature', 'invalid_value')],
    ['a prompt that is too long', 400, error("max_tokens is too large: 'm' has 4096")],
    ['an unknown parameter', 400, error('…', 'penalty', 'unsupported_parameter')],
    [
      'a field of a message',
      422,
      { detail: [{ type: 'extra_forbidden', loc: ['body', 'messages', 0, 'seed'] }] },
    ],
    ['a model that is not there', 400, error('the model is not supported')],
  ])('is not seen in %s', (_, status, body) => {
    expect(said(status, body)).toEqual([]);
  });

  it('teaches nothing twice; of log-probabilities first fewer are asked for, then none', () => {
    const known = new Set<Parameter>(['top_logprobs', 'seed']);
    expect(lessonOf(['top_logprobs'], new Set())).toEqual(['top_logprobs']);
    expect(lessonOf(['top_logprobs', 'seed'], known)).toEqual(['logprobs']);
  });
});

/** Refuses what OpenAI's reasoning models refuse, one parameter at a time, and reasons. */
async function reasoningServer(reasoning = 900) {
  const server = await smallServer((response, { body }) => {
    const asked: Record<string, unknown> = JSON.parse(body);
    const refuse = (message: string, param: string | null, code: string | null, status = 400) =>
      sendJson(response, error(message, param, code), status);
    if ('max_tokens' in asked) return refuse('…', 'max_tokens', 'unsupported_parameter');
    if ('temperature' in asked && asked.temperature !== 1) {
      return refuse('…', 'temperature', 'unsupported_value');
    }
    if ('logprobs' in asked) {
      return refuse('You are not allowed to request logprobs from this model', null, null, 403);
    }
    const most = Number(asked.max_completion_tokens);
    const isCut = reasoning >= most;
    const thought = Math.min(reasoning, most);
    const message = { role: 'assistant', content: isCut ? '' : 'B' };
    const completionTokens = isCut ? most : thought + 1;
    sendJson(response, {
      ...completion('B'),
      choices: [{ index: 0, message, finish_reason: isCut ? 'length' : 'stop' }],
      usage: {
        prompt_tokens: 20,
        completion_tokens: completionTokens,
        total_tokens: 20 + completionTokens,
        completion_tokens_details: { reasoning_tokens: thought },
      },
    });
  });
  onTestFinished(() => server.close());
  return server;
}

const asked = (changes = {}) =>
  chatRequest({ labels: ['A', 'B'], reasoningTokens: 2000, ...changes });

describe('a reasoning model', () => {
  it('is asked as it wants after its refusals, and the next client knows at once', async () => {
    const server = await reasoningServer();
    let learned: ReadonlyMap<string, readonly Parameter[]> = new Map();
    const refused = refusedParameters(new Map(), (all) => {
      learned = new Map([...all].map(([model, names]) => [model, [...names]]));
    });
    const spending = new Spending(noLimit, nothing);
    const client = new ModelClient(settings({ baseURL: server.baseURL, spending }), { refused });
    onTestFinished(() => client.close());
    const failed: FailedAttempt[] = [];
    const onFailedAttempt = (one: FailedAttempt) => failed.push(one);
    const answer = await client.chat(asked(), { onFailedAttempt });
    expect(answer).toMatchObject({
      text: 'B',
      logprobs: null,
      usage: { promptTokens: 20, completionTokens: 901, reasoningTokens: 900 },
      settings: '{"max_completion_tokens":2005}',
    });
    expect(failed.map(({ status }) => status)).toEqual([400, 400, 403]);
    // The tokens of the reasoning are paid for, the refusals are not.
    expect(spending.spent()).toEqual({ requests: 4, tokens: 921, usd: 0 });
    await client.chat(asked({ temperature: 1, model: 'other' }));
    expect(Object.fromEntries(learned)).toEqual({
      m: ['max_tokens', 'temperature', 'logprobs'],
      other: ['max_tokens', 'logprobs'],
    });
    server.asked.length = 0;
    const next = new ModelClient(settings({ baseURL: server.baseURL }), {
      refused: refusedParameters(learned),
    });
    onTestFinished(() => next.close());
    await next.chat(asked());
    expect(server.asked).toEqual([
      { model: 'm', messages: asked().messages, max_completion_tokens: 2005 },
    ]);
  });

  it('asked by many at once is understood by all', async () => {
    const server = await reasoningServer();
    const client = new ModelClient(settings({ baseURL: server.baseURL }));
    onTestFinished(() => client.close());
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.chat(asked())));
    expect(answers.map(({ text }) => text)).toEqual(Array(8).fill('B'));
  });
});

describe('a server that refuses the same again', () => {
  it('is not asked for ever', async () => {
    const server = await smallServer((response) =>
      sendJson(response, error('…', 'temperature', 'unsupported_value'), 400),
    );
    onTestFinished(() => server.close());
    const client = new ModelClient(settings({ baseURL: server.baseURL }));
    onTestFinished(() => client.close());
    await expect(client.chat(asked())).rejects.toMatchObject({ code: 'server' });
    expect(server.asked).toHaveLength(2);
  });
});
