/** The key goes into the header of requests, and nowhere else, whatever a server sends back. */
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FailedAttempt } from '../../../src/harness/client/chat.js';
import { masksOf } from '../../../src/harness/client/secrets.js';
import {
  chatRequest,
  completion,
  LimitedClient,
  sendJson,
  settings,
  smallServer,
  type TestSettings,
} from './support.js';

const apiKey = 'sk-proj-Zq7/x+9_0123456789abcdefghij';
/** As it stands in the key's middle: no part of it may be left over either. */
const secret = 'Zq7';

const opened: { close(): unknown }[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const one of opened.splice(0)) await one.close();
});

/** Everything that a request brings to light, as whoever logs it would print it. */
async function everythingOf(
  answer: Parameters<typeof smallServer>[0],
  changes: Partial<TestSettings> = {},
) {
  const printed = ['log', 'info', 'warn', 'error', 'debug'] as const;
  const spies = printed.map((method) => vi.spyOn(console, method).mockImplementation(() => {}));
  const server = await smallServer(answer);
  const client = new LimitedClient(
    settings({ baseURL: server.baseURL, apiKey, maxAttempts: 2, ...changes }),
    { random: () => 0 },
  );
  opened.push(client, server);
  const failed: FailedAttempt[] = [];
  const asked = [
    client.chat(chatRequest(), { onFailedAttempt: (one) => failed.push(one) }),
    client.call('list the models', (api, options) => api.models.list(options)),
  ];
  const results = (await Promise.allSettled(asked)).map((result) =>
    result.status === 'fulfilled' ? result.value : result.reason,
  );
  const logged = spies.map((spy) => spy.mock.calls);
  const shown = inspect(
    { results: [results[0], results[1] instanceof Error && results[1]], failed },
    {
      depth: null,
      showHidden: true,
      maxStringLength: null,
    },
  );
  return { shown: shown + JSON.stringify({ failed, results: results[0] }), logged, failed };
}

describe('the key', () => {
  it.each([
    [401, `Incorrect API key provided: ${apiKey}.`],
    [401, 'Incorrect API key provided: sk-proj-Zq7*****************ghij.'],
    [400, `header Authorization: Bearer ${apiKey} is odd`],
    [500, `panic: ${encodeURIComponent(apiKey)}`],
    [429, `too many requests for ${apiKey}`],
  ])('is in no error and no failed attempt where a server says it: %i', async (status, message) => {
    const { shown, failed } = await everythingOf((response) =>
      sendJson(response, { error: { message, code: apiKey } }, status, { 'x-echo': apiKey }),
    );
    expect(failed.length).toBeGreaterThan(0);
    expect(shown).toContain('[key]');
    expect(shown).not.toContain(secret);
  });

  it.each([
    ['plain', (key: string) => JSON.stringify(completion(key))],
    ['escaped', (key: string) => JSON.stringify(completion(key)).replaceAll('/', '\\/')],
  ])('is in no answer, neither its text nor its raw response: %s', async (_, write) => {
    const { shown } = await everythingOf((response) => sendJson(response, write(apiKey)));
    expect(shown).toContain('[key]');
    expect(shown).not.toContain(secret);
  });

  it('is in no error for a body that is no JSON, a connection that breaks, or a server that is gone', async () => {
    const odd = await everythingOf((response) => sendJson(response, `{"key": "${apiKey}"`));
    expect(odd.shown).not.toContain(secret);
    const broken = await everythingOf((_, { request }) => void request.socket.destroy());
    expect(broken.shown).toContain('ECONNRESET');
    expect(broken.shown).not.toContain(secret);
    const gone = await everythingOf(() => {}, { baseURL: 'http://127.0.0.1:1/v1' });
    expect(gone.shown).toContain('ECONNREFUSED');
    expect(gone.shown).not.toContain(secret);
  });

  it('is not logged, also where the environment asks the package for logs', async () => {
    vi.stubEnv('OPENAI_LOG', 'debug');
    const { logged } = await everythingOf((response) => sendJson(response, completion()));
    vi.unstubAllEnvs();
    expect(logged.flat()).toEqual([]);
  });
});

describe('a mask', () => {
  it('leaves alone what is no secret: placeholders that occur in any text', () => {
    for (const placeholder of [null, 'EMPTY', 'none', 'ollama']) {
      expect(masksOf(placeholder).mask('EMPTY none ollama')).toBe('EMPTY none ollama');
    }
  });
});
