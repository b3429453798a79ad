/**
 * Conditional effects beyond what is held against brms: what stands still where, and what is
 * refused.
 */
import { describe, expect, it } from 'vitest';
import { conditionalEffects } from '../../../src/regression/after/conditional-effects.js';
import { posteriorEpred } from '../../../src/regression/after/predictions.js';
import { binomial, gaussian } from '../../../src/regression/families.js';
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
    rows.forEach(({ estimate, lower, upper }, row) => {
      const values = Array.from({ length: 40 }, (_, s) => draws.values[s * 3 + row] ?? Number.NaN);
      const ascending = values.toSorted((a, b) => a - b);
      expect(estimate).toBeCloseTo(((ascending[19] ?? 0) + (ascending[20] ?? 0)) / 2, 12);
      expect(values.filter((value) => value < lower).length).toBe(1);
      expect(values.filter((value) => value > upper).length).toBe(1);
    });
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
    const median = eta?.rows[0]?.estimate ?? Number.NaN;
    // Even draws: the median of the transformed is that of the two middle ones.
    expect(mean?.rows[0]?.estimate).toBeCloseTo(9 / (1 + Math.exp(-median)), 2);
    const [outcome] = conditionalEffects(counts, 'x', { ...options, method: 'predict' });
    expect(outcome?.rows[0]?.estimate).toBe(Math.round(2 * (outcome?.rows[0]?.estimate ?? 0)) / 2);
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
