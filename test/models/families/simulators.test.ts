/**
 * Outcomes drawn from every family have its mean and variance, and are ones that it can have.
 */
import { describe, expect, it } from 'vitest';
import type { Family } from '../../../models/families/family.js';
import { responseDistribution } from '../../../models/families/index.js';
import { randomStream } from '../../../src/random/stream.js';

const DRAWS = 20_000;
/**
 * Means and variances of 13 situations, each a normal deviate: beyond 4.5 standard errors once in
 * 150,000, so that one of the 26 is in a false alarm once in 5,700 seeds.
 */
const MOST_ERRORS = 4.5;

interface Situation {
  readonly family: Family;
  readonly eta: number;
  readonly aux: readonly number[];
  readonly trials: number;
  readonly mean: number;
  readonly variance: number;
}

const situation = (
  family: Family['family'],
  link: Family['link'],
  eta: number,
  [mean, variance]: readonly [number, number],
  { aux = [], trials = 1 }: { aux?: readonly number[]; trials?: number } = {},
): Situation => ({ family: { family, link }, eta, aux, trials, mean, variance });

const p = 1 / (1 + Math.exp(0.7));
const situations = [
  situation('gaussian', 'identity', 1.5, [1.5, 0.25], { aux: [0.5] }),
  situation('gaussian', 'log', 0.5, [Math.exp(0.5), 4], { aux: [2] }),
  // Var of a standard Student-t: ν/(ν − 2); of so large a ν that the fourth moment exists.
  situation('student', 'identity', -1, [-1, 4 * (12 / 10)], { aux: [2, 12] }),
  situation('bernoulli', 'logit', -0.7, [p, p * (1 - p)]),
  situation('bernoulli', 'cloglog', 0, [1 - Math.exp(-1), Math.exp(-1) * (1 - Math.exp(-1))]),
  situation('binomial', 'logit', -0.7, [7 * p, 7 * p * (1 - p)], { trials: 7 }),
  situation('binomial', 'logit', -0.7, [500 * p, 500 * p * (1 - p)], { trials: 500 }),
  situation('poisson', 'log', Math.log(0.4), [0.4, 0.4]),
  situation('poisson', 'sqrt', 2, [4, 4]),
  situation('poisson', 'identity', 250, [250, 250]),
  situation('negbinomial', 'log', Math.log(5), [5, 5 + 25 / 3], { aux: [3] }),
  situation('negbinomial', 'log', Math.log(40), [40, 40 + 1600 / 20], { aux: [20] }),
  situation('negbinomial', 'identity', 2, [2, 2 + 4 / 0.6], { aux: [0.6] }),
];

describe('outcomes that are drawn', () => {
  it.each(situations)('have the mean and variance of the family: $family, $eta', (given) => {
    const { family, eta, aux, trials } = given;
    const distribution = responseDistribution(family);
    const random = randomStream('simulators', family.family, family.link, eta);
    const own = Float64Array.from(aux);
    const y = Float64Array.from({ length: DRAWS }, () =>
      distribution.simulate(eta, own, trials, random),
    );
    const mean = y.reduce((sum, x) => sum + x, 0) / DRAWS;
    const moment = (power: number) =>
      y.reduce((sum, x) => sum + (x - given.mean) ** power, 0) / DRAWS;
    const errorOfMean = Math.sqrt(given.variance / DRAWS);
    const errorOfVariance = Math.sqrt((moment(4) - given.variance ** 2) / DRAWS);
    expect(Math.abs(mean - given.mean) / errorOfMean).toBeLessThan(MOST_ERRORS);
    expect(Math.abs(moment(2) - given.variance) / errorOfVariance).toBeLessThan(MOST_ERRORS);
    expect(distribution.mean(eta, own, trials)).toBeCloseTo(given.mean, 10);
    for (const outcome of y) expect(distribution.expected(outcome, trials)).toBeNull();
  });

  it('come at the ends of the range too: no mean, a certain success, no trials', () => {
    const random = randomStream('ends');
    const none = new Float64Array(0);
    const poisson = responseDistribution({ family: 'poisson', link: 'log' });
    expect(poisson.simulate(-800, none, 1, random)).toBe(0);
    expect(poisson.simulate(800, none, 1, random)).toBe(Number.POSITIVE_INFINITY);
    const binomial = responseDistribution({ family: 'binomial', link: 'logit' });
    expect(binomial.simulate(800, none, 9, random)).toBe(9);
    expect(binomial.simulate(-800, none, 9, random)).toBe(0);
    expect(binomial.simulate(0, none, 0, random)).toBe(0);
  });

  it('are refused, with what was expected, where the family has none such', () => {
    const refused: [Family['family'], Family['link'], number, number, RegExp][] = [
      ['gaussian', 'identity', Number.POSITIVE_INFINITY, 1, /finite number/],
      ['bernoulli', 'logit', 0.5, 1, /0 or 1/],
      ['binomial', 'logit', 4, 3, /from 0 to its trials, 3/],
      ['binomial', 'logit', 1.5, 3, /whole number/],
      ['poisson', 'log', -1, 1, /whole number from 0/],
      ['negbinomial', 'log', 2 ** 53, 1, /9007199254740991/],
    ];
    for (const [family, link, outcome, trials, message] of refused) {
      const told = responseDistribution({ family, link }).expected(outcome, trials);
      expect(told).toMatch(message);
    }
  });
});
