/** What is no prior, and what is said about it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Prior, requireLkj, requirePrior } from '../../models/prior-distributions.js';
import { anyPrior } from './prior-distributions/support.js';

describe('a prior’s validation', () => {
  it('lets all priors pass whose bounds leave some of them', () => {
    fc.assert(fc.property(anyPrior, (prior) => requirePrior(prior)));
  });

  it.each<[unknown, string]>([
    [
      { distribution: 'normal', mean: 0, sd: -1 },
      'prior normal: sd is -1, expected a positive number',
    ],
    [
      { distribution: 'normal', mean: Number.NaN, sd: 1 },
      'prior normal: mean is NaN, expected a finite number',
    ],
    [
      { distribution: 'student_t', df: 0, location: 0, scale: 1 },
      'prior student_t: df is 0, expected a positive number',
    ],
    [
      { distribution: 'cauchy', location: 0, scale: Number.POSITIVE_INFINITY },
      'prior cauchy: scale is Infinity, expected a positive number',
    ],
    [
      { distribution: 'exponential' },
      'prior exponential: rate is undefined, expected a positive number',
    ],
    [
      { distribution: 'gamma', shape: '2', rate: 1 },
      'prior gamma: shape is 2 (a string), expected a positive number',
    ],
    [{ distribution: 'uniform', from: 2, to: 2 }, 'prior uniform: from 2 to 2, expected from < to'],
    [
      { distribution: 'normal', mean: 0, sd: 1, lower: 2, upper: 1 },
      'prior normal: bounds 2 and 1, expected lower < upper',
    ],
    [
      { distribution: 'flat', lower: Number.NaN },
      'prior flat: bounds NaN and Infinity, expected lower < upper',
    ],
    [
      { distribution: 'normal', mean: 0, sd: 1, lower: 50 },
      'prior normal: 0 of the distribution lies between 50 and Infinity, expected 1e-10 or more',
    ],
    [
      { distribution: 'uniform', from: -2, to: -1, lower: 0 },
      'prior uniform: 0 of the distribution lies between 0 and Infinity, expected 1e-10 or more',
    ],
    [
      { distribution: 'nomal', mean: 0, sd: 1 },
      'prior nomal: expected one of flat, normal, student_t, cauchy, exponential, gamma, beta, lognormal, inv_gamma, double_exponential, logistic, uniform, constant, horseshoe, R2D2, shared_scale, lkj',
    ],
    [{}, 'a prior is a record without a distribution, expected a prior, for example normal(0, 1)'],
  ])('refuses %j and says why', (prior, message) => {
    expect(() => requirePrior(prior as Prior)).toThrow(
      expect.objectContaining({ name: 'WeighbridgeError', code: 'bad-argument', message }),
    );
  });

  it('refuses an LKJ distribution whose eta is not positive', () => {
    expect(() => requireLkj(0)).toThrow('prior lkj: eta is 0, expected a positive number');
  });
});
