/** Power-scaling: the distance as priorsense has it, and posteriors that are known in closed form. */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cumulativeJensenShannon,
  powerScaling,
  powerSensitivity,
} from '../../src/posterior/power-scaling.js';
import reference from '../reference/cjs.json' with { type: 'json' };

/** Draws of a normal without any noise: its quantiles at (i − ½) / n. */
function quantiles(n: number, mean: number, sd: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => normalQuantile((i + 0.5) / n, mean, sd));
}

interface Normal {
  readonly mean: number;
  readonly sd: number;
}

/** The posterior of a normal prior to the power a and a normal likelihood to the power b. */
function conjugate(prior: Normal, likelihood: Normal, a: number, b: number): Normal {
  const fromPrior = a / prior.sd ** 2;
  const fromData = b / likelihood.sd ** 2;
  const mean = (fromPrior * prior.mean + fromData * likelihood.mean) / (fromPrior + fromData);
  return { mean, sd: 1 / Math.sqrt(fromPrior + fromData) };
}

/** The distance of two normal distributions on an interval, by Simpson's rule. */
function exactDistance(p: Normal, q: Normal, low: number, high: number): number {
  const oneWay = (sign: number) => {
    const cdf = ({ mean, sd }: Normal, x: number) => normalCdf(sign * x, sign * mean, sd);
    const steps = 20_000;
    let divergence = 0;
    let bound = 0;
    for (let i = 0; i <= steps; i++) {
      const x = low + ((high - low) * i) / steps;
      const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
      const [f, g] = [cdf(p, x), cdf(q, x)];
      divergence += weight * (f * Math.log2((2 * f) / (f + g)) + g * Math.log2((2 * g) / (f + g)));
      bound += weight * (f + g);
    }
    return Math.sqrt(divergence / bound);
  };
  return Math.max(oneWay(1), oneWay(-1));
}

const logDensity = (x: number, { mean, sd }: Normal) => -0.5 * ((x - mean) / sd) ** 2;

describe('the cumulative Jensen-Shannon distance', () => {
  it.each(reference)('is that of priorsense: $name', ({ draws, weights, distance }) => {
    // At draws far from zero gaps lose five of sixteen digits.
    expect(cumulativeJensenShannon(Float64Array.from(draws), weights)).toBeCloseTo(distance, 9);
  });

  const samples = fc.array(
    fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 9 })),
    { minLength: 2, maxLength: 40 },
  );
  it('is from 0 to 1, unmoved by shifts, scales and mirrors, and 0 under equal weights', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 64 }), (pairs, scale) => {
        const draws = Float64Array.from(pairs, ([draw]) => draw);
        const weights = pairs.map(([, weight]) => weight);
        const distance = cumulativeJensenShannon(draws, weights);
        expect(distance).toBeGreaterThanOrEqual(0);
        expect(distance).toBeLessThanOrEqual(1);
        const moved = (map: (x: number) => number) =>
          cumulativeJensenShannon(draws.map(map), weights);
        expect(moved((x) => scale * x + 3)).toBeCloseTo(distance, 7);
        expect(moved((x) => -x)).toBeCloseTo(distance, 7);
        expect(
          cumulativeJensenShannon(
            draws,
            weights.map(() => 0.3),
          ),
        ).toBeCloseTo(0, 7);
      }),
      { seed: 2025 },
    );
  });

  it.each([
    ['prior', 0.99, 1],
    ['prior', 1.01, 1],
    ['prior', 2, 1],
    ['likelihood', 1, 0.99],
    ['likelihood', 1, 1.01],
    ['likelihood', 1, 2],
  ])('of conjugate normals with the %s scaled is the exact one: powers %d, %d', (_, a, b) => {
    const prior = { mean: 3, sd: 1.5 };
    const likelihood = { mean: 0, sd: 0.8 };
    const base = conjugate(prior, likelihood, 1, 1);
    const n = 4000;
    const draws = quantiles(n, base.mean, base.sd);
    const weights = draws.map((x) =>
      Math.exp((a - 1) * logDensity(x, prior) + (b - 1) * logDensity(x, likelihood)),
    );
    const exact = exactDistance(
      base,
      conjugate(prior, likelihood, a, b),
      draws[0] ?? Number.NaN,
      draws[n - 1] ?? Number.NaN,
    );
    // Steps of 1/n for the distribution function: relative errors of some times 1/n, of the first
    // and last draws where its logarithm changes most.
    const ours = cumulativeJensenShannon(draws, weights);
    expect(Math.abs(ours - exact) / exact).toBeLessThan(20 / n);
  });
});

describe('sensitivity to a power', () => {
  it('is 0.055 where a doubling moves a normal posterior by a quarter of its sd', () => {
    const [n, shift] = [4000, 0.25];
    const draws = quantiles(n, 0, 1);
    // exp(a δ x) moves a standard normal by a δ; a ln 2 is the power's step by log₂.
    const scaling = powerScaling(
      draws.map((x) => (shift * x) / Math.LN2),
      1,
    );
    expect(powerSensitivity(draws, scaling ?? expect.fail())).toBeCloseTo(0.055, 2);
  });

  const n = 4000;
  const prior = { mean: 3, sd: 1.5 };
  const likelihood = { mean: 0, sd: 0.8 };
  const base = conjugate(prior, likelihood, 1, 1);
  const draws = quantiles(n, base.mean, base.sd);

  const sensitivity = (component: Normal) => {
    const scaling = powerScaling(
      draws.map((x) => logDensity(x, component)),
      1,
    );
    return powerSensitivity(draws, scaling ?? expect.fail());
  };
  const exactSensitivity = (powers: (alpha: number) => readonly [number, number]) => {
    const slope = (alpha: number) => {
      const [a, b] = powers(alpha);
      const scaled = conjugate(prior, likelihood, a, b);
      const [low, high] = [draws[0] ?? Number.NaN, draws[n - 1] ?? Number.NaN];
      return exactDistance(base, scaled, low, high) / Math.abs(Math.log2(alpha));
    };
    return (slope(0.99) + slope(1.01)) / 2;
  };

  it('of conjugate normals is the exact derivative of the distance', () => {
    // Smoothing moves the weights of 190 of 4,000 draws by parts of a percent of themselves.
    const ofPrior = exactSensitivity((alpha) => [alpha, 1]);
    const ofLikelihood = exactSensitivity((alpha) => [1, alpha]);
    expect(Math.abs(sensitivity(prior) / ofPrior - 1)).toBeLessThan(0.02);
    expect(Math.abs(sensitivity(likelihood) / ofLikelihood - 1)).toBeLessThan(0.02);
    // Prior and data pull apart: both count.
    expect(Math.min(ofPrior, ofLikelihood)).toBeGreaterThan(0.05);
  });

  it('of a component that is the same at all draws is none', () => {
    expect(powerScaling(new Float64Array(n).fill(-3.7), 4)).toBeNull();
  });
});
