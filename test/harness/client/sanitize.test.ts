/** What a server says: bounded, without the key and without control characters, on every way in. */
import { createServer, type Server } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { isTooHeavy } from '../../../src/checks/json.js';
import { oneLine, printable, withoutTags } from '../../../src/harness/client/sanitize.js';
import { masksOf } from '../../../src/harness/client/secrets.js';
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

const apiKey = 'sk-proj-Zq7/x+9_0123456789abcdefghij';
const secret = 'Zq7';
const ESC = '\u001b';

const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function serve(answer: Parameters<typeof smallServer>[0]) {
  const server = await smallServer(answer);
  opened.push(server);
  return server;
}

function clientOf(baseURL: string, changes: Partial<TestSettings> = {}) {
  const client = new LimitedClient(settings({ baseURL, apiKey, maxAttempts: 1, ...changes }), {
    random: () => 0,
  });
  opened.unshift(client);
  return client;
}

/** Ways to spell the key of which a server, a gateway or a log may make use. */
const spellings: Record<string, (key: string) => string> = {
  plain: (key) => key,
  'with slashes escaped': (key) => key.replaceAll('/', '\\/'),
  'as JSON escapes': (key) => [...key].map((c) => `\\u00${hexOf(c)}`).join(''),
  'as JSON escapes in capitals, within JSON': (key) =>
    [...key].map((c) => `\\\\u00${hexOf(c).toUpperCase()}`).join(''),
  'escaped in part': (key) => key.replace('Z', '\\u005a').replace('q', '%71'),
  'percent-encoded': (key) => encodeURIComponent(key),
  'percent-encoded, all of it': (key) => [...key].map((c) => `%${hexOf(c)}`).join(''),
  'as HTML entities': (key) => key.replaceAll('/', '&#x2F;').replaceAll('+', '&#43;'),
  'in hexadecimal': (key) => Buffer.from(key).toString('hex'),
  'in Base64': (key) => Buffer.from(key).toString('base64'),
  'in Base64 of a header': (key) => Buffer.from(`Bearer ${key}, it says`).toString('base64'),
  'in Base64 for URLs': (key) => Buffer.from(`x${key}`).toString('base64url'),
};

const hexOf = (character: string) => character.charCodeAt(0).toString(16);

