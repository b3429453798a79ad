/**
 * Changes of formulas: the terms of R's `update(y ~ x + z, . ~ . - x)`, as R 4.2 gives them.
 */
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { updatedFormula } from '../../src/formula/update-formula.js';
import { prepare } from '../../src/regression/prepare.js';
import { normal } from '../../src/regression/priors/constructors.js';
import { regression } from '../../src/regression/regression.js';

const column = (value: (i: number) => number) => Array.from({ length: 12 }, (_, i) => value(i));
const data = {
  y: column((i) => 1 + (i % 5)),
  x: column((i) => Math.sin(i)),
  z: column((i) => Math.cos(2 * i)),
  w: column((i) => Math.sin(3 * i + 1)),
  n: column(() => 9),
  b: column((i) => i % 2).map((value) => value === 1),
  g: column((i) => i % 3).map((level) => `g${level}`),
};

/** The outcome, and R's names of the design's columns. */
function termsOf(formula: string): readonly string[] {
  const { frame } = prepare({ formula, data, prior: 'normal(0, 1)' });
  const { design, encoded, response } = frame;
  const intercept = design.intercept ? ['1'] : [];
  return [response.name, ...intercept, ...encoded.population.names];
}

describe('a change of a formula', () => {
  it.each([
    ['y ~ x + z', '. ~ . - x', 'y 1 z'],
    ['y ~ x + z', '~ . + w', 'y 1 x z w'],
    ['y ~ x + z', ' ~ .+w', 'y 1 x z w'],
    ['y ~ x + z', 'log(.) ~ .', 'log(y) 1 x z'],
    ['y ~ x + z', '. ~ . * w', 'y 1 x z w x:w z:w'],
    ['y ~ x * z', '. ~ . - x:z', 'y 1 x z'],
    ['y ~ x + z', '. ~ w + .', 'y 1 w x z'],
    ['y ~ x + z', 'w ~ .', 'w 1 x z'],
    ['y ~ x + z', '. ~ . - 1', 'y x z'],
    ['y ~ x + z', '. ~ (.)^2', 'y 1 x z x:z'],
    ['y ~ x + z + w', '. ~ w - (. - w)', 'y 1 w'],
    ['y ~ x - 1', '. ~ . + z', 'y x z'],
    ['y ~ x + z', '. ~ x:.', 'y 1 x x:z'],
    ['y ~ x + z', 'y ~ w', 'y 1 w'],
  ])('of %s by %s has the terms that R gives it', (own, change, expected) => {
    expect(termsOf(updatedFormula(own, change)).join(' ')).toBe(expected);
  });

  it.each([
    ['y ~ x + (1 | g)', '. ~ . - (1 | g)', 'y ~ x'],
    ['y ~ x + (1 + x | g)', '. ~ . - (1 + x | g)', 'y ~ x'],
    ['y ~ x + (x | g)', '. ~ . - (1 + x | g)', 'y ~ x'],
    ['y ~ x + (1 + x || g)', '. ~ . - (x || g)', 'y ~ x'],
    ['y ~ x + (1 | g)', '. ~ . - (1 || g)', 'y ~ x'],
    ['y ~ x + (1 | g/h)', '. ~ . - (1 | g/h)', 'y ~ x'],
    ['y ~ x + (1 | g/h)', '. ~ . - (1 | h:g)', 'y ~ x + (1 | g)'],
    ['y ~ x + (1 | g) + (1 | h)', '. ~ . - x - (1 | g)', 'y ~ 1 + (1 | h)'],
    ['y ~ x + (1 | g)', '. ~ . - (1 | g) + (0 + x | g)', 'y ~ x + (0 + x | g)'],
    ['y ~ f * x + offset(z)', '. ~ . - f', 'y ~ x + x:f + offset(z)'],
    ['y | trials(n) ~ x + z', '. ~ . - x - 1', 'y | trials(n) ~ 0 + z'],
    ['y ~ `a b` + (1 | `c d`)', '. ~ . - (1 | `c d`)', 'y ~ `a b`'],
    ['y ~ x + offset(log(z)) + offset(w)', '. ~ . - offset(log( z ))', 'y ~ x + offset(w)'],
  ])('of %s by %s takes away: %s', (own, change, expected) => {
    expect(updatedFormula(own, change)).toBe(expected);
  });

  it.each([
    [
      'y ~ x + (1 | g)',
      '. ~ . - (1 | h)',
      'no group term (1 | h) to take away: the group terms are (1 | g)',
    ],
    ['y ~ x + (1 + x || g)', '. ~ . - (1 + x | g)', 'the group terms are (1 + x || g)'],
    ['y ~ x + (1 + x | g)', '. ~ . - (1 | g)', 'the group terms are (1 + x | g)'],
    ['y ~ x', '. ~ . - (1 | g)', 'there is no group term'],
    ['y ~ x + offset(z)', '. ~ . - offset(w)', 'no offset(w) to take away'],
    ['y ~ x + offset(z)', '. ~ . * offset(w) - x', 'an offset can only be added or taken away'],
  ])('of %s by %s refuses what is not there', (own, change, problem) => {
    expect(() => updatedFormula(own, change)).toThrow(problem);
  });

  // R's update gives the one term x > 0 + z, which compares x with z.
  it.each([
    ['y ~ x > 0', '. ~ . + z', 'y 1 x > 0TRUE z'],
    ['y ~ x + !b', '. ~ . + z', 'y 1 x !bTRUE z'],
    ['y ~ x > 0 & !b', '~ . + z', 'y 1 x > 0 & !bTRUE z'],
    ['y ~ x > 0', '. ~ . - z', 'y 1 x > 0TRUE'],
    ['y ~ x + z > 0', '. ~ . - w + x', 'y 1 x + z > 0TRUE x'],
    ['y ~ (x > 0) + w', '. ~ . + z', 'y 1 x > 0TRUE w z'],
    ['y ~ I(x > 0)', '. ~ . + z', 'y 1 I(x > 0)TRUE z'],
    ['y > 2 ~ x', '. ~ . + z', 'y > 2 1 x z'],
  ])('of %s by %s keeps comparisons whole', (own, change, expected) => {
    expect(termsOf(updatedFormula(own, change)).join(' ')).toBe(expected);
  });

  it('leaves out priors of what is gone, with a note, and keeps the others', async () => {
    const short = { chains: 1, warmup: 50, draws: 20 };
    const prior = [
      'normal(0, 1) class=b coef=x',
      'normal(0, 2) class=b',
      'exponential(1) class=sd',
    ];
    const fit = await regression({ formula: 'y ~ x + z + (1 | g)', data, prior, ...short });
    const fewer = await fit.update({ formula: '. ~ . - x - (1 | g)' });
    expect(fewer.formula).toBe('y ~ z');
    expect(fewer.notes.filter((note) => note.includes('left out'))).toEqual([
      'the prior normal(0, 1) class=b coef=x was left out: no parameter of the update takes it',
      'the prior exponential(1) class=sd was left out: no parameter of the update takes it',
    ]);
    expect(fewer.givenPriors.map(({ class: name, coef }) => [name, coef])).toEqual([
      ['b', undefined],
    ]);
    const again = await fewer.update({ formula: '. ~ . + w' });
    expect(again.notes.filter((note) => note.includes('left out'))).toEqual([]);
    await expect(fit.update({ formula: '. ~ z', prior })).rejects.toThrow('class b has no coef x');
  });

  it.each([
    ['bf(y ~ x, sigma ~ x)', '. ~ . + z', 'bf(y ~ x + z, sigma ~ x)'],
    ['bf(y ~ x, sigma ~ x, nu ~ 1)', 'bf(. ~ ., sigma ~ . + z)', 'bf(y ~ x, sigma ~ x + z)'],
    ['y ~ x', 'bf(. ~ ., sigma ~ . + w)', 'bf(y ~ x, sigma ~ 1 + w)'],
    ['bf(y ~ x + z, sigma ~ x)', 'bf(. ~ . - z, sigma ~ . - x)', 'bf(y ~ x, sigma ~ 1)'],
    ['bf(y ~ x, sigma ~ f(x, 2))', '. ~ .', 'bf(y ~ x, sigma ~ f(x, 2))'],
    ['bf(y ~ x, sigma ~ x)', 'bf(. ~ .)', 'bf(y ~ x)'],
  ])('%s with %s is %s', (own, change, expected) => {
    expect(updatedFormula(own, change)).toBe(expected);
  });

  it('goes on with group terms and keeps trials', () => {
    expect(updatedFormula('y | trials(n) ~ x + (1 | g)', '. ~ . + z')).toBe(
      'y | trials(n) ~ x + (1 | g) + z',
    );
    expect(updatedFormula('y ~ `a ~ b`', '. ~ . + x')).toBe('y ~ `a ~ b` + x');
    expect(updatedFormula('y ~ x', '. ~ .x + `.`')).toBe('y ~ .x + `.`');
  });

  it('is what update of a fit takes, of one that was read back as well', async () => {
    const short = { chains: 1, warmup: 50, draws: 20 };
    const prior = normal(0, 1).on('b');
    const fit = await regression({ formula: 'y ~ x + z', data, prior, ...short });
    const fewer = await fit.update({ formula: '. ~ . - x' });
    expect(fewer.draws.parameterNames).toEqual(['b_Intercept', 'b_z', 'sigma']);
    const more = await fewer.update({ formula: '~ . + w' });
    expect(more.draws.parameterNames).toEqual(['b_Intercept', 'b_z', 'b_w', 'sigma']);
    const direct = await regression({ formula: 'y ~ z + w', data, prior, ...short });
    expect(more.draws.values).toEqual(direct.draws.values);
    const error = await fit.update({ formula: '. ~ . ; x' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WeighbridgeError);
    expect(error).toMatchObject({ code: 'bad-formula' });
  });
});
