import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bullmqRunner, type QueueStatus } from '../../src/distribution/queue-runner.js';
import { openQueueRuns } from '../../src/distribution/queue-runs.js';
import { QueueStore } from '../../src/distribution/queue-store.js';
import {
  type QueueWorker,
  type QueueWorkerOptions,
  startQueueWorker,
  startWorkerOf,
} from '../../src/distribution/queue-worker.js';
import type { FitJob, FitResult } from '../../src/fit/job.js';
import { runHere } from '../../src/fit/run.js';
import { hasRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { poisonJob, smallJob, smallJobs, smallSettings } from '../support/small-jobs.js';

const settings = smallSettings;

describe.skipIf(!hasRedis)('a queue (needs redis-server)', () => {
  let redis: RedisServer;
  let workers: QueueWorker[] = [];
  let prefix = '';
  let tests = 0;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    workers = [];
  });

  /** A queue of its own for each test. */
  function address() {
    prefix = `test-${++tests}`;
    return { connection: redis.url, prefix };
  }

  async function work(options: QueueWorkerOptions): Promise<QueueWorker> {
    const worker = await startQueueWorker(options);
    workers.push(worker);
    return worker;
  }

  const made = () => workers.reduce((sum, worker) => sum + worker.counts().fits, 0);

  test('gives the bits of one machine, in the order of the jobs, each fit once', async () => {
    const at = address();
    await work(at);
    await work(at);
    const jobs: FitJob[] = [
      ...smallJobs(40),
      { ...smallJob(40), keepDraws: true, keepChains: true, keepGradients: true },
      { ...smallJob(41), keepDraws: 'for-onFit', controlMeans: true },
    ];
    const told: FitResult[] = [];
    let last: QueueStatus | null = null;
    const runner = bullmqRunner({ ...at, onStatus: (status) => (last = status) });
    const results = await runner(jobs, settings, { onFit: (result) => void told.push(result) });
    expect(results).toStrictEqual(await runHere(jobs, settings));
    expect(told.map(({ name }) => name).toSorted()).toEqual(
      jobs.map(({ name }) => name).toSorted(),
    );
    expect(told.find(({ name }) => name === 'fit 41')?.draws).toBeDefined();
    expect(made()).toBe(jobs.length);
    expect(last).toMatchObject({ done: 42, failed: 0, found: 0, total: 42, workersAlive: 2 });
    const shares: QueueStatus['workers'] = last === null ? {} : (last as QueueStatus).workers;
    expect(Object.values(shares).reduce((sum, { fits }) => sum + fits, 0)).toBe(42);
  });

  test('makes nothing twice: a second run finds the results of the first', async () => {
    const at = address();
    await work(at);
    const jobs = [...smallJobs(10)];
    const first = await bullmqRunner(at)(jobs, settings);
    let found = 0;
    const more = [...jobs, smallJob(10)];
    const second = await bullmqRunner({ ...at, onStatus: (status) => (found = status.found) })(
      more,
      settings,
    );
    expect(second.slice(0, 10)).toStrictEqual(first);
    expect(found).toBe(10);
    expect(made()).toBe(11);
  });

  test('delivers the same fit twice if it is asked for twice', async () => {
    const at = address();
    await work(at);
    const results = await bullmqRunner(at)([smallJob(0), smallJob(0), smallJob(0)], settings);
    expect(results).toStrictEqual(await runHere([smallJob(0), smallJob(0), smallJob(0)], settings));
  });

  test('sends large data once', async () => {
    const at = address();
    await work(at);
    const large = smallJob(1, 6000);
    const jobs = [large, { ...large, name: 'the same data' }];
    expect(await bullmqRunner(at)(jobs, settings)).toStrictEqual(await runHere(jobs, settings));
    const client = new Redis(redis.url);
    // Predictors and outcomes.
    expect(await client.keys(`${at.prefix}:data:*`)).toHaveLength(2);
    client.disconnect();
  });

  test('goes on after fits that fail, and ends with one line that names them', async () => {
    const at = address();
    await work(at);
    const jobs = [...smallJobs(12), poisonJob('bad one'), ...[...smallJobs(20)].slice(12)];
    const told: string[] = [];
    const one = bullmqRunner(at)(jobs, settings, { onFit: ({ name }) => void told.push(name) });
    const here = runHere([poisonJob('bad one')], settings);
    const message = await here.catch((error: Error) => error.message);
    await expect(one).rejects.toMatchObject({ code: 'bad-data', message });
    expect(told).toHaveLength(20);
    const two = bullmqRunner(at)([poisonJob('bad one'), ...jobs, poisonJob('other')], settings);
    await expect(two).rejects.toThrow(/^3 of 23 fits failed, the others are done: bad one: .+$/);
  });

  test('streams any number of jobs, and waits for the one who receives them', async () => {
    const at = address();
    await work(at);
    let received = 0;
    const status = await bullmqRunner(at).stream(smallJobs(200), settings, {
      onFit: async () => {
        await wait(0);
        received++;
      },
    });
    expect(status).toMatchObject({ done: 200, failed: 0, total: null });
    expect(received).toBe(200);
  });

  test('stops on request, and goes on where it stopped', async () => {
    const at = address();
    await work(at);
    const jobs = [...smallJobs(300)];
    const stop = new AbortController();
    let told = 0;
    const run = bullmqRunner({ ...at, run: 'mine' })(jobs, settings, {
      signal: stop.signal,
      onFit: () => {
        if (++told === 20) stop.abort('SIGINT');
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'interrupted', cause: 'SIGINT' });
    const queue = await openQueueRuns(at);
    expect(await queue.run('mine')).toMatchObject({ state: 'stopped', total: 300 });
    const results = await bullmqRunner({ ...at, run: 'mine' })(jobs, settings);
    expect(results.map(({ name }) => name)).toEqual(jobs.map(({ name }) => name));
    expect(made()).toBe(300);
    expect(await queue.run('mine')).toMatchObject({ state: 'done', done: 300 });
    await queue.remove('mine');
    expect(await queue.runs()).toEqual([]);
    const client = new Redis(redis.url);
    const left = await client.keys(`${at.prefix}:result:*`);
    expect(left).toEqual([]);
    client.disconnect();
    queue.close();
    await expect(queue.run('mine')).rejects.toThrow();
  });

  test('keeps no more received results than it may', async () => {
    const at = address();
    await work(at);
    await bullmqRunner({ ...at, keptBytes: 10_000 })([...smallJobs(40)], settings);
    const client = new Redis(redis.url);
    const left = await client.keys(`${at.prefix}:result:*`);
    const sizes = await Promise.all(left.map((key) => client.strlen(key)));
    expect(left.length).toBeGreaterThan(0);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(10_000);
    client.disconnect();
  });

  test('tells of a worker of another version, which gets nothing', async () => {
    const at = address();
    const old = await startWorkerOf('0.1.0', at);
    workers.push(old);
    const lines: string[] = [];
    const run = bullmqRunner({ ...at, run: 'new', onNotice: (line) => lines.push(line) })(
      [...smallJobs(5)],
      settings,
    );
    await expect(old.ended).rejects.toThrow(
      /^this worker is weighbridge 0\.1\.0, the fits of new are of \d.*: expected the same version$/,
    );
    await expect(startWorkerOf('0.1.0', at)).rejects.toMatchObject({
      code: 'wrong-version',
    });
    await work(at);
    await run;
    expect(old.counts().fits).toBe(0);
    expect(lines).toContainEqual(
      expect.stringMatching(/is weighbridge 0\.1\.0, these fits are of .*: it gets none of them$/),
    );
  });

  test('tells once of a worker that computes other last digits', async () => {
    const at = address();
    const worker = await work(at);
    const client = new Redis(redis.url);
    const key = `${at.prefix}:worker:elsewhere`;
    const record = JSON.parse((await client.get(`${at.prefix}:worker:${worker.name}`)) ?? '');
    const other = { ...record, name: 'elsewhere', node: 'v99.0.0', probe: '0'.repeat(64) };
    await client.set(key, JSON.stringify(other));
    await client.sadd(`${at.prefix}:workers`, 'elsewhere');
    const lines: string[] = [];
    let looks = 0;
    const runner = bullmqRunner({
      ...at,
      onNotice: (line) => lines.push(line),
      onStatus: () => looks++,
    });
    // Two rounds of one command, each with two looks at the workers and the state at its end.
    for (const round of [0, 1]) {
      const slowly = async function* () {
        yield smallJob(2 * round);
        await wait(1200);
        yield smallJob(2 * round + 1);
      };
      await runner.stream(slowly(), settings, { onFit: () => {} });
    }
    expect(looks).toBeGreaterThanOrEqual(6);
    const { version, platform, arch } = process;
    expect(lines).toEqual([
      `the worker elsewhere (Node v99.0.0, ${platform} ${arch}) computes other last digits than this machine (Node ${version}, ${platform} ${arch}): its results may differ from those of this machine`,
    ]);
    client.disconnect();
  });

  test('adds up the rounds of one command', async () => {
    const at = address();
    const worker = await work(at);
    const runner = bullmqRunner({ ...at, run: 'mine' });
    const queue = await openQueueRuns(at);
    await runner([...smallJobs(8)], settings);
    const { started } = await queue.run('mine');
    // Three of them are there already.
    await runner([...smallJobs(15)].slice(5), settings);
    await Promise.all([runner([smallJob(20)], settings), runner([smallJob(21)], settings)]);
    expect(await queue.run('mine')).toMatchObject({
      ...{ state: 'done', started, done: 20, failed: 0, total: 20 },
      workers: { [worker.name]: { fits: 20 } },
    });
    await expect(runner([poisonJob('bad')], settings)).rejects.toThrow(/bad/);
    expect(await queue.run('mine')).toMatchObject({ state: 'failed', done: 21, failed: 1 });
    await runner([smallJob(22)], settings);
    expect(await queue.run('mine')).toMatchObject({ state: 'failed', done: 22, failed: 1 });
    queue.close();
  });

  test('waits while no worker is connected, and says so', async () => {
    const at = address();
    const lines: string[] = [];
    const run = bullmqRunner({ ...at, onNotice: (line) => lines.push(line) })(
      [...smallJobs(3)],
      settings,
    );
    await expect.poll(() => lines).toContainEqual(expect.stringMatching(/^no worker is at redis:/));
    await work(at);
    expect(await run).toHaveLength(3);
  });

  test('sends again what was lost with all of Redis', async () => {
    const at = address();
    const run = bullmqRunner(at)([...smallJobs(6)], settings);
    const client = new Redis(redis.url);
    await expect.poll(() => client.keys(`${at.prefix}:fits-*:wait`)).toHaveLength(1);
    await wait(100);
    await client.flushall();
    await work(at);
    expect(await run).toStrictEqual(await runHere([...smallJobs(6)], settings));
    client.disconnect();
  });

  test.each<[string, () => { connection: string; prefix?: string }, RegExp]>([
    [
      'an address without a server',
      () => ({ connection: 'redis://127.0.0.1:1/0' }),
      /^the queue at redis:\/\/127\.0\.0\.1:1\/0 does not answer \(.*ECONNREFUSED.*\)$/,
    ],
    [
      'an address that is none',
      () => ({ connection: 'http://user:secret@host/' }),
      /^the address of the queue cannot be read, expected redis:\/\/host:6379\/0$/,
    ],
    [
      'a prefix with other characters',
      () => ({ connection: redis.url, prefix: 'a:b' }),
      /^the prefix of the queue is the text 'a:b', expected letters/,
    ],
  ])('refuses %s in one line', async (_, at, message) => {
    const run = async () => bullmqRunner(at())([smallJob(0)], settings);
    await expect(run()).rejects.toThrow(message);
    await expect((async () => startQueueWorker(at()))()).rejects.toThrow(message);
    await expect((async () => openQueueRuns(at()))()).rejects.toThrow(message);
  });

  test('belongs to all that come to an empty server at once', async () => {
    const clients = Array.from({ length: 10 }, () => new Redis(redis.url));
    for (let round = 0; round < 20; round++) {
      const { prefix } = address();
      const come = async (client: Redis, i: number) => {
        const store = new QueueStore(client, prefix, '1.2.3');
        await store.claim();
        await store.tellOfRun({
          ...{ name: `run ${i}`, version: '1.2.3', title: '', state: 'running', total: null },
          ...{ done: 0, failed: 0, started: 0, changed: 0, workers: {} },
        });
      };
      await Promise.all(clients.map(come));
    }
    for (const client of clients) client.disconnect();
  });

  test('refuses a queue of another program', async () => {
    const at = address();
    const client = new Redis(redis.url);
    await client.hset(`${at.prefix}:mail:meta`, 'version', 'bullmq:5');
    const message = `the queue with the prefix '${at.prefix}' belongs to another program: expected another --prefix`;
    await expect(bullmqRunner(at)([smallJob(0)], settings)).rejects.toThrow(message);
    await expect(startQueueWorker(at)).rejects.toThrow(message);
    client.disconnect();
  });
});

