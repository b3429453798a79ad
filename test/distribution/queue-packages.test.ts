import { expect, test, vi } from 'vitest';

test('a queue without its optional packages says what to install', async () => {
  vi.doMock('bullmq', () => {
    throw new Error("Cannot find package 'bullmq'");
  });
  const { bullmqRunner } = await import('../../src/distribution/queue-runner.js');
  const run = bullmqRunner({ connection: 'redis://127.0.0.1:1/0' })([], {});
  await expect(run).rejects.toMatchObject({
    code: 'missing-package',
    message: 'a queue needs the packages bullmq and ioredis: npm install bullmq ioredis',
  });
});
