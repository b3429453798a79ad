/** Many fits on a queue whose network is cut in the middle. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { bullmqRunner } from '../../src/distribution/queue-runner.js';
import { openQueueRuns } from '../../src/distribution/queue-runs.js';
import { type QueueWorker, startQueueWorker } from '../../src/distribution/queue-worker.js';
import type { FitResult } from '../../src/fit/job.js';
import { runHere } from '../../src/fit/run.js';
import { type Cut, type CutProxy, startCutProxy } from './cut-proxy.js';
import { startRedis } from './redis-server.js';
import { smallJob, smallSettings } from './small-jobs.js';

interface CutCase {
  /** The network between the one who asks and Redis is cut. */
  readonly submitter?: boolean;
  /** The network between one of two workers and Redis is cut. */
  readonly worker?: boolean;
  readonly how: Cut;
  readonly milliseconds: number;
}

const FITS = 300;

/** The results are those of one machine, each once, and all of them come. */
export async function expectThroughCut(cut: CutCase): Promise<void> {
  const redis = await startRedis();
  const proxies: CutProxy[] = [];
  const workers: QueueWorker[] = [];
  const proxied = async (isCut = false) => {
    const proxy = await startCutProxy(redis.port);
    proxies.push(proxy);
    return { proxy, isCut };
  };
  try {
    const submitter = await proxied(cut.submitter);
    const worker = await proxied(cut.worker);
    const direct = await startQueueWorker({ connection: redis.url, lockSeconds: 2 });
    workers.push(direct);
    const through = await startQueueWorker({ connection: worker.proxy.url, lockSeconds: 2 });
    workers.push(through);
    const cutSides = [submitter, worker].filter(({ isCut }) => isCut);
    const results = new Map<number, FitResult>();
    let mended: Promise<void> | null = null;
    const cutAndMend = async () => {
      for (const { proxy } of cutSides) proxy.cut(cut.how);
      await wait(cut.milliseconds);
      for (const { proxy } of cutSides) proxy.mend();
    };
    const jobs = function* () {
      for (let i = 0; i < FITS; i++) yield smallJob(i);
    };
    const runner = bullmqRunner({ connection: submitter.proxy.url, run: 'cut' });
    const status = await runner.stream(jobs(), smallSettings, {
      total: FITS,
      onFit: (result, index) => {
        expect(results.has(index)).toBe(false);
        results.set(index, result);
        if (results.size > FITS / 4) mended ??= cutAndMend();
      },
    });
    await mended;
    expect(status).toMatchObject({ done: FITS, failed: 0 });
    const inOrder = Array.from({ length: FITS }, (_, i) => results.get(i));
    expect(inOrder).toStrictEqual(await runHere([...jobs()], smallSettings));
    await direct.close();
    // What was cut does all alone.
    const left = Array.from({ length: 20 }, (_, i) => smallJob(FITS + i));
    expect(await runner(left, smallSettings)).toStrictEqual(await runHere(left, smallSettings));
    expect(through.counts().fits).toBeGreaterThanOrEqual(20);
    const queue = await openQueueRuns({ connection: redis.url });
    expect(await queue.run('cut')).toMatchObject({ state: 'done', done: FITS + 20, failed: 0 });
    queue.close();
  } finally {
    await Promise.all(workers.map((one) => one.close()));
    await Promise.all(proxies.map((one) => one.close()));
    await redis.stop();
  }
}
