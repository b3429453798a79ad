/**
 * Predictions: what must hold of them by their definition, whatever the fit. (Their numbers are held
 * against brms in against-brms.test.ts.)
 */
import { describe, expect, it } from 'vitest';
import {
  fitted,
  linpred,
  posteriorEpred,
  posteriorLinpred,
  posteriorPredict,
  predict,
} from '../../../src/regression/after/predictions.js';
import { binomial, gaussian, poisson } from '../../../src/regression/options.js';
import { normalDraws, smallFit } from '../../support/small-fit.js';
import { bernoulliFit, gaussianFit, largestDifference, reference } from './brms-fits.js';

const column = (draws: ReturnType<typeof posteriorEpred>, row: number) =>
  Array.from(
    { length: draws.chains * draws.drawsPerChain },
    (_, s) => draws.values[s * draws.parameterNames.length + row] ?? Number.NaN,
  );

describe('simulated outcomes', () => {
  it('are normal about the linear predictor, by the sigma of each draw', () => {
    const eta = posteriorLinpred(gaussianFit);
    const outcomes = posteriorPredict(gaussianFit);
    const names = gaussianFit.draws.parameterNames;
    const sigma = (s: number) =>
      gaussianFit.draws.values[s * names.length + names.indexOf('sigma')] ?? Number.NaN;
    const z = Array.from(outcomes.values, (value, i) => {
      return (value - (eta.values[i] ?? Number.NaN)) / sigma(Math.floor(i / 60));
    });
    const mean = z.reduce((sum, value) => sum + value, 0) / z.length;
    const square = z.reduce((sum, value) => sum + value * value, 0) / z.length;
    // 12,000 independent normals: four standard errors each, a false alarm in 8,000 seeds.
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(z.length));
    expect(Math.abs(square - 1)).toBeLessThan(4 * Math.sqrt(2 / z.length));
  });

  it('of 0 and 1 come as often as they are expected', () => {
    const expected = fitted(bernoulliFit).reduce((sum, row) => sum + row.mean, 0);
    const seen = predict(bernoulliFit).reduce((sum, row) => sum + row.mean, 0);
    // 200 draws of 50 rows: the variance of a row's mean is at most 1/4/200.
    expect(Math.abs(seen - expected)).toBeLessThan(4 * Math.sqrt(50 / 4 / 200));
    expect(new Set(posteriorPredict(bernoulliFit).values)).toEqual(new Set([0, 1]));
  });

  it('are the same by the same seed, whatever rows stand below, and others by another seed', () => {
    const data = reference.gaussian.newRows;
    const first = { x: data.x.slice(0, 1), f: data.f.slice(0, 1), late: [true], g: ['g1'] };
    const all = posteriorPredict(gaussianFit, { data });
    expect(column(posteriorPredict(gaussianFit, { data: first }), 0)).toEqual(column(all, 0));
    expect(posteriorPredict(gaussianFit, { data })).toEqual(all);
    expect(posteriorPredict(gaussianFit, { data, seed: 7 }).values).not.toEqual(all.values);
  });
});

describe('some of the draws', () => {
  it('are evenly spaced among all', () => {
    const all = posteriorLinpred(gaussianFit);
    const some = posteriorLinpred(gaussianFit, { draws: 40 });
    expect(some).toMatchObject({ chains: 1, drawsPerChain: 40 });
    expect(column(some, 3)).toEqual(column(all, 3).filter((_, s) => s % 5 === 0));
    const summary = linpred(gaussianFit, { draws: 40 })[3];
    expect(summary?.mean).toBeCloseTo(
      column(some, 3).reduce((sum, value) => sum + value / 40, 0),
      12,
    );
  });

  it('are at least one and not more than there are', () => {
    for (const draws of [0, 201, 1.5, Number.NaN]) {
      expect(() => fitted(gaussianFit, { draws })).toThrow(
        `draws is ${draws}, but must be 'all' or a whole number from 1 to 200`,
      );
    }
  });
});

