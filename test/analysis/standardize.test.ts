/** Standardization and scaling, as R does them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  correlation,
  scaleFactor,
  scaleWeights,
  standardize,
} from '../../src/analysis/standardize.js';

const values = fc
  .array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 3, maxLength: 40 })
  .filter((xs) => Math.max(...xs) - Math.min(...xs) > 1e-3);

describe('standardize', () => {
  test('gives mean 0 and sample standard deviation 1', () => {
    fc.assert(
      fc.property(values, (xs) => {
        const z = standardize(xs);
        const mean = z.reduce((sum, value) => sum + value, 0) / z.length;
        const squares = z.reduce((sum, value) => sum + value * value, 0);
        expect(Math.abs(mean)).toBeLessThan(1e-9);
        expect(squares / (z.length - 1)).toBeCloseTo(1, 9);
      }),
      { seed: 2025 },
    );
  });

  test('does not change under a positive affine map of its values', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.1, max: 10, noNaN: true }), (xs, scale) => {
        const moved = standardize(xs.map((x) => scale * x + 7));
        standardize(xs).forEach((value, i) => {
          // Values up to 1e4 over an sd of at least 1e-4 leave eight digits of sixteen.
          expect(moved[i]).toBeCloseTo(value, 6);
        });
      }),
      { seed: 2025 },
    );
  });

  test('agrees with R: scale(c(2, 4, 4, 10)) is -0.8660, -0.2887, -0.2887, 1.4434 in all its digits', () => {
    const z = standardize([2, 4, 4, 10]);
    // Mean 5, variance (9 + 1 + 1 + 25) / 3 = 12.
    [-3, -1, -1, 5].forEach((deviation, i) => {
      expect(z[i]).toBeCloseTo(deviation / Math.sqrt(12), 14);
    });
  });
});

describe('scaleWeights', () => {
  test('gives whole numbers with 100 as the largest absolute value, and keeps signs and order', () => {
    fc.assert(
      fc.property(values, (xs) => {
        const scaled = scaleWeights(xs);
        expect(Math.max(...scaled.map(Math.abs))).toBe(100);
        scaled.forEach((weight, i) => {
          expect(Number.isInteger(weight)).toBe(true);
          expect(Object.is(weight, -0)).toBe(false);
          expect(weight * (xs[i] ?? 0)).toBeGreaterThanOrEqual(0);
        });
      }),
      { seed: 2025 },
    );
  });

  test('does not change when all weights are multiplied by a power of two', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: -8, max: 8 }), (xs, power) => {
        expect(scaleWeights(xs.map((x) => x * 2 ** power))).toEqual(scaleWeights(xs));
      }),
      { seed: 2025 },
    );
  });

  test('rounds halves to the even number, as R', () => {
    // 1/200, 3/200 and 5/200 of the largest: 0.5, 1.5 and 2.5 of a hundredth.
    expect(scaleWeights([200, 1, 3, 5, -1, -3, -5])).toEqual([100, 0, 2, 2, 0, -2, -2]);
  });

  test('leaves weights that are all zero at zero', () => {
    expect(scaleWeights([0, 0, 0])).toEqual([0, 0, 0]);
  });
});

describe('scaleFactor', () => {
  test('takes the largest absolute value to 100', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1 }),
        (means) => {
          fc.pre(means.some((mean) => Math.abs(mean) > 1e-6));
          const scaled = means.map((mean) => mean * scaleFactor(means));
          expect(Math.max(...scaled.map(Math.abs))).toBeCloseTo(100, 8);
        },
      ),
      { seed: 21 },
    );
    expect(scaleFactor([0, 0])).toBe(1);
    expect(scaleFactor([null, 2])).toBe(50);
  });
});

describe('correlation', () => {
  test('is symmetric, within [-1, 1], and changes sign with either side', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer(), fc.integer()), { minLength: 4, maxLength: 30 }),
        (pairs) => {
          const x = pairs.map(([first]) => first);
          const y = pairs.map(([, second]) => second);
          fc.pre(new Set(x).size > 1 && new Set(y).size > 1);
          const r = correlation(x, y);
          expect(Math.abs(r)).toBeLessThanOrEqual(1 + 1e-12);
          expect(correlation(y, x)).toBeCloseTo(r, 12);
          expect(
            correlation(
              x.map((value) => -value),
              y,
            ),
          ).toBeCloseTo(-r, 12);
        },
      ),
      { seed: 2025 },
    );
  });

  test('is the hand-worked value for four points', () => {
    // Deviations (-1.5, -0.5, 0.5, 1.5) and (-1, 1, -1, 1): 2 / sqrt(5 · 4).
    expect(correlation([1, 2, 3, 4], [0, 2, 0, 2])).toBeCloseTo(2 / Math.sqrt(20), 14);
  });
});
