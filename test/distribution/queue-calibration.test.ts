/** Calibration and recovery by every runner: this thread, worker threads, shards and a queue give the same numbers. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type WorkerPool, workerPool } from '../../dist/src/workers/pool.js';
import { bullmqRunner } from '../../src/distribution/queue-runner.js';
import { startQueueWorker } from '../../src/distribution/queue-worker.js';
import { readShards, ShardWriter, shardRunner } from '../../src/distribution/shards.js';
import { isWeighbridgeError } from '../../src/errors.js';
import { type FitResult, type FitRunner, requireRunning } from '../../src/fit/job.js';
import { runHere } from '../../src/fit/run.js';
import { linearSpecification } from '../../src/regression/columns.js';
import { bernoulli } from '../../src/regression/options.js';
import { normal } from '../../src/regression/priors/constructors.js';
import { type CalibrateOptions, calibrate } from '../../src/regression/validation/calibrate.js';
import {
  calibrateRegression,
  recoverRegression,
} from '../../src/regression/validation/regression-simulations.js';
import { weighbridgeAlone } from '../e2e/support.js';
import { hasRedis, startRedis } from '../support/redis-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { folder: root, remove } = await temporaryFolder();
afterAll(remove);

const data = {
  y: Array.from({ length: 30 }, (_, i) => i % 2),
  x: Array.from({ length: 30 }, (_, i) => i / 15 - 1),
};
const model = { formula: 'y ~ x', family: bernoulli(), data, prior: normal(0, 1).on('b') };
// Of 60 draws few are independent: some fits are made longer.
const settings = { chains: 2, warmup: 60, draws: 30, simulations: 20, rankedDraws: 39, seed: 5 };
const { rankedDraws: _, ...recovering } = settings;
const at = { b_Intercept: 0.3, b_x: 1 };

const x = { names: ['x'], rows: data.x.length, values: Float64Array.from(data.x) };
/** The mean of a linear regression by a specification of the library's own. */
const own: CalibrateOptions<readonly number[]> = {
  ...settings,
  drawPrior: (random) => ({ b_x: random.normal() }),
  simulate: ({ b_x = Number.NaN }, random) => data.x.map((value) => value * b_x + random.normal()),
  fit: (outcomes) => linearSpecification(x, outcomes, { slopePrior: normal(0, 1) }),
};

async function figures(runner?: FitRunner) {
  const given = runner ? { runner } : {};
  const calibration = await calibrateRegression({ ...model, ...settings, ...given });
  const recovery = await recoverRegression({ ...model, ...recovering, at, ...given });
  const linear = await calibrate({ ...own, ...given });
  return {
    ranks: [calibration, linear].map(({ parameters }) => parameters.map(({ ranks }) => [...ranks])),
    dependent: [calibration.dependentFits, linear.dependentFits],
    recovery: recovery.parameters,
  };
}

const here = await figures();

/** Counts the fits that were made longer. */
function counting(runner: FitRunner) {
  const lengths: number[] = [];
  const counted: FitRunner = (jobs, given, options) => {
    for (const _job of jobs) lengths.push(given.draws ?? 0);
    return runner(jobs, given, options);
  };
  return { counted, lengths };
}

