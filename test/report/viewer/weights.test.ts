/** The page's statistics: weights on the paper's scale, and what they predict of choices. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parameterTitle } from '../../../src/report/viewer/page/parameter-names.js';
import { predict, probabilityGroups } from '../../../src/report/viewer/page/predictions.js';
import {
  listReports,
  reportSeries,
  scaleFactor,
  weightRows,
} from '../../../src/report/viewer/page/weights-table.js';
import type { TrialRecord } from '../../../src/report/viewer/wire.js';
import { attic, fitRecord } from './fake-folder.js';

const finite = fc.double({ min: -50, max: 50, noNaN: true });

describe('weights on the scale of the paper', () => {
  it('have a largest absolute mean of 100', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), (means) => {
        fc.pre(means.some((mean) => Math.abs(mean) > 1e-6));
        const scaled = means.map((mean) => mean * scaleFactor(means));
        expect(Math.max(...scaled.map(Math.abs))).toBeCloseTo(100, 8);
      }),
      { seed: 21 },
    );
    expect(scaleFactor([0, 0])).toBe(1);
    expect(scaleFactor([null, 2])).toBe(50);
  });

  it('carry the interval along, and the target as it is', () => {
    const weights = {
      scenario: 'attic',
      n: 2,
      b: [-2, 0.5],
      scaled: [-100, 25],
      hdi: [
        [-3, -1],
        [0, null],
      ] as [number, number | null][],
      intercept: 0,
    };
    const rows = weightRows(attic, { fit: fitRecord('fit'), weights });
    expect(rows).toMatchObject([
      { mean: -2, point: -100, scaled: -100, hdi: [-150, -50], target: -100 },
      { mean: 0.5, point: 25, scaled: 25, hdi: [0, null], target: 40 },
    ]);
    expect(weightRows(attic, { fit: fitRecord('fit'), weights: null })).toBeNull();
  });

  it('stand beside the reports that could be used, and their means', () => {
    const series = reportSeries(
      {
        reports: [
          {
            file: 'instilledReports',
            reports: [{ weights: [10, -20] }, { weights: null }, { weights: [30, 0] }],
          },
          { file: 'lastHalfTrainedReports', reports: [{ weights: null }] },
        ],
      },
      2,
    );
    expect(series).toMatchObject([
      {
        label: 'before introspection training',
        weights: [
          [10, -20],
          [30, 0],
        ],
        means: [20, -10],
      },
    ]);
  });

  it('have every report listed, used or not, with its number in its file', () => {
    const used = { weights: [10, -20] };
    const invalid = { weights: null, raw: 'no' };
    const listed = listReports({
      reports: [
        { file: 'offTheShelfReports', reports: [used] },
        { file: 'instilledReports', reports: [invalid, used] },
      ],
    });
    expect(listed).toEqual([
      { file: 'offTheShelfReports', number: 1, stage: 'off the shelf', report: used },
      ...[invalid, used].map((report, i) => ({
        file: 'instilledReports',
        number: i + 1,
        stage: 'before introspection training',
        report,
      })),
    ]);
  });

  it('are named by what they weigh', () => {
    expect(parameterTitle('b_d2', attic)).toBe('mice');
    expect(parameterTitle('b_Intercept', attic)).toBe('intercept');
    expect(parameterTitle('b_d3', attic)).toBe('b_d3');
    expect(parameterTitle('sigma', attic)).toBe('sigma');
  });
});

/** The same draw again and again. */
function constantDraws(intercept: number, slopes: readonly number[], draws: number) {
  const row = [intercept, ...slopes];
  return {
    parameterNames: ['b_Intercept', ...slopes.map((_, i) => `b_d${i + 1}`)],
    chains: 2,
    drawsPerChain: draws / 2,
    values: Float64Array.from({ length: draws * row.length }, (_, i) => row[i % row.length] ?? 0),
  };
}

const trial = (a: number[], b: number[], choice: TrialRecord['choice']): TrialRecord => ({
  a,
  b,
  choice,
});

describe('predictions', () => {
  it('are the logistic of intercept and weighed differences, in ranges', () => {
    const option = fc.tuple(
      fc.double({ min: 1, max: 5, noNaN: true }),
      fc.integer({ min: 0, max: 100 }),
    );
    fc.assert(
      fc.property(option, option, finite, finite, finite, (a, b, intercept, one, other) => {
        const found = predict(
          attic,
          [trial(a, b, 'A')],
          constantDraws(intercept, [one, other], 40),
        );
        const logit = intercept + (one * (a[0] - b[0])) / 4 + (other * (a[1] - b[1])) / 100;
        expect(found?.trials[0]?.mean).toBeCloseTo(1 / (1 + Math.exp(-logit)), 10);
      }),
      { seed: 22 },
    );
  });

  it('replicate choices as often as they are probable', () => {
    const trials = Array.from({ length: 40 }, () => trial([1, 50], [1, 50], 'A'));
    const found = predict(attic, trials, constantDraws(Math.log(0.3 / 0.7), [1, 1], 1000));
    const values = found?.replicated.values ?? new Float64Array();
    const share = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(values).toHaveLength(40_000);
    // Six standard errors of 40,000 draws of probability 0.3.
    expect(Math.abs(share - 0.3)).toBeLessThan(6 * Math.sqrt(0.21 / 40_000));
  });

  it('leave out answers that were neither, keep numbers of trials, and ascend', () => {
    const found = predict(
      attic,
      [
        trial([5, 0], [1, 0], 'A'),
        trial([1, 0], [5, 0], null),
        trial([1, 0], [5, 0], 'B'),
        trial([1, 0], [5, 0], 'A'),
      ],
      constantDraws(0, [2, 0], 100),
    );
    expect(found?.trials.map((one) => [one.trial, one.choseA])).toEqual([
      [3, false],
      [4, true],
      [1, true],
    ]);
    expect(found?.observedShare).toBeCloseTo(2 / 3);
    expect(found?.agreeingPercent).toBeCloseTo(200 / 3);
    expect(predict(attic, [trial([1, 0], [5, 0], null)], constantDraws(0, [1, 1], 100))).toBeNull();
  });

  it('are checked in groups of about equal size that do not mix', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 100 }),
        (means) => {
          const trials = means
            .sort((one, other) => one - other)
            .map((mean, i) => ({
              trial: i + 1,
              choseA: true,
              mean,
              interval: [0, 1] as const,
            }));
          const groups = probabilityGroups(trials);
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
