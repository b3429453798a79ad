/** A network that is cut for a minute, in the open and in silence. */
import { describe, test } from 'vitest';
import { expectThroughCut } from '../support/cut-queue.js';
import { hasRedis } from '../support/redis-server.js';

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
});
