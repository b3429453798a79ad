/** The client against small servers of our own on loopback, each with one way to go wrong. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FailedAttempt } from '../../../src/harness/client/chat.js';
import type { ModelClient } from '../../../src/harness/client/model-client.js';
import { Spending } from '../../../src/harness/client/spending.js';
import {
  apiError,
  chatRequest,
  completion,
  LimitedClient,
  noLimit,
  nothing,
  rejection,
  sendJson,
  settings,
  smallServer,
  type TestSettings,
} from './support.js';

const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function serve(...parameters: Parameters<typeof smallServer>) {
  const server = await smallServer(...parameters);
  opened.push(server);
  return server;
}

/** A client that backs off for no time. */
function clientOf(baseURL: string, changes: Partial<TestSettings> = {}): ModelClient {
  const client = new LimitedClient(settings({ baseURL, ...changes }), { random: () => 0 });
  opened.unshift(client);
  return client;
}

describe('an answer', () => {
  it('comes with what was asked, in the words of the API, and with all that the server said', async () => {
    const body = completion('B');
    const server = await serve((response) => sendJson(response, body));
    const answer = await clientOf(server.baseURL).chat(chatRequest());
    expect(answer).toMatchObject({
      text: 'B',
      raw: JSON.stringify(body),
      model: 'm-2024',
      fingerprint: 'fp_1',
      finishReason: 'stop',
      usage: { promptTokens: 20, completionTokens: 1 },
      logprobs: null,
      attempt: 1,
      spent: { requests: 1, tokens: 21, usd: 0 },
    });
    expect(answer.latencyMs).toBeGreaterThan(0);
    expect(server.asked).toEqual([
      {
        model: 'm',
        messages: [{ role: 'user', content: 'A or B?' }],
        temperature: 0,
        max_tokens: 5,
      },
    ]);
  });

  it('is asked for with the key, and with a placeholder where the server wants none', async () => {
    const keys: (string | undefined)[] = [];
    const server = await serve((response, { request }) => {
      keys.push(request.headers.authorization);
      sendJson(response, completion());
    });
    // Settings of another provider: none may be sent here.
    vi.stubEnv('OPENAI_API_KEY', 'sk-of-another-place');
    vi.stubEnv('OPENAI_ADMIN_KEY', 'sk-of-another-place');
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'Authorization: Bearer sk-of-another-place');
    try {
      await clientOf(server.baseURL, { apiKey: 'sk-mine' }).chat(chatRequest());
      await clientOf(server.baseURL, { apiKey: null }).chat(chatRequest());
    } finally {
      vi.unstubAllEnvs();
    }
    expect(keys).toEqual(['Bearer sk-mine', 'Bearer no-key']);
  });

  it('has text in any alphabet whole, however the network cuts it', async () => {
    const body = Buffer.from(JSON.stringify(completion('Ä語🜁B')));
    const server = await serve(async (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      for (let i = 0; i < body.length; i += 3) {
        response.write(body.subarray(i, i + 3));
        if (i % 60 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    expect((await clientOf(server.baseURL).chat(chatRequest())).text).toBe('Ä語🜁B');
  });

  it('is asked for by at most so many requests at a time, in the order of asking', async () => {
    let inFlight = 0;
    let most = 0;
    const server = await serve(async (response) => {
      most = Math.max(most, ++inFlight);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inFlight--;
      sendJson(response, completion());
    });
    const client = clientOf(server.baseURL, { concurrency: 3 });
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => client.chat(chatRequest({ model: `m${i}` }))),
    );
    expect(most).toBe(3);
    const order = server.asked.map((body) => Number((body as { model: string }).model.slice(1)));
    // Three at a time may overtake each other on the way.
    for (const [i, asked] of order.entries()) expect(Math.abs(asked - i)).toBeLessThan(3);
  });
});

describe('an attempt that fails', () => {
  it.each([408, 409, 429, 500, 502, 503, 529])(
    'with %i is told and tried again',
    async (status) => {
      const server = await serve((response, { index }) =>
        index < 2
          ? sendJson(response, apiError('not now'), status)
          : sendJson(response, completion('B')),
      );
      const failed: FailedAttempt[] = [];
      const answer = await clientOf(server.baseURL).chat(chatRequest(), {
        onFailedAttempt: (one) => failed.push(one),
      });
      expect(answer).toMatchObject({ text: 'B', attempt: 3 });
      const reason = `${status === 429 ? 'limited' : 'faulty'}: not now`;
      expect(failed).toMatchObject([
        { attempt: 1, status, reason },
        { attempt: 2, status, reason },
      ]);
    },
  );

  it.each([400, 401, 403, 404, 422])('with %i is not tried again', async (status) => {
    const server = await serve((response) => sendJson(response, apiError('no'), status));
    const error = await rejection(clientOf(server.baseURL).chat(chatRequest()));
    expect(error.code).toBe('server');
    expect(error.message).toContain(`(${status}: no)`);
    expect(server.asked).toHaveLength(1);
  });

  it.each([
    ['a connection that is cut before the answer', null, 'broken'],
    ['a connection that is cut within the answer', '{"choices": [', 'broken'],
  ])('by %s is told and tried again', async (_, beginning, kind) => {
    const server = await serve((response, { request, index }) => {
      if (index > 0) return sendJson(response, completion('B'));
      if (beginning) response.writeHead(200, { 'content-length': '1000' }).write(beginning);
      setTimeout(() => request.socket.destroy(), 5);
    });
    const failed: FailedAttempt[] = [];
    const answer = await clientOf(server.baseURL).chat(chatRequest(), {
      onFailedAttempt: (one) => failed.push(one),
    });
    expect(answer).toMatchObject({ text: 'B', attempt: 2 });
    expect(failed).toMatchObject([{ attempt: 1, status: null, reason: `${kind}: ECONNRESET` }]);
  });

  it.each([
    ['JSON cut short', '{"choices": [{"mess'],
    ['a web page', '<html>welcome</html>'],
    ['nothing', ''],
    ['no choices', '{"id": "chatcmpl-1", "choices": []}'],
  ])('by a body that is %s is told and tried again', async (_, body) => {
    const server = await serve((response, { index }) =>
      sendJson(response, index === 0 ? body : completion('B')),
    );
    const failed: FailedAttempt[] = [];
    const answer = await clientOf(server.baseURL).chat(chatRequest(), {
      onFailedAttempt: (one) => failed.push(one),
    });
    expect(answer).toMatchObject({ text: 'B', attempt: 2 });
    expect(failed[0]).toMatchObject({ status: 200 });
    expect(failed[0]?.reason).toMatch(/^malformed: /);
  });

  it.each([
    ['before its first byte', 0],
    ['drop by drop', 10],
  ])('by taking longer than its time, %s, is told and tried again', async (_, dripMs) => {
    const server = await serve((response, { index }) => {
      if (index > 0) return sendJson(response, completion('B'));
      if (dripMs === 0) return;
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), dripMs);
      response.on('close', () => clearInterval(drip));
    });
    const failed: FailedAttempt[] = [];
    const client = clientOf(server.baseURL, { timeoutSeconds: 1 });
    const answer = await client.chat(chatRequest(), { onFailedAttempt: (one) => failed.push(one) });
    expect(answer).toMatchObject({ text: 'B', attempt: 2 });
    expect(failed).toMatchObject([{ status: null, reason: 'timeout: no answer within 1 s' }]);
  });

  it('too often ends with how often, and why the last time', async () => {
    const server = await serve((response) => sendJson(response, apiError('boom'), 500));
    const error = await rejection(clientOf(server.baseURL, { maxAttempts: 3 }).chat(chatRequest()));
    expect(error.message).toBe(
      `gave up after 3 attempts: ${server.baseURL} fails when model 'm' is asked (500: boom)`,
    );
    expect(server.asked).toHaveLength(3);
  });

  it.each([
    ['vLLM’s of old', { object: 'error', message: 'its words', type: 'X', code: 500 }],
    ['a mere string', { error: 'its words' }],
    ['FastAPI’s', { detail: 'its words' }],
    ['plain text', 'its words'],
    ['a web page', '<html><body>its words</body></html>'],
  ])('is told in the server’s own words, in the shape of %s', async (_, body) => {
    const server = await serve((response) => sendJson(response, body, 500));
    const error = await rejection(clientOf(server.baseURL, { maxAttempts: 1 }).chat(chatRequest()));
    expect(error.message).toContain('(500: its words)');
  });
});

