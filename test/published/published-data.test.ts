/**
 * The downloader against a server on this machine, with files made up here. Whatever happens, the
 * folder holds whole files and nothing else.
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { PUBLISHED_COMMIT, type PublishedFile } from '../../src/published/manifest.js';
import {
  type FetchPublishedOptions,
  fetchPublished,
  type PublishedProgress,
  publishedBaseUrl,
  publishedCacheFolder,
} from '../../src/published/published-data.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const contents: Readonly<Record<string, string>> = {
  'apples.csv': 'weight,colour\n150,red\n',
  'pears.csv': 'weight,colour\n170,green\n',
  'plums.jsonl': '{"weight":60}\n'.repeat(5000),
  'figs.csv': 'weight\n50\n',
  'quinces.csv': 'weight\n300\n',
  'nuts.csv': 'weight\n5\n',
};
const files: readonly PublishedFile[] = Object.entries(contents).map(([name, text]) => ({
  name,
  sha256: createHash('sha256').update(text).digest('hex'),
  bytes: Buffer.byteLength(text),
}));
const names = Object.keys(contents).sort();
const apples = files.filter(({ name }) => name === 'apples.csv');

const whole: Answer = (request, response) => {
  response.end(contents[nameOf(request)]);
};
const corrupt: Answer = (request, response) => {
  response.end(contents[nameOf(request)].toUpperCase());
};
const truncated: Answer = (request, response) => {
  const text = contents[nameOf(request)];
  response.writeHead(200, { 'content-length': text.length });
  response.write(text.slice(0, 5), () => response.destroy());
};
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(code, headers).end('not what you asked for');
  };

function nameOf(request: IncomingMessage): string {
  return (request.url ?? '').slice('/data/'.length);
}

let parent = '';
let folder = '';
let baseUrl = '';
let requests: string[] = [];
let waits: number[] = [];
/** The answers of the server in turn; the last one stays. */
let answers: Answer[] = [];

