/**
 * Conditional effects beyond what is held against brms: what stands still where, and what is
 * refused.
 */
import { describe, expect, it } from 'vitest';
import { reportedNames } from '../../../models/reported-parameters.js';
import { conditionalEffects } from '../../../src/regression/after/conditional-effects.js';
import { posteriorEpred } from '../../../src/regression/after/predictions.js';
import { binomial, gaussian } from '../../../src/regression/options.js';
import { prepare } from '../../../src/regression/prepare.js';
import { normalDraws, smallFit } from '../../support/small-fit.js';
import { gaussianFit } from './brms-fits.js';

const data = Array.from({ length: 12 }, (_, i) => ({
  y: i % 5,
  n: 5 + (i % 3),
  x: i / 3,
  w: 1 + (i % 5),
  k: 1 + (i % 3),
  'a:b': i % 2,
}));
const counts = smallFit({
  formula: 'y | trials(n) ~ x * w + factor(k) + offset(`a:b`)',
  family: binomial(),
  data,
  draws: normalDraws([-1, 0.1, 0.2, 0.3, 0.4, 0.05], 0.1, 40),
});

describe('conditional effects', () => {
  it('stand at the mean of numbers, the first level of factor() and one trial', () => {
    const [effect] = conditionalEffects(counts, 'x');
    const at = effect?.rows[0]?.at ?? {};
    expect(at).toMatchObject({ x: 0, k: 1, n: 1, 'a:b': 0.5 });
    expect(at.w).toBeCloseTo(data.reduce((sum, row) => sum + row.w, 0) / 12, 12);
    expect(effect?.rows.at(-1)?.at.x).toBe(11 / 3);
    expect(effect?.rows.length).toBe(100);
  });

  it('are medians and quantiles of what is fitted there', () => {
    const [effect] = conditionalEffects(counts, 'k');
    const rows = effect?.rows ?? [];
    expect(rows.map(({ at }) => at.k)).toEqual([1, 2, 3]);
    const draws = posteriorEpred(counts, { data: rows.map(({ at }) => at) });
    rows.forEach(({ median, lower, upper }, row) => {
      const values = Array.from({ length: 40 }, (_, s) => draws.values[s * 3 + row] ?? Number.NaN);
      const ascending = values.toSorted((a, b) => a - b);
      expect(median).toBeCloseTo(((ascending[19] ?? 0) + (ascending[20] ?? 0)) / 2, 12);
      expect(values.filter((value) => value < lower).length).toBe(1);
      expect(values.filter((value) => value > upper).length).toBe(1);
    });
  });

  it('have whole numbers of trials that are a predictor, too, within the data', () => {
    const fit = smallFit({
      formula: 'y | trials(n) ~ n * x',
      family: binomial(),
      data,
      prior: 'normal(0, 1)',
      draws: normalDraws([-1, 0.1, 0.2, 0.05], 0.1, 40),
    });
    const trialsAt = (effect: string) =>
      new Set(conditionalEffects(fit, effect)[0]?.rows.map(({ at }) => at.n));
    expect(trialsAt('n')).toEqual(new Set([5, 6, 7]));
    expect(trialsAt('x:n')).toEqual(new Set([5, 6, 7]));
    expect(trialsAt('x')).toEqual(new Set([6]));
    expect(conditionalEffects(fit).map(({ notes }) => notes)).toEqual([
      [],
      ['n is a predictor and the number of trials: it stands at 6'],
      [],
    ]);
    const [effect] = conditionalEffects(fit, 'x', { conditions: { n: 7 } });
    expect(effect?.rows[0]?.at.n).toBe(7);
  });

  it('take a second number at its mean and one standard deviation to both sides', () => {
    const [effect] = conditionalEffects(counts, 'x:w', { resolution: 5 });
    expect(effect?.rows.length).toBe(15);
    const [low, mid, high] = effect?.rows.map(({ at }) => Number(at.w)) ?? [];
    expect(Number(high) - Number(mid)).toBeCloseTo(Number(mid) - Number(low), 12);
    const mean = data.reduce((sum, row) => sum + row.w, 0) / 12;
    const square = data.reduce((sum, row) => sum + (row.w - mean) ** 2, 0) / 11;
    expect(Number(high) - Number(mid)).toBeCloseTo(Math.sqrt(square), 12);
  });

  it('can be of the linear predictor and of outcomes', () => {
    const options = { resolution: 2, conditions: { n: 9 } };
    const [eta] = conditionalEffects(counts, 'x', { ...options, method: 'linpred' });
    const [mean] = conditionalEffects(counts, 'x', options);
    const median = eta?.rows[0]?.median ?? Number.NaN;
    // Even draws: the median of the transformed is that of the two middle ones.
    expect(mean?.rows[0]?.median).toBeCloseTo(9 / (1 + Math.exp(-median)), 2);
    const [outcome] = conditionalEffects(counts, 'x', { ...options, method: 'predict' });
    expect(outcome?.rows[0]?.median).toBe(Math.round(2 * (outcome?.rows[0]?.median ?? 0)) / 2);
  });

  it('of a column whose name has a colon are its own', () => {
    expect(conditionalEffects(counts, 'a:b')[0]?.effects).toEqual(['a:b']);
  });

  it('are refused of what is no predictor, of more than two, and of a group without a level', () => {
    expect(() => conditionalEffects(counts, 'z')).toThrow("the effect 'z' is no predictor");
    expect(() => conditionalEffects(counts, 'x:w:k')).toThrow('more than two predictors');
    expect(() => conditionalEffects(counts, 'x:x')).toThrow('one predictor twice');
    expect(() => conditionalEffects(counts, 'x', { conditions: { q: 1 } })).toThrow(
      "the condition 'q' is no predictor",
    );
    expect(() => conditionalEffects(counts, 'x', { resolution: 1 })).toThrow('resolution is 1');
    expect(() => conditionalEffects(counts, 'x', { resolution: 1e9 })).toThrow('from 2 to 10000');
    expect(() => conditionalEffects(gaussianFit, 'x', { groups: 'all' })).toThrow(
      'no level of g is typical',
    );
    const ofGroups = conditionalEffects(gaussianFit, 'g', { groups: 'all' })[0];
    expect(ofGroups?.rows.map(({ at }) => at.g)).toEqual(['g1', 'g2', 'g3', 'g4', 'g5', 'g6']);
  });

  it('of a formula with 0 + Intercept show no effect of the ones', () => {
    const fit = smallFit({
      formula: 'y ~ 0 + Intercept + x',
      family: gaussian(),
      data,
      draws: normalDraws([1, 2, 1], 0.1, 10),
    });
    expect(conditionalEffects(fit).map(({ effects }) => effects)).toEqual([['x']]);
  });
});

