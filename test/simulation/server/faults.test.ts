/** Trouble on request, as a client sees it. */
import { connect } from 'node:net';
import OpenAI from 'openai';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type FaultName,
  faultNames,
  faultSource,
  mixedFaults,
} from '../../../src/simulation/server/faults.js';
import {
  type SimulatedServer,
  type SimulatedServerOptions,
  startSimulatedServer,
} from '../../../src/simulation/server/server.js';
import { choiceFile, drawTargets, makeContexts } from './support.js';

let server: SimulatedServer;
afterEach(() => server?.close());

async function start(options: SimulatedServerOptions): Promise<OpenAI> {
  server = await startSimulatedServer({ jobSeconds: 0.02, ...options });
  return new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0, timeout: 60_000 });
}

const request = {
  model: 'simulated-model',
  messages: [{ role: 'user' as const, content: 'How are you?' }],
};

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => null,
    (reason: unknown) => reason,
  );
}

describe('a fault of a request', () => {
  test('429 says when to come back', async () => {
    const api = await start({ faults: { '429': 1 } });
    const error = await failure(api.chat.completions.create(request));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    const { headers, code } = error as InstanceType<typeof OpenAI.RateLimitError>;
    expect(code).toBe('rate_limit_exceeded');
    expect(headers?.get('retry-after')).toBe('1');
    expect(Number(headers?.get('retry-after-ms'))).toBeGreaterThan(0);
  });

  test('429-bare does not', async () => {
    const api = await start({ faults: { '429-bare': 1 } });
    const error = await failure(api.chat.completions.create(request));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    const { headers } = error as InstanceType<typeof OpenAI.RateLimitError>;
    expect(headers?.get('retry-after')).toBeNull();
  });

  test('500 is a server error', async () => {
    const api = await start({ faults: { '500': 1 } });
    const error = await failure(api.chat.completions.create(request));
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
  });

  test.each(['cut', 'cut-body'] as const)('%s is a broken connection', async (name) => {
    const api = await start({ faults: { [name]: 1 } });
    const error = await failure(api.chat.completions.create(request));
    expect(error).not.toBeNull();
    expect(error instanceof OpenAI.APIError ? error.status : undefined).toBeUndefined();
    expect(server.stats()).toMatchObject({
      paidAnswers: 0,
      requests: { 'POST /v1/chat/completions': { cut: 1 } },
    });
  });

  test('cut comes before any byte, cut-body after some of them', async () => {
    const body = JSON.stringify(request);
    const raw = async () => {
      const { hostname, port } = new URL(server.url);
      const socket = connect(Number(port), hostname);
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      let received = '';
      socket.on('data', (chunk) => {
        received += chunk;
      });
      await new Promise((resolve) => {
        socket.on('error', () => {});
        socket.on('close', resolve);
      });
      return received;
    };
    await start({ faults: { cut: 1 } });
    expect(await raw()).toBe('');
    await server.close();
    await start({ faults: { 'cut-body': 1 } });
    expect(await raw()).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*"chat\.completion"[^}]*/);
  });

  test('malformed is a body that ends too early, with status 200, and costs nothing', async () => {
    const api = await start({ faults: { malformed: 1 } });
    expect(await failure(api.chat.completions.create(request))).toBeInstanceOf(SyntaxError);
    expect(server.stats()).toMatchObject({
      paidAnswers: 0,
      requests: { 'POST /v1/chat/completions': { 200: 1 } },
    });
  });

  test('drip and slow take their time and end well', async () => {
    for (const faults of [{ drip: 1 }, { slow: 1 }]) {
      const api = await start({ faults, dripMs: 100, slowMs: 100 });
      const started = performance.now();
      const { choices } = await api.chat.completions.create(request);
      // Timers may be early by a millisecond each.
      expect(performance.now() - started).toBeGreaterThan(80);
      expect(choices[0]?.message.content).toContain('simulated');
      await server.close();
    }
  });

  test('refusal and filter are answers without one', async () => {
    const refusing = await start({ faults: { refusal: 1 } });
    const refused = await refusing.chat.completions.create(request);
    expect(refused.choices[0]?.message.content).toBeNull();
    expect(refused.choices[0]?.message.refusal).toContain("can't assist");
    expect((await refusing.models.list()).data).not.toEqual([]);
    await server.close();
    const filtering = await start({ faults: { filter: 1 } });
    const filtered = await filtering.chat.completions.create(request);
    expect(filtered.choices[0]?.finish_reason).toBe('content_filter');
  });
});

