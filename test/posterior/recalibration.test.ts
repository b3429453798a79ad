/** Recalibration and the CORP decomposition, by their definitions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  discriminationOf,
  miscalibrationOf,
  recalibration,
} from '../../src/posterior/recalibration.js';

/** Few different forecasts, so that some tie. */
const cases = fc.array(
  fc.record({
    forecast: fc.constantFrom(0.1, 0.25, 0.4, 0.5, 0.7, 0.9),
    trials: fc.integer({ min: 1, max: 4 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 30 },
);

describe('recalibration', () => {
  it('decomposes the mean squared distance: miscalibration − discrimination + uncertainty', () => {
    fc.assert(
      fc.property(cases, (rows) => {
        const forecasts = Float64Array.from(rows, ({ forecast }) => forecast);
        const trials = Float64Array.from(rows, (row) => row.trials);
        const events = rows.map((row) => Math.round(row.share * row.trials));
        const total = trials.reduce((sum, n) => sum + n, 0);
        const mean = events.reduce((sum, k) => sum + k, 0) / total;
        const score = (forecast: (row: number) => number) =>
          events.reduce((sum, k, row) => {
            const p = forecast(row);
            return sum + k * (1 - p) ** 2 + ((trials[row] ?? 0) - k) * p ** 2;
          }, 0) / total;
        const found = recalibration(forecasts, trials)(events);
        const recalibrated = (row: number) =>
          found.recalibrated[found.forecasts.indexOf(forecasts[row] ?? 0)] ?? Number.NaN;
        const miscalibration = score((row) => forecasts[row] ?? 0) - score(recalibrated);
        const discrimination = score(() => mean) - score(recalibrated);
        expect(miscalibrationOf(found)).toBeCloseTo(miscalibration, 10);
        expect(discriminationOf(found)).toBeCloseTo(discrimination, 10);
        expect(miscalibration).toBeGreaterThan(-1e-12);
        expect(discrimination).toBeGreaterThan(-1e-12);
      }),
    );
  });

  it('is not decreasing, and keeps forecasts that are right', () => {
    const rows = Float64Array.of(0.25, 0.75, 0.25, 0.75, 0.25, 0.75, 0.25, 0.75);
    const found = recalibration(rows)([0, 1, 0, 1, 1, 0, 0, 1]);
    expect([...found.recalibrated]).toEqual([0.25, 0.75]);
    expect(miscalibrationOf(found)).toBe(0);
  });
});
