/**
 * Draws against the distribution function, by Kolmogorov's test at fixed seeds. Its false-alarm
 * rate is 1e-6 a test, some 5e-5 of this file.
 */

import betaCdf from '@stdlib/stats-base-dists-beta-cdf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  drawLkj,
  drawPrior,
  lkjLogDensity,
  type Prior,
  priorDensity,
  priorMass,
  supportOf,
} from '../../../models/prior-distributions.js';
import { randomStream } from '../../../src/random/stream.js';
import { anyPrior, expectUniform } from './support.js';

const studentT = { distribution: 'student_t', df: 3, location: 0, scale: 2.5 } as const;
const standard = { distribution: 'normal', mean: 0, sd: 1 } as const;

const whole: Prior[] = [
  { distribution: 'normal', mean: -3, sd: 2 },
  studentT,
  { distribution: 'student_t', df: 0.3, location: 4, scale: 0.1 },
  { distribution: 'cauchy', location: 1, scale: 2 },
  { distribution: 'exponential', rate: 0.5 },
  { distribution: 'gamma', shape: 2, rate: 0.1 },
  { distribution: 'gamma', shape: 0.2, rate: 3 },
  { distribution: 'beta', alpha: 2, beta: 5 },
  { distribution: 'beta', alpha: 0.05, beta: 0.08 },
  { distribution: 'lognormal', meanlog: 1, sdlog: 0.7 },
  { distribution: 'uniform', from: -2, to: 9 },
  { distribution: 'inv_gamma', shape: 0.4, scale: 0.3 },
  { distribution: 'inv_gamma', shape: 5, scale: 2 },
  { distribution: 'double_exponential', location: -1, scale: 0.6 },
  { distribution: 'logistic', location: 2, scale: 0.6 },
  { distribution: 'flat', lower: 3, upper: 4 },
];

/** Tries alone suffice for these. */
const wide: Prior[] = [
  { ...studentT, lower: 0 },
  { ...standard, upper: 0.5 },
  { distribution: 'gamma', shape: 2, rate: 0.1, lower: 1 },
  { distribution: 'cauchy', location: 0, scale: 1, lower: 0 },
  { distribution: 'exponential', rate: 1, upper: 2 },
];

/** Too far out, or too narrow, for tries. */
const narrow: Prior[] = [
  { ...standard, lower: 5 },
  { ...standard, upper: -5 },
  { ...standard, lower: 0.5, upper: 0.501 },
  { ...studentT, lower: 50 },
  { ...studentT, lower: -1e4, upper: -100 },
  { distribution: 'cauchy', location: 0, scale: 1, lower: 1e6 },
  { distribution: 'gamma', shape: 2, rate: 1, lower: 18 },
  { distribution: 'gamma', shape: 2, rate: 1, upper: 0.01 },
  { distribution: 'beta', alpha: 3, beta: 1, upper: 0.05 },
  { distribution: 'lognormal', meanlog: 0, sdlog: 1, lower: 40 },
  { distribution: 'inv_gamma', shape: 3, scale: 1, lower: 20 },
  { distribution: 'inv_gamma', shape: 3, scale: 1, upper: 0.07 },
  { distribution: 'double_exponential', location: 0, scale: 1, lower: 12 },
  { distribution: 'logistic', location: 0, scale: 1, upper: -12 },
  { distribution: 'exponential', rate: 2, lower: 8 },
  // A third of the draws by tries fail: both ways together are one distribution.
  { ...standard, lower: 1.85 },
];

