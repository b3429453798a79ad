/** What is said of the columns of many rows, of which some decide where they can. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankFacts } from '../../src/formula/rank.js';
import { quickStream } from '../../src/random/quick-stream.js';

const ROWS = 6000;

const matrixOf = (columns: Readonly<Record<string, (row: number) => number>>, rows = ROWS) => {
  const names = Object.keys(columns);
  const values = Float64Array.from({ length: rows * names.length }, (_, at) =>
    (columns[names[at % names.length] ?? ''] ?? expect.fail())(Math.floor(at / names.length)),
  );
  return { names, rows, values };
};

const normals = (seed: string, scale = 1, origin = 0) => {
  const random = quickStream(seed);
  const values = Float64Array.from({ length: ROWS }, () => origin + scale * random.normal());
  return (row: number) => values[row] ?? Number.NaN;
};

const independent = { constantColumns: [], dependentColumns: [] };

describe('columns of thousands of rows', () => {
  const a = normals('a', 3, 5);
  const b = normals('b');

  it('are independent, with a rare level, another unit, an outlier, or far from zero too', () => {
    for (const intercept of [true, false]) {
      const facts = rankFacts(
        matrixOf({
          a,
          b,
          rare: (row) => (row === 4321 ? 1 : 0),
          tiny: normals('tiny', 1e-120),
          huge: normals('huge', 1e140),
          outlier: (row) => (row === 77 ? 1e9 : b(row) + a(row) ** 2),
          far: normals('far', 1, 1e6),
          level: (row) => (row % 3 === 1 ? 1 : 0),
        }),
        intercept,
      );
      expect(facts).toEqual(independent);
    }
  });

  it('are dependent where every row says so, and constant', () => {
    const columns = { a, b, sum: (row: number) => a(row) - 2 * b(row) + 1, one: () => 4 };
    expect(rankFacts(matrixOf(columns), true)).toEqual({
      constantColumns: ['one'],
      dependentColumns: [{ column: 'sum', of: ['a', 'b'] }],
    });
    expect(rankFacts(matrixOf(columns), false)).toEqual({
      constantColumns: [],
      dependentColumns: [{ column: 'one', of: ['a', 'b', 'sum'] }],
    });
  });

  it('are told apart by a single row, and not by rounding', () => {
    const differ = (size: number) =>
      rankFacts(matrixOf({ a, same: (row) => a(row) + (row === 1234 ? size : 0) }), true);
    expect(differ(1)).toEqual(independent);
    // A share of 1e-9 of its length is left: less than R's tolerance of 1e-7.
    expect(differ(1e-7).dependentColumns).toEqual([{ column: 'same', of: ['a'] }]);
  });

  it('are what they are in any order of the rows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: ROWS }), fc.boolean(), (shift, isDependent) => {
        const moved = (column: (row: number) => number) => (row: number) =>
          column((row + shift) % ROWS);
        const other = isDependent ? (row: number) => 3 * a(row) : b;
        const { dependentColumns } = rankFacts(
          matrixOf({ a: moved(a), other: moved(other) }),
          true,
        );
        expect(dependentColumns.length).toBe(isDependent ? 1 : 0);
      }),
      { seed: 4, numRuns: 20 },
    );
  });
});
