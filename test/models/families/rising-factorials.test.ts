/** Σ log Γ(y + φ) − log Γ(φ) over counts against its definition, by factors and by the gamma function. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logRisingRatio, risingFactorials } from '../../../models/families/rising-factorials.js';

/** Σ_i Σ_{j < y_i} term(φ + j). */
function summed(counts: readonly number[], shape: number, term: (x: number) => number): number {
  let sum = 0;
  for (const y of counts) for (let j = 0; j < y; j++) sum += term(shape + j);
  return sum;
}

function expectDefinition(counts: readonly number[], shape: number): void {
  const rising = risingFactorials(counts);
  const steps = 1 + counts.reduce((sum, y) => sum + y, 0);
  // Logarithms below |log φ| + 11 here; inverses and their squares below those of φ. Each sum rounds
  // at some ε of every term, and differences of gamma functions at ε of those: below 4e5 each.
  const tolerance = (size: number) => 1e-14 * steps * size + 1e-9 * Math.min(1, size);
  const value = summed(counts, shape, Math.log);
  expect(Math.abs(rising.value(shape) - value)).toBeLessThan(
    tolerance(Math.abs(Math.log(shape)) + 11),
  );
  const slope = summed(counts, shape, (x) => 1 / x);
  expect(Math.abs(rising.slope() - slope)).toBeLessThan(tolerance(1 / shape));
  const curvature = summed(counts, shape, (x) => -1 / (x * x));
  expect(Math.abs(rising.curvature(shape) - curvature)).toBeLessThan(tolerance(1 / shape ** 2));
}

const shapes = fc.double({ min: 0.01, max: 1000, noNaN: true });

describe('the rising factorial of one count', () => {
  it('is a sum of logarithms when divided by the power of the shape, be that however large', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3000 }),
        fc.double({ min: -2, max: 15, noNaN: true }),
        (y, power) => {
          const shape = 10 ** power;
          let sum = 0;
          for (let j = 0; j < y; j++) sum += Math.log1p(j / shape);
          // The sum rounds at every step; gamma functions of small shapes, y log φ and y at ε of
          // themselves.
          const size = (y + 1) * (sum / (y + 1) + 12) + 70;
          const steps = Number.EPSILON * y * sum;
          const found = logRisingRatio(y, shape);
          expect(Math.abs(found - sum)).toBeLessThan(4 * Number.EPSILON * size + steps);
        },
      ),
      { seed: 2025, numRuns: 500 },
    );
    expect(logRisingRatio(0, 1e-300)).toBe(0);
    expect(logRisingRatio(1, 1e12)).toBeCloseTo(0, 15);
  });
});

describe('the rising factorials of counts', () => {
  it('are sums of logarithms, with their derivatives, of small counts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 80 }), { maxLength: 30 }),
        shapes,
        expectDefinition,
      ),
      { seed: 2025, numRuns: 200 },
    );
  });

  it('are the same of counts so large that the gamma function is quicker', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 2000, max: 40_000 }), { minLength: 1, maxLength: 3 }),
        shapes,
        expectDefinition,
      ),
      { seed: 2025, numRuns: 50 },
    );
  });

  it('are none of no counts, and of zeros', () => {
    for (const counts of [[], [0, 0]]) {
      const rising = risingFactorials(counts);
      expect(rising.value(2)).toBe(0);
      expect(rising.slope()).toBe(0);
      expect(Math.abs(rising.curvature(2))).toBe(0);
    }
  });
});
