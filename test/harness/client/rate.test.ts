/** The cell rate algorithm: what any sliding minute holds, and how much of a limit is used. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rate } from '../../../src/harness/client/pacer.js';
import { mostInAMinute, type Sent } from './sliding-minute.js';

/** Sends the amounts one after another, each as soon as it may, some a little late. */
function send(perMinute: number, amounts: Iterable<number>, late: () => number): Sent[] {
  const rate = new Rate(perMinute);
  const sent: Sent[] = [];
  let now = 0;
  for (const amount of amounts) {
    now += rate.waitFor(amount, now) + late();
    expect(rate.waitFor(amount, now)).toBe(0);
    rate.spend(amount, now);
    sent.push({ at: now, amount });
  }
  return sent;
}

describe('a rate', () => {
  it('lets any sliding minute hold less than the limit and a hundredth, but for the last amount', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 400 }),
        fc.infiniteStream(fc.constantFrom(0, 0, 0, 3, 200, 5000)),
        (perMinute, amounts, lateness) => {
          const sent = send(perMinute, amounts, () => lateness.next().value ?? 0);
          const burst = 1 + Math.floor(perMinute / 100);
          const largest = Math.max(...amounts);
          expect(mostInAMinute(sent)).toBeLessThan(perMinute + Math.max(burst, largest));
        },
      ),
      { seed: 341 },
    );
  });

  it('wastes nothing: who comes on time sends the whole limit each minute', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), (perMinute) => {
        const sent = send(perMinute, Array<number>(3 * perMinute).fill(1), () => 0);
        // Within a rounding of the times.
        expect(sent.at(-1)?.at).toBeLessThanOrEqual(180_000 + 1e-3);
      }),
      { seed: 342, numRuns: 30 },
    );
  });

  it('makes good for timers that ring late, within its burst', () => {
    const sent = send(600, Array<number>(6000).fill(1), () => 15);
    // 100 ms apart; fifteen late each time would come to 15%.
    expect(sent.at(-1)?.at).toBeLessThan(600_000 * 1.001);
  });

  it('takes back what was reserved too much, and adds what was too little', () => {
    const rate = new Rate(60);
    rate.spend(10, 0);
    expect(rate.waitFor(1, 0)).toBeCloseTo(10_000);
    rate.correct(-4);
    expect(rate.waitFor(1, 0)).toBeCloseTo(6000);
    rate.correct(2);
    expect(rate.waitFor(1, 0)).toBeCloseTo(8000);
  });

  it('keeps what is not through when the limit changes, at the new rate', () => {
    const rate = new Rate(60);
    rate.spend(10, 0);
    rate.limitTo(30, 5000);
    // Five are through, five are left, two seconds each.
    expect(rate.waitFor(1, 5000)).toBeCloseTo(10_000);
    rate.limitTo(null, 5000);
    expect(rate.waitFor(1e9, 5000)).toBe(0);
    rate.limitTo(60, 6000);
    expect(rate.waitFor(1, 6000)).toBe(0);
  });
});