describe('new rows', () => {
  const data = Array.from({ length: 8 }, (_, i) => ({
    y: i,
    n: 10,
    x: i - 3,
    z: (i * i) % 5,
    g: `g${i % 2}`,
    h: `h${i % 4}`,
  }));
  const counts = smallFit({
    formula: 'y | trials(n) ~ x + offset(z)',
    family: binomial(),
    data,
    draws: normalDraws([0.2, 0.1], 0.1, 20),
  });

  it('have the offset and the trials of their own', () => {
    const [eta] = linpred(counts, { data: [{ x: 1, z: 0.5, n: 3 }] });
    const [mean] = fitted(counts, { data: [{ x: 1, z: 0.5, n: 3 }] });
    const draws = posteriorLinpred(counts, { data: [{ x: 1, z: 0.5, n: 3 }] });
    const values = counts.draws.values;
    const [first = 0, second = 0] = values;
    expect(draws.values[0]).toBeCloseTo(0.5 + first + second, 12);
    const means = Array.from(draws.values, (value) => 3 / (1 + Math.exp(-value)));
    expect(mean?.mean).toBeCloseTo(
      means.reduce((sum, value) => sum + value / 20, 0),
      12,
    );
    expect(eta?.mean).toBeLessThan(1.5);
    expect(() => fitted(counts, { data: [{ x: 1, z: 0.5 }] })).toThrow("no column 'n'");
  });

  it('have each the offset of its own row, in η, in means and in outcomes', () => {
    const shifted = smallFit({
      formula: 'y ~ x + offset(z)',
      family: gaussian(),
      data,
      // b: 1 and 2; sigma: outcomes are their means but for the ninth digit.
      draws: Array.from({ length: 20 }, () => [1, 2, 1e-9]),
    });
    const rows = { x: [0, 0, 1], z: [0.5, -3, 40] };
    for (const of of [linpred, fitted, predict]) {
      const found = of(shifted, { data: rows }).map(({ mean }) => mean);
      [1.5, -2, 43].forEach((expected, row) => {
        expect(found[row]).toBeCloseTo(expected, 7);
      });
      // The rows of the fit, whose offsets are z.
      of(shifted).forEach(({ mean }, i) => {
        expect(mean).toBeCloseTo(1 + 2 * (i - 3) + ((i * i) % 5), 7);
      });
    }
  });

  it('are refused where a value is missing or a level of a predictor is unknown', () => {
    expect(() => fitted(counts, { data: [{ x: null, z: 1, n: 1 }] })).toThrow(
      "column 'x', row 1: no value",
    );
    const rows = { x: [0], f: ['d'], late: [false], g: ['g1'] };
    expect(() => fitted(gaussianFit, { data: rows })).toThrow("'d'");
  });

  const crossed = smallFit({
    formula: 'y ~ x + (1 | g) + (1 + z | h)',
    family: gaussian(),
    data,
    // b: 2, sd: g, h, h; cor; sigma; r: 2 of g, 4 + 4 of h.
    draws: normalDraws([1, 2, 1, 1, 1, 0, 1, 10, 20, 1, 2, 3, 4, 5, 6, 7, 8], 0.01, 10),
  });

  it('need no columns of groups whose effects are left out', () => {
    const [ofG] = linpred(crossed, { data: [{ x: 0, g: 'g1' }], groups: ['g'] });
    expect(Math.abs((ofG?.mean ?? 0) - 21)).toBeLessThan(0.1);
    const [ofH] = linpred(crossed, { data: [{ x: 0, h: 'h2', z: 2 }], groups: ['h'] });
    expect(Math.abs((ofH?.mean ?? 0) - (1 + 3 + 2 * 7))).toBeLessThan(0.1);
    expect(() => linpred(crossed, { data: [{ x: 0, z: 1, g: 'g1' }] })).toThrow("'h'");
    expect(() => linpred(crossed, { groups: ['k'] })).toThrow(
      "no group 'k' in this fit: it has g, h",
    );
  });
});

