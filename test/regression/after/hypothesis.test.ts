/**
 * The little language of hypotheses: what it evaluates to, and where its errors point. (Results are
 * held against brms in against-brms.test.ts.)
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../../src/errors.js';
import { evaluate, namesOf, parseHypothesis } from '../../../src/regression/after/expression.js';
import { hypothesis } from '../../../src/regression/after/hypothesis.js';
import { gaussianFit } from './brms-fits.js';

const runs = { seed: 2025, numRuns: 500 };
const noNames = (name: string): number => {
  throw new Error(`${name} is asked for`);
};
const read = (text: string) => evaluate(parseHypothesis(`${text} > 0`).left, noNames);

/** Text with what it comes to, by JavaScript's own arithmetic. */
interface Sum {
  readonly text: string;
  readonly value: number;
}
const { sum } = fc.letrec<{ sum: Sum }>((tie) => {
  const pair = fc.tuple(tie('sum'), tie('sum'));
  const spaced = (text: string) => ` ${text} `;
  return {
    sum: fc.oneof(
      { maxDepth: 5 },
      fc.integer({ min: 0, max: 9 }).map((value) => ({ text: String(value), value })),
      fc.constantFrom({ text: '.5', value: 0.5 }, { text: '2e-1', value: 0.2 }),
      pair.map(([a, b]) => ({
        text: `(${a.text})${spaced('+')}(${b.text})`,
        value: a.value + b.value,
      })),
      pair.map(([a, b]) => ({ text: `(${a.text})-(${b.text})`, value: a.value - b.value })),
      pair.map(([a, b]) => ({ text: `(${a.text})*(${b.text})`, value: a.value * b.value })),
      pair.map(([a, b]) => ({ text: `(${a.text})/(${b.text})`, value: a.value / b.value })),
      pair.map(([a, b]) => ({ text: `(${a.text})^(${b.text})`, value: a.value ** b.value })),
      tie('sum').map((a) => ({ text: `-(${a.text})`, value: -a.value })),
      tie('sum').map((a) => ({ text: `exp(${a.text})`, value: Math.exp(a.value) })),
      tie('sum').map((a) => ({ text: `sqrt(${a.text})`, value: Math.sqrt(a.value) })),
      tie('sum').map((a) => ({
        text: `log( abs(${a.text}) )`,
        value: Math.log(Math.abs(a.value)),
      })),
    ),
  };
});

describe('arithmetic', () => {
  it('comes to what JavaScript makes of it', () => {
    fc.assert(
      fc.property(sum, ({ text, value }) => {
        expect(read(text)).toBe(value);
      }),
      runs,
    );
  });

  const precedences: [text: string, value: number][] = [
    ['2 + 3 * 4', 14],
    ['2 - 3 - 4', -5],
    ['16 / 4 / 2', 2],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['2 ^ -1', 0.5],
    ['--3', 3],
    ['2 * -3', -6],
    ['(2 + 3) * 4', 20],
    ['1.5e1 + .5', 15.5],
  ];
  it.each(precedences)('binds as in R: %s is %d', (text, value) => {
    expect(read(text)).toBe(value);
  });

  it('has the names of brms, and others in backquotes', () => {
    const names = (text: string) => namesOf(parseHypothesis(text).left).map(({ name }) => name);
    expect(names('x1 - x1:x2 + .a_b > 0')).toEqual(['x1', 'x1:x2', '.a_b']);
    expect(names('r_g[level one,Intercept] * größe > 0')).toEqual([
      'r_g[level one,Intercept]',
      'größe',
    ]);
    expect(names('`my col`^2 > 0')).toEqual(['my col']);
  });
});

