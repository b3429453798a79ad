/** The shared sort against the native one, on what leading bits tell and on what they do not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldedOrdering, type Ordering, orderingOf } from '../../../src/posterior/fast/ordering.js';
import { quickStream } from '../../../src/random/quick-stream.js';

function expectOrdered(values: Float64Array, { ascending, order }: Ordering): void {
  const native = values.slice().sort();
  expect(ascending.every((value, i) => value === native[i] || Number.isNaN(native[i]))).toBe(true);
  if (values.some(Number.isNaN)) return;
  expect(ascending.every((value, i) => value === values[order[i]])).toBe(true);
  expect(new Set(order).size).toBe(values.length);
}

describe('the ordering of draws', () => {
  it('is that of the native sort, for any numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { maxLength: 200 }), (list) => {
        const values = Float64Array.from(list);
        expectOrdered(values, orderingOf(values));
      }),
      { seed: 2025, numRuns: 500 },
    );
  });

  it.each<[string, (z: number, i: number) => number]>([
    ['normal', (z) => z],
    ['far from zero', (z) => 1e9 + z],
    ['with ties', (z) => Math.round(3 * z)],
    ['constant', () => 7],
    ['in two tight clusters', (z, i) => (i % 2) * 1e6 + 1e-6 * z],
    ['with one draw far off', (z, i) => (i === 5 ? 1e12 : z)],
    ['of vast range', (z) => Math.exp(100 * z)],
  ])('holds for draws %s, few and many', (_, make) => {
    const random = quickStream('ordering');
    for (const n of [3000, 20_000]) {
      const values = Float64Array.from({ length: n }, (_, i) => make(random.normal(), i));
      expectOrdered(values, orderingOf(values));
    }
  });

  it('folds at a centre into the ordering of the distances from it', () => {
    const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 100 }), finite, (list, centre) => {
        const values = Float64Array.from(list);
        const distances = values.map((value) => Math.abs(value - centre));
        expectOrdered(distances, foldedOrdering(orderingOf(values), centre));
      }),
      { seed: 2025, numRuns: 300 },
    );
  });
});
