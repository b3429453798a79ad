/** Names of coefficients, and what a name may have meant. */
import { describe, expect, test } from 'vitest';
import { didYouMean } from '../../src/checks/names.js';
import { formatName } from '../../src/formula/format.js';
import { coefficientName, coefficientNames } from '../../src/formula/names.js';

describe('names of coefficients', () => {
  test("are brms'", () => {
    // Rscript -e 'brms:::rename(c(…))'
    for (const [rName, name] of [
      ['(Intercept)', 'Intercept'],
      ['x1:gB', 'x1:gB'],
      ['I(x^2)', 'IxE2'],
      ['I(x * (z - 1)/2)', 'IxMUzM1D2'],
      ['poly(x, 2, raw = TRUE)1', 'polyx2rawEQTRUE1'],
      ['log(x + 1)', 'logxP1'],
      ['g[a], "b"?', 'gab'],
    ] as const) {
      expect(coefficientName(rName)).toBe(name);
    }
  });

  test('have no backquotes, escapes and white space of names that need them', () => {
    for (const name of ['a`b', 'a\nb', 'a\tb', 'a\r\nb', 'a b']) {
      expect(coefficientName(formatName(name))).toBe('ab');
      expect(coefficientName(`I(${formatName(name)} * x)`)).toBe('IabMUx');
    }
    // As it is: the backslash is the name's own.
    expect(coefficientName(formatName('a\\b'))).toBe('a\\b');
    expect(coefficientName('ga\nb')).toBe('gab');
  });

  test('are found in levels of any length, with backquotes that are not closed', () => {
    const many = 100_000;
    expect(coefficientName(`g${'a'.repeat(many)}\``)).toBe(`g${'a'.repeat(many)}`);
    expect(coefficientName(`g\`${'\\`'.repeat(many)}`)).toBe(`g${'\\'.repeat(many)}`);
    const long = 'x'.repeat(20_000_000);
    expect(coefficientName(`\`${long}\``) === long).toBe(true);
  });

  test('are one for each column, or an error that names both', () => {
    expect(coefficientNames(['x', 'I(x^2)'])).toEqual(['x', 'IxE2']);
    expect(() => coefficientNames(['ga b', 'x', 'gab'])).toThrow(
      'the columns ga b and gab of the design would both be the coefficient gab',
    );
  });
});

test('a name that is near is suggested, and no other', () => {
  const names = ['selection', 'd1', 'd2', 'größe'];
  expect(didYouMean('selction', names)).toBe(", did you mean 'selection'?");
  expect(didYouMean('Größe', names)).toBe(", did you mean 'größe'?");
  expect(didYouMean('d3', names)).toBe(", did you mean 'd1'?");
  expect(didYouMean('outcome', names)).toBe('');
  expect(didYouMean('x', [])).toBe('');
  expect(didYouMean('x', ['s', 'y', 'x1'])).toBe('');
  expect(didYouMean('x', ['s', 'X'])).toBe(", did you mean 'X'?");
});
