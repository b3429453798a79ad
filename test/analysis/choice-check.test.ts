/** Posterior predictive check of a weight regression. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkChoices, probabilityGroups } from '../../src/analysis/choice-check.js';

const attic = {
  name: 'attic',
  question: 'Which attic?',
  attributes: [
    { name: 'height', min: 1, max: 5 },
    { name: 'mice', min: 0, max: 100 },
  ],
};
const finite = fc.double({ min: -50, max: 50, noNaN: true });

/** The same draw, repeated. */
function constantDraws(intercept: number, slopes: readonly number[], draws: number) {
  const row = [intercept, ...slopes];
  return {
    parameterNames: ['b_Intercept', ...slopes.map((_, i) => `b_d${i + 1}`)],
    chains: 2,
    drawsPerChain: draws / 2,
    values: Float64Array.from({ length: draws * row.length }, (_, i) => row[i % row.length] ?? 0),
  };
}

const chosen = (trial: number, a: number[], b: number[], choice: 'A' | 'B') => ({
  ...{ trial, a, b },
  choseA: choice === 'A',
});

describe('predictions of choices', () => {
  it('are the logistic of intercept and weighed differences, in ranges', () => {
    const option = fc.tuple(
      fc.double({ min: 1, max: 5, noNaN: true }),
      fc.integer({ min: 0, max: 100 }),
    );
    fc.assert(
      fc.property(option, option, finite, finite, finite, (a, b, intercept, one, other) => {
        const draws = constantDraws(intercept, [one, other], 40);
        const found = checkChoices(attic, [chosen(1, a, b, 'A')], draws, 1);
        const logit = intercept + (one * (a[0] - b[0])) / 4 + (other * (a[1] - b[1])) / 100;
        expect(found?.trials[0]?.mean).toBeCloseTo(1 / (1 + Math.exp(-logit)), 10);
      }),
      { seed: 22 },
    );
  });

  it('replicate choices as often as they are probable', () => {
    const trials = Array.from({ length: 40 }, (_, i) => chosen(i + 1, [1, 50], [1, 50], 'A'));
    const draws = constantDraws(Math.log(0.3 / 0.7), [1, 1], 1000);
    const found = checkChoices(attic, trials, draws, 1);
    const values = found?.replicated.values ?? new Float64Array();
    const share = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(values).toHaveLength(40_000);
    // Six standard errors of 40,000 draws of probability 0.3.
    expect(Math.abs(share - 0.3)).toBeLessThan(6 * Math.sqrt(0.21 / 40_000));
  });

  it('keep the numbers of trials, and ascend', () => {
    const found = checkChoices(
      attic,
      [
        chosen(1, [5, 0], [1, 0], 'A'),
        chosen(3, [1, 0], [5, 0], 'B'),
        chosen(4, [1, 0], [5, 0], 'A'),
      ],
      constantDraws(0, [2, 0], 100),
      1,
    );
    expect(found?.trials.map((one) => [one.trial, one.choseA])).toEqual([
      [3, false],
      [4, true],
      [1, true],
    ]);
    expect(found?.observedShare).toBeCloseTo(2 / 3);
    expect(found?.agreeingPercent).toBeCloseTo(200 / 3);
    expect(checkChoices(attic, [], constantDraws(0, [1, 1], 100), 1)).toBeNull();
  });

  it('are checked in groups of about equal size that do not mix', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 100 }),
        (means) => {
          const groups = probabilityGroups(means.sort((one, other) => one - other));
          expect(groups).toHaveLength(means.length);
          expect(groups.every((name) => /^P\(A\) \d+ to \d+%( \(\d\))?$/.test(name))).toBe(true);
          // Once left, a group does not come back.
          const changes = groups.filter((name, i) => i > 0 && name !== groups[i - 1]).length;
          expect(new Set(groups).size).toBe(changes + 1);
          expect(new Set(groups).size).toBe(Math.min(8, Math.max(1, Math.floor(means.length / 8))));
        },
      ),
      { seed: 23 },
    );
  });
});
