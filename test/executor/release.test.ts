import { expect, test } from 'vitest';
import { release } from '../../src/executor/release.js';

test('a released buffer is empty, and so are its views; a shared one stays', () => {
  const numbers = Float64Array.of(1, 2, 3);
  const view = numbers.subarray(1);
  release(numbers.buffer);
  expect([numbers.length, view.length, numbers.buffer.byteLength]).toEqual([0, 0, 0]);
  const shared = new SharedArrayBuffer(8);
  release(shared);
  expect(shared.byteLength).toBe(8);
});
