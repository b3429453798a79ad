/**
 * What brms computes from the same draws (test/reference/brms-after.R): every number of ours to
 * 1e-8, on a Gaussian fit with a factor, an interaction and a group term, and on a Bernoulli one.
 */
import { describe, expect, it } from 'vitest';
import { centreOf, type PointSummary, spreadOf } from '../../../src/posterior/point-summary.js';
import { bayesR2 } from '../../../src/regression/after/bayes-r2.js';
import { conditionalEffects } from '../../../src/regression/after/conditional-effects.js';
import { coef, fixef, ranef } from '../../../src/regression/after/effects.js';
import { hypothesis } from '../../../src/regression/after/hypothesis.js';
import { fitted, linpred, posteriorEpred } from '../../../src/regression/after/predictions.js';
import { bernoulliFit, gaussianFit, largestDifference, reference, TOLERANCE } from './brms-fits.js';

const four = (row: PointSummary) => [centreOf(row), spreadOf(row), row.lower, row.upper];
const expectRows = (
  ours: readonly PointSummary[],
  theirs: readonly (readonly (number | null)[])[],
) => {
  expect(ours.length).toBe(theirs.length);
  expect(largestDifference(ours.flatMap(four), theirs.flat())).toBeLessThan(TOLERANCE);
};

const both = [
  { name: 'gaussian', fit: gaussianFit, theirs: reference.gaussian },
  { name: 'bernoulli', fit: bernoulliFit, theirs: reference.bernoulli },
] as const;

describe.each(both)('the $name fit', ({ fit, theirs }) => {
  it('has the parameters of brms, in its order', () => {
    expect(fit.draws.parameterNames).toEqual(theirs.parameterNames);
  });

  it('has the coefficients of fixef, by mean and by median', () => {
    expectRows(fixef(fit), theirs.fixef);
    expectRows(fixef(fit, { robust: true }), theirs.fixefRobust);
  });

  it('fits its rows as fitted does, on the scale of the outcome and of the link', () => {
    expectRows(fitted(fit), theirs.fitted);
    expectRows(linpred(fit, { groups: 'none' }), theirs.linpred);
    expectRows(fitted(fit, { groups: 'none', scale: 'linear' }), theirs.linpred);
  });

  it('explains the variance that bayes_R2 says', () => {
    // The reference is of brms 2.18, which knew residuals only.
    const residual = bayesR2(fit, { method: 'residual' });
    expect(largestDifference(four(residual), theirs.r2)).toBeLessThan(TOLERANCE);
  });

  it('has the conditional effects of conditional_effects', () => {
    for (const one of theirs.conditionalEffects) {
      const resolution = one.rows.length === 30 ? 10 : 100;
      const [ours] = conditionalEffects(fit, one.effects, { resolution });
      expect(ours?.effects.join(':')).toBe(one.effects);
      expectRows(ours?.rows ?? [], one.rows);
      const first = ours?.rows.map(({ at }) => String(at[ours.effects[0] ?? '']).toLowerCase());
      const asNumbers = one.first.map((text) => text.toLowerCase());
      if (Number.isNaN(Number(asNumbers[0]))) expect(first).toEqual(asNumbers);
      else {
        expect(largestDifference(first?.map(Number) ?? [], asNumbers.map(Number))).toBeLessThan(
          TOLERANCE,
        );
      }
    }
  });

  it('shows the effects that brms shows where none are named', () => {
    expect(conditionalEffects(fit).map(({ effects }) => effects.join(':'))).toEqual(
      theirs.defaultEffects,
    );
  });

  it('decides hypotheses as hypothesis does', () => {
    expectHypotheses(
      hypothesis(
        fit,
        theirs.hypotheses.map(({ text }) => text),
      ).rows,
      theirs.hypotheses,
    );
  });
});

function expectHypotheses(
  ours: ReturnType<typeof hypothesis>['rows'],
  theirs:
    | (typeof reference.gaussian.hypotheses)[number][]
    | (typeof reference.bernoulli.hypotheses)[number][],
) {
  expect(ours.length).toBe(theirs.length);
  theirs.forEach((one, i) => {
    const row = ours[i];
    if (!row) throw new Error(`no row for ${one.text}`);
    expect(row.hypothesis).toBe(one.hypothesis);
    expect(row.star).toBe(one.star);
    expect(largestDifference(four(row), one.numbers)).toBeLessThan(TOLERANCE);
    const odds = one.evidRatio === 'Inf' ? Number.POSITIVE_INFINITY : Number(one.evidRatio);
    if (one.evidRatio === 'Inf') expect(row.evidRatio).toBe(odds);
    else expect(largestDifference([row.evidRatio], [odds])).toBeLessThan(TOLERANCE);
    expect(largestDifference([row.postProb], [one.postProb ?? null])).toBeLessThan(TOLERANCE);
    expect(row.reason === null).toBe(!one.text.includes('='));
  });
}

describe('the Gaussian fit with groups', () => {
  const { gaussian } = reference;

  it('has the group effects of ranef and the coefficients of coef', () => {
    const effects = ranef(gaussianFit).g ?? [];
    expect(effects.map(({ level }) => level)).toEqual(gaussian.ranef.flatMap((c) => c.levels));
    expectRows(
      effects,
      gaussian.ranef.flatMap((c) => c.rows),
    );
    const whole = coef(gaussianFit).g ?? [];
    for (const { coefficient, rows } of gaussian.coef) {
      expectRows(
        whole.filter((row) => row.name === coefficient),
        rows,
      );
    }
    expect(whole.length).toBe(gaussian.coef.length * 6);
  });

  it('predicts new rows with known levels, and without group effects', () => {
    const data = gaussian.newRows;
    expectRows(fitted(gaussianFit, { data }), gaussian.fittedNew);
    expectRows(fitted(gaussianFit, { data, robust: true }), gaussian.fittedNewRobust);
    const { g: _, ...ungrouped } = data;
    for (const rows of [data, ungrouped]) {
      expectRows(fitted(gaussianFit, { data: rows, groups: 'none' }), gaussian.fittedNewNoGroups);
    }
  });

  it('has conditional effects where another column and a group are set', () => {
    const { effects, rows } = gaussian.conditioned;
    const [ours] = conditionalEffects(gaussianFit, effects, {
      conditions: { x: 2, g: 'g2' },
      groups: 'all',
    });
    expectRows(ours?.rows ?? [], rows);
    expect(ours?.rows[0]?.at).toEqual({ f: 'a', x: 2, g: 'g2', late: false });
  });

  it('decides hypotheses of standard deviations by class and group', () => {
    const theirs = gaussian.hypothesesOfSd;
    const ours = hypothesis(
      gaussianFit,
      theirs.map(({ text }) => text),
      { class: 'sd', group: 'g', mass: 0.9 },
    );
    expectHypotheses(ours.rows, theirs);
  });
});

describe('draws of what is fitted', () => {
  it('are those that the summaries summarize', () => {
    const draws = posteriorEpred(bernoulliFit);
    const means = draws.parameterNames.map((_, row) => {
      let sum = 0;
      for (let s = 0; s < 200; s++) sum += draws.values[s * 50 + row] ?? Number.NaN;
      return sum / 200;
    });
    expect(
      largestDifference(
        means,
        reference.bernoulli.fitted.map(([mean]) => mean ?? null),
      ),
    ).toBeLessThan(TOLERANCE);
    expect(draws).toMatchObject({ chains: 2, drawsPerChain: 100 });
  });
});
