/**
 * The chains of one fit on worker threads, from the built package by its own name, as in
 * pool.test.ts.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bernoulli, normal, type RegressionOptions, regression } from 'weighbridge';
import { workerPool } from 'weighbridge/node';
import { randomStream } from 'weighbridge/sampler';
import { powered } from '../support/deep.js';

const random = randomStream(2, 'chain runner');
const data = Array.from({ length: 50 }, (_, i) => {
  const x = 2 * random.uniform() - 1;
  return { y: random.uniform() < 1 / (1 + Math.exp(-x)) ? 1 : 0, x, g: `g${i % 5}` };
});
const call: RegressionOptions = {
  formula: 'y ~ x + (1 | g)',
  family: bernoulli(),
  data,
  prior: normal(0, 1).on('b'),
  chains: 3,
  warmup: 150,
  draws: 100,
  seed: 4,
};

/** These fits are small, and would be sampled on this thread. */
const onWorkers = { smallFits: 'workers' } as const;

/** Threads that were begun and have not ended. */
const alive = new Set<Worker>();
const begun = (message: unknown) => {
  const { worker } = message as { worker: Worker };
  alive.add(worker);
  worker.once('exit', () => alive.delete(worker));
};
beforeEach(() => {
  alive.clear();
  subscribe('worker_threads', begun);
});
afterEach(() => {
  unsubscribe('worker_threads', begun);
});

describe('the chains of a fit on worker threads', () => {
  it('make the fit that this thread makes, to the bit', async () => {
    const here = await regression(call);
    for (const workers of [1, 2]) {
      const pool = workerPool(workers, onWorkers);
      try {
        const there = await regression({ ...call, runner: pool.runner });
        expect(there.draws).toEqual(here.draws);
        expect({ ...there }).toEqual({ ...here });
      } finally {
        await pool.close();
      }
    }
  });

  it('tell how far they are, up to the end', async () => {
    const pool = workerPool(2, onWorkers);
    const shares: number[] = [];
    try {
      await regression({
        ...call,
        runner: pool.runner,
        onProgress: ({ done, total }) => shares.push(done / total),
      });
    } finally {
      await pool.close();
    }
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });

  it('say what is wrong in the words of the error', async () => {
    const pool = workerPool(2, onWorkers);
    try {
      const separated = data.map((row) => ({ ...row, y: row.x > 0 ? 1 : 0 }));
      await expect(
        regression({ ...call, data: separated, prior: [], runner: pool.runner }),
      ).rejects.toMatchObject({ name: 'WeighbridgeError', code: 'improper-posterior' });
      const { specification, settings } = await regression(call);
      const { outcomes } = specification.data;
      const broken = { ...specification.data, outcomes: outcomes.map(() => Number.NaN) };
      const job = { name: 'broken', specification: { ...specification, data: broken } };
      await expect(pool.runner([job], settings)).rejects.toMatchObject({
        name: 'WeighbridgeError',
        code: 'bad-data',
      });
    } finally {
      await pool.close();
    }
  });

  it('leave no thread behind, whenever they are cancelled', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 6 }), fc.boolean(), async (report, early) => {
        const pool = workerPool(2, onWorkers);
        const controller = new AbortController();
        let reports = 0;
        if (early) setTimeout(() => controller.abort(), 3 * report);
        const fit = regression({
          ...call,
          draws: 60_000,
          runner: pool.runner,
          signal: controller.signal,
          onProgress: () => {
            if (reports++ === report) controller.abort();
          },
        });
        await expect(fit).rejects.toMatchObject({ code: 'interrupted' });
        // The pool is as good as new.
        const next = await regression({ ...call, draws: 20, runner: pool.runner });
        expect(next.draws.drawsPerChain).toBe(20);
        await pool.close();
        await expect.poll(() => alive.size).toBe(0);
      }),
      { numRuns: powered(2, 4), seed: 6 },
    );
  });

  /** The job of `call`, with chains too long to be waited for. */
  const longJob = async (chains: number) => {
    const { specification, settings } = await regression(call);
    return { job: { name: 'long', specification }, long: { ...settings, draws: 60_000, chains } };
  };
  const stillAlive = (threads: readonly Worker[]) =>
    threads.filter((thread) => alive.has(thread)).length;

  it('end their threads as soon as they are cancelled, and tell nothing any more', async () => {
    const { job, long } = await longJob(2);
    const pool = workerPool(2, onWorkers);
    pool.start();
    const sampling = [...alive];
    expect(sampling).toHaveLength(2);
    try {
      const controller = new AbortController();
      let reports = 0;
      const run = pool.runner([job], long, {
        signal: controller.signal,
        onProgress: ({ chains }) => {
          reports++;
          // Both threads are at work.
          if (!chains.includes(null)) controller.abort();
        },
      });
      await expect(run).rejects.toMatchObject({ code: 'interrupted' });
      const told = reports;
      // A thread that had gone on to its last draw would live on: the pool is still open.
      await expect.poll(() => stillAlive(sampling)).toBe(0);
      await setImmediate();
      expect(reports).toBe(told);
    } finally {
      await pool.close();
    }
  });

  it('take the others with them where one fails, and leave the pool as good as new', async () => {
    const { job, long } = await longJob(1);
    const { data: good } = job.specification;
    const outcomes = good.outcomes.map(() => Number.NaN);
    const specification = { ...job.specification, data: { ...good, outcomes } };
    const pool = workerPool(3, onWorkers);
    pool.start();
    const sampling = [...alive];
    try {
      const run = pool.runner([{ name: 'broken', specification }, job], long);
      await expect(run).rejects.toMatchObject({ code: 'bad-data' });
      // The thread of the chain that failed lives on, and the idle one; that of the other is ended.
      await expect.poll(() => stillAlive(sampling)).toBe(2);
      const next = await regression({ ...call, draws: 20, runner: pool.runner });
      expect(next.draws.drawsPerChain).toBe(20);
    } finally {
      await pool.close();
    }
  });

  it('do not begin where the signal was given before', async () => {
    const pool = workerPool(2, onWorkers);
    try {
      const signal = AbortSignal.abort('too late');
      await expect(regression({ ...call, runner: pool.runner, signal })).rejects.toMatchObject({
        code: 'interrupted',
        cause: 'too late',
      });
    } finally {
      await pool.close();
    }
  });
});

