/** Newton's method and difference Hessians on densities whose peak and curvature are known. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findPeak,
  type SmoothDensity,
  writeHessianByDifferences,
} from '../../src/linear-algebra/newton.js';

/** log π = −Σ log cosh((x_i − centre_i) / scale_i): linear tails, where a full step overshoots. */
function logCosh(centres: readonly number[], scales: readonly number[]): SmoothDensity {
  return {
    logDensity: (x, gradient) =>
      x.reduce((sum, value, i) => {
        const [centre = 0, scale = 1] = [centres[i], scales[i]];
        const u = (value - centre) / scale;
        gradient[i] = -Math.tanh(u) / scale;
        return sum - Math.abs(u) - Math.log1p(Math.exp(-2 * Math.abs(u))) + Math.LN2;
      }, 0),
    writeHessian(x, hessian) {
      hessian.fill(0);
      x.forEach((value, i) => {
        const [centre = 0, scale = 1] = [centres[i], scales[i]];
        hessian[i * (x.length + 1)] = -1 / (Math.cosh((value - centre) / scale) * scale) ** 2;
      });
    },
  };
}

/** A centre within 5 scales of zero, where the curvature is still noticeable, and a scale. */
const coordinate = fc
  .tuple(fc.double({ min: -5, max: 5, noNaN: true }), fc.double({ min: 0.5, max: 50, noNaN: true }))
  .map(([distance, scale]): [number, number] => [distance * scale, scale]);
const coordinates = fc.array(coordinate, { minLength: 1, maxLength: 4 });

describe('the search for a peak', () => {
  it('ends at the peak, with the curvature there, and does not change its start', () => {
    fc.assert(
      fc.property(coordinates, (all) => {
        const [centres, scales] = [all.map(([c]) => c), all.map(([, s]) => s)];
        const start = new Float64Array(all.length);
        const peak = findPeak(logCosh(centres, scales), start);
        all.forEach(([centre, scale], i) => {
          // gᵀ (−H)⁻¹ g < 1e-10: within 1e-5 standard deviations; the last step leaves their square.
          const found = peak?.position[i] ?? Number.NaN;
          expect(Math.abs(found - centre) / scale).toBeLessThan(1.01e-5);
          const refined = found + (peak?.step[i] ?? Number.NaN);
          expect(Math.abs(refined - centre) / scale).toBeLessThan(1e-10);
          expect(peak?.lower[i * (all.length + 1)]).toBeCloseTo(1 / scale, 8);
        });
        expect([...start]).toEqual(all.map(() => 0));
      }),
      { seed: 2025, numRuns: 200 },
    );
  });

  it('is null for a density that rises without end, and where it is not finite at the start', () => {
    const rising: SmoothDensity = {
      logDensity: ([x = 0], gradient) => {
        gradient[0] = 1;
        return x;
      },
      writeHessian: (_, hessian) => hessian.fill(0),
    };
    expect(findPeak(rising, Float64Array.of(0))).toBeNull();
    const nowhere = { ...rising, logDensity: () => Number.NaN };
    expect(findPeak(nowhere, Float64Array.of(0))).toBeNull();
  });
});

describe('the Hessian by differences', () => {
  it('is the analytic one, over all coordinates or the first few', () => {
    fc.assert(
      fc.property(coordinates, (all) => {
        const density = logCosh(
          all.map(([c]) => c),
          all.map(() => 1),
        );
        const x = Float64Array.from(all, ([centre], i) => centre + 0.3 * i);
        const exact = new Float64Array(all.length ** 2);
        density.writeHessian(x, exact);
        const found = new Float64Array(all.length ** 2);
        writeHessianByDifferences(density.logDensity, x, found);
        // h²/6 = 1.7e-9 times a third derivative of the gradient below 2, and rounding of 1e-12.
        found.forEach((value, i) => {
          expect(Math.abs(value - (exact[i] ?? Number.NaN))).toBeLessThan(4e-9);
        });
        const first = new Float64Array(1);
        writeHessianByDifferences(density.logDensity, x, first, 1);
        expect(first[0]).toBe(found[0]);
      }),
      { seed: 2025, numRuns: 100 },
    );
  });
});
