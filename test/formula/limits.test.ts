/** `cens()` and `trunc()` on the left of a formula: what they take, and what they refuse in one line. */
import { describe, expect, it } from 'vitest';
import type { FamilyName } from '../../models/families/family.js';
import { formatFormula } from '../../src/formula/format.js';
import { parseFormula } from '../../src/formula/parse-formula.js';
import type { DataInput } from '../../src/formula/table.js';
import { prepare } from '../../src/regression/prepare.js';

describe('what cens() and trunc() take', () => {
  const limitsOf = (formula: string, data: DataInput, family: FamilyName = 'gaussian') =>
    prepare({ formula, family, data }).specification.data.limits;
  const [never, ever] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

  it('codes as text, numbers and booleans', () => {
    const y = [1, 2, 3, 4];
    const from = Float64Array.of(1, never, 3, 4);
    const to = Float64Array.of(1, 2, ever, 6);
    const up = [null, null, null, 6];
    for (const c of [
      ['none', 'left', 'right', 'interval'],
      [0, -1, 1, 2],
    ]) {
      const found = limitsOf('y | cens(c, up) ~ 1', { y, c, up });
      expect(found?.from).toEqual(from);
      expect(found?.to).toEqual(to);
    }
    const found = limitsOf('y | cens(y >= 3) ~ 1', { y });
    expect(found?.to).toEqual(Float64Array.of(1, 2, ever, ever));
    expect(limitsOf('y | cens(c) ~ 1', { y, c: [false, false, true, true] })).toEqual(found);
  });

  it('bounds as numbers and columns, both of which have outcomes', () => {
    const y = [1, 2, 3];
    const counts = limitsOf('y | trunc(lb = 1, ub = u) ~ 1', { y, u: [4, 5, 3] }, 'poisson');
    expect(counts?.after).toEqual(Float64Array.of(0, 0, 0));
    expect(counts?.upTo).toEqual(Float64Array.of(4, 5, 3));
    const numbers = limitsOf('y | trunc(1, 3) ~ 1', { y });
    expect(numbers?.after).toEqual(Float64Array.of(1, 1, 1));
    expect(limitsOf('y | trunc(ub = 9) ~ 1', { y })?.after).toEqual(
      Float64Array.of(never, never, never),
    );
  });

  it('what is known within the bounds', () => {
    const found = limitsOf('y | cens(c) + trunc(lb = 0, ub = 9) ~ 1', {
      y: [1, 2, 3],
      c: [-1, 1, 0],
    });
    expect(found?.from).toEqual(Float64Array.of(0, 2, 3));
    expect(found?.to).toEqual(Float64Array.of(1, 9, 3));
  });

  it('intervals that begin or end where there are no outcomes', () => {
    const data = { y: [0, 1, 2, 3], to: [1, 2, 3, 5], c: ['interval', 'interval', 'none', 'none'] };
    const { specification } = prepare({
      formula: 'y | cens(c, to) ~ 1',
      family: 'lognormal',
      data,
    });
    expect(specification.data.outcomes).toEqual(Float64Array.of(1, 1, 2, 3));
    expect(specification.data.limits?.from).toEqual(Float64Array.of(0, 1, 2, 3));
  });

  it.each([
    [
      'y | cens(c) ~ 1',
      { c: [0, 3, 0] },
      'row 2: c is 3, expected none, left, right or interval, or 0, -1, 1 or 2',
    ],
    ['y | cens(c) ~ 1', { c: ['none', 'up', 'none'] }, "row 2: c is 'up', expected none, left"],
    [
      'y | cens(c) ~ 1',
      { c: [0, 0, 2] },
      'row 3: c says that the outcome is in an interval, expected the column of its upper end: cens(c, y2)',
    ],
    [
      'y | cens(c, y2) ~ 1',
      { c: [2, 0, 0], y2: [0.5, 1, 1] },
      'row 1: y2 is 0.5, expected the upper end of an interval, above 1',
    ],
    [
      'y | cens(c, y2) ~ 1',
      { c: [2, 0, 0], y2: [null, 1, 1] },
      'row 1: y2 is no value, expected the upper end of an interval, above 1',
    ],
    ['y | trunc(lb = 2) ~ 1', {}, 'row 1: y is 1, expected a number within its bounds, at least 2'],
    ['y | trunc(lb = 0, ub = u) ~ 1', { u: [9, 2.5, 9] }, 'row 3: y is 9.5'],
    [
      'y | trunc(lb = 5, ub = u) ~ 1',
      { u: [9, 2.5, 9] },
      'row 2: trunc(lb = 5, ub = u) has the bounds 5 and 2.5, expected the lower one below the upper one',
    ],
    [
      'y | cens(c) + trunc(ub = 9.5) ~ 1',
      { c: [0, 0, 1] },
      'row 3: y is 9.5 and censored, but beyond it there is no outcome within the bounds of trunc()',
    ],
  ] as const)('refuses %s with %o', (formula, others, message) => {
    expect(() => limitsOf(formula, { y: [1, 2, 9.5], ...others })).toThrow(message);
  });

  it.each([
    [
      'y | cens(c, d, e) ~ x',
      'cens() takes what is known of each outcome, and the upper ends of intervals: y | cens(c) or y | cens(c, y2)',
    ],
    ['y | cens() ~ x', 'cens() takes what is known'],
    [
      'y | trunc() ~ x',
      'trunc() takes a lower bound, an upper bound or both: y | trunc(lb = 0, ub = 10)',
    ],
    ['y | trunc(min = 0) ~ x', 'trunc() takes a lower bound'],
    ['y | trunc(0, lb = 1) ~ x', 'trunc() takes a lower bound'],
    ['y | cens(c) + se(s) ~ x', 'se() is not supported with cens()'],
  ])('refuses the formula %s', (formula, message) => {
    const data = { y: [1, 2, 3], x: [1, 2, 4], c: [0, 0, 1], s: [1, 1, 1], d: [1, 2, 3] };
    expect(() => limitsOf(formula, data)).toThrow(message);
  });

  it.each(['bernoulli', 'cumulative', 'skew_normal', 'hurdle_poisson'] as const)(
    'refuses the family %s, and names those that take them',
    (family) => {
      expect(() => limitsOf('y | cens(c) ~ 1', { y: [1, 1, 1], c: [0, 0, 1] }, family)).toThrow(
        `cens() is not available for the family ${family}; it is for gaussian, student, binomial, poisson, negbinomial, beta_binomial, beta, gamma, lognormal, weibull, exponential, asym_laplace`,
      );
    },
  );

  it('prints as R does, and is read back', () => {
    const text = 'y | cens(c, y2 = up) + trunc(lb = 0, ub = 10) ~ x';
    expect(formatFormula(parseFormula(text))).toBe(text);
  });
});
