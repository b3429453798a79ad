/** Gauss-Hermite quadrature over a standard normal. */
import { describe, expect, it } from 'vitest';
import { gaussHermite } from '../../src/linear-algebra/gauss-hermite.js';

describe('Gauss-Hermite quadrature', () => {
  it.each([1, 2, 5, 20, 31])('with %d nodes has the moments of a standard normal', (count) => {
    const { points, weights } = gaussHermite(count);
    let expected = 1;
    for (let power = 0; power <= Math.min(20, 2 * count - 1); power++) {
      const found = weights.reduce((sum, weight, k) => sum + weight * (points[k] ?? 0) ** power, 0);
      // (power − 1)!! for even powers.
      if (power > 0 && power % 2 === 0) expected *= power - 1;
      // Rounding errors are of the size of the terms.
      const size = weights.reduce(
        (sum, weight, k) => sum + weight * Math.abs(points[k] ?? 0) ** power,
        0,
      );
      if (power % 2 === 0) expect(size / expected).toBeCloseTo(1, 8);
      if (size > 0) expect(found / size).toBeCloseTo(power % 2 === 0 ? 1 : 0, 8);
    }
  });

  it('integrates an exponential', () => {
    const { points, weights } = gaussHermite(31);
    const found = weights.reduce((sum, weight, k) => sum + weight * Math.exp(points[k] ?? 0), 0);
    expect(found).toBeCloseTo(Math.exp(0.5), 12);
  });
});
