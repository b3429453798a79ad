/** Orthogonal polynomials: orthogonal, of their degree, and the same for new values. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { polynomialBasis, polynomialColumns } from '../../src/formula/polynomial.js';

/** Distinct values, not too near to one another, far from zero or not. */
const values = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: -60, max: 60 }), { minLength: 6, maxLength: 30 }),
    fc.constantFrom(0, 1, -300, 2000),
  )
  .map(([whole, shift]) => Float64Array.from(whole, (value) => shift + value / 4));

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

test('columns are of length 1, orthogonal to one another and to a column of ones', () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 3 }), (x, degree) => {
      const basis = polynomialBasis(x, degree);
      expect(basis).not.toBeNull();
      const columns = polynomialColumns(x, degree, basis ?? []);
      const ones = new Float64Array(x.length).fill(1);
      columns.forEach((column, j) => {
        expect(dot(column, column)).toBeCloseTo(1, 8);
        expect(Math.abs(dot(column, ones))).toBeLessThan(1e-8);
        for (const other of columns.slice(0, j)) {
          expect(Math.abs(dot(column, other))).toBeLessThan(1e-8);
        }
      });
    }),
    { seed: 2025 },
  );
});

test('values that are shifted and scaled have the same columns', () => {
  fc.assert(
    fc.property(values, (x) => {
      const moved = x.map((value) => 3 + 2 * value);
      const [plain, other] = [x, moved].map((of) =>
        polynomialColumns(of, 3, polynomialBasis(of, 3) ?? []),
      );
      plain?.forEach((column, j) => {
        column.forEach((value, i) => {
          expect(Math.abs(value - (other?.[j]?.[i] ?? Number.NaN))).toBeLessThan(1e-8);
        });
      });
    }),
    { seed: 2025 },
  );
});

test('a degree needs more distinct values than it is', () => {
  const x = Float64Array.of(1, 2, 3, 1, 2, 3);
  expect(polynomialBasis(x, 2)).not.toBeNull();
  expect(polynomialBasis(x, 3)).toBeNull();
});
