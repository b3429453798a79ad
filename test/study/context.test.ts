/** What one option has over another, in ranges and in utility. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Context, normalizedDifferences, utilityDifference } from '../../src/study/context.js';

const houseboat: Context = {
  name: 'houseboat',
  question: 'Imagine you are a librarian in Montevideo. Which houseboat would you prefer?',
  attributes: [
    { name: 'hull length', min: 12, max: 30 },
    { name: 'mooring fee', min: 150, max: 900 },
    { name: 'draught', min: -1, max: 1 },
  ],
};

const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const values = fc.array(value, { minLength: 3, maxLength: 3 });
const choice = fc.record({
  context: fc.constant('houseboat'),
  choseA: fc.boolean(),
  a: values,
  b: values,
});
/** Without negative zeros, which equal zero everywhere but in a test. */
const negated = (numbers: readonly number[]) => numbers.map((number) => 0 - number);
const settled = (numbers: readonly number[]) => numbers.map((number) => number + 0);

describe('normalized differences', () => {
  it('are what A has over B, in ranges', () => {
    const differences = normalizedDifferences(houseboat, {
      a: [30, 150, 0.5],
      b: [12, 525, 0],
    });
    expect(differences).toEqual([1, -0.5, 0.25]);
  });

  it('are negated where A and B swap', () => {
    fc.assert(
      fc.property(choice, (one) => {
        const swapped = { ...one, a: one.b, b: one.a };
        expect(settled(normalizedDifferences(houseboat, swapped))).toEqual(
          negated(normalizedDifferences(houseboat, one)),
        );
      }),
      { seed: 31 },
    );
  });

  it('are between −1 and 1 where both options are within the ranges', () => {
    const within = fc.tuple(
      ...houseboat.attributes.map(({ min, max }) => fc.double({ min, max, noNaN: true })),
    );
    fc.assert(
      fc.property(within, within, (a, b) => {
        const differences = normalizedDifferences(houseboat, { a, b });
        expect(Math.max(...differences.map(Math.abs))).toBeLessThanOrEqual(1);
      }),
      { seed: 33 },
    );
  });
});

describe('the difference in utility', () => {
  it('is the weighted sum of the differences', () => {
    expect(utilityDifference([100, -50, 8], [1, -0.5, 0.25])).toBe(127);
    expect(utilityDifference([], [])).toBe(0);
  });

  it('changes its sign with the weights and with the differences', () => {
    fc.assert(
      fc.property(values, values, (weights, differences) => {
        const utility = utilityDifference(weights, differences);
        expect(utilityDifference(negated(weights), differences) + 0).toBe(0 - utility);
        expect(utilityDifference(weights, negated(differences)) + 0).toBe(0 - utility);
      }),
      { seed: 34 },
    );
  });
});
