/** Errors that uncertain weights cause in figures. */
import { describe, expect, it } from 'vitest';
import { type ModelWeights, modelData } from '../../src/analysis/learned-weights.js';
import type { WeightFigures } from '../../src/analysis/reproduce.js';
import { withRoundingErrors } from '../../src/analysis/rounding-errors.js';
import { readStudy } from '../../src/authors-files/read-study.js';
import { fixturePath } from '../../src/package-info.js';

const study = await readStudy(fixturePath('replica'));
const [record] = study.models;
if (!record) throw new Error('no model');
const data = modelData(record, study);

/** One context whose second weight is 40, or 41 with the given chance. */
function modelWith(chance: number): ModelWeights {
  const [group] = data.groups.instilled;
  if (!group) throw new Error('no context');
  const learned = {
    ...{ context: group.context, n: 50, slopes: [1, 0.4], intercept: 0, scaled: [100, 40] },
    ...{ slopeHdis: [], slopeHdiMcses: [] },
    uncertain: chance === 0 ? [] : [{ index: 1, other: 41, chance }],
  };
  return { ...data, weights: { instilled: [learned], native: [] } };
}

/** Figures that are multiples of the second weight. */
function compute(models: readonly ModelWeights[]): WeightFigures {
  const weight = models[0]?.weights.instilled[0]?.scaled[1] ?? Number.NaN;
  const none = [1e-9, 1e-9] as const;
  const correlation = {
    ...{ n: 2, r: 0.5, estimate: weight, estimateMcse: 1e-9 },
    ...{ hdi: [-weight, 2 * weight] as const, hdiMcse: none },
  };
  const effect = {
    ...{ n: 2, median: 3 * weight, medianMcse: 1e-9 },
    ...{ hpd: [0, 4 * weight] as const, hpdMcse: none },
  };
  const set = {
    correlations: new Map([['one', correlation]]),
    effects: { instilled: effect, native: effect },
  };
  return {
    ...set,
    comparisons: [],
    targetComparisons: [],
    reportsVsTarget: new Map([['one', correlation]]),
    withoutLargest: set,
    largestChangeInR: { plus_100: 5 * weight, plus_and_minus_100: 0 },
    largestChangeMcse: { plus_100: 0, plus_and_minus_100: 0 },
  };
}

describe('errors from the rounding of weights', () => {
  it('are the numerical errors alone if all weights are certain', () => {
    const models = [modelWith(0)];
    const figures = compute(models);
    expect(withRoundingErrors(figures, models, compute)).toBe(figures);
  });

  it('are the root mean square changes of each figure if one is not', () => {
    const models = [modelWith(0.5)];
    const figures = withRoundingErrors(compute(models), models, compute);
    const one = figures.correlations.get('one');
    // The weight changes by one in half of 30 roundings: √½, four errors of √(1/30)/2 in its square.
    const unit = one?.estimateMcse ?? Number.NaN;
    expect(Math.abs(unit ** 2 - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 30));
    // All figures are computed from the same roundings.
    expect(one?.hdiMcse[0]).toBeCloseTo(unit, 9);
    expect(one?.hdiMcse[1]).toBeCloseTo(2 * unit, 9);
    expect(figures.effects.native.medianMcse).toBeCloseTo(3 * unit, 9);
    expect(figures.effects.native.hpdMcse[0]).toBeCloseTo(1e-9, 12);
    expect(figures.effects.native.hpdMcse[1]).toBeCloseTo(4 * unit, 9);
    expect(figures.withoutLargest.effects.instilled.medianMcse).toBeCloseTo(3 * unit, 9);
    expect(figures.reportsVsTarget.get('one')?.estimateMcse).toBeCloseTo(unit, 9);
    expect(figures.largestChangeMcse).toEqual({
      plus_100: expect.closeTo(5 * unit, 9),
      plus_and_minus_100: 0,
    });
    // The figures themselves stay.
    expect(one?.estimate).toBe(40);
  });
});