describe('levels that the fit has not seen', () => {
  const data = reference.gaussian.newRows;
  const unseen = { ...data, g: ['new', 'g6', 'new', 'other'] };

  it('are refused, by row and name, unless it is said what they are', () => {
    expect(() => fitted(gaussianFit, { data: unseen })).toThrow(
      "row 1: g is 'new', which was not in the data of the fit: set newLevels",
    );
    expect(fitted(gaussianFit, { data: unseen, groups: 'none' })).toEqual(
      fitted(gaussianFit, { data, groups: 'none' }),
    );
  });

  it('with uncertainty have at each draw the effects of a known level, the same in all rows', () => {
    const at = (g: string) =>
      posteriorLinpred(gaussianFit, { data: { ...data, g: data.g.map(() => g) } });
    const known = ['g1', 'g2', 'g3', 'g4', 'g5', 'g6'].map(at);
    const made = posteriorLinpred(gaussianFit, { data: unseen, newLevels: 'uncertainty' });
    const source = (row: number) =>
      column(made, row).map((value, s) =>
        known.findIndex((one) => Math.abs((one.values[s * 4 + row] ?? 0) - value) < 1e-12),
      );
    expect(source(0)).not.toContain(-1);
    expect(source(2)).toEqual(source(0));
    expect(source(3)).not.toEqual(source(0));
    expect(new Set(source(0)).size).toBe(6);
    expect(column(made, 1)).toEqual(column(at('g6'), 1));
  });

  it('by the normal distribution have the covariance of their standard deviations and correlation', () => {
    const count = 4000;
    const wide = smallFit({
      formula: 'y ~ x + (1 + x | g)',
      family: gaussian(),
      data: { y: [1, 2, 3, 4], x: [0, 1, 2, 4], g: ['a', 'a', 'b', 'b'] },
      // b: 0, 0; sd: 2 and 0.5; cor: 0.6; sigma; no effects of known levels.
      draws: Array.from({ length: count }, () => [0, 0, 2, 0.5, 0.6, 1, 0, 0, 0, 0]),
    });
    const rows = { x: [0, 1], g: ['c', 'c'] };
    const eta = posteriorLinpred(wide, { data: rows, newLevels: 'gaussian' });
    const intercept = column(eta, 0);
    const slope = column(eta, 1).map((value, s) => value - (intercept[s] ?? 0));
    const mean = (values: readonly number[]) =>
      values.reduce((sum, value) => sum + value / values.length, 0);
    // Standard errors of moments of normals, four of each: a false alarm in 3,000 seeds.
    const near = (value: number, expected: number, error: number) =>
      expect(Math.abs(value - expected)).toBeLessThan(4 * error);
    near(mean(intercept), 0, 2 / Math.sqrt(count));
    near(mean(slope), 0, 0.5 / Math.sqrt(count));
    near(mean(intercept.map((value) => value ** 2)), 4, 4 * Math.sqrt(2 / count));
    near(mean(slope.map((value) => value ** 2)), 0.25, 0.25 * Math.sqrt(2 / count));
    const product = mean(intercept.map((value, s) => value * (slope[s] ?? 0)));
    near(product, 0.6, Math.sqrt((1 + 0.36) / count));
  });

  it('are independent in two terms over one group by the normal distribution, and of one known level with uncertainty', () => {
    const count = 4000;
    const apart = smallFit({
      formula: 'y ~ x + (1 | g) + (0 + x | g)',
      family: gaussian(),
      data: { y: [1, 2, 3, 4], x: [0, 1, 2, 4], g: ['a', 'a', 'b', 'b'] },
      // b: 0, 0; sd: 1 and 1; sigma; the effects of a and of b, once for each term.
      draws: Array.from({ length: count }, () => [0, 0, 1, 1, 1, 10, 20, 100, 200]),
    });
    const effects = (newLevels: 'gaussian' | 'uncertainty') => {
      const eta = posteriorLinpred(apart, { data: { x: [0, 1], g: ['c', 'c'] }, newLevels });
      const intercept = column(eta, 0);
      return { intercept, slope: column(eta, 1).map((value, s) => value - (intercept[s] ?? 0)) };
    };
    const { intercept, slope } = effects('gaussian');
    // The mean of products of independent normals, four standard errors: one seed in 16,000.
    const product = intercept.reduce((sum, z, s) => sum + (z * (slope[s] ?? 0)) / count, 0);
    expect(Math.abs(product)).toBeLessThan(4 / Math.sqrt(count));
    const known = effects('uncertainty');
    expect(new Set(known.intercept)).toEqual(new Set([10, 20]));
    expect(known.slope).toEqual(known.intercept.map((value) => 10 * value));
  });

  it('without correlations are independent, and a correlation of 1 is no obstacle', () => {
    const table = { y: [1, 2, 3, 4], x: [0, 1, 2, 4], g: ['a', 'a', 'b', 'b'] };
    const rows = { data: { x: [0, 1], g: ['c', 'c'] }, newLevels: 'gaussian' } as const;
    const tied = smallFit({
      formula: 'y ~ x + (1 + x | g)',
      family: gaussian(),
      data: table,
      draws: Array.from({ length: 50 }, () => [0, 0, 2, 0.5, 1, 1, 0, 0, 0, 0]),
    });
    const eta = posteriorLinpred(tied, rows);
    // Perfectly correlated: the slope is a quarter of the intercept, to the root of the shrinkage.
    const ratio = column(eta, 1).map((value, s) => value / (column(eta, 0)[s] ?? 0));
    for (const one of ratio) expect(Math.abs(one - 1.25)).toBeLessThan(0.01);
    const apart = smallFit({
      formula: 'y ~ x + (1 + x || g)',
      family: gaussian(),
      data: table,
      draws: Array.from({ length: 50 }, () => [0, 0, 2, 0, 1, 0, 0, 0, 0]),
    });
    const independent = posteriorLinpred(apart, rows);
    expect(largestDifference(column(independent, 0), column(independent, 1))).toBe(0);
  });
});

describe('options out of range', () => {
  const counts = smallFit({
    formula: 'y ~ x',
    family: poisson(),
    data: { y: [0, 1, 2, 5], x: [1, 2, 3, 4] },
    draws: normalDraws([0, 0.1], 0.1, 10),
  });
  it('are errors that name the option', () => {
    expect(() => fitted(counts, { mass: 1 })).toThrow('mass is 1, but must be in (0, 1)');
    // @ts-expect-error No such scale.
    expect(() => fitted(counts, { scale: 'log' })).toThrow('scale is log');
    // @ts-expect-error No such choice.
    expect(() => fitted(counts, { groups: 'some' })).toThrow('groups is some');
  });

  it('are more draws than one array should hold', () => {
    const fit = smallFit({
      formula: 'y ~ x',
      family: poisson(),
      data: { y: [0, 1, 2, 5], x: [1, 2, 3, 4] },
      draws: normalDraws([0, 0.1], 0.1, 2000),
    });
    const data = { x: new Float64Array(2 ** 18) };
    expect(() => posteriorEpred(fit, { data })).toThrow('ask for fewer by draws: 1024');
  });
});