/** Whether a text holds the key, or most of it, in any of the ways above. */
function holdsKey(text: string): boolean {
  const decoded = text
    .replace(/\\+u00([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll('\\', '');
  const inBase64 = [...text.matchAll(/[A-Za-z0-9+/_-]{12,}/g)].some(([part]) =>
    [0, 1, 2, 3].some((skip) => Buffer.from(part.slice(skip), 'base64').includes(secret)),
  );
  const inHex = [...text.matchAll(/[0-9a-f]{12,}/gi)].some(([part]) =>
    Buffer.from(part, 'hex').includes(secret),
  );
  return decoded.includes(secret) || inBase64 || inHex;
}

describe('the key is masked', () => {
  const { mask, maskSameLength } = masksOf(apiKey);

  it.each(Object.entries(spellings))('spelled %s', (_, spell) => {
    const text = `before ${spell(apiKey)} after`;
    expect(holdsKey(text)).toBe(true);
    expect(holdsKey(mask(text))).toBe(false);
    expect(mask(text)).toContain('[key]');
    const same = maskSameLength?.mask(text) ?? '';
    expect(holdsKey(same)).toBe(false);
    expect(same).toHaveLength(text.length);
  });

  it('for any key that a header can carry', () => {
    const keys = fc
      .uint8Array({ min: 0x21, max: 0x7e, minLength: 8, maxLength: 60 })
      .map((codes) => Buffer.from(codes).toString('latin1'));
    const ways = ['plain', 'as JSON escapes', 'percent-encoded', 'in hexadecimal', 'in Base64'];
    fc.assert(
      fc.property(keys, fc.constantFrom(...ways), (key, way) => {
        const spelled = spellings[way]?.(key) ?? key;
        const masked = masksOf(key).mask(`(${spelled})`);
        expect(masked).toContain('[key]');
        expect(masked.length).toBeLessThanOrEqual('([key])'.length + 4);
      }),
      { seed: 12, numRuns: 50 },
    );
  });

  it('and nothing else is', () => {
    const text = JSON.stringify(completion('A', { note: 'Zq7 \u00e9 \\u00e9 %2F' }));
    expect(mask(text)).toBe(text);
  });
});

describe('every answer, whatever it answers,', () => {
  const echo = `${ESC}[31m${apiKey}\u0007`;
  const calls: Record<string, (client: ReturnType<typeof clientOf>) => Promise<unknown>> = {
    'a chat': (client) => client.chat(chatRequest()),
    'a job': ({ call }) => call('look', (api, own) => api.fineTuning.jobs.retrieve('j', own)),
    events: ({ call }) => call('look', (api, own) => api.fineTuning.jobs.listEvents('j', {}, own)),
    'a batch': ({ call }) => call('look', (api, own) => api.batches.retrieve('b', own)),
    'a file': ({ call }) => call('look', (api, own) => api.files.retrieve('f', own)),
    'an upload': ({ call }) =>
      call('upload', (api, own) =>
        api.files.create({ file: new File(['{}'], 'a'), purpose: 'batch' }, own),
      ),
    'a file’s content': ({ call }) =>
      call('read', async (api, own) => (await api.files.content('f', own)).text()),
  };

  it.each(Object.entries(calls))('is without the key: %s', async (_, make) => {
    for (const spell of [spellings.plain, spellings['as JSON escapes']]) {
      const said = JSON.stringify({ ...completion('A'), id: 'PLACE' });
      const body = said.replace('PLACE', spell?.(apiKey) ?? '');
      const server = await serve((response) => sendJson(response, body));
      // To a call that is no chat, a completion is an answer of the wrong kind: its error shows it.
      const shown = await make(clientOf(server.baseURL)).then(JSON.stringify, String);
      expect(shown).toContain('[key]');
      expect(holdsKey(shown)).toBe(false);
    }
  });

  it.each(Object.entries(calls))('is refused without key and escapes: %s', async (_, make) => {
    for (const status of [400, 401, 404, 500]) {
      const server = await serve((response) => sendJson(response, apiError(echo), status));
      const { message } = await rejection(make(clientOf(server.baseURL)));
      expect(message).toContain('[key]');
      expect(holdsKey(message)).toBe(false);
      expect(message).not.toMatch(/\p{Cc}/u);
    }
  });

  it.each(Object.entries(calls))('sends nobody elsewhere: %s', async (_, make) => {
    let elsewhere = 0;
    const other = await serve((response) => {
      elsewhere++;
      sendJson(response, completion());
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const to = `${other.baseURL}/x?k=${encodeURIComponent(apiKey)}`;
      const server = await serve((response) => sendJson(response, '', status, { location: to }));
      const { message } = await rejection(make(clientOf(server.baseURL)));
      expect(message).toContain(`redirects to ${new URL(other.baseURL).origin}`);
      expect(message).toContain(`set base_url to ${other.baseURL}`);
      expect(holdsKey(message)).toBe(false);
    }
    expect(elsewhere).toBe(0);
  });

  const failedJob = (message: string) => ({
    ...{ id: 'j', object: 'fine_tuning.job', status: 'failed', training_file: 'f' },
    error: { message },
  });
  const errorOfJob = async (body: object) => {
    const server = await serve((response) => sendJson(response, body));
    const job = await clientOf(server.baseURL).call('look', (api, own) =>
      api.fineTuning.jobs.retrieve('j', own),
    );
    return job.error?.message;
  };

  it('keeps the control characters of a model’s own words, and no others', async () => {
    const server = await serve((response) => sendJson(response, completion(`A${ESC}[31m\u0000`)));
    const { text } = await clientOf(server.baseURL).chat(chatRequest());
    expect(text).toBe(`A${ESC}[31m\u0000`);
    const said = `a${ESC}b\u0000c\nd\u0085`;
    expect(await errorOfJob(failedJob(said))).toBe('a\ufffdb\ufffdc d\ufffd');
  });

  it('is without the key where a job tells its error', async () => {
    expect(await errorOfJob(failedJob(`a ${apiKey} b`))).toBe('a [key] b');
  });

  it('is read as it is where backslashes stand before what looks like an escape', async () => {
    const words = '\\u001b \\\\u001b \\n é "';
    expect(await errorOfJob(failedJob(words))).toBe(words);
  });
});

describe('a redirect', () => {
  it('within the server is followed by calls, with the upload, and not by chats', async () => {
    const server = await serve((response, { request, body }) => {
      if (!request.url?.endsWith('/')) {
        return sendJson(response, '', 307, { location: `${request.url}/` });
      }
      sendJson(response, { id: body.includes('{"a":1}') ? 'file-1' : 'no body' });
    });
    const client = clientOf(server.baseURL);
    const file = await client.call('upload', (api, own) =>
      api.files.create({ file: new File(['{"a":1}'], 'a'), purpose: 'batch' }, own),
    );
    expect(file.id).toBe('file-1');
    const { message } = await rejection(client.chat(chatRequest()));
    expect(message).toContain('redirects to /v1/chat/completions/, which is not followed');
  });

  it('in a circle ends', async () => {
    const server = await serve((response, { request }) =>
      sendJson(response, '', 308, { location: request.url ?? '' }),
    );
    const call = clientOf(server.baseURL).call('look', (api, own) =>
      api.batches.retrieve('b', own),
    );
    expect((await rejection(call)).message).toContain('redirects to /v1/batches/b');
    expect(server.asked.length).toBeLessThan(10);
  });

  it('from http to https names the address to set', async () => {
    const server = await serve((response, { request }) =>
      sendJson(response, '', 308, { location: `https://${request.headers.host}${request.url}` }),
    );
    const { message } = await rejection(clientOf(server.baseURL).chat(chatRequest()));
    expect(message).toContain(`set base_url to ${server.baseURL.replace('http:', 'https:')} `);
  });
});

describe('a body that is too large', () => {
  const MB = 1024 * 1024;
  const endless = (response: Parameters<Parameters<typeof smallServer>[0]>[0], status: number) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    const part = Buffer.alloc(MB, 'a');
    const more = () => {
      while (!response.destroyed && response.write(part));
      response.once('drain', more);
    };
    more();
  };

  it('is not read to its end, whatever it answers, and says so', async () => {
    const server = await serve((response) => endless(response, 200));
    const client = clientOf(server.baseURL);
    const chat = await rejection(client.chat(chatRequest()));
    expect(chat.message).toContain('answered what cannot be read');
    expect(chat.message).toContain('(an answer beyond 16 MB)');
    const call = client.call('look', (api, own) => api.batches.retrieve('b', own));
    expect((await rejection(call)).message).toContain('(an answer beyond 16 MB)');
  });

  it('is not read to its end where it is an error', async () => {
    const server = await serve((response) => endless(response, 500));
    const client = clientOf(server.baseURL);
    const chat = await rejection(client.chat(chatRequest()));
    expect(chat.message).toMatch(/\(500: a{300}…\)$/);
    const call = client.call('look', (api, own) => api.batches.retrieve('b', own));
    expect((await rejection(call)).message).toMatch(/\(500: a{300}…\)$/);
  });

  it('by its number of values is not parsed', async () => {
    expect(isTooHeavy(`[${'{},'.repeat(300_000)}1]`)).toBe(true);
    expect(isTooHeavy('['.repeat(300_000))).toBe(true);
    expect(isTooHeavy(JSON.stringify('x'.repeat(3 * MB)))).toBe(false);
    const server = await serve((response) => sendJson(response, `[${'{},'.repeat(300_000)}1]`));
    const call = clientOf(server.baseURL).call('look', (api, own) =>
      api.batches.retrieve('b', own),
    );
    expect((await rejection(call)).message).toContain('more values than can be read');
  });

  it.each([
    ['nested arrays', '['.repeat(30_000) + ']'.repeat(30_000)],
    ['a nested error', `{"error":${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}}`],
    ['an empty body', ''],
    ['NUL', '\u0000'.repeat(50_000)],
    ['tags without end', '<style '.repeat(9000)],
    ['stars', `${'*'.repeat(30_000)} ${'a'.repeat(30_000)}`],
    ['minified', `<script>${'a('.repeat(30_000)}</script><p>down</p>`],
  ])('or odd is told in one line, as an error and as an answer: %s', async (_, body) => {
    for (const status of [200, 500]) {
      const server = await serve((response) => sendJson(response, body, status));
      const { message } = await rejection(clientOf(server.baseURL).chat(chatRequest()));
      expect(message).not.toMatch(/\p{Cc}/u);
      expect(message.length).toBeLessThan(600);
    }
  });
});

/** A hundred times the text takes a hundred times the steps, not ten thousand. */
describe('words of a megabyte without a space', () => {
  it.each([
    ['letters', 'a'],
    ['stars', 'a*'],
    ['many stars', '***a'],
    ['signs of tags', '<'],
    ['styles that never end', '<style '],
    ['scripts that end elsewhere', '<script></style>'],
    ['white space', ' \u00a0'],
    ['backslashes', '\\'],
    ['beginnings of the key', 'sk-proj-'],
    ['escaped beginnings', '\\u0073\\u006b'],
  ])('come to a line: %s', (_, part) => {
    const text = `<p>${part.repeat(1_000_000 / part.length)}x`;
    const { mask } = masksOf(apiKey);
    // Quadratic time would be minutes, beyond the limit of any test.
    expect(oneLine(mask(text)).length).toBeLessThanOrEqual(301);
    expect(withoutTags(text).length).toBeLessThanOrEqual(2 * text.length);
  });

  it('lose tags, styles and scripts, and keep the rest', () => {
    const page =
      '<!doctype html><STYLE>p{}</STYLE ><p>A &lt; B<br>C</p><script>x</style></script>D';
    expect(oneLine(page)).toBe('A &lt; B C D');
    expect(oneLine('no page: 1 < 2 > 0')).toBe('no page: 1 < 2 > 0');
  });
});

describe('a text for a terminal', () => {
  it('has no control characters but line ends and tabs, and is else as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        const shown = printable(text);
        expect(shown).not.toMatch(/[^\P{Cc}\n\t]/u);
        expect(shown).toHaveLength(text.length);
        if (!/\p{Cc}/u.test(text)) expect(shown).toBe(text);
      }),
      { seed: 18 },
    );
  });
});

describe('an idle connection that the server has closed', () => {
  /** Answers the first request of each connection, and resets it when a second one comes. */
  async function resetting(): Promise<{ baseURL: string; connections: () => number }> {
    let connections = 0;
    const body = JSON.stringify(completion('B'));
    const server: Server = createServer((socket) => {
      connections++;
      let answered = false;
      socket.on('error', () => {});
      socket.on('data', () => {
        if (answered) return void socket.resetAndDestroy();
        answered = true;
        const head = `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
        socket.write(`HTTP/1.1 200 OK\r\n${head}${body}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push({ close: () => new Promise((resolve) => server.close(resolve)) });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : null;
    return { baseURL: `http://127.0.0.1:${port}/v1`, connections: () => connections };
  }

  it('costs no attempt, and nothing', async () => {
    const { baseURL, connections } = await resetting();
    const spending = new Spending(noLimit, nothing);
    const client = clientOf(baseURL, { concurrency: 1, spending });
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await client.chat(chatRequest()));
    expect(answers.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(spending.spent()).toEqual({ requests: 6, tokens: 6 * 21, usd: 0 });
    expect(connections()).toBeGreaterThan(1);
  });
});
