/** A regression of probabilities: asked for by name, checked row by row, and fitted. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { parameterOf } from '../../src/fit/fit.js';
import { modelOf } from '../../src/fit/specification.js';
import { logisticRegression, logisticSpecification, toRows } from '../../src/regression/columns.js';

const x = [-2.1, -1.4, -0.9, -0.3, 0.2, 0.4, 1.1, 1.6, 2.3, 3.1, 3.4, 4.6];
const outcome = [0.1, 0, 0.35, 0.2, 0.5, 0.4, 0.55, 0.9, 0.7, 1, 0.85, 0.95];

function refused(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof WeighbridgeError && error.code === 'bad-data') return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const specification = (outcomes: readonly number[], outcomeKind?: 'binary' | 'fractional') =>
  logisticSpecification(
    toRows({ outcome: outcomes, predictors: { x } }),
    outcomes,
    outcomeKind ? { outcomeKind } : {},
  );

describe('probabilities as outcomes', () => {
  it('are refused where nobody asked for them, as a stray 0.5 is a mistake', () => {
    for (const kind of [undefined, 'binary'] as const) {
      expect(refused(() => modelOf(specification(outcome, kind)))).toBe(
        'row 1: the outcome is 0.1, expected 0 or 1',
      );
    }
  });

  it('are refused with row and value where they are none', () => {
    const none = fc.oneof(
      fc.double({ max: -Number.MIN_VALUE, noNaN: true }),
      fc.double({ min: 1, minExcluded: true, noNaN: true }),
      fc.constant(Number.NaN),
    );
    fc.assert(
      fc.property(none, fc.nat(outcome.length - 1), (value, row) => {
        const message = refused(() =>
          modelOf(specification(outcome.with(row, value), 'fractional')),
        );
        expect(message).toBe(
          `row ${row + 1}: the outcome is ${value}, expected a number from 0 to 1`,
        );
      }),
      { seed: 2025, numRuns: 200 },
    );
  });

  it('give the posterior of made outcomes in the same shares', async () => {
    // Each row twenty times, with as many 1s as its probability says: the same density. Two means
    // within 4.5 Monte Carlo errors each of two parameters: false alarms 1 in 70,000.
    const shares = x.flatMap((value, i) =>
      Array.from({ length: 20 }, (_, copy) => ({
        x: value,
        made: copy < Math.round(20 * outcome[i]) ? 1 : 0,
        share: Math.round(20 * outcome[i]) / 20,
      })),
    );
    const predictors = { x: shares.map((row) => row.x) };
    const made = await logisticRegression(
      { outcome: shares.map((row) => row.made), predictors },
      { seed: 'made' },
    );
    const fractional = await logisticRegression(
      { outcome: shares.map((row) => row.share), predictors },
      { seed: 'fractional', outcomeKind: 'fractional' },
    );
    for (const name of ['b_Intercept', 'b_x']) {
      const [a, b] = [made, fractional].map((fit) => parameterOf(fit, name));
      expect(Math.abs(a.mean - b.mean)).toBeLessThan(4.5 * Math.hypot(a.mcseMean, b.mcseMean));
    }
    expect(fractional.warnings).toEqual([]);
  });
});
