/** Priors as text: what is written is read as the same, and no text breaks the reader. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWeighbridgeError } from '../../../src/errors.js';
import {
  flat,
  halfCauchy,
  halfNormal,
  halfStudentT,
  lkj,
  normal,
  studentT,
} from '../../../src/regression/priors/constructors.js';
import { formatNumber } from '../../../src/regression/priors/numbers.js';
import { type PriorRow, priorClasses } from '../../../src/regression/priors/prior-rows.js';
import { formatPrior, parsePrior, priorText } from '../../../src/regression/priors/prior-text.js';
import { anyPrior } from '../../models/prior-distributions/support.js';
import { powered } from '../../support/deep.js';

const name = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' });
const anyRow: fc.Arbitrary<PriorRow> = fc.oneof(
  fc.record(
    {
      prior: fc.oneof(anyPrior, fc.constant({ distribution: 'flat' as const })),
      class: fc.constantFrom(
        ...priorClasses.filter((known) => !['cor', 'corme', 'simo'].includes(known)),
      ),
      coef: name,
      group: name,
      resp: name,
    },
    { requiredKeys: ['prior', 'class'] },
  ),
  fc.record(
    {
      prior: fc.record({
        distribution: fc.constant('lkj' as const),
        eta: fc.double({ min: 0.1, max: 50, noNaN: true }),
      }),
      class: fc.constantFrom('cor' as const, 'corme' as const),
      group: name,
    },
    { requiredKeys: ['prior', 'class'] },
  ),
);

/** The message, without the text if it has a place in it. */
function failure(text: string): string {
  try {
    parsePrior(text);
  } catch (error) {
    if (isWeighbridgeError(error, 'bad-argument')) return error.message;
    if (!isWeighbridgeError(error, 'bad-formula')) throw error;
    expect(error.details.formula).toBe(text);
    const { offset = -1 } = error.details;
    expect(error.message).toContain(`, character ${[...text.slice(0, offset)].length + 1}: `);
    return error.message.replace(/^prior '.*?', character/s, 'character');
  }
  return 'no error';
}

