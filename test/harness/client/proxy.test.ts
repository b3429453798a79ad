/**
 * Everything that the client sends goes through the proxy of the environment: a real CONNECT proxy on
 * loopback, with a TLS server behind it.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FailedAttempt } from '../../../src/harness/client/chat.js';
import { ModelClient } from '../../../src/harness/client/model-client.js';
import { type ProxyOptions, startProxy, startTlsServer } from '../../support/connect-proxy.js';
import { chatRequest, completion, rejection, sendJson, settings, smallServer } from './support.js';

const host = 'https://model.test';
const opened: { close(): unknown }[] = [];

beforeEach(() => {
  // The certificate of the tests is not among those that this process has read when it started.
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  for (const name of ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy']) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toUpperCase(), undefined);
  }
});

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function opening<T extends { close(): unknown }>(one: T): T {
  opened.push(one);
  return one;
}

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A TLS server that answers chats and takes files, and the proxy before it. */
async function behindProxy(options: ProxyOptions = {}, credentials = '') {
  const received: Received[] = [];
  const server = opening(
    await startTlsServer(async (request, response) => {
      const { method = '', url = '', headers } = request;
      let body = '';
      for await (const part of request) body += part;
      received.push({ method, url, headers, body });
      if (url.endsWith('/chat/completions')) sendJson(response, completion('B'));
      else if (url.endsWith('/content')) response.end('{"custom_id":"1"}\n'.repeat(5000));
      else if (method === 'GET') sendJson(response, { object: 'list', data: [{ id: 'm' }] });
      else sendJson(response, { object: 'file', id: 'file-1', bytes: body.length });
    }),
  );
  const proxy = opening(await startProxy(server.port, options));
  vi.stubEnv('HTTPS_PROXY', proxy.address.replace('//', `//${credentials}`));
  return { received, proxy };
}

function client(changes: Parameters<typeof settings>[0] = {}) {
  return opening(
    new ModelClient(settings({ baseURL: `${host}/v1`, maxAttempts: 2, ...changes }), {
      random: () => 0,
    }),
  );
}

const kinds = [
  (asking: ModelClient) => asking.chat(chatRequest()),
  (asking: ModelClient) => asking.call('list', (api, options) => api.models.list(options)),
];

describe('through a proxy', () => {
  it('go chats, one tunnel after another request’s', async () => {
    const { received, proxy } = await behindProxy();
    const asking = client();
    for (let i = 0; i < 3; i++) expect((await asking.chat(chatRequest())).text).toBe('B');
    expect(received.map(({ url }) => url)).toEqual(Array(3).fill('/v1/chat/completions'));
    expect(received[0]?.headers).toMatchObject({
      host: 'model.test',
      authorization: 'Bearer sk-test-0123456789abcdef',
    });
    expect(proxy.tunnels).toEqual(['model.test:443']);
  });

  it('go as many chats at once as are asked', async () => {
    const { received, proxy } = await behindProxy();
    const asking = client();
    await Promise.all(Array.from({ length: 20 }, () => asking.chat(chatRequest())));
    expect(received).toHaveLength(20);
    expect(proxy.tunnels).toHaveLength(20);
    await Promise.all(Array.from({ length: 20 }, () => asking.chat(chatRequest())));
    expect(proxy.tunnels).toHaveLength(20);
  });

  it('go listings, uploads and downloads', async () => {
    const { received, proxy } = await behindProxy();
    const asking = client();
    const lines = '{"messages":[]}\n'.repeat(1000);
    const listed = await asking.call('list', (api, options) => api.models.list(options));
    expect(listed.data).toEqual([{ id: 'm' }]);
    const file = new File([lines], 'training.jsonl', { type: 'application/jsonl' });
    await asking.call('upload', (api, options) =>
      api.files.create({ file, purpose: 'fine-tune' }, options),
    );
    const content = await asking.call('download', (api, options) =>
      api.files.content('file-1', options),
    );
    expect((await content.text()).length).toBe(5000 * 18);
    expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /v1/models',
      'POST /v1/files',
      'GET /v1/files/file-1/content',
    ]);
    const upload = received[1];
    expect(upload?.body).toContain(lines);
    expect(upload?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(upload?.headers['content-length']).toBe(String(upload?.body.length));
    expect(proxy.tunnels.length).toBeGreaterThan(0);
  });

  it('goes plain HTTP, by whole URLs', async () => {
    const server = opening(
      await smallServer((response, { request }) =>
        sendJson(response, request.method === 'GET' ? { object: 'list', data: [] } : completion()),
      ),
    );
    const proxy = opening(await startProxy(Number(new URL(server.baseURL).port)));
    vi.stubEnv('HTTP_PROXY', proxy.address);
    const asking = client({ baseURL: 'http://model.test:8000/v1', apiKey: null });
    expect((await asking.chat(chatRequest())).text).toBe('A');
    await asking.call('list', (api, options) => api.models.list(options));
    expect(proxy.forwarded).toEqual([
      'http://model.test:8000/v1/chat/completions',
      'http://model.test:8000/v1/models',
    ]);
  });

  it('that speaks TLS itself goes the same', async () => {
    const { proxy } = await behindProxy(
      { isSecure: true, credentials: 'me:password' },
      'me:password@',
    );
    const asking = client();
    for (let i = 0; i < 2; i++) expect((await asking.chat(chatRequest())).text).toBe('B');
    await asking.call('list', (api, options) => api.models.list(options));
    expect(new Set(proxy.tunnels)).toEqual(new Set(['model.test:443']));
  });

  it('goes nothing to this machine', async () => {
    const server = opening(await smallServer((response) => sendJson(response, completion())));
    const { proxy } = await behindProxy();
    vi.stubEnv('HTTP_PROXY', proxy.address);
    expect((await client({ baseURL: server.baseURL }).chat(chatRequest())).text).toBe('A');
    expect(proxy.forwarded).toEqual([]);
  });
});

