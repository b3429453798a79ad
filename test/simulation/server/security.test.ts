/** Who reaches the server, with which key, and with how much. */
import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import OpenAI from 'openai';
import { afterEach, describe, expect, test } from 'vitest';
import { WeighbridgeError } from '../../../src/errors.js';
import {
  type SimulatedServer,
  startSimulatedServer,
} from '../../../src/simulation/server/server.js';

let server: SimulatedServer;
afterEach(() => server?.close());

const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal);

const KEY = 'sk-secret-of-the-simulator';

describe('the address', () => {
  test('is loopback unless told otherwise', async () => {
    server = await startSimulatedServer();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
  });

  test.skipIf(!outside)(
    `is out of reach from other addresses${outside ? '' : ' (skipped: this machine has no other)'}`,
    async () => {
      server = await startSimulatedServer();
      const { port } = new URL(server.url);
      const reach = fetch(`http://${outside?.address}:${port}/v1/models`);
      await expect(reach).rejects.toThrow();
    },
  );

  test('that is taken is told in one line', async () => {
    server = await startSimulatedServer();
    const port = Number(new URL(server.url).port);
    await expect(startSimulatedServer({ port })).rejects.toThrow(
      new WeighbridgeError(
        'bad-argument',
        `cannot listen on 127.0.0.1 port ${port}: the port is taken`,
        { details: { option: 'port', found: port } },
      ),
    );
  });

  test('is free again after the server was closed, with requests in flight', async () => {
    server = await startSimulatedServer({ latencyMs: 60_000 });
    const api = new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
    const waiting = api.chat.completions.create({
      model: 'simulated-model',
      messages: [{ role: 'user', content: 'Hello?' }],
    });
    const outcome = waiting.then(
      () => 'answered',
      () => 'cut',
    );
    while (server.stats().inFlight === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.close();
    expect(await outcome).toBe('cut');
    const port = Number(new URL(server.url).port);
    server = await startSimulatedServer({ port });
    expect(Number(new URL(server.url).port)).toBe(port);
  });
});

describe('who is answered', () => {
  /** fetch sets Host by itself. */
  function post(headers: Record<string, string>, path = '/v1/chat/completions') {
    const { port } = new URL(server.url);
    const body =
      '{"model": "simulated-model", "messages": [{"role": "user", "content": "Hello?"}]}';
    return new Promise<number | undefined>((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end(body);
    });
  }

  test.each([
    [{ host: '127.0.0.1' }, 200],
    [{ host: 'localhost:80' }, 200],
    [{ host: 'evil.example' }, 403],
    [{ host: '127.0.0.1.evil.example' }, 403],
    [{ host: '192.168.0.1' }, 403],
    [{ host: 'localhost', origin: 'http://localhost:3000' }, 200],
    [{ host: 'localhost', origin: 'https://evil.example' }, 403],
    [{ host: 'localhost', origin: 'http://localhost.evil.example' }, 403],
    [{ host: 'localhost', origin: 'null' }, 403],
  ])('on loopback a request with %o gets %i', async (headers, status) => {
    server = await startSimulatedServer();
    expect(await post(headers)).toBe(status);
    expect(server.stats().paidAnswers).toBe(status === 200 ? 1 : 0);
    if (status === 403) expect(await post(headers, '/simulator/stats')).toBe(403);
  });

  test('elsewhere any host is answered, and still no foreign page', async () => {
    server = await startSimulatedServer({ host: '0.0.0.0' });
    expect(await post({ host: 'simulator.internal' })).toBe(200);
    const own = { host: 'simulator.internal', origin: 'http://simulator.internal' };
    expect(await post(own)).toBe(200);
    expect(await post({ ...own, origin: 'https://evil.example' })).toBe(403);
  });
});

describe('a key', () => {
  test('that is wanted must be shown, and a wrong one is not told back', async () => {
    server = await startSimulatedServer({ apiKey: KEY });
    const list = (apiKey: string) =>
      new OpenAI({ baseURL: server.url, apiKey, maxRetries: 0 }).models.list();
    await expect(list(KEY)).resolves.toMatchObject({ object: 'list' });
    const wrong = await list('sk-other').catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(wrong).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect(String(wrong)).not.toContain('sk-other');
    const none = await fetch(`${server.url}/models`);
    expect(none.status).toBe(401);
    expect(await none.text()).not.toContain(KEY);
  });

  test('is nowhere in what the server tells of itself', async () => {
    server = await startSimulatedServer({ apiKey: KEY });
    const base = server.url.replace('/v1', '/simulator');
    for (const what of ['stats', 'repeats']) {
      expect(await (await fetch(`${base}/${what}`)).text()).not.toContain(KEY);
    }
  });
});

describe('a body that is too large', () => {
  const limit = 4 * 1024 ** 2;

  test('is refused with 413, announced or not', async () => {
    server = await startSimulatedServer();
    const post = (init: RequestInit) =>
      fetch(`${server.url}/chat/completions`, { method: 'POST', ...init });
    const announced = await post({ body: 'x'.repeat(limit + 1) });
    expect(announced.status).toBe(413);
    expect(await announced.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    const pieces = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 5; i++) controller.enqueue(new Uint8Array(1024 ** 2));
        controller.close();
      },
    });
    const streamed = await post({ body: pieces, duplex: 'half' } as RequestInit);
    expect(streamed.status).toBe(413);
    expect((await fetch(`${server.url}/models`)).status).toBe(200);
  });
});