describe.skipIf(!hasRedis)('a Redis of its own (needs redis-server)', () => {
  test('with a password refuses another in one line', async () => {
    const redis = await startRedis([['requirepass', 'secret']]);
    try {
      for (const user of ['', ':wrong@']) {
        const connection = redis.url.replace('//', `//${user}`);
        const run = bullmqRunner({ connection })([smallJob(0)], settings);
        await expect(run).rejects.toThrow(
          /^the queue at redis:\/\/127\.0\.0\.1:\d+\/0 refuses the password: set WEIGHBRIDGE_QUEUE_PASSWORD, or put it into the address$/,
        );
      }
      const connection = redis.url.replace('//', '//:secret@');
      const worker = await startQueueWorker({ connection });
      expect(await bullmqRunner({ connection })([smallJob(0)], settings)).toHaveLength(1);
      await worker.close();
    } finally {
      await redis.stop();
    }
  });

  test('that is full ends the run in one line, and goes on with more memory', async () => {
    const redis = await startRedis();
    const client = new Redis(redis.url);
    try {
      const at = { connection: redis.url };
      const worker = await startQueueWorker(at);
      const jobs = [...smallJobs(20)];
      await bullmqRunner(at)(jobs.slice(0, 5), settings);
      await client.config('SET', 'maxmemory', '1mb');
      await expect(bullmqRunner(at)(jobs, settings)).rejects.toThrow(
        /^the queue at redis:\/\/127\.0\.0\.1:\d+\/0 is full \(maxmemory\): .+$/,
      );
      await client.config('SET', 'maxmemory', '0');
      expect(await bullmqRunner(at)(jobs, settings)).toStrictEqual(await runHere(jobs, settings));
      await worker.close();
    } finally {
      client.disconnect();
      await redis.stop();
    }
  });
});