describe('the credentials of a proxy', () => {
  const password = 'pass wörd/7x9';
  const credentials = `me:${password}`;
  const inUrl = `me:${encodeURIComponent(password)}@`;

  it('are sent to the proxy alone', async () => {
    const { received } = await behindProxy({ credentials }, inUrl);
    const asking = client();
    expect((await asking.chat(chatRequest())).text).toBe('B');
    await asking.call('list', (api, options) => api.models.list(options));
    expect(received).toHaveLength(2);
    expect(JSON.stringify(received)).not.toMatch(/proxy-auth/i);
  });

  it('stand in no error and no failed attempt', async () => {
    await behindProxy({ credentials: 'me:another' }, inUrl);
    const failed: FailedAttempt[] = [];
    const error = await rejection(
      client().chat(chatRequest(), { onFailedAttempt: (one) => failed.push(one) }),
    );
    expect(error.message).toMatch(
      /^https:\/\/model\.test\/v1 is not reached: the proxy http:\/\/127\.0\.0\.1:\d+ does not accept the user name and password of HTTPS_PROXY \(407\)$/,
    );
    const shown = inspect({ error, failed }, { depth: null, showHidden: true });
    for (const secret of [password, inUrl, Buffer.from(credentials).toString('base64')]) {
      expect(shown).not.toContain(secret);
    }
  });

  it('are masked where a server repeats them', async () => {
    const server = opening(
      await smallServer((response) =>
        sendJson(response, { error: { message: `saw ${password}` } }, 400),
      ),
    );
    const proxy = opening(await startProxy(Number(new URL(server.baseURL).port), { credentials }));
    vi.stubEnv('HTTP_PROXY', proxy.address.replace('//', `//${inUrl}`));
    const asking = client({ baseURL: 'http://model.test/v1', apiKey: null });
    for (const kind of kinds) {
      const { message } = await rejection(kind(asking));
      expect(message).toContain('saw [key]');
    }
  });
});

describe('a proxy that does not help', () => {
  it.each([
    [403, 'does not allow it'],
    [407, 'wants a user name and password: set HTTPS_PROXY to http://USER:PASSWORD@HOST:PORT'],
  ])('by status %i ends the run at once, for nothing', async (refusal, words) => {
    const { proxy, received } = await behindProxy({ refusal });
    for (const kind of kinds) {
      const before = proxy.tunnels.length;
      const { message, code } = await rejection(kind(client()));
      expect({ message, code }).toEqual({
        message: `${host}/v1 is not reached: the proxy ${proxy.address} ${words} (${refusal})`,
        code: 'server',
      });
      expect(proxy.tunnels.length - before).toBe(1);
    }
    const failed: FailedAttempt[] = [];
    await rejection(client().chat(chatRequest(), { onFailedAttempt: (one) => failed.push(one) }));
    expect(failed).toMatchObject([{ spent: { requests: 0, tokens: 0, usd: 0 } }]);
    expect(received).toEqual([]);
  });

  it('because it finds no way to the server is tried again', async () => {
    const { proxy } = await behindProxy({ refusal: 502 });
    const { message } = await rejection(client().chat(chatRequest()));
    expect(message).toContain(`the proxy ${proxy.address} does not get through to it (502)`);
    expect(proxy.tunnels.length).toBeGreaterThan(1);
  });

  it('because it is down is named, not the server', async () => {
    const gone = createServer();
    gone.listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const address = gone.address();
    const port = typeof address === 'object' ? address?.port : 0;
    gone.close();
    vi.stubEnv('HTTPS_PROXY', `http://me:secret-password@127.0.0.1:${port}`);
    for (const kind of kinds) {
      const { message } = await rejection(kind(client()));
      expect(message).toContain(
        `${host}/v1 is not reached: the proxy http://127.0.0.1:${port} cannot be reached: is it running, and is HTTPS_PROXY right? (ECONNREFUSED)`,
      );
    }
  });

  it('because it says nothing is left when the time is up, with no connection left open', async () => {
    const { proxy } = await behindProxy({ isSilent: true });
    const asking = client({ timeoutSeconds: 0.1, maxAttempts: 1 });
    const { message } = await rejection(asking.chat(chatRequest()));
    expect(message).toContain('no answer within 0.1 s');
    await expect.poll(() => proxy.open.size).toBe(0);
  });

  it.each([false, true])(
    'because it says nothing is left by a call that is called off (TLS: %s)',
    async (isSecure) => {
      const { proxy } = await behindProxy({ isSilent: true, isSecure });
      const off = new AbortController();
      const work = client().call('list', (api, options) => api.models.list(options), off.signal);
      await expect.poll(() => proxy.tunnels.length).toBe(1);
      off.abort();
      expect((await rejection(work)).code).toBe('interrupted');
      await expect.poll(() => proxy.open.size).toBe(0);
    },
  );

  it('by its address is told before anything is sent', () => {
    vi.stubEnv('HTTPS_PROXY', 'socks5://me:secret-password@127.0.0.1:1080');
    expect(() => client()).toThrow(
      'the proxy of the environment variable HTTPS_PROXY begins with socks5://: expected one that begins with http:// or https://',
    );
  });
});
