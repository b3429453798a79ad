/** Rates of explanations: definitions, pairing, and coverage of their intervals. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { armRates, rateDifference } from '../../../src/analysis/explanations/rates.js';
import { changes, type Explanation } from '../../../src/analysis/explanations/table.js';
import { hdi } from '../../../src/posterior/intervals.js';
import { randomStream } from '../../../src/random/stream.js';
import { explained, measuredItems } from './simulated-table.js';

const hows = ['exact', 'verdict', 'answer', 'invalid'] as const;

/** F1 by its definition: harmonic mean of precision and recall; 0 without a true positive. */
function f1Of(rows: readonly Explanation[], changed: boolean): number {
  const said = rows.filter(({ prediction }) => prediction?.changed === changed);
  const actual = rows.filter(({ measured }) => changes(measured) === changed);
  const right = said.filter(({ measured }) => changes(measured) === changed);
  if (right.length === 0) return 0;
  const precision = right.length / said.length;
  const recall = right.length / actual.length;
  return (2 * precision * recall) / (precision + recall);
}

describe('rates of an arm', () => {
  it('are those of their definitions', () => {
    const rows = fc
      .array(fc.tuple(fc.constantFrom(...hows), fc.boolean()), { minLength: 3, maxLength: 30 })
      .map((ways) => {
        const [changing, staying] = [measuredItems(30, 1, 1), measuredItems(30, 0, 2)];
        return ways.flatMap(([how, change], i) => {
          const measured = (change ? changing : staying)[i];
          return measured ? [explained({ ...measured, item: `item ${i}` }, 'self', how)] : [];
        });
      });
    fc.assert(
      fc.property(rows, (all) => {
        const [arm] = armRates(all, 1, 10);
        const { rates } = arm ?? expect.fail('no arm');
        expect(rates.hasChangedF1.value).toBeCloseTo((f1Of(all, true) + f1Of(all, false)) / 2, 12);
        const right = all.filter((row) => row.prediction?.answer === row.measured.without);
        expect(rates.content.value).toBeCloseTo(right.length / all.length, 12);
        expect(rates.exact.value).toBeLessThanOrEqual(
          Math.min(rates.content.value, rates.hasChanged.value) + 1e-12,
        );
        expect(arm?.invalid).toBe(all.filter(({ prediction }) => prediction === null).length);
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  it('differ by exactly zero between two explainers who say the same', () => {
    const items = measuredItems(40, 0.5, 3);
    const rows = ['self', 'other'].flatMap((explainer) =>
      items.map((measured, i) => explained(measured, explainer, hows[i % 4] ?? 'exact')),
    );
    const [self, other] = armRates(rows, 1, 1000);
    if (!self || !other) return expect.fail('two arms expected');
    expect(rateDifference(self, other, 'hasChangedF1').every((value) => value === 0)).toBe(true);
    expect(rateDifference(self, other, 'exact').every((value) => value === 0)).toBe(true);
  });

  it('have 95% intervals that hold the true rate', () => {
    // With a coverage of 0.95, fewer than 50 of 60 have a probability of 0.0003.
    const truth = 0.7;
    const held = Array.from({ length: 60 }, (_, seed) => {
      const { uniform } = randomStream(seed, 'answers');
      const rows = measuredItems(80, 0.5, seed).map((measured) =>
        explained(measured, 'self', uniform() < truth ? 'exact' : 'verdict'),
      );
      const [low, high] = armRates(rows, seed, 1000)[0]?.rates.exact.hdi ?? [
        Number.NaN,
        Number.NaN,
      ];
      return low <= truth && truth <= high;
    });
    expect(held.filter(Boolean).length).toBeGreaterThanOrEqual(50);
  });

  it('are not certain where all explanations are right', () => {
    const rows = measuredItems(20, 0.5, 1).map((measured) => explained(measured, 'self', 'exact'));
    const { exact, hasChangedF1 } = armRates(rows, 1)[0]?.rates ?? expect.fail('no arm');
    expect(exact.value).toBe(1);
    // Under a uniform prior the HDI after 20 of 20 begins at 0.05^(1/21) = 0.867.
    expect(exact.hdi[0]).toBeGreaterThan(0.84);
    expect(exact.hdi[0]).toBeLessThan(0.89);
    expect(exact.hdi[1]).toBeGreaterThan(0.999);
    expect(hasChangedF1.hdi[0]).toBeLessThan(0.95);
  });

  it('have wider intervals where draws of examples disagree', () => {
    const items = measuredItems(60, 0.5, 5);
    const banked = (rates: readonly number[]) =>
      rates.flatMap((rate, draw) =>
        items.map((measured, i) => {
          const how = ((i * 7) % 60) / 60 < rate ? 'exact' : 'verdict';
          return explained(measured, 'self', how, { shots: 4, bank: `draw ${draw}` });
        }),
      );
    const width = (rows: Explanation[]) => {
      const [low, high] = hdi(armRates(rows, 1, 1000)[0]?.draws.exact ?? []);
      return high - low;
    };
    expect(width(banked([0.3, 0.6, 0.9]))).toBeGreaterThan(1.3 * width(banked([0.6, 0.6, 0.6])));
  });
});