describe('calibration and recovery', () => {
  test('send all data sets together, and those with dependent draws again, longer', async () => {
    const { counted, lengths } = counting(runHere);
    await calibrateRegression({ ...model, ...settings, runner: counted });
    expect(lengths.filter((draws) => draws === settings.draws)).toHaveLength(20);
    const longer = lengths.filter((draws) => draws > settings.draws);
    expect(longer.length).toBeGreaterThan(0);
    expect(longer.every((draws) => draws % settings.draws === 0)).toBe(true);
  });

  test('are the same on worker threads', async () => {
    const pool: WorkerPool = workerPool(2);
    try {
      expect(await figures(pool.runner)).toEqual(here);
    } finally {
      await pool.close();
    }
  });

  test('are the same from shards', async () => {
    const paths: string[] = [];
    for (const number of [1, 2, 3]) {
      const path = join(root, `${number}`);
      mkdirSync(path);
      const environment = { node: '', platform: '', cpu: '' };
      const facts = { command: ['calibrate'], shard: { number, of: 3 }, environment };
      const writer = new ShardWriter(path, facts);
      const runner = shardRunner(runHere, writer);
      for (const work of [
        () => calibrateRegression({ ...model, ...settings, runner }),
        () => recoverRegression({ ...model, ...recovering, at, runner }),
        () => calibrate({ ...own, runner }),
      ]) {
        await work().catch((error: unknown) => {
          if (!isWeighbridgeError(error, 'other-shard')) throw error;
        });
      }
      writeFileSync(join(path, 'shard.json'), writer.close());
      paths.push(path);
    }
    const { counted, lengths } = counting(runHere);
    expect(await figures(readShards(paths).runner(counted))).toEqual(here);
    expect(lengths.every((draws) => draws > settings.draws)).toBe(true);
  });

  test.skipIf(!hasRedis)('are the same on a queue (needs redis-server)', async () => {
    const redis = await startRedis();
    const address = { connection: redis.url, prefix: 'calibration' };
    const worker = await startQueueWorker(address);
    try {
      expect(await figures(bullmqRunner(address))).toEqual(here);
      expect(worker.counts().fits).toBeGreaterThanOrEqual(60);
    } finally {
      await worker.close();
      await redis.stop();
    }
  });

  test.skipIf(!hasRedis)('from the shell, with kept draws (needs redis-server)', async () => {
    const redis = await startRedis();
    const worker = await startQueueWorker({ connection: redis.url });
    try {
      const file = join(root, 'data.csv');
      writeFileSync(file, `x,y\n${data.x.map((value, i) => `${value},${data.y[i]}`).join('\n')}\n`);
      const words = ['calibrate', file, 'y ~ x', '--family', 'bernoulli', '--quiet'];
      const small = ['--warmup', '60', '--draws', '60', '--simulations', '12'];
      const model = ['--prior', 'normal(0,1) class=b', '--ranked-draws', '19'];
      const run = (folder: string, ...place: readonly string[]) =>
        weighbridgeAlone([
          ...[...words, ...small, ...model],
          ...['--keep-draws', join(root, folder), ...place],
        ]);
      const own = await run('here', '--workers', '2');
      expect(own.code).toBe(0);
      expect(await run('there', '--on', redis.url)).toEqual(own);
      const names = readdirSync(join(root, 'here')).toSorted();
      expect(names).toHaveLength(12);
      expect(readdirSync(join(root, 'there')).toSorted()).toEqual(names);
      for (const name of names) {
        for (const part of ['fit.json', 'draws.f64']) {
          const [one, other] = ['here', 'there'].map((folder) =>
            readFileSync(join(root, folder, name, part), 'base64'),
          );
          expect(one).toBe(other);
        }
      }
    } finally {
      await worker.close();
      await redis.stop();
    }
  });

  test('stop between fits, and name the simulation whose data cannot be fitted', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const oneByOne: FitRunner = async (jobs, given, options = {}) => {
      const results: FitResult[] = [];
      for (const job of jobs) {
        requireRunning(options.signal);
        results.push(...(await runHere([job], given, options)));
      }
      return results;
    };
    const run = calibrateRegression({
      ...{ ...model, ...settings, rankedDraws: 1, runner: oneByOne },
      signal: stop.signal,
      onProgress: ({ done, total }) => {
        expect(total).toBe(20);
        seen.push(done);
        if (done === 3) stop.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'interrupted' });
    expect(seen).toEqual([1, 2, 3]);
    const broken = calibrate({
      ...own,
      fit: () =>
        linearSpecification(
          x,
          data.x.map(() => Number.NaN),
        ),
    });
    await expect(broken).rejects.toThrow(/^simulation 1: /);
  });
});
