/**
 * Marginal trends and means: what emmeans computes from the same draws (test/reference/emmeans.R),
 * to 1e-8, and what must hold of them anywhere.
 */
import { describe, expect, it } from 'vitest';
import type { DataInput } from '../../../src/formula/table.js';
import { conditionalEffects } from '../../../src/regression/after/conditional-effects.js';
import { linpred, predict } from '../../../src/regression/after/predictions.js';
import {
  type Marginal,
  type MarginalOptions,
  means,
  type TrendsOptions,
  trends,
} from '../../../src/regression/after/trends.js';
import { binomial, gaussian, poisson } from '../../../src/regression/options.js';
import reference from '../../reference/emmeans.json' with { type: 'json' };
import { normalDraws, smallFit } from '../../support/small-fit.js';
import { bernoulliFit, gaussianFit, largestDifference, TOLERANCE } from './brms-fits.js';

interface Theirs {
  readonly name: string;
  readonly labels: readonly string[];
  readonly rows: readonly (readonly number[])[];
  readonly contrasts: readonly string[];
  readonly contrastRows: readonly (readonly number[])[];
}
const three = (rows: Marginal['rows'] | Marginal['contrasts']) =>
  rows.flatMap(({ median, lower, upper }) => [median, lower, upper]);

function expectSame(ours: Marginal, theirs: Theirs): void {
  expect(largestDifference(three(ours.rows), theirs.rows.flat())).toBeLessThan(TOLERANCE);
  expect(largestDifference(three(ours.contrasts), theirs.contrastRows.flat())).toBeLessThan(
    TOLERANCE,
  );
  expect(ours.contrasts.map(({ contrast }) => contrast)).toEqual(theirs.contrasts);
  const labels = ours.rows.map(({ at }) => Object.values(at).map(String).join(' ').toLowerCase());
  const wanted = theirs.labels.map((text) => text.toLowerCase());
  expect(labels).toEqual(wanted[0] === 'overall' ? [''] : wanted);
}

// The interaction columns of a formula with poly() and a square, with made-up draws.
const curve = smallFit({
  formula: reference.curve.formula,
  family: gaussian(),
  data: reference.curve.data as DataInput,
  draws: reference.curve.draws.map((row) => [...row, 1]),
});

describe('against emmeans', () => {
  const cases = <Options>(theirs: readonly Theirs[], options: readonly Options[]) =>
    theirs.map((one, i) => ({ name: one.name, theirs: one, options: options[i] as Options }));

  it.each(
    cases<TrendsOptions>(reference.trends, [
      { of: 'x' },
      { of: 'x', by: 'f' },
      { of: 'x', by: ['f', 'late'] },
    ]),
  )('trends of lines are those of emtrends: $name', ({ theirs, options }) => {
    expectSame(trends(gaussianFit, options), theirs);
  });

  it.each(
    cases<TrendsOptions>(reference.curveTrends, [
      { of: 'x' },
      { of: 'z', by: 'f' },
      { of: 'z', by: ['h', 'f'], at: { z: 0.5 } },
      { of: 'x', by: 'x', at: { x: [1, 3] } },
    ]),
  )('trends of curves are those of emtrends, its step included: $name', ({ theirs, options }) => {
    expectSame(trends(curve, options), theirs);
  });

  it.each(
    cases<TrendsOptions>(reference.bernoulliTrends, [
      { of: 'd1' },
      { of: 'd1', by: 'd2', at: { d2: [-1, 0, 2] } },
    ]),
  )('trends on the logit scale are those of emtrends: $name', ({ theirs, options }) => {
    expectSame(trends(bernoulliFit, options), theirs);
  });

  it.each(
    cases<MarginalOptions>(reference.means, [
      {},
      { by: 'f' },
      { by: ['f', 'late'] },
      { by: 'late', at: { x: 2 } },
      { by: 'late', at: { f: ['a', 'c'] } },
    ]),
  )('means are those of emmeans: $name', ({ theirs, options }) => {
    expectSame(means(gaussianFit, options), theirs);
  });

  it('means are taken back through the link as by type = "response"', () => {
    const ours = means(bernoulliFit, { by: 'd1', at: { d1: [-1, 1] }, scale: 'response' });
    expect(largestDifference(three(ours.rows), reference.responseMeans.flat())).toBeLessThan(
      TOLERANCE,
    );
  });
});

