/** A network that is cut for a minute, in the open and in silence. */
import { describe, expect, test } from 'vitest';
import { bullmqRunner } from '../../src/distribution/queue-runner.js';
import { startCutProxy } from '../support/cut-proxy.js';
import { expectThroughCut } from '../support/cut-queue.js';
import { hasRedis } from '../support/redis-server.js';
import { smallJob, smallSettings } from '../support/small-jobs.js';

const sides = [
  ['the one who asks', { submitter: true }],
  ['a worker', { worker: true }],
  ['both', { submitter: true, worker: true }],
] as const;

describe.skipIf(!hasRedis)('a queue whose network is cut for a minute (needs redis-server)', () => {
  test.each(sides)('goes on after connections of %s end', async (_, cut) => {
    await expectThroughCut({ ...cut, how: 'closed', milliseconds: 60_000 });
  });

  test.each(sides)('goes on after connections of %s die in silence', async (_, cut) => {
    await expectThroughCut({ ...cut, how: 'silent', milliseconds: 60_000 });
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
});
