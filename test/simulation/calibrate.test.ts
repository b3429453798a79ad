/** The searches that set the noise of the replica. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { solveMonotone, solvePair } from '../../src/simulation/calibrate.js';

describe('solveMonotone', () => {
  test('finds the argument of a rising or falling function within the last halving', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 9.9, noNaN: true }),
        fc.constantFrom(1, -1),
        (root, sign) => {
          const f = (x: number) => sign * x ** 3;
          const found = solveMonotone(f, f(root), 0, 10, 40);
          expect(Math.abs(found - root)).toBeLessThan(10 * 2 ** -38);
        },
      ),
      { seed: 2025 },
    );
  });

  test('ends at the nearer end where the target is out of reach', () => {
    expect(solveMonotone((x) => x, 5, 0, 1)).toBeCloseTo(1, 6);
    expect(solveMonotone((x) => x, -5, 0, 1)).toBeCloseTo(0, 6);
  });
});

describe('solvePair', () => {
  test('solves the first figure for every outer argument, and the second over those', () => {
    // x + y = 3 and x − 2y = 0: x = 2, y = 1; with x = 3 − y the second falls in y.
    const { inner, outer } = solvePair(
      (x, y) => [x + y, x - 2 * y],
      [3, 0],
      { inner: [-10, 10], outer: [0, 3] },
      40,
    );
    expect(inner).toBeCloseTo(2, 8);
    expect(outer).toBeCloseTo(1, 8);
  });
});