// Predictors of two values, as numbers and as others: emmeans keeps both, by `cov.keep = 2`.
describe('of numbers of two values', () => {
  const { data, cases } = reference.twoValues;
  const familyOf = (link: unknown) =>
    link === 'logit' ? binomial() : link === 'log' ? poisson() : gaussian();
  const fits = cases.map(({ link, formula, ...theirs }) => {
    const family = familyOf(link);
    const auxiliary = family.family === 'gaussian' ? [1] : [];
    const fit = smallFit({
      formula: link === 'logit' ? formula.replace('~', '| trials(n) ~') : formula,
      family,
      data: data as DataInput,
      prior: 'normal(0, 1) class=b',
      draws: theirs.draws.map((row) => [...row, ...auxiliary]),
    });
    return { formula, fit, theirs };
  });
  const byOf = (specs: string) => (specs === '1' ? [] : specs.split(' * '));

  it.each(fits)('means are those of emmeans: $formula', ({ fit, theirs }) => {
    for (const { name, rows, contrasts, contrastRows } of theirs.means) {
      const ours = means(fit, { by: byOf(name) });
      expect(largestDifference(three(ours.rows), rows.flat()), name).toBeLessThan(TOLERANCE);
      expect(ours.contrasts.map(({ contrast }) => contrast)).toEqual(contrasts);
      expect(largestDifference(three(ours.contrasts), contrastRows.flat())).toBeLessThan(TOLERANCE);
    }
    for (const { name, rows } of theirs.response) {
      const ours = means(fit, { by: byOf(name), scale: 'response' });
      expect(largestDifference(three(ours.rows), rows.flat()), name).toBeLessThan(TOLERANCE);
    }
  });

  it.each(fits)('trends are those of emtrends: $formula', ({ fit, theirs }) => {
    for (const { name, rows, contrasts, contrastRows } of theirs.trends) {
      const [of = '', specs = ''] = name.split(' by ');
      const ours = trends(fit, { of, by: byOf(specs) });
      expect(largestDifference(three(ours.rows), rows.flat()), name).toBeLessThan(TOLERANCE);
      expect(ours.contrasts.map(({ contrast }) => contrast)).toEqual(contrasts);
      expect(largestDifference(three(ours.contrasts), contrastRows.flat())).toBeLessThan(TOLERANCE);
    }
  });

  it('are those of the same column as text, and three values are held at their mean', () => {
    const rows = Array.from({ length: 30 }, (_, i) => ({
      y: (i * 7) % 11,
      b: i % 7 < 2 ? 1 : 0,
      three: i % 3,
      f: 'pq'[i % 2] ?? '',
    }));
    const draws = normalDraws([1, 2, 3, 4, 1], 0.5, 51);
    const asNumber = smallFit({
      formula: 'y ~ b + three + f',
      family: gaussian(),
      data: rows,
      draws,
    });
    const text = rows.map((row) => ({ ...row, b: `b${row.b}` }));
    const asText = smallFit({
      formula: 'y ~ b + three + f',
      family: gaussian(),
      data: text,
      draws,
    });
    expect(three(means(asNumber, { by: 'f' }).rows)).toEqual(
      three(means(asText, { by: 'f' }).rows),
    );
    expect(means(asNumber, { by: 'f' }).notes).toEqual([
      'Results are averaged over the levels of: b',
    ]);
    expect(means(asNumber, { by: 'three' }).rows.map(({ at }) => at)).toEqual([{ three: 1 }]);
    expect(means(asNumber, { by: 'b' }).rows.map(({ at }) => at)).toEqual([{ b: 0 }, { b: 1 }]);
  });

  it('refuse a grid beyond 10,000 rows', () => {
    const rows = Array.from({ length: 300 }, (_, i) => ({ y: i % 7, x: i, z: (i * 7) % 300 }));
    const fit = smallFit({
      formula: 'y ~ cut(x, 2) + cut(z, 2)',
      family: gaussian(),
      data: rows,
      draws: normalDraws([1, 2, 3, 1], 0.5, 5),
    });
    expect(() => means(fit)).toThrow(
      '90000 rows, more than 10000: set values in at of some of x, z',
    );
    expect(means(fit, { at: { z: [1, 299] } }).rows).toHaveLength(1);
  });
});

