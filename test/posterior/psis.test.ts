/** The shape of importance weights against the R package loo, and on weights of known shape. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitGeneralizedPareto, paretoK } from '../../src/posterior/psis.js';
import { quickStream } from '../../src/random/quick-stream.js';

/** Quantiles of a Pareto distribution of shape k at (i − ½) / n. */
const paretoLogWeights = (n: number, k: number) =>
  Float64Array.from({ length: n }, (_, i) => -k * Math.log1p(-(i + 0.5) / n));

describe('k̂ of importance weights', () => {
  // loo 2.10.1: psis(log_weights, r_eff = 1)$diagnostics$pareto_k
  it.each([
    [100, 0.1, 0.261652557570988],
    [100, 0.5, 0.491960020198848],
    [100, 0.9, 0.720596743489738],
    [400, 0.1, 0.174474900629436],
    [400, 0.5, 0.496493750534589],
    [400, 0.9, 0.818370416894214],
    [4000, 0.1, 0.126301539234934],
    [4000, 0.5, 0.498313453082143],
    [4000, 0.9, 0.870320834162222],
  ])('is that of loo: %d weights of shape %d', (n, k, expected) => {
    expect(paretoK(paretoLogWeights(n, k))).toBeCloseTo(expected, 12);
  });

  it('does not depend on the order of the weights or on a common factor', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 25, maxLength: 300 }),
        fc.double({ min: -100, max: 100, noNaN: true }),
        (weights, shift) => {
          const k = paretoK(weights);
          expect(paretoK(weights.toReversed())).toBe(k);
          const moved = paretoK(weights.map((weight) => weight + shift));
          if (Number.isFinite(k)) expect(moved).toBeCloseTo(k, 6);
        },
      ),
      { seed: 2025 },
    );
  });

  it('tells an approximation that is too narrow from one that is too wide', () => {
    const random = quickStream('psis');
    // Of draws from normal(0, s) for normal(0, 1), the weights have the shape 1 − s²; a bound above 1.
    const shapeFor = (s: number) =>
      paretoK(
        Float64Array.from({ length: 4000 }, () => {
          const x = s * random.normal();
          return -0.5 * x * x + (0.5 * x * x) / (s * s);
        }),
      );
    expect(shapeFor(2)).toBeLessThan(0);
    expect(shapeFor(0.5)).toBeGreaterThan(0.6);
  });

  it('is NaN for too few weights or infinite ones, and −∞ where all are the same', () => {
    expect(paretoK(new Float64Array(24))).toBeNaN();
    expect(paretoK(paretoLogWeights(100, 0.5).fill(Number.NaN, 3, 4))).toBeNaN();
    expect(paretoK(new Float64Array(100))).toBe(Number.NEGATIVE_INFINITY);
  });

  it('comes with a scale that grows with the values', () => {
    const values = Float64Array.from({ length: 200 }, (_, i) => -Math.log1p(-(i + 0.5) / 200));
    const { k, sigma } = fitGeneralizedPareto(values);
    const doubled = fitGeneralizedPareto(values.map((value) => 2 * value));
    expect(doubled.k).toBeCloseTo(k, 10);
    expect(doubled.sigma).toBeCloseTo(2 * sigma, 10);
  });
});
