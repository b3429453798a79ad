/** The whole reproduction on the replica: 400 weight regressions and all linear ones. */
import { fileURLToPath } from 'node:url';
import { bench, describe } from 'vitest';
import { readStudy, workerPool } from 'weighbridge/node';
import { reproduce } from 'weighbridge/paper';

const replica = fileURLToPath(new URL('../fixtures/replica', import.meta.url));
const once = { time: 0, iterations: 1, warmupTime: 0, warmupIterations: 0 };

describe('the whole reproduction', () => {
  for (const workers of [2, 1]) {
    bench(
      `${workers} worker(s)`,
      async () => {
        const study = await readStudy(replica);
        const pool = workerPool(workers);
        await reproduce(study, { runner: pool.runner });
        await pool.close();
      },
      once,
    );
  }
});
