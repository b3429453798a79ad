/** A queue whose Redis speaks TLS, with a certificate of an authority that is not a public one. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorLines, weighbridgeAlone } from '../e2e/support.js';
import { type WorkerProcesses, workerProcesses } from '../support/queue-workers.js';
import { hasTlsRedis, startTlsRedis } from '../support/redis-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

describe.skipIf(!hasTlsRedis)(
  'a queue with TLS (needs redis-server that was built with it)',
  () => {
    let redis: Awaited<ReturnType<typeof startTlsRedis>>;
    let workers: WorkerProcesses;
    let place: Awaited<ReturnType<typeof temporaryFolder>>;
    let fit: readonly string[] = [];
    let trust: { readonly NODE_EXTRA_CA_CERTS: string };

    beforeAll(async () => {
      redis = await startTlsRedis();
      trust = { NODE_EXTRA_CA_CERTS: redis.certificateFile };
      workers = workerProcesses(redis.url, 5, { environment: trust });
      place = await temporaryFolder();
      const file = join(place.folder, 'data.csv');
      const rows = Array.from({ length: 20 }, (_, i) => `${i},${2 * i + ((i * 7) % 5)}`);
      await writeFile(file, ['x,y', ...rows].join('\n'));
      fit = ['fit', file, 'y ~ x', '--warmup', '100', '--draws', '60'];
    });
    afterAll(async () => {
      await workers.stop();
      await redis.stop();
      await place.remove();
    });

    test('fits as on one machine if all trust its certificate', async () => {
      await workers.start();
      const here = await weighbridgeAlone([...fit, '--workers', '1']);
      const there = await weighbridgeAlone([...fit, '--on', redis.url], trust);
      expect(there).toMatchObject({ code: 0, stdout: here.stdout });
      const list = await weighbridgeAlone(['jobs', 'list', '--queue', redis.url], trust);
      expect(list.stdout).toMatch(/fit-[0-9a-f]{8} .* done .* 1\/1 /);
    });

    test.each<[string, (url: string) => string, boolean, RegExp]>([
      [
        'a certificate that is not trusted',
        (url) => url,
        false,
        /^error: the queue at rediss:\/\/127\.0\.0\.1:\d+\/0 shows a certificate that this machine does not trust: set NODE_EXTRA_CA_CERTS .*\(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
      ],
      [
        'a certificate of another host',
        (url) => url.replace('127.0.0.1', 'localhost'),
        true,
        /^error: the queue at rediss:\/\/localhost:\d+\/0 does not answer \(ERR_TLS_CERT_ALTNAME_INVALID .*\)$/,
      ],
      [
        'an address without TLS',
        (url) => url.replace('rediss:', 'redis:'),
        true,
        /^error: the queue at redis:\/\/127\.0\.0\.1:\d+\/0 does not answer \(.*ECONNRESET.*\); with TLS, its address begins with rediss:\/\/$/,
      ],
    ])('refuses %s in one line, also of a worker', async (_, changed, isTrusted, message) => {
      const url = changed(redis.url);
      for (const words of [
        [...fit, '--on', url],
        ['worker', '--queue', url],
      ]) {
        const outcome = await weighbridgeAlone(words, isTrusted ? trust : {});
        expect(errorLines(outcome)).toEqual([expect.stringMatching(message)]);
        expect(outcome.code).not.toBe(0);
      }
    });
  },
);