describe('conditional effects exist where the formula has a value', () => {
  const n = 40;
  const rows = Array.from({ length: n }, (_, i) => ({
    y: i % 7,
    x: Math.sin(i),
    year: 2010 + (i % 10),
    skewed: Math.exp(3 * Math.sin(1.3 * i)),
    around: i % 2 === 0 ? 1 + i / 40 : -1 - (i - 1) / 40,
    g: 'ab'[i % 2] ?? '',
    h: 'pqr'[i % 3] ?? '',
  }));
  const fitOf = (formula: string) => {
    const { specification } = prepare({ ...basis, formula });
    const centre = reportedNames(specification).map(() => 0.5);
    return smallFit({ ...basis, formula, draws: normalDraws(centre, 0.1, 20) });
  };
  const basis = { family: gaussian(), data: rows };
  const mean = (of: (row: (typeof rows)[number]) => number) =>
    rows.reduce((sum, row) => sum + of(row), 0) / n;

  // brms 2.18: prepare_conditions(brm(..., empty = TRUE)) has year = 2014.5 and g = "a".
  it.each([
    ['y ~ x + year + (1 | year)', { year: 2014.5 }, ['x', 'year']],
    ['y ~ x * g + (1 | g:h)', { g: 'a' }, ['x', 'g', 'x:g']],
    ['y ~ x + year + (1 | g/year)', { year: 2014.5 }, ['x', 'year']],
  ])('where a predictor is grouped by too: %s', (formula, at, all) => {
    const fit = fitOf(formula);
    expect(conditionalEffects(fit, 'x')[0]?.rows[0]?.at).toMatchObject(at);
    const effects = conditionalEffects(fit);
    expect(effects.map(({ effects: names }) => names.join(':'))).toEqual(all);
    expect(effects.notes).toEqual([]);
    const [grouping] = Object.keys(at);
    expect(() => conditionalEffects(fit, 'x', { groups: 'all' })).toThrow(
      new RegExp(`no level of (${grouping}|g) is typical`),
    );
  });

  it('within the range of the data: mean − sd of a skewed number is negative', () => {
    const effects = conditionalEffects(fitOf('y ~ x * log(skewed)'));
    expect(effects.map(({ rows: points }) => points.length)).toEqual([100, 100, 300]);
    const least = Math.min(...rows.map(({ skewed }) => skewed));
    expect(effects[2]?.rows[0]?.at.skewed).toBe(least);
    expect(effects[2]?.notes.join()).toContain('skewed stands at its least');
    expect(effects[0]?.rows[0]?.at.skewed).toBeCloseTo(
      mean(({ skewed }) => skewed),
      10,
    );
  });

  it('without the points where they do not exist, which a note counts', () => {
    const [effect] = conditionalEffects(fitOf('y ~ sqrt(around^2 - 1) + x'), 'around');
    const points = effect?.rows ?? [];
    expect(points.length).toBeGreaterThan(10);
    expect(points.every(({ at }) => Number(at.around) ** 2 >= 1)).toBe(true);
    expect(effect?.notes).toEqual([
      expect.stringMatching(
        new RegExp(
          `^${100 - points.length} of 100 points are left out: sqrt\\(around\\^2 - 1\\) is NaN`,
        ),
      ),
    ]);
    expect(String(effect)).toContain('points are left out');
  });

  it('without those that do not exist at all, each with a note; asked for, one is an error', () => {
    const fit = fitOf('y ~ sqrt(around^2 - 1) + x');
    const effects = conditionalEffects(fit);
    expect(effects.map(({ effects: names }) => names.join(':'))).toEqual(['around']);
    expect(effects.notes).toEqual([
      expect.stringMatching(/^x is not shown: sqrt\(around\^2 - 1\) is NaN, where around is /),
    ]);
    expect(String(effects)).toContain('x is not shown');
    expect(() => conditionalEffects(fit, 'x')).toThrow('sqrt(around^2 - 1) is NaN');
    expect(() => conditionalEffects(fit, undefined, { conditions: { around: 0.5 } })).toThrow(
      'where around is 0.5',
    );
    expect(conditionalEffects(fit, 'x', { conditions: { around: 2 } })[0]?.rows.length).toBe(100);
  });

  it('of predictors of group terms, offsets and factors of numbers', () => {
    const slopes = conditionalEffects(fitOf('y ~ 1 + (x | h)'), 'x')[0]?.rows ?? [];
    expect(new Set(slopes.map(({ median }) => median)).size).toBe(1);
    const [offset] = conditionalEffects(fitOf('y ~ x + offset(log(skewed))'));
    expect(offset?.rows[0]?.at.skewed).toBeCloseTo(
      mean(({ skewed }) => skewed),
      10,
    );
    const [levels] = conditionalEffects(fitOf('y ~ as.factor(year)'));
    expect(levels?.rows.map(({ at }) => at.year)).toEqual(
      Array.from({ length: 10 }, (_, i) => 2010 + i),
    );
    const [cut] = conditionalEffects(fitOf('y ~ cut(x, 2) + I(year > 2014)'));
    expect(cut?.rows.length).toBe(100);
  });
});
