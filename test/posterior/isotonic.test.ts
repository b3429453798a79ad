/** Isotonic regression by its definition: the nearest non-decreasing sequence. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isotonicBlocks } from '../../src/posterior/isotonic.js';

const numbers = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), {
  minLength: 1,
  maxLength: 40,
});
const weighted = fc
  .array(
    fc.tuple(
      fc.double({ min: -100, max: 100, noNaN: true }),
      fc.double({ min: 0.1, max: 10, noNaN: true }),
    ),
    { minLength: 1, maxLength: 40 },
  )
  .map((pairs) => ({ values: pairs.map(([v]) => v), weights: pairs.map(([, w]) => w) }));

function fitted(values: readonly number[], weights?: readonly number[]): number[] {
  return isotonicBlocks(values, weights).flatMap(({ first, last, value }) =>
    Array.from({ length: last - first + 1 }, () => value),
  );
}

describe('isotonic regression', () => {
  it('ascends from block to block, and its blocks cover all values', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const blocks = isotonicBlocks(values);
        blocks.forEach((block, i) => {
          expect(block.first).toBe(i === 0 ? 0 : (blocks[i - 1]?.last ?? 0) + 1);
          if (i > 0) expect(block.value).toBeGreaterThan(blocks[i - 1]?.value ?? 0);
        });
        expect(blocks.at(-1)?.last).toBe(values.length - 1);
      }),
    );
  });

  it('has the min-max form: max over starts of the min over ends of weighted means', () => {
    fc.assert(
      fc.property(weighted, ({ values, weights }) => {
        const mean = (from: number, to: number) => {
          let [sum, mass] = [0, 0];
          for (let i = from; i <= to; i++) {
            sum += (weights[i] ?? 0) * (values[i] ?? 0);
            mass += weights[i] ?? 0;
          }
          return sum / mass;
        };
        fitted(values, weights).forEach((value, i) => {
          const starts = Array.from({ length: i + 1 }, (_, from) =>
            Math.min(...Array.from({ length: values.length - i }, (_, k) => mean(from, i + k))),
          );
          expect(value).toBeCloseTo(Math.max(...starts), 8);
        });
      }),
    );
  });

  it('leaves ascending values as they are, and pools descending ones into their mean', () => {
    expect(fitted([1, 2, 4])).toEqual([1, 2, 4]);
    expect(fitted([3, 2, 1])).toEqual([2, 2, 2]);
    expect(fitted([1, 3, 2, 4])).toEqual([1, 2.5, 2.5, 4]);
  });
});
