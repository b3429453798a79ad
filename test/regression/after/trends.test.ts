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
import { binomial, gaussian, poisson } from '../../../src/regression/families.js';
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
  rows.flatMap(({ estimate, lower, upper }) => [estimate, lower, upper]);

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
    const slopes = Array.from({ length: 101 }, (_, s) => withOffset.fit.draws.values[s * 5 + 1]);
    const median = slopes.toSorted((a, b) => Number(a) - Number(b))[50];
    expect(Math.abs((rows[0]?.estimate ?? Number.NaN) - Number(median))).toBeLessThan(1e-10);
  });

  it('has an offset in its means, which are the conditional effects of a factor', () => {
    const { rows } = means(withOffset, { by: 'f' });
    const [effect] = conditionalEffects(withOffset, 'f');
    expect(
      largestDifference(
        rows.map(({ estimate }) => estimate),
        effect?.rows.map(({ estimate }) => estimate) ?? [],
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
    expect(() => means(withOffset, { by: 'f', prob: 1.5 })).toThrow('prob is 1.5');
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
    const slopes = Array.from({ length: 101 }, (_, s) => trials.fit.draws.values[s * 4 + 1] ?? 0);
    const median = slopes.toSorted((a, b) => a - b)[50] ?? Number.NaN;
    expect(trends(trials, { of: 'x' }).rows[0]?.estimate).toBeCloseTo(median, 10);
    const row = { x: 1, f: 'p' };
    const [at] = means(trials, { by: 'f', at: { x: 1, f: 'p' } }).rows;
    const [eta] = linpred(trials, { data: [row], robust: true });
    expect(at?.estimate).toBeCloseTo(eta?.estimate ?? Number.NaN, 10);
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