describe('a fault of work', () => {
  const contexts = makeContexts(1);
  const training = choiceFile(contexts, drawTargets(contexts, 1), 12);

  test('job fails a fine-tuning job with the server’s reason', async () => {
    const api = await start({ faults: { job: 1 } });
    const file = await api.files.create({
      file: new File([training], 'x.jsonl'),
      purpose: 'fine-tune',
    });
    const { id } = await api.fineTuning.jobs.create({
      model: 'simulated-model',
      training_file: file.id,
    });
    const job = await until(() => api.fineTuning.jobs.retrieve(id), 'failed');
    expect(job.error).toMatchObject({ code: 'server_error', param: null });
    const { data } = await api.fineTuning.jobs.listEvents(id);
    expect(data[0]).toMatchObject({ level: 'error', message: job.error?.message });
  });

  test('batch-line fails some lines of a batch, and others not', async () => {
    const api = await start({ faults: { 'batch-line': 0.3 } });
    const lines = Array.from({ length: 100 }, (_, i) =>
      JSON.stringify({
        custom_id: `${i}`,
        method: 'POST',
        url: '/v1/chat/completions',
        body: request,
      }),
    );
    const file = await api.files.create({
      file: new File([lines.join('\n')], 'x.jsonl'),
      purpose: 'batch',
    });
    const { id } = await api.batches.create({
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    const { request_counts, error_file_id } = await until(
      () => api.batches.retrieve(id),
      'completed',
    );
    // 30 ± 4 · 4.6.
    expect(request_counts?.failed).toBeGreaterThan(11);
    expect(request_counts?.failed).toBeLessThan(49);
    const errors = await (await api.files.content(error_file_id ?? '')).text();
    expect(JSON.parse(errors.split('\n')[0] ?? '')).toMatchObject({
      response: { status_code: 500, body: { error: { type: 'server_error' } } },
    });
    expect(server.stats().paidAnswers).toBe(request_counts?.completed);
  });
});

async function until<T extends { status: string }>(
  look: () => Promise<T>,
  status: string,
): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen.status === status) return seen;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('which requests meet trouble', () => {
  const draw = (seed: number) => {
    const source = faultSource(mixedFaults(0.2), seed);
    return Array.from({ length: 3000 }, () => source.request('chat'));
  };

  test('is decided by the seed, attempt by attempt', () => {
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test('is the share that was asked for, over all kinds of the mixture', () => {
    const hits = draw(3).filter((fault) => fault !== null);
    // 600 ± 4 · 21.9.
    expect(Math.abs(hits.length - 600)).toBeLessThan(88);
    expect(new Set(hits)).toEqual(new Set(Object.keys(mixedFaults(0.2))));
  });

  test('is counted', () => {
    const source = faultSource({ '500': 1, job: 1 }, 1);
    source.request('other');
    source.request('chat');
    source.work('job');
    expect(source.counts()).toEqual({ '500': 2, job: 1 });
  });

  test('changes nothing about what is answered in the end', async () => {
    const ask = async (api: OpenAI) => {
      const { choices } = await api.chat.completions.create(request, { maxRetries: 20 });
      return choices;
    };
    const quiet = await ask(await start({}));
    await server.close();
    const api = await start({ faults: { '429': 0.6, cut: 0.1 } });
    for (let i = 0; i < 5; i++) expect(await ask(api)).toEqual(quiet);
  });
});

describe('a fault of a prompt', () => {
  const ask = (api: OpenAI, content: string) =>
    api.chat.completions.create({ ...request, messages: [{ role: 'user', content }] });
  const prompts = Array.from({ length: 300 }, (_, i) => `Question number ${i}?`);

  test('prompt-filter refuses with 400, as Azure does, each time', async () => {
    const api = await start({ faults: { 'prompt-filter': 1 } });
    for (let i = 0; i < 3; i++) {
      const error = await failure(ask(api, 'How are you?'));
      expect(error).toBeInstanceOf(OpenAI.BadRequestError);
      expect((error as InstanceType<typeof OpenAI.BadRequestError>).error).toMatchObject({
        code: 'content_filter',
        param: 'prompt',
        innererror: { code: 'ResponsibleAIPolicyViolation' },
      });
    }
    expect(server.stats()).toMatchObject({ paidAnswers: 0, faults: { 'prompt-filter': 3 } });
  });

  test('prompt-malformed breaks the body each time, and costs nothing', async () => {
    const api = await start({ faults: { 'prompt-malformed': 1 } });
    for (let i = 0; i < 3; i++) {
      expect(await failure(ask(api, 'How are you?'))).toBeInstanceOf(SyntaxError);
    }
    expect(server.stats().paidAnswers).toBe(0);
  });

  test('is met by the same prompts on every attempt, and by the stated share of them', () => {
    const source = faultSource({ 'prompt-filter': 0.2, 'prompt-malformed': 0.1 }, 4);
    const once = prompts.map(source.prompt);
    expect(prompts.map(source.prompt)).toEqual(once);
    const filtered = once.filter((fault) => fault === 'prompt-filter').length;
    const malformed = once.filter((fault) => fault === 'prompt-malformed').length;
    // 60 ± 4 · 6.9 and 30 ± 4 · 5.2.
    expect(Math.abs(filtered - 60)).toBeLessThan(28);
    expect(Math.abs(malformed - 30)).toBeLessThan(21);
    expect(prompts.map(faultSource({ 'prompt-filter': 0.2 }, 5).prompt)).not.toEqual(once);
  });

  test('prompt-filter comes with a word of the filter, in any case', async () => {
    const api = await start({ filterWords: ['Poison'] });
    expect(await failure(ask(api, 'Which POISON is the best?'))).toMatchObject({ status: 400 });
    expect(await failure(ask(api, 'Which soup is the best?'))).toBeNull();
  });

  test('is a failed line of a batch', async () => {
    const api = await start({ filterWords: ['poison'] });
    const lines = ['poison', 'soup'].map((content, i) => ({
      custom_id: String(i),
      method: 'POST',
      url: '/v1/chat/completions',
      body: { ...request, messages: [{ role: 'user', content }] },
    }));
    const text = lines.map((line) => JSON.stringify(line)).join('\n');
    const file = await api.files.create({ file: new File([text], 'x.jsonl'), purpose: 'batch' });
    const { id } = await api.batches.create({
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    const batch = await until(() => api.batches.retrieve(id), 'completed');
    expect(batch.request_counts).toMatchObject({ completed: 1, failed: 1 });
    const errors = await (await api.files.content(batch.error_file_id ?? '')).text();
    expect(JSON.parse(errors)).toMatchObject({
      custom_id: '0',
      response: { status_code: 400, body: { error: { code: 'content_filter' } } },
    });
  });
});

describe('probabilities that are none', () => {
  test.each<[string, Partial<Record<FaultName, number>>, RegExp]>([
    ['above 1', { cut: 1.2 }, /fault cut=1\.2: expected 0 to 1/],
    ['not a number', { cut: Number.NaN }, /expected 0 to 1/],
    ['above 1 together', { cut: 0.6, '500': 0.6 }, /add up to 1\.2/],
    ['above 1 for prompts', { 'prompt-filter': 0.9, 'prompt-malformed': 0.2 }, /add up to 1\.1/],
    ['of a fault that is not there', { teapot: 0.1 } as object, /no fault named teapot/],
  ])('%s are refused in one line', (_, faults, message) => {
    expect(() => faultSource(faults, 1)).toThrow(message);
  });

  test('are told with the names of all faults', () => {
    expect(() => faultSource({ teapot: 1 } as object, 1)).toThrow(faultNames.join(', '));
  });
});
