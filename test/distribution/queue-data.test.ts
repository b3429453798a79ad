import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { folderData, hashOf } from '../../src/distribution/queue-data.js';
import { bullmqRunner } from '../../src/distribution/queue-runner.js';
import { type QueueWorker, startQueueWorker } from '../../src/distribution/queue-worker.js';
import { runHere } from '../../src/fit/run.js';
import { hasRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { smallJob, smallSettings } from '../support/small-jobs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const settings = smallSettings;
let place: Awaited<ReturnType<typeof temporaryFolder>>;
let folder = '';

beforeEach(async () => {
  place = await temporaryFolder();
  ({ folder } = place);
});
afterEach(() => place.remove());

describe('a data folder', () => {
  test('gives the bytes that it was given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.float64Array({ maxLength: 900 })), async (arrays) => {
        const parts = new Map(
          arrays.map((values) => {
            const bytes = new Uint8Array(values.buffer);
            return [hashOf(bytes), bytes];
          }),
        );
        await (await folderData(folder)).keep(parts);
        const other = await folderData(folder);
        for (const [hash, bytes] of parts) {
          expect(Buffer.from((await other.read(hash)) ?? []).equals(bytes)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
    expect((await readdir(folder)).filter((name) => !/^[0-9a-f]{64}\.float64$/.test(name))).toEqual(
      [],
    );
  });

  test('writes what is there once, and again if it was changed', async () => {
    const bytes = new Uint8Array(40_000).fill(7);
    const hash = hashOf(bytes);
    const parts = new Map([[hash, bytes]]);
    const data = await folderData(folder);
    const file = join(folder, `${hash}.float64`);
    await data.keep(parts);
    const { ino } = await stat(file);
    await data.keep(parts);
    await (await folderData(folder)).keep(parts);
    expect((await stat(file)).ino).toBe(ino);
    for (const damage of [() => truncate(file, 20), () => writeFile(file, 'something else')]) {
      await damage();
      await expect(data.read(hash)).rejects.toMatchObject({
        code: 'damaged',
        message: `the data ${hash.slice(0, 12)} of a fit are damaged in ${file}`,
      });
      await data.keep(parts);
      expect(await data.read(hash)).toEqual(Buffer.from(bytes));
    }
  });

  test('says what is missing: a file by null, the folder in one line', async () => {
    const data = await folderData(folder);
    expect(await data.read('0'.repeat(64))).toBeNull();
    const nowhere = join(folder, 'nowhere');
    await expect(folderData(nowhere)).rejects.toThrow(
      `the data folder ${nowhere} is not there: expected a folder that all machines of the queue see`,
    );
  });

  test('reads no other files, whatever hash another machine sends', async () => {
    const data = await folderData(folder);
    for (const hash of ['../../etc/passwd', '', `../${'0'.repeat(64)}`, 'A'.repeat(64)]) {
      await expect(data.read(hash)).rejects.toMatchObject({ code: 'damaged' });
    }
  });
});

describe.skipIf(!hasRedis)('a queue with a data folder (needs redis-server)', () => {
  let redis: RedisServer;
  let client: Redis;
  let workers: QueueWorker[] = [];
  let tests = 0;

  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.url);
  });
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    workers = [];
  });

  const address = () => ({ connection: redis.url, prefix: `data-${++tests}` });
  const work = async (options: Parameters<typeof startQueueWorker>[0]) => {
    const worker = await startQueueWorker(options);
    workers.push(worker);
    return worker;
  };
  const large = () => {
    const job = smallJob(1, 6000);
    return [job, { ...job, name: 'the same data' }, smallJob(2)];
  };

  test('has large arrays as files, and none of them in Redis', async () => {
    const at = { ...address(), dataFolder: folder };
    await work(at);
    expect(await bullmqRunner(at)(large(), settings)).toStrictEqual(
      await runHere(large(), settings),
    );
    // Predictors and outcomes.
    expect(await readdir(folder)).toHaveLength(2);
    expect(await client.keys(`${at.prefix}:data:*`)).toEqual([]);
  });

  test('writes a file again that was damaged on the way', async () => {
    const at = { ...address(), dataFolder: folder };
    const run = bullmqRunner(at)(large(), settings);
    await expect.poll(() => client.keys(`${at.prefix}:fits-*:wait`)).toHaveLength(1);
    await expect.poll(() => readdir(folder)).toHaveLength(2);
    for (const name of await readdir(folder)) {
      const bytes = await readFile(join(folder, name));
      await writeFile(join(folder, name), bytes.fill(0, 100, 200));
    }
    await work(at);
    expect(await run).toStrictEqual(await runHere(large(), settings));
  });

  test('ends workers that do not see the folder in one line; their fits go to others', async () => {
    const at = address();
    const elsewhere = await temporaryFolder();
    const blind = [await work(at), await work({ ...at, dataFolder: elsewhere.folder })];
    const run = bullmqRunner({ ...at, run: 'mine', dataFolder: folder })(large(), settings);
    const [none, wrong] = blind.map(({ ended }) => ended.catch((error: unknown) => error));
    expect(await none).toMatchObject({
      code: 'bad-argument',
      message:
        'the fits of mine have data in a folder, and this worker has none: expected --data-folder',
    });
    expect(await wrong).toMatchObject({
      message: expect.stringMatching(
        `^the data [0-9a-f]{12} of mine are not in ${elsewhere.folder}: expected the data folder of the one who asks$`,
      ),
    });
    await work({ ...at, dataFolder: folder });
    expect(await run).toStrictEqual(await runHere(large(), settings));
    await elsewhere.remove();
  });
});