describe('a model that knows only max_completion_tokens', () => {
  it('is asked with that name after the first refusal, and other models with the usual one', async () => {
    const words =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    const server = await serve((response, { body }) => {
      const asked: { model: string; max_tokens?: number } = JSON.parse(body);
      if (asked.model === 'o9' && asked.max_tokens !== undefined) {
        sendJson(response, apiError(words, 'unsupported_parameter'), 400);
      } else {
        sendJson(response, completion('B'));
      }
    });
    const client = clientOf(server.baseURL);
    const failed: FailedAttempt[] = [];
    const onFailedAttempt = (one: FailedAttempt) => failed.push(one);
    expect((await client.chat(chatRequest({ model: 'o9' }), { onFailedAttempt })).attempt).toBe(2);
    expect((await client.chat(chatRequest({ model: 'o9' }), { onFailedAttempt })).attempt).toBe(1);
    await client.chat(chatRequest(), { onFailedAttempt });
    expect(failed).toMatchObject([{ attempt: 1, status: 400 }]);
    expect(server.asked).toMatchObject([
      { model: 'o9', max_tokens: 5 },
      { model: 'o9', max_completion_tokens: 5 },
      { model: 'o9', max_completion_tokens: 5 },
      { model: 'm', max_tokens: 5 },
    ]);
  });
});

