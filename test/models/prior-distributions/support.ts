/** Valid priors of all distributions, some with bounds, for property tests. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { type Prior, priorMass } from '../../../models/prior-distributions.js';

// No −0, which as text is 0.
const location = fc.double({ min: -10, max: 10, noNaN: true }).map((x) => x + 0);
const positive = fc.double({ min: 0.1, max: 10, noNaN: true });

export const unboundedPrior: fc.Arbitrary<Prior> = fc.oneof(
  fc.record({ distribution: fc.constant('normal'), mean: location, sd: positive }),
  fc.record({ distribution: fc.constant('student_t'), df: positive, location, scale: positive }),
  fc.record({ distribution: fc.constant('cauchy'), location, scale: positive }),
  fc.record({ distribution: fc.constant('exponential'), rate: positive }),
  fc.record({ distribution: fc.constant('gamma'), shape: positive, rate: positive }),
  fc.record({ distribution: fc.constant('beta'), alpha: positive, beta: positive }),
  fc.record({ distribution: fc.constant('lognormal'), meanlog: location, sdlog: positive }),
  fc.record({ distribution: fc.constant('inv_gamma'), shape: positive, scale: positive }),
  fc.record({ distribution: fc.constant('double_exponential'), location, scale: positive }),
  fc.record({ distribution: fc.constant('logistic'), location, scale: positive }),
  fc
    .record({ from: location, width: positive })
    .map(({ from, width }) => ({ distribution: 'uniform' as const, from, to: from + width })),
);

/** The bounds leave at least a fifth of the distribution. */
export const boundedPrior: fc.Arbitrary<Prior> = fc
  .record({
    prior: unboundedPrior,
    low: fc.double({ min: 0.01, max: 0.4, noNaN: true }),
    high: fc.double({ min: 0.6, max: 0.99, noNaN: true }),
    ends: fc.constantFrom('lower', 'upper', 'both'),
  })
  .map(({ prior, low, high, ends }) => ({
    ...prior,
    ...(ends === 'upper' ? {} : { lower: quantile(prior, low) }),
    ...(ends === 'lower' ? {} : { upper: quantile(prior, high) }),
  }));

export const anyPrior: fc.Arbitrary<Prior> = fc.oneof(unboundedPrior, boundedPrior);

/** By bisection of the distribution function. */
export function quantile(prior: Prior, probability: number): number {
  let [low, high] = [-1e9, 1e9];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (priorMass(prior, middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Kolmogorov's test of uniform numbers, with a false-alarm rate of 1e-6. */

const FALSE_ALARM = 1e-6;

/** D exceeds √(log(2/α) / 2n) with probability α at most (Massart 1990, Ann. Probab. 18). */
export function expectUniform(values: Float64Array): void {
  const n = values.length;
  const ascending = values.slice().sort();
  let distance = 0;
  for (let i = 0; i < n; i++) {
    distance = Math.max(distance, (i + 1) / n - ascending[i], ascending[i] - i / n);
  }
  expect(distance).toBeLessThan(Math.sqrt(Math.log(2 / FALSE_ALARM) / (2 * n)));
}
