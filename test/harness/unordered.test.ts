import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Semaphore, unordered } from '../../src/harness/unordered.js';

/** Work that ends when it is told to. */
function handWork() {
  const open = new Map<number, () => void>();
  let most = 0;
  return {
    work: (item: number) =>
      new Promise<number>((resolve) => {
        open.set(item, () => {
          open.delete(item);
          resolve(item);
        });
        most = Math.max(most, open.size);
      }),
    finish: (item: number) => open.get(item)?.(),
    open,
    most: () => most,
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('work in no order', () => {
  test('gives each result once, with as many in flight as allowed and no more', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 4 })),
        async (count, concurrency, delays) => {
          let inFlight = 0;
          let most = 0;
          const work = async (item: number) => {
            most = Math.max(most, ++inFlight);
            for (let i = delays.next().value ?? 1; i > 0; i--) await Promise.resolve();
            inFlight--;
            return item;
          };
          const items = Array.from({ length: count }, (_, i) => i);
          const results: number[] = [];
          for await (const result of unordered(items, new Semaphore(concurrency), work))
            results.push(result);
          expect(results.toSorted((a, b) => a - b)).toEqual(items);
          expect(most).toBe(Math.min(count, concurrency));
        },
      ),
    );
  });

  test('lets no slow neighbour hold up the rest', async () => {
    const hand = handWork();
    const results = unordered([0, 1, 2], new Semaphore(2), hand.work);
    const first = results.next();
    await turn();
    hand.finish(1);
    expect((await first).value).toBe(1);
    const second = results.next();
    await turn();
    hand.finish(2);
    expect((await second).value).toBe(2);
    const last = results.next();
    hand.finish(0);
    expect((await last).value).toBe(0);
    expect((await results.next()).done).toBe(true);
  });

  test('rejects with the first failure after what is in flight has come to rest', async () => {
    const settled: number[] = [];
    const work = async (item: number) => {
      await turn();
      if (item === 1) throw new Error('item 1');
      await turn();
      settled.push(item);
      return item;
    };
    const run = async () => {
      for await (const _ of unordered([0, 1, 2, 3, 4, 5], new Semaphore(3), work));
    };
    await expect(run()).rejects.toThrow('item 1');
    expect(settled.toSorted()).toEqual([0, 2]);
  });

  test('starts nothing more when asked to stop, and gives what was in flight', async () => {
    const stop = new AbortController();
    const started: number[] = [];
    const work = async (item: number) => {
      started.push(item);
      await turn();
      return item;
    };
    const results: number[] = [];
    for await (const result of unordered(
      [0, 1, 2, 3, 4, 5, 6],
      new Semaphore(2),
      work,
      stop.signal,
    )) {
      results.push(result);
      stop.abort();
    }
    expect(results.toSorted()).toEqual(started.toSorted());
    expect(started.length).toBeLessThanOrEqual(4);
  });

  test('waits for what is in flight when its consumer breaks off', async () => {
    const settled: number[] = [];
    const work = async (item: number) => {
      for (let i = 0; i < item; i++) await turn();
      settled.push(item);
      return item;
    };
    for await (const _ of unordered([0, 1, 2], new Semaphore(3), work)) break;
    expect(settled.toSorted()).toEqual([0, 1, 2]);
  });

  test('takes items only as places become free', async () => {
    let taken = 0;
    function* items() {
      for (;;) {
        taken++;
        yield taken;
      }
    }
    for await (const result of unordered(items(), new Semaphore(4), async (item) => item)) {
      if (result === 20) break;
    }
    expect(taken).toBeLessThanOrEqual(28);
  });
});
