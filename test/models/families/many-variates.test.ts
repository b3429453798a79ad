/**
 * Outcomes of many draws at once have the distribution of their family: by its log densities, or by
 * stdlib's distribution functions. Seeds are fixed; false-alarm rates say how often a perfect generator would
 * have failed.
 */
import chisquareCdf from '@stdlib/stats-base-dists-chisquare-cdf';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Family } from '../../../models/families/family.js';
import { responseDistribution } from '../../../models/families/index.js';
import { quickStream } from '../../../src/random/quick-stream.js';
import { randomStream } from '../../../src/random/stream.js';

const DRAWS = 1000;
const ROWS = 200;
/** For each of 34 tests: one of them is a false alarm once in 2,900 seeds. */
const LEAST_P = 1e-5;

const family = (name: Family['family'], link: Family['link']): Family => ({ family: name, link });
const filled = (value: number) => new Float64Array(DRAWS).fill(value);

/** Outcomes of 200 rows of 1,000 draws, all at the same inverse link. */
function outcomesOf(given: Family, location: number, aux: readonly number[], trials = 1) {
  const write = responseDistribution(given).outcomes(aux.map(filled));
  const all = new Float64Array(ROWS * DRAWS);
  for (let row = 0; row < ROWS; row++) {
    const target = filled(location);
    write(target, trials, quickStream('many variates', given.family, location, row));
    all.set(target, row * DRAWS);
  }
  return all;
}

/** The probability of a larger √n D, by Kolmogorov's distribution. */
function kolmogorovP(values: Float64Array, cdf: (x: number) => number): number {
  const n = values.length;
  let distance = 0;
  values.sort().forEach((value, i) => {
    const p = cdf(value);
    distance = Math.max(distance, (i + 1) / n - p, p - i / n);
  });
  return 2 * Math.exp(-2 * n * distance * distance);
}

describe('continuous outcomes', () => {
  it('are normal', () => {
    const values = outcomesOf(family('gaussian', 'identity'), 1.5, [2]);
    expect(kolmogorovP(values, (x) => normalCdf(x, 1.5, 2))).toBeGreaterThan(LEAST_P);
  });

  it.each([1.05, 1.9, 2.5, 5, 40, 1e6])('are Student-t with %s degrees of freedom', (nu) => {
    const values = outcomesOf(family('student', 'identity'), -1, [0.5, nu]);
    expect(kolmogorovP(values, (x) => tCdf((x + 1) / 0.5, nu))).toBeGreaterThan(LEAST_P);
  });
});

interface Counted {
  readonly given: Family;
  readonly mean: number;
  readonly aux?: number;
  readonly trials?: number;
}

const counted: Counted[] = [
  ...[0.01, 0.7, 3, 9.99, 10, 12, 30, 250, 3000].map((mean) => ({
    given: family('poisson', 'identity'),
    mean,
  })),
  ...[
    [0.3, 0.2],
    [4, 0.7],
    [2, 1],
    [8, 3],
    [60, 20],
    [5, 1e6],
  ].map(([mean, aux]) => ({ given: family('negbinomial', 'identity'), mean, aux })),
  { given: family('bernoulli', 'logit'), mean: 0.3 },
  ...(
    [
      [1, 0.4],
      [2, 0.5],
      [7, 0.9],
      [30, 0.3],
      [30, 0.5],
      [40, 0.999],
      [199, 0.05],
      [500, 0.01],
      [500, 0.98],
      [2000, 0.004],
      [3000, 0.7],
    ] as const
  ).map(([trials, mean]) => ({ given: family('binomial', 'logit'), mean, trials })),
];

/** Counts whose expected number is below it are joined with others. */
const LEAST_EXPECTED = 25;