describe('a request of many parts', () => {
  const api = () => new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
  const messages = (count: number) =>
    Array.from({ length: count }, () => ({ role: 'user' as const, content: 'Hello?' }));

  test.each([
    [2048, 200],
    [2049, 400],
    // As many as once ended the process.
    [100_001, 400],
  ])('of %i messages gets %i', async (count, status) => {
    server = await startSimulatedServer();
    const asked = api().chat.completions.create({
      model: 'simulated-model',
      messages: messages(count),
    });
    const outcome = await asked.then(
      () => 200,
      (error: { status: number }) => error.status,
    );
    expect(outcome).toBe(status);
    expect((await fetch(`${server.url}/models`)).status).toBe(200);
  });

  test.each([
    ['batch', 60_000, /more lines than 50000/],
    ['fine-tune', 110_000, /more than 100000 examples/],
  ] as const)('a file for %s of line ends alone fails its job', async (purpose, lines, reason) => {
    server = await startSimulatedServer({ jobSeconds: 0 });
    const file = await api().files.create({
      file: new File(['\n'.repeat(lines)], 'lines.jsonl'),
      purpose,
    });
    const look =
      purpose === 'batch'
        ? await api()
            .batches.create({
              input_file_id: file.id,
              endpoint: '/v1/chat/completions',
              completion_window: '24h',
            })
            .then(
              ({ id }) =>
                () =>
                  api().batches.retrieve(id),
            )
        : await api()
            .fineTuning.jobs.create({ model: 'simulated-model', training_file: file.id })
            .then(
              ({ id }) =>
                () =>
                  api().fineTuning.jobs.retrieve(id),
            );
    await expect.poll(async () => (await look()).status).toBe('failed');
    expect(JSON.stringify(await look())).toMatch(reason);
  });
});

test('a file is kept under an id of the server’s, whatever its name', async () => {
  server = await startSimulatedServer();
  const api = new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
  const file = await api.files.create({
    file: new File(['{}'], '../../etc/passwd'),
    purpose: 'batch',
  });
  expect(file.id).toMatch(/^file-[0-9a-f]{24}$/);
  const response = await fetch(`${server.url}/files/${encodeURIComponent('../../etc/passwd')}`);
  expect(response.status).toBe(404);
});

test.each([
  [{ latencyMs: -1 }, /latencyMs is -1: expected a number of at least 0/],
  [{ jobSeconds: Number.NaN }, /jobSeconds is NaN/],
  [{ requestsPerMinute: 0 }, /requestsPerMinute is 0: expected a number of at least 1/],
])('options out of range are told in one line: %o', async (options, message) => {
  await expect(startSimulatedServer(options)).rejects.toThrow(message);
});
