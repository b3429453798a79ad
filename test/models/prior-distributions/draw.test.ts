/**
 * Draws against the distribution function, by Kolmogorov's test at fixed seeds. Its false-alarm
 * rate is 1e-6 a test, some 5e-5 of this file.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  drawPrior,
  type Prior,
  priorMass,
  supportOf,
} from '../../../models/prior-distributions.js';
import { randomStream } from '../../../src/random/stream.js';
import { anyPrior } from './any-prior.js';
import { expectUniform } from './kolmogorov.js';

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
