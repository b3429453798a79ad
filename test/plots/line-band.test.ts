import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineBand } from '../../src/plots/line-band.js';

const line = fc.record({
  intercepts: fc.array(fc.double({ min: -5, max: 5, noNaN: true }), {
    minLength: 40,
    maxLength: 40,
  }),
  slopes: fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 40, maxLength: 40 }),
});

describe('the band of a line', () => {
  it('runs along the mean line, between the ends that are asked for', () => {
    fc.assert(
      fc.property(line, ({ intercepts, slopes }) => {
        const band = lineBand(Float64Array.from(intercepts), Float64Array.from(slopes), [-2, 3]);
        const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
        expect(band[0]?.x).toBe(-2);
        expect(band.at(-1)?.x).toBe(3);
        for (const point of band) {
          expect(point.mean).toBeCloseTo(mean(intercepts) + mean(slopes) * point.x, 9);
          expect(point.low).toBeLessThanOrEqual(point.high);
        }
      }),
      { seed: 1 },
    );
  });

  it('holds its mass of the lines at each point', () => {
    fc.assert(
      fc.property(line, ({ intercepts, slopes }) => {
        const band = lineBand(
          Float64Array.from(intercepts),
          Float64Array.from(slopes),
          [0, 1],
          0.8,
        );
        for (const { x, low, high } of band) {
          const inside = intercepts.filter((intercept, i) => {
            const height = intercept + slopes[i] * x;
            return height >= low && height <= high;
          });
          // 80% of 40, but for the two ends that lie between two lines.
          expect(inside.length).toBeGreaterThanOrEqual(32 - 1);
          expect(inside.length).toBeLessThanOrEqual(40);
        }
      }),
      { seed: 2 },
    );
  });
});
