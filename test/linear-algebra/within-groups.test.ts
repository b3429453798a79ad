/** Numbers of rows in groups. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviationsWithin, isSameWithin } from '../../src/linear-algebra/within-groups.js';

const grouped = fc
  .array(fc.record({ group: fc.nat({ max: 3 }), x: fc.double({ min: -9, max: 9, noNaN: true }) }), {
    minLength: 1,
    maxLength: 20,
  })
  .map((rows) => ({
    groups: { count: 4, of: Int32Array.from(rows, ({ group }) => group) },
    values: Float64Array.from(rows.flatMap(({ x }) => [x, 3])),
  }));

describe('deviations within groups', () => {
  it('sum to zero in each group and keep differences; a constant column is exactly zero', () => {
    fc.assert(
      fc.property(grouped, ({ groups, values }) => {
        const found = deviationsWithin(values, 2, groups);
        for (let g = 0; g < 4; g++) {
          const rows = [...groups.of.keys()].filter((row) => groups.of[row] === g);
          const own = rows.map((row) => found[2 * row] ?? 0);
          expect(own.reduce((sum, one) => sum + one, 0)).toBeCloseTo(0, 10);
          for (const row of rows) {
            expect(found[2 * row + 1]).toBe(0);
            const [first = 0] = rows;
            const difference = (values[2 * row] ?? 0) - (values[2 * first] ?? 0);
            expect((found[2 * row] ?? 0) - (own[0] ?? 0)).toBeCloseTo(difference, 10);
          }
        }
      }),
    );
  });
});

describe('numbers that are the same within groups', () => {
  it('are told from those that differ in one row', () => {
    const groups = { count: 2, of: Int32Array.of(0, 1, 0, 1) };
    expect(isSameWithin(groups, Int32Array.of(5, 7, 5, 7))).toBe(true);
    expect(isSameWithin(groups, Int32Array.of(-1, 7, -1, 7))).toBe(true);
    expect(isSameWithin(groups, Int32Array.of(5, 7, 5, 6))).toBe(false);
  });
});
