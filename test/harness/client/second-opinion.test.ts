/**
 * The client against another project's server of OpenAI's API, so that it is not only tested
 * against servers of our own making: `@copilotkit/aimock`.
 */
import { LLMock } from '@copilotkit/aimock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FailedAttempt } from '../../../src/harness/client/chat.js';
import type { ModelClient } from '../../../src/harness/client/model-client.js';
import { Spending } from '../../../src/harness/client/spending.js';
import {
  chatRequest,
  LimitedClient,
  noLimit,
  nothing,
  rejection,
  settings,
  type TestSettings,
} from './support.js';

const apiKey = 'sk-second-opinion';
const mock = new LLMock({ port: 0, auth: { apiKeys: [apiKey] } });
const clients: ModelClient[] = [];

beforeAll(() => mock.start());
afterAll(() => mock.stop());
beforeEach(() => {
  mock.reset();
  mock.on(
    { model: 'gpt-4o-mini', userMessage: 'A or B?' },
    {
      content: 'B',
      model: 'gpt-4o-mini-2024-07-18',
      systemFingerprint: 'fp_second',
      usage: { prompt_tokens: 17, completion_tokens: 1 },
    },
  );
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function clientOf(changes: Partial<TestSettings> = {}): ModelClient {
  const all = settings({ baseURL: `${mock.url}/v1`, apiKey, concurrency: 8, ...changes });
  const client = new LimitedClient(all, { random: () => 0 });
  clients.push(client);
  return client;
}

const request = chatRequest({ model: 'gpt-4o-mini' });

/** Asks once; what failed on the way, and what to do at each failure. */
async function ask(onFailure: () => void = () => {}, changes: Partial<TestSettings> = {}) {
  const failed: FailedAttempt[] = [];
  const answer = await clientOf(changes).chat(request, {
    onFailedAttempt: (one) => {
      failed.push(one);
      onFailure();
    },
  });
  return { answer, failed };
}

describe('a chat completion of another server', () => {
  it('is an answer with text, model, fingerprint and usage, and is paid for', async () => {
    const spending = new Spending(noLimit, nothing);
    const { answer } = await ask(undefined, {
      spending,
      prices: () => ({ input: 10, output: 20 }),
    });
    expect(answer).toMatchObject({
      text: 'B',
      model: 'gpt-4o-mini-2024-07-18',
      fingerprint: 'fp_second',
      finishReason: 'stop',
      usage: { promptTokens: 17, completionTokens: 1 },
      attempt: 1,
    });
    expect(JSON.parse(answer.raw)).toMatchObject({ object: 'chat.completion' });
    expect(spending.spent()).toEqual({ requests: 1, tokens: 18, usd: 190 / 1e6 });
    expect(mock.getLastRequest()?.body).toMatchObject({ temperature: 0, max_tokens: 5 });
  });

  it('comes for each of many at once', async () => {
    const client = clientOf();
    const answers = await Promise.all(Array.from({ length: 100 }, () => client.chat(request)));
    expect(answers.every(({ text }) => text === 'B')).toBe(true);
  });

  it('is asked for again after an error of the server', async () => {
    mock.nextRequestError(500, { message: 'it broke' });
    const { answer, failed } = await ask();
    expect(answer).toMatchObject({ text: 'B', attempt: 2 });
    expect(failed).toMatchObject([{ attempt: 1, status: 500, reason: 'faulty: it broke' }]);
  });

  it('is asked for again after a refusal by rate, when the pause is over', async () => {
    mock.nextRequestError(429, { message: 'slow down', type: 'rate_limit_error' });
    const began = performance.now();
    const { answer, failed } = await ask();
    expect(answer).toMatchObject({ text: 'B', attempt: 2 });
    expect(failed).toMatchObject([{ attempt: 1, status: 429, reason: 'limited: slow down' }]);
    // It says `Retry-After: 1`; a timer may ring a little early.
    expect(performance.now() - began).toBeGreaterThan(990);
  });

  it.each([
    ['an error of its own', { dropRate: 1 }, 500, 'faulty'],
    ['malformed JSON', { malformedRate: 1 }, 200, 'malformed'],
    ['a cut connection', { disconnectRate: 1 }, null, 'broken'],
  ])('is asked for again after %s', async (_, chaos, status, kind) => {
    mock.setChaos(chaos);
    const { answer, failed } = await ask(() => mock.clearChaos());
    expect(answer).toMatchObject({ text: 'B', attempt: 2 });
    expect(failed).toMatchObject([{ status }]);
    expect(failed[0]?.reason).toMatch(new RegExp(`^${kind}: `));
  });

  it('is not to be had with a wrong key, nor of a model that it does not know', async () => {
    const wrong = clientOf({ apiKey: 'sk-someone-elses-key' }).chat(request);
    expect((await rejection(wrong)).message).toContain('does not accept the API key');
    const unknown = clientOf().chat(chatRequest({ model: 'gpt-none' }));
    expect((await rejection(unknown)).message).toContain("'gpt-none'");
  });
});

describe('a call to another server', () => {
  const jsonl = '{"messages":[{"role":"user","content":"A or B?"}]}\n';

  it('lists its models', async () => {
    const ids = await clientOf().call('list the models', async (api, options) => {
      const page = await api.models.list(options);
      return page.data.map(({ id }) => id);
    });
    expect(ids).toContain('gpt-4o-mini');
  });

  it('uploads a file and reads it back', async () => {
    const { call } = clientOf();
    const { id } = await call('upload a training file', (api, options) =>
      api.files.create(
        { file: new File([jsonl], 'training.jsonl'), purpose: 'fine-tune' },
        options,
      ),
    );
    const text = await call('read a file', async (api, options) =>
      (await api.files.content(id, options)).text(),
    );
    expect(text).toBe(jsonl);
  });

  it('creates a fine-tuning job, follows it and cancels another', async () => {
    const { call } = clientOf();
    const create = (model: string) =>
      call('create a fine-tuning job', async (api, options) => {
        const file = new File([jsonl], 'training.jsonl');
        const { id } = await api.files.create({ file, purpose: 'fine-tune' }, options);
        return api.fineTuning.jobs.create({ model, training_file: id }, options);
      });
    const job = await create('gpt-4o-mini');
    const look = () =>
      call('look at a job', (api, options) => api.fineTuning.jobs.retrieve(job.id, options));
    let { status } = job;
    for (let polls = 0; polls < 10 && status !== 'succeeded'; polls++) ({ status } = await look());
    expect(status).toBe('succeeded');
    const events = await call('read its events', async (api, options) => {
      const page = await api.fineTuning.jobs.listEvents(job.id, {}, options);
      return page.data.length;
    });
    expect(events).toBeGreaterThan(0);
    const other = await create('gpt-4o-mini');
    const cancelled = await call('cancel a job', (api, options) =>
      api.fineTuning.jobs.cancel(other.id, options),
    );
    expect(cancelled.status).toBe('cancelled');
  });

  it('creates a batch and reads its results', async () => {
    const { call } = clientOf();
    const line = {
      custom_id: 'trial-1',
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: 'gpt-4o-mini', messages: request.messages, max_tokens: 5 },
    };
    const batch = await call('create a batch', async (api, options) => {
      const file = new File([`${JSON.stringify(line)}\n`], 'batch.jsonl');
      const { id } = await api.files.create({ file, purpose: 'batch' }, options);
      const endpoint = '/v1/chat/completions';
      return api.batches.create({ input_file_id: id, endpoint, completion_window: '24h' }, options);
    });
    let done = batch;
    for (let polls = 0; polls < 10 && done.status !== 'completed'; polls++) {
      done = await call('look at a batch', (api, options) =>
        api.batches.retrieve(batch.id, options),
      );
    }
    expect(done.status).toBe('completed');
    const output = await call('read its results', async (api, options) =>
      (await api.files.content(done.output_file_id ?? '', options)).text(),
    );
    expect(output).toContain('trial-1');
  });

  it('says what it does not know', async () => {
    const error = await rejection(
      clientOf().call('look at a job', (api, options) =>
        api.fineTuning.jobs.retrieve('ftjob-none', options),
      ),
    );
    expect(error.message).toContain('does not know of it when asked to look at a job (404: ');
  });
});
