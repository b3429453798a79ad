/** The downloader behind a proxy. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fetchPublished } from '../../src/published/published-data.js';
import { type ProxyOptions, startProxy, startTlsServer } from '../support/connect-proxy.js';

const text = 'weight\n150\n'.repeat(20_000);
const file = {
  name: 'apples.csv',
  sha256: createHash('sha256').update(text).digest('hex'),
  bytes: text.length,
};
const opened: { close(): Promise<void> }[] = [];
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weighbridge-'));
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  for (const name of ['https_proxy', 'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy']) {
    vi.stubEnv(name, undefined);
  }
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  for (const one of opened.splice(0).reverse()) await one.close();
  await rm(folder, { recursive: true, force: true });
});

async function download(options: ProxyOptions, stalledAfter?: number) {
  const server = await startTlsServer(({ url }, response) => {
    // A mirror that sends its readers on.
    if (url === '/data/apples.csv') {
      response.writeHead(302, { location: 'https://other.test/apples.csv' }).end('there');
    } else response.end(text);
  });
  const proxy = await startProxy(server.port, options);
  opened.push(server, proxy);
  vi.stubEnv('HTTPS_PROXY', proxy.address.replace('//', '//me:secret-password@'));
  const done = fetchPublished({
    folder,
    baseUrl: 'https://data.test/data',
    files: [file],
    wait: async () => {},
    stalledAfter,
  });
  return { proxy, done };
}

it('brings a file through the proxy, wherever the server sends it', async () => {
  const { proxy, done } = await download({ credentials: 'me:secret-password' });
  await done;
  expect(await readFile(join(folder, file.name), 'utf8')).toBe(text);
  expect(proxy.tunnels).toEqual(['data.test:443', 'other.test:443']);
});

it('names a proxy that refuses, without its password', async () => {
  const { proxy, done } = await download({ refusal: 403 });
  await expect(done).rejects.toThrow(
    `apples.csv from https://data.test/data/apples.csv: the proxy ${proxy.address} does not allow it (403)`,
  );
});

it('does not wait for ever for a proxy that says nothing', async () => {
  const { done } = await download({ isSilent: true }, 100);
  await expect(done).rejects.toThrow('no bytes came for 0.1 s');
});
