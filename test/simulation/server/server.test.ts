/** The server as OpenAI's own client sees it: chat completions, models, files, and what it counts. */
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultProfile } from '../../../src/simulation/server/profile.js';
import {
  type SimulatedServer,
  startSimulatedServer,
} from '../../../src/simulation/server/server.js';
import { introspectionPrompt } from '../../../src/study/prompts.js';
import { ask, contexts, errorOf, model, startApi, upload } from './api-support.js';
import { PAPER_MODELS } from './support.js';

let server: SimulatedServer;
let api: OpenAI;
beforeAll(async () => {
  ({ server, api } = await startApi());
});
afterAll(() => server.close());

describe('a chat completion', () => {
  test('has an answer, its reason to stop, a fingerprint, and counts that add up', async () => {
    const { data, response } = await api.chat.completions.create(ask(1)).withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      model,
      choices: [
        { index: 0, finish_reason: 'stop', logprobs: null, message: { role: 'assistant' } },
      ],
    });
    expect(data.choices[0]?.message.content).toMatch(/^[AB]$/);
    expect(data.system_fingerprint).toMatch(/^fp_simulated_[0-9a-f]{10}$/);
    expect(data.id).toMatch(/^chatcmpl-/);
    const { usage } = data;
    expect(usage?.completion_tokens).toBe(1);
    expect(usage?.prompt_tokens).toBeGreaterThan(100);
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + 1);
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  });

  test('has log-probabilities where they are asked for', async () => {
    const { choices } = await api.chat.completions.create({
      ...ask(2),
      logprobs: true,
      top_logprobs: 2,
    });
    const [token] = choices[0]?.logprobs?.content ?? [];
    expect(token?.token).toBe(choices[0]?.message.content);
    expect(token?.top_logprobs.map((one) => one.token).sort()).toEqual(['A', 'B']);
    expect(token?.bytes).toEqual([...Buffer.from(token?.token ?? '')]);
  });

  test('is a report for an introspection prompt, and is cut at the most tokens', async () => {
    const request = ask(3, introspectionPrompt);
    const whole = await api.chat.completions.create(request);
    const report = JSON.parse(whole.choices[0]?.message.content ?? '');
    expect(Object.keys(report)).toEqual(contexts[3]?.attributes.map(({ name }) => name));
    const cut = await api.chat.completions.create({ ...request, max_completion_tokens: 5 });
    expect(cut.choices[0]?.finish_reason).toBe('length');
    expect(cut.usage?.completion_tokens).toBe(5);
    expect(
      whole.choices[0]?.message.content?.startsWith(cut.choices[0]?.message.content ?? 'x'),
    ).toBe(true);
  });

  test('understands content in parts, and is the same as for plain content', async () => {
    const request = ask(4);
    const [system, user] = request.messages;
    const parts = [{ type: 'text' as const, text: user?.content ?? '' }];
    const inParts = await api.chat.completions.create({
      ...request,
      messages: [system as { role: 'system'; content: string }, { role: 'user', content: parts }],
    });
    const plain = await api.chat.completions.create(request);
    expect(inParts.choices).toEqual(plain.choices);
  });

  const bad: [string, object, object][] = [
    ['an unknown model', { model: 'gpt-9' }, { status: 404, code: 'model_not_found' }],
    ['no messages', { messages: [] }, { status: 400, param: 'messages' }],
    [
      'a missing parameter',
      { messages: undefined },
      { status: 400, param: 'messages', code: 'missing_required_parameter' },
    ],
    [
      'content that is no text',
      { messages: [{ role: 'user', content: 5 }] },
      { status: 400, param: 'messages[0].content' },
    ],
    ['a temperature out of range', { temperature: 3 }, { status: 400, param: 'temperature' }],
    ['two answers', { n: 2 }, { status: 400, param: 'n', code: 'unsupported_value' }],
    ['streaming', { stream: true }, { status: 400, param: 'stream', code: 'unsupported_value' }],
    ['both limits', { max_tokens: 1, max_completion_tokens: 1 }, { status: 400 }],
    ['alternatives alone', { top_logprobs: 2 }, { status: 400, param: 'top_logprobs' }],
  ];
  test.each(bad)('with %s is an error that names it', async (_, change, expected) => {
    const call = api.chat.completions.create({ ...ask(5), ...change } as ReturnType<typeof ask>);
    expect(await errorOf(call)).toMatchObject({ type: 'invalid_request_error', ...expected });
  });

  test('that is no JSON is an error', async () => {
    const response = await fetch(`${server.url}/chat/completions`, {
      method: 'POST',
      body: '{"mo',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', param: null, code: null },
    });
  });
});

