/** Krippendorff's α against the values that he and others published, and as its definition has it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { krippendorffAlpha, type RatingLevel } from '../../src/posterior/krippendorff-alpha.js';

/** A row for each judge, a dot for no rating, as ratings by unit. */
const unitsOf = (...judges: readonly string[]) =>
  [...(judges[0] ?? '')].map((_, unit) =>
    judges.flatMap((row) => (row[unit] === '.' ? [] : [Number(row[unit])])),
  );

describe("Krippendorff's α", () => {
  it.each([
    ['nominal', 0.743],
    ['ordinal', 0.815],
    ['interval', 0.849],
    ['ratio', 0.797],
  ] as const)('%s, of four judges and twelve units (Krippendorff 2011, D)', (level, published) => {
    const units = unitsOf('123321412...', '1233224125.3', '.3332342251.', '12332441251.');
    expect(krippendorffAlpha(units, level)).toBeCloseTo(published, 3);
  });

  it.each([
    ['nominal', 0.691],
    ['interval', 0.811],
  ] as const)('%s, of three judges and fifteen units, many missing', (level, published) => {
    const units = unitsOf('.....34121133.3', '1.213343.......', '..21344.21133.4');
    expect(krippendorffAlpha(units, level)).toBeCloseTo(published, 3);
  });

  it('is 1 for judges who agree, about 0 for ratings by chance, and NaN where nothing differs', () => {
    expect(krippendorffAlpha([[1, 1], [2, 2, 2], [5]])).toBe(1);
    expect(
      krippendorffAlpha([
        [3, 3],
        [3, 3],
      ]),
    ).toBeNaN();
  });

  it('of ordinal ratings is the same after any increasing change of them', () => {
    const ratings = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(ratings, { minLength: 2, maxLength: 8 }), (units) => {
        const changed = units.map((unit) => unit.map((rating) => Math.exp(rating) - 40));
        const [one, other] = [krippendorffAlpha(units), krippendorffAlpha(changed)];
        if (Number.isNaN(one)) expect(other).toBeNaN();
        else expect(other).toBeCloseTo(one, 10);
      }),
      { seed: 7 },
    );
  });

  it.each<[readonly number[][], RatingLevel, string]>([
    [[[1], [2]], 'ordinal', 'no unit has two ratings'],
    [[[1, Number.NaN]], 'ordinal', 'a rating is NaN, expected a finite number'],
    [[[1, -2]], 'ratio', 'a rating is -2, expected ratios from 0 on'],
  ])('of %j is refused', (units, level, told) => {
    expect(() => krippendorffAlpha(units, level)).toThrow(told);
  });
});