describe('what cannot be read', () => {
  it('is an error of ours, whatever the text', () => {
    const piece = fc.constantFrom(
      ...['x', 'f:', '(', ')', '+', '-', '*', '/', '^', '<', '>', '=', '1', '.', 'e', 'exp', '`'],
      ...['[', ']', ' ', '\n', '💡', 'é', '_', ',', '"'],
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, (hypothesis) => {
        try {
          parseHypothesis(hypothesis);
        } catch (error) {
          expect(error).toBeInstanceOf(WeighbridgeError);
          const { message } = error as WeighbridgeError;
          expect(message).toMatch(/character \d+: /);
          expect(message).not.toContain('\n');
        }
      }),
      { seed: 2025, numRuns: 2000 },
    );
  });

  const errors: [text: string, character: number, problem: string][] = [
    ['x - > 0', 5, "expected a number, a coefficient or (, found '>'"],
    ['x', 2, 'expected <, > or =, found the end'],
    ['x > 0 > 1', 7, "one comparison is all, found '>'"],
    ['x >= 0', 4, "expected a number, a coefficient or (, found '='"],
    ['(x + 1 > 0', 8, 'expected ) for the ( at character 1'],
    ['x $ 2 > 0', 3, "unexpected '$'"],
    ['sin(x) > 0', 1, "no function 'sin': exp, log, sqrt, abs"],
    ['x + nope > 0', 5, "no parameter 'nope': there are b_Intercept, b_x, b_fb"],
    ['x > 2 fb', 7, "expected an operator or the end, found 'fb'"],
    ['💡 > 0', 1, "unexpected '💡'"],
    ['größe > 0', 1, "no parameter 'größe'"],
    [`${'('.repeat(300)}x > 0`, 201, 'nested deeper than 200 levels'],
  ];
  it.each(errors)('points at its character: %s', (text, character, problem) => {
    const excerpt = `character ${character}: ${problem}`;
    expect(() => hypothesis(gaussianFit, text)).toThrow(excerpt);
  });

  it('is a mass that leaves no interval', () => {
    for (const mass of [1, 0.5, Number.NaN]) {
      expect(() => hypothesis(gaussianFit, 'x > 0', { mass })).toThrow(`mass is ${mass}`);
    }
  });
});

describe('names', () => {
  const same = (a: string, b: string, options = {}) => {
    const [first, second] = hypothesis(gaussianFit, [a, b], options).rows;
    expect(first?.draws).toEqual(second?.draws);
  };
  it('of coefficients stand with or without b_, those of others whole', () => {
    same('x > 0', 'b_x > 0');
    same('x:fb - sigma > 0', 'b_x:fb > sigma');
    same('sd_g__Intercept > 0', 'sd_g__Intercept - cor_g__Intercept__x * 0 > 0');
    same('r_g[g1,Intercept] > 0', 'r_g[g1, Intercept] > 0');
  });
  it('of a class and group stand alone', () => {
    const [whole] = hypothesis(gaussianFit, 'sd_g__x > 0').rows;
    const [short] = hypothesis(gaussianFit, 'x > 0', { class: 'sd', group: 'g' }).rows;
    expect(short?.draws).toEqual(whole?.draws);
    const [plain] = hypothesis(gaussianFit, 'sigma > b_x', { class: '' }).rows;
    expect(plain?.postProb).toBeGreaterThan(0.5);
  });
});

describe('a result', () => {
  it('prints as brms prints it', () => {
    const text = String(hypothesis(gaussianFit, ['x > 0', 'fb - fc = 2']));
    expect(text.split('\n').slice(0, 4)).toEqual([
      'Hypothesis Tests for class b:',
      '       Hypothesis Estimate Est.Error CI.Lower CI.Upper Evid.Ratio Post.Prob Star',
      '1         (x) > 0     0.22      0.15    -0.02     0.43      17.18      0.94     ',
      '2 (fb-fc)-(2) = 0     0.20      0.20    -0.15     0.55         NA        NA     ',
    ]);
  });

  it('says why an equality has no evidence ratio', () => {
    const [row] = hypothesis(gaussianFit, 'x = 0').rows;
    expect(row?.evidRatio).toBeNaN();
    expect(row?.reason).toContain('x has a flat prior');
  });
});
