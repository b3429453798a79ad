/** Workers and Redis killed in the middle of many fits: nothing is lost, and nothing comes twice. */
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { reproduce } from '../../src/analysis/reproduce.js';
import { readStudy } from '../../src/authors-files/read-study.js';
import { bullmqRunner } from '../../src/distribution/queue-runner.js';
import { type FitJob, type FitResult, type FitRunner, runJob } from '../../src/fit/job.js';
import { runHere } from '../../src/fit/run.js';
import { fixturePath } from '../../src/package-info.js';
import { randomStream } from '../../src/random/stream.js';
import { type WorkerProcesses, workerProcesses } from '../support/queue-workers.js';
import { hasRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { smallJob, smallJobs, smallSettings } from '../support/small-jobs.js';

/** Whole numbers below `most`, none twice, in order. */
function moments(count: number, most: number, seed: string): number[] {
  const random = randomStream(11, seed);
  const found = new Set<number>();
  while (found.size < count) found.add(Math.floor(random.uniform() * most));
  return [...found].toSorted((one, other) => one - other);
}

describe.skipIf(!hasRedis)('a queue whose parts are killed (needs redis-server)', () => {
  let redis: RedisServer | null = null;
  let workers: WorkerProcesses | null = null;

  afterEach(async () => {
    await workers?.stop();
    await redis?.stop();
  });

  async function startAll(
    count: number,
    lockSeconds: number,
    options?: Parameters<typeof workerProcesses>[2],
  ) {
    redis = await startRedis([
      ['appendonly', 'yes'],
      ['appendfsync', 'always'],
    ]);
    workers = workerProcesses(redis.url, lockSeconds, options);
    for (let i = 0; i < count; i++) await workers.start();
    return { redis, workers };
  }

  test('gives the bits of one machine for the 400 fits of the study', async () => {
    const study = await readStudy(fixturePath('replica'));
    const settings = { chains: 2, warmup: 300, draws: 200, seed: 5 };
    const { redis, workers } = await startAll(4, 3);
    const queue = bullmqRunner({ connection: redis.url });
    const told: FitResult[] = [];
    const [first = 0, restart = 0, second = 0] = moments(3, 380, 'study');
    const events: Promise<void>[] = [];
    const runner: FitRunner = (jobs, given, options) =>
      queue(jobs, given, {
        ...options,
        onFit: (result) => {
          told.push(result);
          options?.onFit?.(result);
          if (told.length === first) events.push(workers.kill(2));
          if (told.length === restart) events.push(redis.restart());
          if (told.length === second) events.push(workers.kill(0));
        },
      });
    const onQueue = await reproduce(study, { ...settings, runner });
    await Promise.all(events);
    expect(events).toHaveLength(3);
    const here: FitResult[] = [];
    const counting: FitRunner = (jobs, given, options) =>
      runHere(jobs, given, {
        ...options,
        onFit: (result) => {
          here.push(result);
          options?.onFit?.(result);
        },
      });
    expect(onQueue).toStrictEqual(await reproduce(study, { ...settings, runner: counting }));
    const byName = (one: FitResult, other: FitResult) => (one.name < other.name ? -1 : 1);
    expect(told.length).toBeGreaterThan(400);
    expect(told.toSorted(byName)).toStrictEqual(here.toSorted(byName));
  });

  test('loses nothing and gives nothing twice in 20,000 fits with 30 workers killed', async () => {
    const fits = 20_000;
    const { redis, workers } = await startAll(3, 1);
    const kills = moments(30, fits - 1000, 'kills');
    const random = randomStream(3, 'which');
    const times = new Uint8Array(fits);
    const checked = new Map<number, FitResult>();
    let killed = 0;
    let done = 0;
    const status = await bullmqRunner({ connection: redis.url }).stream(
      smallJobs(fits),
      smallSettings,
      {
        total: fits,
        onFit: async (result, index) => {
          times[index]++;
          if (index % 50 === 0) checked.set(index, result);
          done++;
          while (killed < kills.length && done > (kills[killed] ?? 0)) {
            killed++;
            await workers.kill(Math.floor(random.uniform() * 3));
            await workers.start();
          }
        },
      },
    );
    expect(killed).toBe(30);
    expect(status).toMatchObject({ done: fits, failed: 0 });
    expect(times.every((count) => count === 1)).toBe(true);
    for (const [index, result] of checked) {
      const job: FitJob = smallJob(index);
      expect(result).toStrictEqual(runJob(job, smallSettings));
    }
  });

  test('hands a long fit on when a worker is asked to end', async () => {
    // A lock that runs out is not waited for: it takes an hour.
    const { redis, workers } = await startAll(1, 3600);
    const settings = { ...smallSettings, draws: 200_000 };
    const job = smallJob(0);
    const run = bullmqRunner({ connection: redis.url })([job], settings);
    const client = new Redis(redis.url);
    await expect.poll(() => client.keys('weighbridge:fits-*:active')).toHaveLength(1);
    client.disconnect();
    expect(await workers.endFirst()).toBe(0);
    await workers.start();
    expect(await run).toStrictEqual([runJob(job, settings)]);
  });

  test('gives up a fit that ends its worker each time, and does all others', async () => {
    const name = 'fit 150';
    const { redis, workers } = await startAll(2, 1, {
      isSupervised: true,
      environment: { POISON_FIT: name },
      execArgv: ['--import', new URL('../support/poison-preload.mjs', import.meta.url).href],
    });
    const jobs = [...smallJobs(300)];
    const told: FitResult[] = [];
    const run = bullmqRunner({ connection: redis.url })(jobs, smallSettings, {
      onFit: (result) => told.push(result),
    });
    await expect(run).rejects.toMatchObject({
      code: 'job-failed',
      message: expect.stringMatching(
        /^fit 150: no worker could do this fit in 3 tries: the last worker that had it ended, or no longer answered$/,
      ),
    });
    const others = jobs.filter((job) => job.name !== name);
    const byName = (one: FitResult, other: FitResult) => (one.name < other.name ? -1 : 1);
    const here = await runHere(others, smallSettings);
    expect(told.toSorted(byName)).toStrictEqual(here.toSorted(byName));
    expect(workers.restarts()).toBeGreaterThanOrEqual(3);
  });
});