const server = createServer((request, response) => {
  requests.push(nameOf(request));
  const answer = answers.length > 1 ? answers.shift() : answers[0];
  answer?.(request, response);
});

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'weighbridge-'));
  folder = join(parent, 'cache', 'published');
  requests = [];
  waits = [];
  answers = [whole];
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data/`;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await stopServer();
  await rm(parent, { recursive: true, force: true });
});

async function stopServer(): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<unknown>((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

function fetchHere(options: FetchPublishedOptions = {}): Promise<string> {
  const wait = async (milliseconds: number) => {
    waits.push(milliseconds);
  };
  return fetchPublished({ folder, baseUrl, files, wait, random: () => 1, ...options });
}

/** Fetches, expects the one kind of error, and returns its message. */
async function complaint(options: FetchPublishedOptions = {}): Promise<string> {
  const error: unknown = await fetchHere(options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WeighbridgeError);
  expect(error).toMatchObject({ code: 'download' });
  const { message } = error as WeighbridgeError;
  expect(message).not.toContain('\n');
  expect(message).toContain('--data DIR');
  return message;
}

async function expectAllFiles(): Promise<void> {
  expect((await readdir(folder)).sort()).toEqual(names);
  for (const name of names) {
    expect(await readFile(join(folder, name), 'utf8')).toBe(contents[name]);
  }
}

describe('fetching the published data', () => {
  it('brings every file and returns the folder', async () => {
    expect(await fetchHere()).toBe(folder);
    await expectAllFiles();
    expect([...requests].sort()).toEqual(names);
  });

  it('tells of each file once', async () => {
    const told: PublishedProgress[] = [];
    await fetchHere({ onProgress: (progress) => told.push(progress) });
    expect(told.map(({ file }) => file).sort()).toEqual(names);
    expect(told.map(({ filesDone }) => filesDone)).toEqual(names.map((_, index) => index + 1));
    expect(told.every(({ filesTotal }) => filesTotal === names.length)).toBe(true);
  });

  it('asks for at most four files at a time', async () => {
    const held: (() => void)[] = [];
    let most = 0;
    let open = 0;
    answers = [
      (request, response) => {
        open += 1;
        most = Math.max(most, open);
        held.push(() => {
          open -= 1;
          whole(request, response);
        });
        // The last two can only come once some of the first four have been answered.
        if (requests.length >= 4) for (const release of held.splice(0)) release();
      },
    ];
    await fetchHere();
    expect(most).toBe(4);
    await expectAllFiles();
  });

  it('needs no network the second time', async () => {
    await fetchHere();
    await stopServer();
    requests = [];
    expect(await fetchHere()).toBe(folder);
    expect(requests).toEqual([]);
  });

  it('fetches a damaged file again, and only that one', async () => {
    await fetchHere();
    await writeFile(join(folder, 'pears.csv'), contents['pears.csv'].replace('170', '171'));
    await writeFile(join(folder, 'figs.csv'), 'weight\n');
    requests = [];
    await fetchHere();
    expect([...requests].sort()).toEqual(['figs.csv', 'pears.csv']);
    await expectAllFiles();
  });

  it('lets two runs fill one folder at once', async () => {
    expect(await Promise.all([fetchHere(), fetchHere()])).toEqual([folder, folder]);
    await expectAllFiles();
  });

  it('removes what dead runs left, but not what a live run is writing', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, '.figs.csv.1.dead.partial'), 'wei');
    await utimes(join(folder, '.figs.csv.1.dead.partial'), new Date(0), new Date(0));
    await writeFile(join(folder, '.figs.csv.2.live.partial'), 'wei');
    await fetchHere();
    expect((await readdir(folder)).sort()).toEqual(['.figs.csv.2.live.partial', ...names]);
  });
});

describe('a download that fails', () => {
  it('keeps nothing of a body with the wrong sum', async () => {
    answers = [corrupt];
    const message = await complaint({ files: apples });
    expect(message).toContain(`${baseUrl}apples.csv`);
    expect(message).toContain(`expected SHA-256 ${apples[0].sha256}, found `);
    expect(requests).toHaveLength(3);
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps nothing of a body that is too long', async () => {
    answers = [(_request, response) => response.end('x'.repeat(100_000))];
    expect(await complaint({ files: apples })).toContain('expected 22 bytes, found more');
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps nothing of a body that breaks off, after three attempts', async () => {
    answers = [truncated];
    expect(await complaint({ files: apples })).toContain('(3 attempts)');
    expect(requests).toHaveLength(3);
    expect(await readdir(folder)).toEqual([]);
  });

  it('counts a silent connection as lost', async () => {
    answers = [
      (_request, response) => {
        response.writeHead(200, { 'content-length': 22 });
        response.write('weig');
      },
    ];
    const message = await complaint({ files: apples, stalledAfter: 50 });
    expect(message).toContain('no bytes came for 0.05 s (3 attempts)');
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['a corrupt body', corrupt],
    ['a broken body', truncated],
    ['status 503', status(503)],
    ['status 408', status(408)],
    ['status 429', status(429)],
    ['a closed connection', (request: IncomingMessage) => void request.socket.destroy()],
  ])('recovers from %s when the next attempt is right', async (_what, first) => {
    answers = [first, whole];
    await fetchHere({ files: apples });
    expect(requests).toHaveLength(2);
    expect(await readdir(folder)).toEqual(['apples.csv']);
  });

  it.each([403, 404])('is not tried again after status %i', async (code) => {
    answers = [status(code)];
    const message = await complaint({ files: apples });
    expect(message).toContain(`apples.csv from ${baseUrl}apples.csv: the server answered ${code}`);
    expect(requests).toHaveLength(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('waits longer each time, unless the server asks for a wait of its own', async () => {
    answers = [status(503)];
    await complaint({ files: apples });
    answers = [status(429, { 'retry-after': '7' }), status(503, { 'retry-after': '900' }), whole];
    await fetchHere({ files: apples });
    expect(waits).toEqual([500, 1000, 7000, 30_000]);
  });

  it('keeps the files that were whole before it failed', async () => {
    await fetchHere({ files: apples });
    answers = [status(404)];
    await complaint();
    expect(await readdir(folder)).toEqual(['apples.csv']);
  });

  it('says in one line that the connection is refused', async () => {
    await stopServer();
    const message = await complaint({ files: apples });
    expect(message).toContain('ECONNREFUSED');
    expect(message).toContain(`${baseUrl}apples.csv`);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(['a file in the place of the folder', 'a file in the place of its parent'])(
    'says in one line that there is %s',
    async (what) => {
      const taken = join(parent, 'taken');
      await writeFile(taken, 'here already');
      const inTheWay = what.endsWith('parent') ? join(taken, 'published') : taken;
      expect(await complaint({ folder: inTheWay })).toContain(`cache folder ${inTheWay}:`);
      expect(requests).toEqual([]);
    },
  );

  it.each(['not a URL', 'file:///etc', 'http://user:secret@127.0.0.1/'])(
    'says in one line that the address is no good: %s',
    async (address) => {
      const failing = fetchHere({ baseUrl: address });
      await expect(failing).rejects.toThrow(/WEIGHBRIDGE_PUBLISHED_URL.*http or https/);
      await expect(failing).rejects.not.toThrow(/secret/);
    },
  );
});

describe('an abort', () => {
  it('in the middle of the bodies leaves nothing', async () => {
    const controller = new AbortController();
    const reason = new Error('interrupted');
    answers = [
      (request, response) => {
        const text = contents[nameOf(request)];
        response.writeHead(200, { 'content-length': text.length });
        response.write(text.slice(0, 5));
        // Only when all four are under way: each has its partial file by then.
        if (requests.length === 4) controller.abort(reason);
      },
    ];
    await expect(fetchHere({ signal: controller.signal })).rejects.toBe(reason);
    expect(await readdir(folder)).toEqual([]);
  });

  it('in the wait between two attempts leaves nothing', async () => {
    const controller = new AbortController();
    answers = [status(503)];
    const wait = async () => controller.abort();
    const failing = fetchHere({ signal: controller.signal, files: apples, wait });
    await expect(failing).rejects.toMatchObject({ name: 'AbortError' });
    expect(requests).toHaveLength(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('before the start makes no request', async () => {
    const failing = fetchHere({ signal: AbortSignal.abort() });
    await expect(failing).rejects.toMatchObject({ name: 'AbortError' });
    expect(requests).toEqual([]);
  });
});

describe('where the data comes from and goes to', () => {
  it('is GitHub at the pinned commit unless the environment names a mirror', async () => {
    vi.stubEnv('WEIGHBRIDGE_PUBLISHED_URL', '');
    expect(publishedBaseUrl()).toBe(
      `https://raw.githubusercontent.com/dillonplunkett/self-interpretability/${PUBLISHED_COMMIT}/data/`,
    );
    // A mirror's address may lack the closing slash.
    vi.stubEnv('WEIGHBRIDGE_PUBLISHED_URL', baseUrl.slice(0, -1));
    await fetchPublished({ folder, files });
    await expectAllFiles();
  });

  it.runIf(process.platform === 'linux')('is the XDG cache folder on Linux', async () => {
    vi.stubEnv('XDG_CACHE_HOME', parent);
    const expected = join(parent, 'weighbridge', 'published', PUBLISHED_COMMIT);
    expect(publishedCacheFolder()).toBe(expected);
    expect(await fetchHere({ folder: undefined })).toBe(expected);
    expect((await readdir(expected)).sort()).toEqual(names);
  });
});
