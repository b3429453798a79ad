import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchSize, hasRoom } from '../../src/distribution/batch-size.js';

describe('the size of a batch', () => {
  test('comes to a second of work, whatever a fit takes', () => {
    fc.assert(
      fc.property(fc.double({ min: 3e-4, max: 10, noNaN: true }), (seconds) => {
        const size = new BatchSize();
        for (let batch = 0; batch < 20; batch++) {
          const fits = size.next(Number.POSITIVE_INFINITY, 4);
          size.took(fits, fits * seconds);
        }
        const fits = size.next(Number.POSITIVE_INFINITY, 4);
        expect(fits).toBe(Math.max(1, Math.floor(1 / seconds + 1e-9)));
      }),
    );
  });

  test('starts with one fit, grows step by step, and has a bound', () => {
    const size = new BatchSize();
    const sizes = Array.from({ length: 10 }, () => {
      const fits = size.next(1e9, 1);
      size.took(fits, fits * 1e-9);
      return fits;
    });
    expect(sizes).toEqual([1, 4, 16, 64, 256, 1024, 4096, 5000, 5000, 5000]);
  });

  test('shrinks at once if fits become slow', () => {
    const size = new BatchSize();
    for (let batch = 0; batch < 5; batch++) size.took(size.next(1e6, 1), 0);
    size.took(100, 50);
    expect(size.next(1e6, 1)).toBe(2);
  });

  test('leaves some batches to each worker, and at least one fit to a batch', () => {
    const size = new BatchSize();
    for (let batch = 0; batch < 9; batch++) size.took(size.next(1e6, 1), 0);
    expect(size.next(400, 4)).toBe(25);
    expect(size.next(3, 4)).toBe(1);
    expect(size.next(1, 0)).toBe(1);
  });
});

test('the batches under way suffice for all workers, but not for all memory', () => {
  const underWay = (bytes: number, workers: number) => {
    let batches = 0;
    while (hasRoom(batches, batches * bytes, workers)) batches++;
    return batches;
  };
  expect(underWay(1000, 0)).toBe(4);
  expect(underWay(1000, 1000)).toBe(3000);
  expect(underWay(2 ** 20, 1000)).toBe(128);
  expect(underWay(2 ** 27, 1000)).toBe(4);
});