describe('a small fit', () => {
  it('is sampled on this thread, without a worker, and tells how far it is', async () => {
    const here = await regression(call);
    const pool = workerPool(2);
    const shares: number[] = [];
    try {
      const there = await regression({
        ...call,
        runner: pool.runner,
        onProgress: ({ done, total }) => shares.push(done / total),
      });
      expect(there.draws).toEqual(here.draws);
      expect(alive.size).toBe(0);
    } finally {
      await pool.close();
    }
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });

  // Before the next one, whose pool replaces the threads that it stops.
  it('is stopped on this thread', async () => {
    const pool = workerPool(2);
    const controller = new AbortController();
    try {
      const fit = regression({
        ...call,
        // Some 300 ms here, so that workers are not started.
        draws: 20_000,
        runner: pool.runner,
        signal: controller.signal,
      });
      setTimeout(() => controller.abort(), 1);
      await expect(fit).rejects.toMatchObject({ code: 'interrupted' });
      expect(alive.size).toBe(0);
    } finally {
      await pool.close();
    }
  });

  it('goes to workers if it turns out to be long, and is stopped there', async () => {
    const pool = workerPool(2);
    const controller = new AbortController();
    try {
      const fit = regression({
        ...call,
        draws: 400_000,
        runner: pool.runner,
        signal: controller.signal,
        onProgress: () => {
          if (alive.size === 2) controller.abort();
        },
      });
      await expect(fit).rejects.toMatchObject({ code: 'interrupted' });
    } finally {
      await pool.close();
    }
  });

  it.each(['there', 1, null])('cannot be sampled at %s', (smallFits) => {
    const opening = () => Reflect.apply(workerPool, null, [2, { smallFits }]);
    expect(opening).toThrow(expect.objectContaining({ code: 'bad-argument' }));
  });
});
