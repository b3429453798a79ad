import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kde, silvermanBandwidth } from '../../src/plots.js';

const samples = fc
  .array(fc.integer({ min: -10_000, max: 10_000 }), { minLength: 30, maxLength: 200 })
  .filter((values) => new Set(values).size > 1)
  .map((values) => Float64Array.from(values, (value) => value / 100));

function density(values: Float64Array) {
  const found = kde(values);
  if (!found) throw new Error('no density');
  return found;
}

describe('the density of draws', () => {
  it('has an area of 1 and lies between the smallest and the largest draw', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const { x, density: y } = density(values);
        let area = 0;
        for (let i = 1; i < x.length; i++) area += ((y[i] + y[i - 1]) / 2) * (x[i] - x[i - 1]);
        expect(area).toBeCloseTo(1, 9);
        expect(x[0]).toBe(Math.min(...values));
        expect(x[x.length - 1]).toBeCloseTo(Math.max(...values), 9);
        expect(y.every((value) => value >= 0)).toBe(true);
      }),
      { seed: 1 },
    );
  });

  it('is the mean of the kernels around the draws, reflected at both ends', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const { x, density: y, bandwidth } = density(values);
        // A kernel narrower than the grid's steps cannot be seen on it.
        fc.pre(bandwidth > 4 * (x[1] - x[0]));
        const [low, high] = [x[0], x[x.length - 1]];
        const kernel = (at: number, draw: number) =>
          Math.exp(-0.5 * ((at - draw) / bandwidth) ** 2) / (bandwidth * Math.sqrt(2 * Math.PI));
        const peak = Math.max(...y);
        for (let i = 0; i < x.length; i += 15) {
          const direct =
            values.reduce(
              (sum, draw) =>
                sum +
                kernel(x[i], draw) +
                kernel(x[i], 2 * low - draw) +
                kernel(x[i], 2 * high - draw),
              0,
            ) / values.length;
          // The mirror of the grid stands half a step further out than that of the draws.
          expect(Math.abs(y[i] - direct)).toBeLessThan(0.03 * peak);
        }
      }),
      { seed: 2 },
    );
  });

  it('moves and stretches with the draws', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const before = density(values);
        const after = density(values.map((value) => 4 * value - 7));
        expect(after.bandwidth / before.bandwidth).toBeCloseTo(4, 6);
        const peak = Math.max(...before.density);
        before.density.forEach((value, i) => {
          expect(Math.abs(4 * after.density[i] - value)).toBeLessThan(1e-6 * peak);
        });
      }),
      { seed: 3 },
    );
  });

  it("uses Silverman's rule, by the quartiles where they are the narrower measure", () => {
    // sd of 1…100 is 29.011, their IQR 49.5.
    const even = Float64Array.from({ length: 100 }, (_, i) => i + 1);
    expect(silvermanBandwidth(even)).toBeCloseTo(0.9 * 29.0115 * 100 ** -0.2, 4);
    const withOutlier = Float64Array.from([...even.subarray(0, 99), 10_000]);
    expect(silvermanBandwidth(withOutlier)).toBeCloseTo(0.9 * (49.5 / 1.34) * 100 ** -0.2, 4);
    // More than half of the draws are one value: the quartiles say nothing.
    const mostlyZero = Float64Array.from([...Array(9).fill(0), 1]);
    expect(silvermanBandwidth(mostlyZero)).toBeGreaterThan(0);
  });

  it('does not exist where all draws are the same', () => {
    expect(kde(new Float64Array(10).fill(3))).toBeNull();
    expect(kde(new Float64Array(1))).toBeNull();
  });
});