describe('draws from a prior', () => {
  it.each(
    [...whole, ...wide, ...narrow].map((prior): [string, Prior] => [JSON.stringify(prior), prior]),
  )('have the distribution %s', (_, prior) => {
    const random = randomStream('draws', JSON.stringify(prior));
    const ranks = Float64Array.from({ length: 4000 }, () =>
      priorMass(prior, drawPrior(prior, random)),
    );
    expectUniform(ranks);
  });

  it('lie within the support, whatever the stream', () => {
    fc.assert(
      fc.property(anyPrior, fc.integer(), (prior, seed) => {
        const { lower, upper } = supportOf(prior);
        const x = drawPrior(prior, randomStream(seed));
        expect(x).toBeGreaterThanOrEqual(lower);
        expect(x).toBeLessThanOrEqual(upper);
      }),
    );
  });

  it('are positive of a gamma distribution whose draws are mostly below all numbers', () => {
    const random = randomStream('tiny');
    for (let i = 0; i < 1000; i++) {
      const x = drawPrior({ distribution: 'gamma', shape: 1e-4, rate: 1 }, random);
      expect(x).toBeGreaterThan(0);
    }
  });

  it('are a function of the stream alone', () => {
    const draws = () => {
      const random = randomStream(7);
      return [...whole, ...wide, ...narrow].map((prior) => drawPrior(prior, random));
    };
    expect(draws()).toEqual(draws());
  });

  it('of an improper prior are refused', () => {
    expect(() => drawPrior({ distribution: 'flat', lower: 0 }, randomStream(1))).toThrow(
      'a flat prior without a lower and an upper bound is improper',
    );
  });
});

/** The LKJ distribution: its marginals, its normalization, and the matrices that it is of. */

const DRAWS = 4000;

describe('the LKJ distribution', () => {
  it.each([
    [1, 2],
    [2.5, 2],
    [0.4, 3],
    [2, 3],
    [1, 5],
  ])('with eta %d of %d variables has beta marginals, the same for all pairs', (eta, size) => {
    const random = randomStream('lkj', eta, size);
    const draws = Array.from({ length: DRAWS }, () => drawLkj(eta, size, random));
    const shape = eta + (size - 2) / 2;
    for (let pair = 0; pair < draws[0].length; pair++) {
      // Kolmogorov's test, false-alarm rate 1e-6 a pair.
      expectUniform(Float64Array.from(draws, (r) => betaCdf((r[pair] + 1) / 2, shape, shape)));
    }
  });

  it('of two variables is a beta distribution between −1 and 1', () => {
    for (const eta of [0.7, 1, 3]) {
      const beta = priorDensity({ distribution: 'beta', alpha: eta, beta: eta });
      for (const r of [-0.9, -0.2, 0, 0.6]) {
        const expected = beta.logDensity((1 + r) / 2) - Math.LN2;
        expect(Math.abs(lkjLogDensity(eta, [r]) - expected)).toBeLessThan(1e-13);
      }
    }
  });

  it.each([
    [1, 2, 3],
    [3, 2, 3],
    [2, 3, 4],
  ])(
    'is normalized: draws with eta %d weigh 1 on the mean under eta %d of %d variables',
    (from, to, size) => {
      const random = randomStream('normalized', from, to, size);
      let sum = 0;
      let squares = 0;
      for (let i = 0; i < DRAWS; i++) {
        const r = drawLkj(from, size, random);
        const ratio = Math.exp(lkjLogDensity(to, r) - lkjLogDensity(from, r));
        sum += ratio;
        squares += ratio * ratio;
      }
      const mean = sum / DRAWS;
      const error = Math.sqrt((squares / DRAWS - mean * mean) / DRAWS);
      // Five standard errors: a false-alarm rate of 6e-7 each.
      expect(Math.abs(mean - 1)).toBeLessThan(5 * error);
    },
  );

  it('has positive definite matrices alone, with finite density, and none elsewhere', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 1, max: 20, noNaN: true }),
        fc.integer(),
        (size, eta, seed) => {
          const r = drawLkj(eta, size, randomStream(seed));
          expect(r).toHaveLength((size * (size - 1)) / 2);
          expect(Number.isFinite(lkjLogDensity(eta, r))).toBe(true);
        },
      ),
    );
    expect(lkjLogDensity(1, [0.9, 0.9, -0.9])).toBe(Number.NEGATIVE_INFINITY);
  });
});
