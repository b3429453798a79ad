/**
 * Changes of formulas: the terms of R's `update(y ~ x + z, . ~ . - x)`, as R 4.2 gives them.
 */
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { normal, regression } from '../../src/regression/index.js';
import { prepare } from '../../src/regression/prepare.js';
import { updatedFormula } from '../../src/regression/update-formula.js';

const column = (value: (i: number) => number) => Array.from({ length: 12 }, (_, i) => value(i));
const data = {
  y: column((i) => 1 + (i % 5)),
  x: column((i) => Math.sin(i)),
  z: column((i) => Math.cos(2 * i)),
  w: column((i) => Math.sin(3 * i + 1)),
  n: column(() => 9),
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
