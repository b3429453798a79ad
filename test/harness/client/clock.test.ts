/** One sleeper for the time limits of many attempts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../../src/harness/client/clock.js';
import { virtualClock } from './virtual-clock.js';

describe('deadlines', () => {
  it('expire exactly those attempts that take longer, and when their time is up', async () => {
    const attempts = fc.array(fc.record({ at: fc.nat(3000), takes: fc.nat(2000) }), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(attempts, async (all) => {
        const clock = virtualClock();
        const deadlines = new Deadlines(clock, 1000);
        const run = async ({ at, takes }: (typeof all)[number]) => {
          await clock.sleep(at);
          let expiredAt: number | null = null;
          const done = deadlines.start(() => {
            expiredAt = clock.now();
          });
          await clock.sleep(takes);
          done();
          // At a thousand exactly either may come first.
          if (takes !== 1000) expect(expiredAt).toBe(takes > 1000 ? at + 1000 : null);
        };
        await clock.run(Promise.all(all.map(run)));
      }),
      { seed: 391 },
    );
  });
});
