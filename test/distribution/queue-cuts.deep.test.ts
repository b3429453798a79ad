/** A network that is cut for a minute, in the open and in silence. */
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { bullmqRunner } from '../../src/distribution/queue-runner.js';
import { startQueueWorker } from '../../src/distribution/queue-worker.js';
import { runHere } from '../../src/fit/run.js';
import { startCutProxy } from '../support/cut-proxy.js';
import { expectThroughCut } from '../support/cut-queue.js';
import { hasRedis, startRedis } from '../support/redis-server.js';
import { smallJob, smallJobs, smallSettings } from '../support/small-jobs.js';

const sides = [
  ['the one who asks', { submitter: true }],
  ['a worker', { worker: true }],
  ['both', { submitter: true, worker: true }],
] as const;

/** Milliseconds: a cut, half a minute until it is noticed, and the fits. */
const LONGEST = 300_000;

describe.skipIf(!hasRedis)(
  'a queue whose network is cut for a minute (needs redis-server)',
  {
    timeout: LONGEST,
  },
  () => {
    test.each(sides)('goes on after connections of %s end', async (_, cut) => {
      await expectThroughCut({ ...cut, how: 'closed', milliseconds: 60_000 });
    });

    test.each(sides)('goes on after connections of %s die in silence', async (_, cut) => {
      await expectThroughCut({ ...cut, how: 'silent', milliseconds: 60_000 });
    });

    test('has the workers back that had nothing to do when their connections died in silence', async () => {
      const redis = await startRedis();
      const proxy = await startCutProxy(redis.port);
      const worker = await startQueueWorker({ connection: proxy.url });
      try {
        proxy.cut('silent');
        // BullMQ makes its connection anew after six seconds without work, which is in the cut.
        await wait(15_000);
        proxy.mend();
        const runner = bullmqRunner({ connection: redis.url });
        const jobs = [...smallJobs(20)];
        expect(await runner(jobs, smallSettings)).toStrictEqual(await runHere(jobs, smallSettings));
      } finally {
        await worker.close();
        await proxy.close();
        await redis.stop();
      }
    });

    test('ends in one line at a server that never says a word', async () => {
      const proxy = await startCutProxy(1);
      proxy.cut('silent');
      const run = bullmqRunner({ connection: proxy.url })([smallJob(0)], smallSettings);
      await expect(run).rejects.toThrow(
        /^the queue at redis:\/\/127\.0\.0\.1:\d+\/0 does not answer \(.+\)$/,
      );
      await proxy.close();
    });
  },
);