describe('everything stops with one line', () => {
  it('where nobody listens, after four attempts', async () => {
    const server = await smallServer(() => {});
    await server.close();
    const client = clientOf(server.baseURL, { concurrency: 2 });
    const failed: FailedAttempt[] = [];
    const onFailedAttempt = (one: FailedAttempt) => failed.push(one);
    const asked = Array.from({ length: 6 }, () => client.chat(chatRequest(), { onFailedAttempt }));
    const errors = await Promise.all(asked.map(rejection));
    expect(new Set(errors.map(({ message }) => message))).toEqual(
      new Set([
        `4 attempts in a row failed: ${server.baseURL} cannot be reached: is the server running, and is the base URL right? (ECONNREFUSED)`,
      ]),
    );
    expect(failed.length).toBeLessThanOrEqual(5);
    // And stays so.
    expect((await rejection(client.chat(chatRequest()))).message).toBe(errors[0]?.message);
  });

  it('where the key is wrong, at the first refusal', async () => {
    const server = await serve((response) => sendJson(response, apiError('Incorrect'), 401));
    const client = clientOf(server.baseURL, { concurrency: 1 });
    const asked = Array.from({ length: 6 }, () => rejection(client.chat(chatRequest())));
    const [first, ...others] = await Promise.all(asked);
    expect(first?.message).toBe(
      `${server.baseURL} does not accept the API key: is it the right one for this server? (401: Incorrect)`,
    );
    expect(others.every((error) => error === first)).toBe(true);
    expect(server.asked).toHaveLength(1);
  });

  it('where there is no key and the server wants one', async () => {
    const server = await serve((response) => sendJson(response, apiError('You need a key'), 401));
    const error = await rejection(clientOf(server.baseURL, { apiKey: null }).chat(chatRequest()));
    expect(error.code).toBe('no-key');
    expect(error.message).toContain('wants an API key');
  });

  it('where the model is unknown, with its name', async () => {
    const server = await serve((response) =>
      sendJson(response, apiError('The model `gpt-x` does not exist', 'model_not_found'), 404),
    );
    const error = await rejection(clientOf(server.baseURL).chat(chatRequest({ model: 'gpt-x' })));
    expect(error.message).toBe(
      `${server.baseURL} does not know the model 'gpt-x' (404: The model \`gpt-x\` does not exist)`,
    );
  });

  it('where the account has no credit, though that is a 429', async () => {
    const server = await serve((response) =>
      sendJson(response, apiError('You exceeded your current quota', 'insufficient_quota'), 429),
    );
    const error = await rejection(clientOf(server.baseURL).chat(chatRequest()));
    expect(error.message).toContain('no credit left');
    expect(server.asked).toHaveLength(1);
  });

  it('where the server asks to come back in hours', async () => {
    const server = await serve((response) =>
      sendJson(response, apiError('tomorrow'), 429, { 'retry-after': '7200' }),
    );
    const error = await rejection(clientOf(server.baseURL).chat(chatRequest()));
    expect(error.message).toContain('asks to wait 120 minutes');
  });

  it('and what is in flight is let come home', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const server = await serve(async (response, { index }) => {
      if (index === 0) {
        await held;
        sendJson(response, completion('B'));
      } else {
        sendJson(response, apiError('Incorrect'), 401);
      }
    });
    const client = clientOf(server.baseURL);
    const first = client.chat(chatRequest());
    await rejection(client.chat(chatRequest()));
    release();
    expect((await first).text).toBe('B');
  });
});

