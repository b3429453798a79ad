/**
 * The summary of a fit beside brms' printed one of the same draws, and the tables of intervals.
 */
import { describe, expect, it } from 'vitest';
import { parameterDraws } from '../../../src/posterior/draws.js';
import { mcseHdi } from '../../../src/posterior/interval-errors.js';
import { eti, hdi } from '../../../src/posterior/intervals.js';
import { coef, fixef, ranef } from '../../../src/regression/after/effects.js';
import { etiOf, hdiOf, pdOf, ropeOf, ropeRange } from '../../../src/regression/after/intervals.js';
import { summaryOf } from '../../../src/regression/after/summary.js';
import {
  bernoulli,
  gaussian,
  negbinomial,
  poisson,
  student,
} from '../../../src/regression/options.js';
import { normalDraws, smallFit } from '../../support/small-fit.js';
import { bernoulliFit, gaussianFit, reference } from './brms-fits.js';

/**
 * A printed line without what differs by intention: the ends of the interval, which are of highest
 * density here and equal-tailed there, spaces at its end, and the name of R's data set.
 */
const comparable = (line: string) =>
  line
    .trimEnd()
    .replace(/(Data: )\w+ (\(Number)/, '$1$2')
    .replace(/sampling\(NUTS\)/, 'NUTS')
    .replace(/ +l-95% (CI|HDI) +u-95% (CI|HDI)/, ' INTERVAL')
    .replace(/^(\S+ +-?[\d.]+ +[\d.]+) +-?[\d.]+ +-?[\d.]+( +[\d.]+ +\d+ +\d+)$/, '$1$2');

describe('the printed summary', () => {
  it.each([
    { name: 'gaussian', fit: gaussianFit, printed: reference.gaussian.printed },
    { name: 'bernoulli', fit: bernoulliFit, printed: reference.bernoulli.printed },
  ])('has the lines that brms prints: $name', ({ fit, printed }) => {
    const ours = String(summaryOf(fit))
      .split('\n')
      .filter((line) => !/^(?:Warning: |Monte Carlo errors|Prior of )/.test(line));
    expect(ours.map(comparable)).toEqual(printed.map(comparable));
  });

  it('has the highest-density interval of each parameter, at any probability', () => {
    for (const mass of [0.95, 0.8]) {
      const summary = summaryOf(gaussianFit, { mass });
      const { groups, population, auxiliary } = summary;
      const rows = [...population, ...groups.flatMap((group) => group.rows), ...auxiliary];
      expect(rows.length).toBe(11);
      for (const { name, lower, upper, mcse } of rows) {
        const draws = parameterDraws(gaussianFit.draws, name);
        expect([lower, upper]).toEqual(hdi(draws, mass));
        expect(mcse).toEqual(mcseHdi(draws, gaussianFit.draws.chains, mass));
      }
      const largest = Math.max(...rows.flatMap(({ mcse }) => mcse));
      expect(String(summary)).toContain(`and ${Number(largest.toPrecision(2))} for ends of HDIs`);
      expect(String(summary)).toContain(`l-${100 * mass}% HDI`);
    }
  });

  it('can be of medians, and ends with what falls short and what was done', () => {
    const summary = summaryOf({ ...gaussianFit, notes: ['rows dropped: 2'] }, { robust: true });
    const [estimate, estError] = reference.gaussian.fixefRobust[1] ?? [];
    expect(summary.population[1]?.median).toBeCloseTo(estimate ?? Number.NaN, 10);
    expect(summary.population[1]?.mad).toBeCloseTo(estError ?? Number.NaN, 10);
    const lines = String(summary).split('\n');
    expect(lines.at(-1)).toBe('Note: rows dropped: 2');
    expect(lines.at(-2)).toMatch(/^Warning: tail ESS is 42/);
  });

  it('is plain data beside its text', () => {
    const summary = summaryOf(bernoulliFit);
    expect(Object.keys(summary)).not.toContain('toString');
    expect(JSON.parse(JSON.stringify(summary))).toMatchObject({ observations: 50, mass: 0.95 });
    expect(() => summaryOf(bernoulliFit, { mass: 95 })).toThrow(
      'mass is 95, but must be in (0, 1)',
    );
  });
});

describe('tables of intervals', () => {
  it('are of all coefficients, or of the parameters that are named', () => {
    const names = ['b_Intercept', 'b_d1', 'b_d2', 'b_d1:d2'];
    expect(hdiOf(bernoulliFit).map(({ name }) => name)).toEqual(names);
    const [row] = etiOf(gaussianFit, { parameters: ['sigma'], mass: 0.5 });
    const draws = parameterDraws(gaussianFit.draws, 'sigma');
    expect([row?.lower, row?.upper]).toEqual(eti(draws, 0.5));
    expect(() => hdiOf(gaussianFit, { parameters: ['zz'] })).toThrow("no parameter 'zz'");
  });

  it('print a line a parameter', () => {
    expect(String(pdOf(gaussianFit)).split('\n')[2]).toBe('b_x          94.50%');
    expect(String(ropeOf(gaussianFit)).split('\n')[5]).toBe('b_lateTRUE  [-0.12, 0.12] 45.79%');
    expect(String(hdiOf(gaussianFit)).split('\n')[0]).toBe('            Lower Upper MCSE of ends');
  });

  it('refuse a range that is none', () => {
    expect(() => ropeOf(gaussianFit, { range: [1, -1] })).toThrow('range is [1, -1]');
  });
});

describe('the default region', () => {
  const data = { y: [1, 2, 3, 7], x: [1, 2, 4, 3], s: [0, 1, 1, 0] };
  const sd = Math.sqrt(((1 - 3.25) ** 2 + (2 - 3.25) ** 2 + (3 - 3.25) ** 2 + (7 - 3.25) ** 2) / 3);
  const draws = normalDraws([0, 0, 1, 5], 0.1, 8);
  const cut = (count: number) => draws.map((row) => row.slice(0, count));
  const rope = (formula: string, family: Parameters<typeof smallFit>[0]['family'], count: number) =>
    ropeRange(smallFit({ formula, family, data, draws: cut(count) }))[1];
  it('is that of rope_range of bayestestR 0.13', () => {
    expect(rope('y ~ x', gaussian(), 3)).toBeCloseTo(0.1 * sd, 12);
    expect(rope('y ~ x', student(), 4)).toBeCloseTo(0.1 * sd, 12);
    expect(rope('log(y) ~ x', gaussian(), 3)).toBe(0.01);
    expect(rope('y ~ x', gaussian({ link: 'log' }), 3)).toBe(0.01);
    expect(rope('s ~ x', bernoulli(), 2)).toBeCloseTo(0.181379936, 8);
    expect(rope('s ~ x', bernoulli({ link: 'probit' }), 2)).toBe(0.1);
    expect(rope('y ~ x', poisson(), 2)).toBe(0.1);
    expect(rope('y ~ x', negbinomial(), 3)).toBe(0.1);
  });
});

describe('coefficients', () => {
  const fit = smallFit({
    formula: 'y ~ 1 + z + (1 | g) + (0 + x | g) + (1 | h)',
    family: gaussian(),
    data: {
      y: [1, 2, 3, 4],
      z: [1, 0, 2, 5],
      x: [0, 1, 2, 4],
      g: ['a', 'a', 'b', 'b'],
      h: ['c', 'd', 'c', 'd'],
    },
    draws: normalDraws([1, 2, 1, 1, 1, 1, 10, 20, 30, 40, 50, 60], 0.001, 10),
  });
  const round = (rows: readonly { mean: number }[]) => rows.map((r) => Math.round(r.mean));

  it('of levels are their effects and the population’s, of terms of one group together', () => {
    expect(round(fixef(fit))).toEqual([1, 2]);
    expect(round(ranef(fit).g ?? [])).toEqual([10, 20, 30, 40]);
    expect(round(coef(fit).g ?? [])).toEqual([11, 21, 30, 40, 2, 2]);
    expect(coef(fit).g?.map(({ level, name }) => `${level} ${name}`)).toEqual([
      'a Intercept',
      'b Intercept',
      'a x',
      'b x',
      'a z',
      'b z',
    ]);
    expect(round(coef(fit).h ?? [])).toEqual([51, 61, 2, 2]);
    const [ofG] = summaryOf(fit).groups;
    expect(ofG?.rows.map(({ label }) => label)).toEqual(['sd(Intercept)', 'sd(x)']);
  });

  it('of levels are none where there are no groups', () => {
    expect(() => ranef(bernoulliFit)).toThrow('no group terms');
  });
});
