/** A network that is cut between Redis and the others, and mended. */
import { describe, test } from 'vitest';
import { expectThroughCut } from '../support/cut-queue.js';
import { hasRedis } from '../support/redis-server.js';

describe.skipIf(!hasRedis)('a queue whose network is cut (needs redis-server)', () => {
  test.each([
    ['on the side of the one who asks', { submitter: true }],
    ['on the side of a worker', { worker: true }],
    ['on both sides', { submitter: true, worker: true }],
  ])('goes on where it was, after a cut %s', async (_, sides) => {
    await expectThroughCut({ ...sides, how: 'closed', milliseconds: 2500 });
  });
});