describe('a prior as text', () => {
  it('is read as the row that it was written from', () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        expect(parsePrior(formatPrior(row))).toEqual(row);
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, PriorRow]>([
    ['normal(0,1) class=b', normal(0, 1).on('b')],
    ['normal(0, 1)', normal(0, 1).on('b')],
    ['  normal ( 0 , 1 )  class = b ', normal(0, 1).on('b')],
    ['normal(0, 1), class = b, coef = x1', normal(0, 1).on('b', { coef: 'x1' })],
    ['normal(0, 1), class = \'b\', coef = "x1:x2"', normal(0, 1).on('b', { coef: 'x1:x2' })],
    [
      'normal(0,1) class=b coef=x1 lb=0 ub=1e+05',
      normal(0, 1).between(0, 1e5).on('b', { coef: 'x1' }),
    ],
    ['normal(-.5, 1e-3) lb=-Inf', normal(-0.5, 0.001).above(Number.NEGATIVE_INFINITY).on('b')],
    ['student_t(3, 0, 2.5) class=sd group=g', studentT(3, 0, 2.5).on('sd', { group: 'g' })],
    ['lkj(2)', lkj(2).on('cor')],
    ['lkj(2) group="my school"', lkj(2).on('cor', { group: 'my school' })],
    ['flat() class=Intercept', flat().on('Intercept')],
    ['(flat)', flat().on('b')],
    ['half_normal(2) class=sigma', halfNormal(2).on('sigma')],
    ['half_student_t(3, 1) class=sd', halfStudentT(3, 1).on('sd')],
    ['half_cauchy(1) class=sd', halfCauchy(1).on('sd')],
    ['normal(0, 1) coef=größe', normal(0, 1).on('b', { coef: 'größe' })],
  ])('reads %s', (text, row) => {
    expect(parsePrior(text)).toEqual(row);
  });

  it.each([
    ['', 1, 'the end'],
    ['nomal(0, 1)', 1, "'n'"],
    ['normal 0, 1', 8, "'0'"],
    ['normal(0 1)', 10, "'1'"],
    ['normal(0)', 9, "')'"],
    ['normal(0, 1, 2)', 12, "','"],
    ['normal(a, 1)', 8, "'a'"],
    ['normal(0, 1', 12, 'the end'],
    ['normal(0, 1) klass=b', 14, "'k'"],
    ['normal(0, 1) class b', 20, "'b'"],
    ['normal(0, 1) class=', 20, 'the end'],
    ['normal(0, 1) class=b class=b', 22, "'c'"],
    ['normal(0, 1) lb=x', 17, "'x'"],
    ['normal(0, 1),', 14, 'the end'],
    ['normal(0, 1) coef="x', 19, "'\"'"],
    ['normal(0, 1) 🙂', 14, "'🙂'"],
  ])('points at the character where %j goes wrong', (text, place, found) => {
    expect(failure(text)).toMatch(/^character \d+: expected /);
    expect(failure(text)).toContain(`character ${place}: `);
    expect(failure(text)).toMatch(new RegExp(`, found ${found.replaceAll(/[()"]/g, '\\$&')}$`));
  });

  it.each(['chi_square(1)', 'skew_normal()', 'lasso()', ' lasso'])(
    'names what brms has beside distributions: %j',
    (text) => {
      const name = /\w+/.exec(text)?.[0];
      expect(failure(text)).toMatch(
        new RegExp(
          `^character [12]: ${name}\\(\\) of brms \\(.+\\) is not supported; these are: normal, `,
        ),
      );
    },
  );

  it('may name a coefficient of any length', () => {
    const coef = 'a "quoted" \\'.repeat(100_000);
    const quoted = `"${coef.replaceAll(/["\\]/g, '\\$&')}"`;
    expect(parsePrior(`normal(0, 1) coef=${quoted}`).coef === coef).toBe(true);
    expect(() => parsePrior(`normal(0, 1) coef="${coef}`)).toThrow(/expected class, coef, group/);
  });

  it('says which distributions there are, and what each lacks', () => {
    expect(failure('nomal(0, 1)')).toBe(
      "character 1: expected a distribution (normal, student_t, cauchy, exponential, gamma, beta, lognormal, uniform, inv_gamma, double_exponential, logistic, half_normal, half_student_t, half_cauchy, constant, lkj, flat, horseshoe, R2D2, dirichlet), found 'n'",
    );
    expect(failure('student_t(3, 0)')).toBe(
      "character 15: expected ',' and parameter 3 of student_t, found ')'",
    );
  });

  it.each([
    ['normal(0, -1)', '"normal(0, -1)": prior normal: sd is -1, expected a positive number'],
    [
      'normal(0, 1) lb=2 ub=1',
      '"normal(0, 1) lb=2 ub=1": prior normal: bounds 2 and 1, expected lower < upper',
    ],
    [
      'normal(0, 1) class=_beta',
      '"normal(0, 1) class=_beta": there is no prior class \'_beta\', expected one of b, Intercept, sd, cor, delta, sds, sdgp, lscale, sigma, nu, shape, phi, zi, hu, zoi, coi, alpha, cutzero, cutgap, quantile, kappa, meanme, sdme, corme, simo, scale',
    ],
    [
      'normal(0, 1) class=cor',
      '"normal(0, 1) class=cor": class cor with a prior normal: classes cor and corme take lkj, and lkj is for them alone',
    ],
    ['lkj(1) lb=0', "character 1: expected an lkj prior without lb and ub, found 'l'"],
  ])('refuses %j, which is well spelled, for its meaning', (text, message) => {
    expect(failure(text)).toBe(message);
  });

  it('is an error of one line, and nothing else, whatever the text', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom(
          'normal',
          'lkj',
          '(',
          ')',
          ',',
          '0',
          '-1',
          '1e9',
          'class',
          '=',
          'b',
          '"',
          "'",
        ),
        fc.string({ maxLength: 4, unit: 'binary' }),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          pieces.map((all) => all.join('')),
          fc.string(),
        ),
        (text) => {
          expect(failure(text)).not.toContain('\n');
        },
      ),
      { numRuns: powered(200, 1000) },
    );
  });

  it('shows distributions as brms does', () => {
    expect(priorText(studentT(3, 0, 2.5).above(0))).toBe('student_t(3, 0, 2.5)');
    expect(priorText(flat())).toBe('(flat)');
    expect(priorText(normal(100000, 0.0001))).toBe('normal(1e+05, 1e-04)');
  });
});

describe('a number of a prior', () => {
  it('is the same number when it is read, whatever its size', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(Number(formatNumber(x))).toBe(x === 0 ? 0 : x);
      }),
    );
  });

  // as.character of R 4.2.
  it.each([
    [0, '0'],
    [2.5, '2.5'],
    [100000, '1e+05'],
    [123456, '123456'],
    [300000, '3e+05'],
    [120000, '120000'],
    [0.0001, '1e-04'],
    [0.00012, '0.00012'],
    [1e-15, '1e-15'],
    [1e21, '1e+21'],
    [-1234567.5, '-1234567.5'],
    [1.5e-300, '1.5e-300'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('%d is written as R writes it', (x, text) => {
    expect(formatNumber(x)).toBe(text);
  });
});
