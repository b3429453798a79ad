/** The page's tables of weights and reports. */

import { describe, expect, it } from 'vitest';
import { reportStage } from '../../src/report/words.js';
import { parameterTitle } from '../../src/viewer/page/format.js';
import { listReports, reportSeries, weightRows } from '../../src/viewer/page/weights.js';
import { attic, fitRecord } from './fake-folder.js';

describe('weights on the scale of the paper', () => {
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
      scale: 50,
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
            stage: reportStage('instilledReports', true),
            reports: [{ weights: [10, -20] }, { weights: null }, { weights: [30, 0] }],
          },
          {
            file: 'lastHalfTrainedReports',
            stage: reportStage('lastHalfTrainedReports', true),
            reports: [{ weights: null }],
          },
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
        {
          file: 'offTheShelfReports',
          stage: reportStage('offTheShelfReports', true),
          reports: [used],
        },
        {
          file: 'instilledReports',
          stage: reportStage('instilledReports', true),
          reports: [invalid, used],
        },
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