describe('trends and means', () => {
  const data = Array.from({ length: 12 }, (_, i) => ({
    y: i,
    x: i / 3,
    w: 1 + (i % 5),
    f: 'pqr'[i % 3] ?? '',
  }));
  const withOffset = smallFit({
    formula: 'y ~ x + f + offset(x * w)',
    family: gaussian(),
    data,
    draws: normalDraws([1, 2, 3, 4, 1], 0.5, 101),
  });

  it('of a line is its coefficient, and an offset has no part in it', () => {
    const { rows } = trends(withOffset, { of: 'x' });
    const slopes = Array.from({ length: 101 }, (_, s) => withOffset.draws.values[s * 5 + 1]);
    const median = slopes.toSorted((a, b) => Number(a) - Number(b))[50];
    expect(Math.abs((rows[0]?.median ?? Number.NaN) - Number(median))).toBeLessThan(1e-10);
  });

  it('has an offset in its means, which are the conditional effects of a factor', () => {
    const { rows } = means(withOffset, { by: 'f' });
    const [effect] = conditionalEffects(withOffset, 'f');
    expect(
      largestDifference(
        rows.map(({ median }) => median),
        effect?.rows.map(({ median }) => median ?? Number.NaN) ?? [],
      ),
    ).toBeLessThan(1e-10);
  });

  it('refuses what is no predictor, no numbers, or constant', () => {
    expect(() => trends(withOffset, { of: 'z' })).toThrow(
      "the predictor 'z' is no predictor of this fit: it has x, f, w",
    );
    expect(() => trends(withOffset, { of: 'f' })).toThrow("'f' is no numeric predictor");
    expect(() => means(withOffset, { by: 'g' })).toThrow("'g' is no predictor");
    expect(() => means(withOffset, { at: { f: [] } })).toThrow("no values of 'f'");
    expect(() => means(withOffset, { by: 'f', mass: 1.5 })).toThrow('mass is 1.5');
    expect(() => means(withOffset, { by: 'f', at: { f: 'q?' } })).toThrow('q?');
  });

  it('need no trials, of which the linear predictor has none', () => {
    const trials = smallFit({
      formula: 'k | trials(tr) ~ x + f',
      family: binomial(),
      data: data.map((row, i) => ({ ...row, k: i % 3, tr: 4 + (i % 2) })),
      prior: 'normal(0, 1)',
      draws: normalDraws([0, 1, 0.5, -0.5], 0.3, 101),
    });
    const slopes = Array.from({ length: 101 }, (_, s) => trials.draws.values[s * 4 + 1] ?? 0);
    const median = slopes.toSorted((a, b) => a - b)[50] ?? Number.NaN;
    expect(trends(trials, { of: 'x' }).rows[0]?.median).toBeCloseTo(median, 10);
    const row = { x: 1, f: 'p' };
    const [at] = means(trials, { by: 'f', at: { x: 1, f: 'p' } }).rows;
    const [eta] = linpred(trials, { data: [row], robust: true });
    expect(at?.median).toBeCloseTo(eta?.median ?? Number.NaN, 10);
    expect(() => predict(trials, { data: [row] })).toThrow("no column 'tr'");
  });

  it('say what was averaged over and on which scale they are, as emmeans does', () => {
    const counts = smallFit({
      formula: 'n ~ x * f + b',
      family: poisson(),
      data: data.map((row, i) => ({ ...row, n: i % 4, b: i % 5 < 2 })),
      prior: 'normal(0, 1)',
      draws: normalDraws([1, 0, 0, 0, 0, 0, 0], 0.2, 51),
    });
    const averaged = 'Results are averaged over the levels of: b';
    const scale = 'given on the log (not the response) scale.';
    expect(means(counts, { by: 'f' }).notes).toEqual([averaged, `Results are ${scale}`]);
    expect(trends(counts, { of: 'x', by: 'f' }).notes).toEqual([averaged, `Trends are ${scale}`]);
    const response = means(counts, { by: ['f', 'b'], scale: 'response' });
    expect(response.notes).toEqual([
      'Contrasts are of all pairs over f and b.',
      'Intervals are back-transformed from the log scale.',
      `Contrasts are ${scale}`,
    ]);
    expect(response.contrasts).toHaveLength(15);
    for (const note of response.notes) expect(String(response).split('\n')).toContain(note);
    expect(means(counts, { scale: 'response' }).notes.join(' ')).not.toContain('Contrasts');
    expect(means(withOffset, { by: 'f' }).notes).toEqual([]);
  });

  it('prints rows and contrasts under emmeans’ heads', () => {
    const lines = String(trends(gaussianFit, { of: 'x', by: 'f' })).split('\n');
    expect(lines[0]).toBe(' f x.trend lower.HPD upper.HPD');
    expect(lines[1]).toBe(' a   0.226    -0.117     0.484');
    expect(lines[6]).toBe('a - b   -0.206    -0.668     0.151');
  });
});
