/** Trials as the authors drew them: ranges, rounding, target weights. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundHalfEven } from '../../src/study/python-format.js';
import { decimalsFor, drawOption, drawTargetWeights } from '../../src/study/trials.js';

/** Hands out the given uniform numbers one after another. */
function fixedRandom(...numbers: readonly number[]) {
  const left = numbers.values();
  return { uniform: () => left.next().value ?? Number.NaN };
}

const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const attribute = fc
  .record({
    min: fc.double({ min: -1e4, max: 1e4, noNaN: true }),
    width: fc.oneof(
      fc.double({ min: 1e-3, max: 1, noNaN: true }),
      fc.double({ min: 1, max: 1e4, noNaN: true }),
    ),
  })
  .map(({ min, width }) => ({ name: 'size', min, max: min + width }));

describe('the decimals of a value', () => {
  it.each([
    [0, 900, 0],
    [0, 5, 0],
    [-2.5, 2.5, 0],
    [0, 4.9, 1],
    [0, 1, 1],
    [0, 0.9, 2],
    [0, 0.1, 2],
    [0, 0.05, 3],
    [0, 0.002, 4],
  ])('follow the range: %d to %d gives %i', (min, max, decimals) => {
    expect(decimalsFor({ name: 'size', min, max })).toBe(decimals);
  });

  it('tell a range below 5 into ten steps or more', () => {
    fc.assert(
      fc.property(attribute, ({ name, min, max }) => {
        const steps = (max - min) * 10 ** decimalsFor({ name, min, max });
        expect(steps).toBeGreaterThanOrEqual(max - min >= 5 ? 5 : 9.999);
      }),
      { seed: 41 },
    );
  });
});

describe('an option', () => {
  it('has one value for each attribute, drawn in their order', () => {
    const context = {
      name: 'houseboat',
      question: '',
      attributes: [
        { name: 'hull length', min: 12, max: 30 },
        { name: 'draught', min: 0.5, max: 2.5 },
        { name: 'share', min: 0, max: 0.5 },
      ],
    };
    expect(drawOption(context, fixedRandom(0.25, 0.51, 0.333))).toEqual([17, 1.5, 0.17]);
  });

  it('rounds by the rule that is handed in', () => {
    const attributes = [
      { name: 'whole', min: 0, max: 8 },
      { name: 'tenths', min: 0, max: 4 },
    ];
    const context = { name: 'ties', question: '', attributes };
    // 2.5 to no decimal, 0.25 to one.
    const draw = () => fixedRandom(0.3125, 0.0625);
    expect(drawOption(context, draw())).toEqual([3, 0.3]);
    expect(drawOption(context, draw(), roundHalfEven)).toEqual([2, 0.2]);
  });

  it('has a plain zero where a small negative value is rounded', () => {
    const attributes = [{ name: 'balance', min: -10, max: 10 }];
    const context = { name: 'zero', question: '', attributes };
    expect(drawOption(context, fixedRandom(0.49))).toEqual([0]);
    expect(drawOption(context, fixedRandom(0.49), roundHalfEven)).toEqual([-0]);
  });

  it('stays within the ranges up to rounding, with the decimals that the ranges ask for', () => {
    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 6 }), fc.infiniteStream(uniform), (all, us) => {
        const context = { name: '', question: '', attributes: all };
        const option = drawOption(context, fixedRandom(...us.take(all.length)));
        expect(option).toHaveLength(all.length);
        option.forEach((value, i) => {
          const decimals = decimalsFor(all[i]);
          const half = 0.5 * 10 ** -decimals + 1e-9;
          expect(value).toBeGreaterThanOrEqual(all[i].min - half);
          expect(value).toBeLessThanOrEqual(all[i].max + half);
          // + 0: what rounds to zero from below is a negative zero.
          expect(Number(value.toFixed(decimals)) + 0).toBe(value + 0);
        });
      }),
      { seed: 42 },
    );
  });
});

describe('target weights', () => {
  it('are scaled and rounded draws from −100 to 100', () => {
    // −80, 40, 0, −20, 10: the largest becomes −100.
    expect(drawTargetWeights(5, fixedRandom(0.1, 0.7, 0.5, 0.4, 0.55))).toEqual([
      -100, 50, 0, -25, 13,
    ]);
  });

  it('have no negative zero where a small one is rounded', () => {
    expect(drawTargetWeights(2, fixedRandom(0, 0.4999))).toEqual([-100, 0]);
  });

  it('are whole numbers with a largest absolute value of 100', () => {
    const draws = fc.array(uniform, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        // All draws at one half would leave nothing to scale.
        draws.filter((us) => us.some((u) => u !== 0.5)),
        (us) => {
          const weights = drawTargetWeights(us.length, fixedRandom(...us));
          expect(weights.every((weight) => Number.isInteger(weight))).toBe(true);
          expect(weights.some((weight) => Object.is(weight, -0))).toBe(false);
          expect(Math.max(...weights.map(Math.abs))).toBe(100);
        },
      ),
      { seed: 43 },
    );
  });
});