describe('counts', () => {
  it.each(counted)('have their probabilities: $given.family, $mean, $aux $trials', (counts) => {
    const { given, mean, aux, trials = 1 } = counts;
    const values = outcomesOf(given, mean, aux === undefined ? [] : [aux], trials);
    const seen = new Map<number, number>();
    for (const value of values) seen.set(value, (seen.get(value) ?? 0) + 1);
    const distribution = responseDistribution(given);
    const logDensities = distribution.logDensities(aux === undefined ? [] : [Float64Array.of(aux)]);
    // The link is the logit for probabilities and the identity for counts.
    const eta = given.link === 'logit' ? Math.log(mean / (1 - mean)) : mean;
    const probability = (count: number) => {
      const one = Float64Array.of(eta);
      logDensities(count, trials, one);
      return Math.exp(one[0] ?? Number.NaN);
    };
    const n = values.length;
    let statistic = 0;
    let cells = 0;
    let expected = 0;
    let observed = 0;
    let left = n;
    let leftSeen = n;
    const most = values.reduce((a, b) => Math.max(a, b));
    for (let count = 0; count <= most; count++) {
      expected += n * probability(count);
      observed += seen.get(count) ?? 0;
      if (expected < LEAST_EXPECTED || left - expected < LEAST_EXPECTED) continue;
      statistic += (observed - expected) ** 2 / expected;
      cells++;
      left -= expected;
      leftSeen -= observed;
      expected = 0;
      observed = 0;
    }
    statistic += (leftSeen - left) ** 2 / left;
    expect(cells).toBeGreaterThan(0);
    expect(1 - chisquareCdf(statistic, cells)).toBeGreaterThan(LEAST_P);
    for (const value of seen.keys()) expect(distribution.expected(value, trials)).toBeNull();
  });

  it('come at the ends of the range too, and are NaN where there is no distribution', () => {
    const at = (given: Family, location: number, aux: readonly number[] = [], trials = 1) => {
      const target = Float64Array.of(location, 0.5, Number.NaN);
      const write = responseDistribution(given).outcomes(aux.map((x) => Float64Array.of(x, 1, 1)));
      write(target, trials, quickStream('ends'));
      expect(target[1]).not.toBeNaN();
      expect(target[2]).toBeNaN();
      return target[0];
    };
    const poisson = family('poisson', 'log');
    expect(at(poisson, 0)).toBe(0);
    expect(at(poisson, Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(at(poisson, -1)).toBeNaN();
    expect(Math.abs((at(poisson, 1e14) ?? 0) - 1e14)).toBeLessThan(6e7);
    const binomial = family('binomial', 'logit');
    for (const trials of [0, 1, 9, 5000]) {
      expect(at(binomial, 1, [], trials)).toBe(trials);
      expect(at(binomial, 0, [], trials)).toBe(0);
    }
    expect(at(binomial, 1.5, [], 9)).toBeNaN();
    expect(at(family('negbinomial', 'log'), 0, [2])).toBe(0);
    expect(at(family('negbinomial', 'log'), 3, [Number.NaN])).toBeNaN();
    expect(at(family('student', 'identity'), 3, [1, Number.NaN])).toBeNaN();
  });

  it('of large means have the mean and variance of a Poisson distribution', () => {
    // 200,000 outcomes, four standard errors each: a false alarm in 8,000 seeds, for each of two means.
    for (const mean of [1e6, 1e11]) {
      const values = outcomesOf(family('poisson', 'identity'), mean, []);
      const average = values.reduce((sum, y) => sum + (y - mean) / values.length, 0);
      const square = values.reduce((sum, y) => sum + (y - mean) ** 2 / values.length, 0);
      expect(Math.abs(average)).toBeLessThan(4 * Math.sqrt(mean / values.length));
      expect(Math.abs(square / mean - 1)).toBeLessThan(4 * Math.sqrt(2 / values.length));
    }
  });
});

describe('outcomes of many draws', () => {
  const given = fc.record({
    seed: fc.integer(),
    count: fc.integer({ min: 1, max: 40 }),
    kind: fc.constantFrom<Family>(
      family('gaussian', 'identity'),
      family('student', 'log'),
      family('bernoulli', 'logit'),
      family('binomial', 'logit'),
      family('poisson', 'log'),
      family('negbinomial', 'log'),
    ),
  });

  it('are the same by the same stream, and ones that the family can have', () => {
    fc.assert(
      fc.property(given, ({ seed, count, kind }) => {
        const distribution = responseDistribution(kind);
        const random = randomStream(seed);
        const eta = Float64Array.from({ length: count }, () => 2 * random.normal());
        distribution.writeInverse(eta);
        const aux = distribution.auxiliary.map(() =>
          Float64Array.from({ length: count }, () => 1.1 + Math.abs(random.normal())),
        );
        const draw = () => {
          const target = eta.slice();
          distribution.outcomes(aux)(
            target,
            kind.family === 'binomial' ? 9 : 1,
            randomStream(seed),
          );
          return target;
        };
        const outcomes = draw();
        expect(draw()).toEqual(outcomes);
        for (const outcome of outcomes) {
          expect(distribution.expected(outcome, kind.family === 'binomial' ? 9 : 1)).toBeNull();
        }
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});