describe('a budget', () => {
  it('of requests counts each that the server got, and is not passed with many in flight', async () => {
    const server = await serve((response, { index }) =>
      index % 3 === 0
        ? sendJson(response, apiError('boom'), 500)
        : sendJson(response, completion('B')),
    );
    const spending = new Spending({ ...noLimit, requests: 20 }, nothing);
    const client = clientOf(server.baseURL, { concurrency: 8, spending });
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, () => client.chat(chatRequest())),
    );
    expect(server.asked).toHaveLength(20);
    expect(spending.spent().requests).toBe(20);
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThanOrEqual(20);
  });

  it('counts what the server counted, nothing for its failures, the most where nobody knows', async () => {
    const answers = [
      () => sendOf(apiError('boom'), 500),
      () => sendOf('{"cut', 200),
      () => sendOf(completion('B'), 200),
      () => sendOf({ choices: [{ message: { content: 'B' } }] }, 200),
    ];
    const server = await serve((response, { index }) => answers[index]?.()(response));
    const spending = new Spending(noLimit, nothing);
    const prices = () => ({ input: 1e6, output: 2e6 });
    const client = clientOf(server.baseURL, { spending, prices });
    const failed: FailedAttempt[] = [];
    const onFailedAttempt = (one: FailedAttempt) => failed.push(one);
    const counted = await client.chat(chatRequest(), { onFailedAttempt });
    const uncounted = await client.chat(chatRequest(), { onFailedAttempt });
    // 7 bytes, 8 around the message and 64 for a template; 5 of the answer.
    const most = { requests: 1, tokens: 79 + 5, usd: 79 + 2 * 5 };
    expect(failed.map(({ spent }) => spent)).toEqual([{ ...nothing, requests: 1 }, most]);
    expect(counted.spent).toEqual({ requests: 1, tokens: 21, usd: 22 });
    expect(uncounted.spent).toEqual(most);
    const spent = { requests: 4, tokens: 21 + 2 * most.tokens, usd: 22 + 2 * most.usd };
    expect(spending.spent()).toEqual(spent);
  });
});

describe('an attempt that this machine could not send', () => {
  it.each(['EMFILE', 'ENFILE'])(
    'costs nothing and no attempt, and is made again: %s',
    async (code) => {
      let refused = 0;
      const fetch = async () => {
        if (refused++ % 20 > 0) {
          const cause = Object.assign(new Error(code), { code, syscall: 'connect' });
          throw new TypeError('fetch failed', { cause });
        }
        return Response.json(completion('B'));
      };
      const spending = new Spending(noLimit, nothing);
      const client = new LimitedClient(settings({ spending, maxAttempts: 2, concurrency: 1 }), {
        fetch,
        random: () => 0,
        clock: { now: () => 0, sleep: async () => {} },
      });
      opened.unshift(client);
      const failed: FailedAttempt[] = [];
      for (let i = 0; i < 3; i++) {
        await client.chat(chatRequest(), { onFailedAttempt: (one) => failed.push(one) });
      }
      expect(failed).toHaveLength(2 * 19);
      expect(failed.every(({ spent }) => spent?.requests === 0 && spent.tokens === 0)).toBe(true);
      expect(spending.spent()).toEqual({ requests: 3, tokens: 3 * 21, usd: 0 });
    },
  );
});

describe('stopping', () => {
  it('by signal lets come home what is in flight, and sends nothing more', async () => {
    const controller = new AbortController();
    const server = await serve(async (response) => {
      controller.abort();
      await new Promise((resolve) => setTimeout(resolve, 20));
      sendJson(response, completion('B'));
    });
    const client = clientOf(server.baseURL, { concurrency: 1 });
    const { signal } = controller;
    const first = client.chat(chatRequest(), { signal });
    const second = rejection(client.chat(chatRequest(), { signal }));
    expect((await first).text).toBe('B');
    expect((await second).code).toBe('interrupted');
    expect((await rejection(client.chat(chatRequest(), { signal }))).code).toBe('interrupted');
    expect(server.asked).toHaveLength(1);
  });

  it('by signal does not wait for the next attempt', async () => {
    const controller = new AbortController();
    const server = await serve((response) => sendJson(response, apiError('boom'), 500));
    const client = new LimitedClient(settings({ baseURL: server.baseURL }), { random: () => 1 });
    opened.unshift(client);
    const failed = rejection(
      client.chat(chatRequest(), {
        signal: controller.signal,
        onFailedAttempt: () => controller.abort(),
      }),
    );
    expect((await failed).code).toBe('interrupted');
  });

  it('by closing breaks off what is in flight, and counts the most that it can cost', async () => {
    let arrived = () => {};
    const underWay = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const server = await serve(() => arrived());
    const spending = new Spending(noLimit, nothing);
    const client = clientOf(server.baseURL, { concurrency: 1, spending });
    const asked = [client.chat(chatRequest()), client.chat(chatRequest())].map(rejection);
    await underWay;
    client.close();
    expect((await Promise.all(asked)).map(({ code }) => code)).toEqual([
      'interrupted',
      'interrupted',
    ]);
    expect(spending.spent()).toMatchObject({ requests: 1, tokens: 84 });
  });
});