describe('models', () => {
  test('are listed and found; unknown ones are not', async () => {
    const { data } = await api.models.list();
    expect(data.map(({ id }) => id).sort()).toEqual([...PAPER_MODELS, 'simulated-model'].sort());
    expect(await api.models.retrieve(model)).toMatchObject({ id: model, object: 'model' });
    expect(await errorOf(api.models.retrieve('gpt-9'))).toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    expect((await errorOf(api.models.delete(model))).status).toBe(403);
  });
});

test('a model of one’s own is there by its name, slashes and all, with its own profile', async () => {
  const name = 'some-lab/some-model';
  const decided = { ...defaultProfile, sharpness: { instilled: 1e9, native: 1e9 } };
  const own = await startSimulatedServer({ models: [name], profiles: { decided } });
  try {
    const client = new OpenAI({ baseURL: own.url, apiKey: 'none', maxRetries: 0 });
    expect(await client.models.retrieve(name)).toMatchObject({ id: name });
    const { choices } = await client.chat.completions.create({
      ...ask(7),
      model: 'decided',
      logprobs: true,
      top_logprobs: 1,
    });
    expect(choices[0]?.logprobs?.content?.[0]?.logprob).toBeGreaterThan(-0.001);
  } finally {
    await own.close();
  }
});

describe('files', () => {
  test('are uploaded, found, listed in pages, read and deleted', async () => {
    const stored = await upload(api, '{"a": "ä"}\n', 'fine-tune', 'my file.jsonl');
    expect(stored).toMatchObject({ bytes: 12, filename: 'my file.jsonl', purpose: 'fine-tune' });
    expect(await api.files.retrieve(stored.id)).toEqual(stored);
    expect(await (await api.files.content(stored.id)).text()).toBe('{"a": "ä"}\n');
    const second = await upload(api, '{}', 'batch');
    const listed: string[] = [];
    for await (const file of api.files.list({ limit: 1 })) listed.push(file.id);
    expect(listed.slice(0, 2)).toEqual([second.id, stored.id]);
    const ofBatches = await api.files.list({ purpose: 'batch' });
    expect(ofBatches.data.map(({ id }) => id)).toEqual([second.id]);
    expect(await api.files.delete(stored.id)).toMatchObject({ id: stored.id, deleted: true });
    expect((await errorOf(api.files.retrieve(stored.id))).status).toBe(404);
  });

  test('without a purpose or without a file are errors', async () => {
    const post = (form: FormData) => fetch(`${server.url}/files`, { method: 'POST', body: form });
    const noPurpose = new FormData();
    noPurpose.append('file', new File(['x'], 'x.jsonl'));
    expect((await post(noPurpose)).status).toBe(400);
    const noFile = new FormData();
    noFile.append('purpose', 'fine-tune');
    expect((await post(noFile)).status).toBe(400);
    expect((await fetch(`${server.url}/files`, { method: 'POST', body: 'x' })).status).toBe(400);
  });
});

test('any other path is an error in the same shape', async () => {
  const response = await fetch(`${server.url}/embeddings`, { method: 'POST' });
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({
    error: {
      message: 'Invalid URL (POST /v1/embeddings)',
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
  });
});

test('what was seen is told under /simulator: answers, and questions answered again', async () => {
  const own = await startSimulatedServer();
  try {
    const client = new OpenAI({ baseURL: own.url, apiKey: 'none', maxRetries: 0 });
    for (const seed of [1, 2, 1, 1]) await client.chat.completions.create(ask(seed));
    await errorOf(client.models.retrieve('gpt-9'));
    const look = async (what: string) =>
      (await fetch(own.url.replace('/v1', `/simulator/${what}`))).json();
    expect(await look('stats')).toEqual({
      requests: {
        'POST /v1/chat/completions': { 200: 4 },
        'GET /v1/models/:id': { 404: 1 },
      },
      paidAnswers: 4,
      repeatedAnswers: 2,
      faults: {},
      inFlight: 0,
      mostInFlight: 1,
    });
    expect(await look('stats')).toEqual(own.stats());
    expect(await look('repeats')).toEqual({
      number: 1,
      questions: [{ question: expect.stringMatching(/^[0-9a-f]{13}$/), times: 3 }],
    });
  } finally {
    await own.close();
  }
});