describe('a call that is no chat', () => {
  it('is tried again, and fails in words that say what it was for', async () => {
    const server = await serve((response, { index }) =>
      index === 0
        ? sendJson(response, apiError('boom'), 500)
        : sendJson(response, { object: 'list', data: [{ id: 'm', object: 'model' }] }),
    );
    const client = clientOf(server.baseURL);
    const models = await client.call('list the models', async (api, options) => {
      const page = await api.models.list(options);
      return page.data.map(({ id }) => id);
    });
    expect(models).toEqual(['m']);
  });

  it('that the server refuses says why, and stops nothing else', async () => {
    const server = await serve((response, { request }) =>
      request.url?.includes('files')
        ? sendJson(response, apiError('No such File object: file-1'), 404)
        : sendJson(response, completion('B')),
    );
    const client = clientOf(server.baseURL);
    const error = await rejection(
      client.call('look at a file', (api, options) => api.files.retrieve('file-1', options)),
    );
    expect(error.message).toBe(
      `${server.baseURL} does not know of it when asked to look at a file (404: No such File object: file-1)`,
    );
    expect((await client.chat(chatRequest())).text).toBe('B');
  });

  it('passes on an error that is not the server’s as it is', async () => {
    const server = await serve((response) => sendJson(response, {}));
    const own = new TypeError('of the caller');
    const call = clientOf(server.baseURL).call('do it', () => Promise.reject(own));
    await expect(call).rejects.toBe(own);
  });

  it('can be called off while it is under way', async () => {
    const controller = new AbortController();
    const server = await serve(() => controller.abort());
    const error = await rejection(
      clientOf(server.baseURL).call(
        'list the models',
        (api, options) => api.models.list(options),
        controller.signal,
      ),
    );
    expect(error.code).toBe('interrupted');
  });
});

describe('settings', () => {
  it.each([
    ['localhost:8000/v1', "base URL 'localhost:8000/v1'"],
    ['ftp://host/v1', "base URL 'ftp://host/v1'"],
    ['', "base URL ''"],
    ['http://host/v1?key=abc', 'base URL http://host/v1:'],
  ])('with the base URL %s are refused', (baseURL, message) => {
    expect(() => new LimitedClient(settings({ baseURL }))).toThrow(message);
  });

  it('with a password in the base URL are refused without showing it', () => {
    const open = () => new LimitedClient(settings({ baseURL: 'https://me:pass-word@host/v1' }));
    expect(open).toThrow('the base URL of host holds a user name or password');
    expect(open).not.toThrow('pass-word');
  });

  it('without a key for OpenAI are refused before anything is sent', () => {
    const open = () =>
      new LimitedClient(settings({ baseURL: 'https://api.openai.com/v1', apiKey: null }));
    expect(open).toThrow('set OPENAI_API_KEY in the environment');
  });

  it.each(['', '  ', 'sk-secret\nsecond', 'sk-sécret'])(
    'with a key that no header can carry are refused without showing it',
    (apiKey) => {
      const open = () => new LimitedClient(settings({ apiKey }));
      expect(open).toThrow('copy it anew');
      if (apiKey.trim() !== '') expect(open).not.toThrow(apiKey);
    },
  );

  it('with a number out of range are refused', () => {
    expect(() => new LimitedClient(settings({ maxAttempts: 0 }))).toThrow('attempts is 0');
    expect(() => new LimitedClient(settings({ requestsPerMinute: -1 }))).toThrow(
      'requests a minute is -1',
    );
  });
});

/** Sends a body as it is, or as JSON. */
function sendOf(body: unknown, status: number) {
  return (response: Parameters<typeof sendJson>[0]) => sendJson(response, body, status);
}
