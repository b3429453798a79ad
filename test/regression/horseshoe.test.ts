/** Regressions with a horseshoe prior: shrinkage, text, saving, and what is refused (brms' posteriors: test/peer). */
import { describe, expect, it } from 'vitest';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { randomStream } from '../../src/random/stream.js';
import { posteriorKernel } from '../../src/regression/after/posterior-kernel.js';
import { savageDickey } from '../../src/regression/after/savage-dickey.js';
import { prepare } from '../../src/regression/prepare.js';
import { horseshoe, normal } from '../../src/regression/priors/constructors.js';
import { formatPrior, parsePrior } from '../../src/regression/priors/prior-text.js';
import { samplePriorOf } from '../../src/regression/priors/sample-prior.js';
import { fitFromData, regression } from '../../src/regression/regression.js';
import { columns } from './small-data.js';

/** 12 rows, 14 columns, of which two matter. */
function wide() {
  const random = randomStream('wide');
  const names = Array.from({ length: 14 }, (_, j) => `x${j + 1}`);
  const data: Record<string, number[]> = Object.fromEntries(
    names.map((name) => [name, Array.from({ length: 12 }, () => random.normal())]),
  );
  const { x1 = [], x2 = [] } = data;
  data.y = x1.map((x, i) => 1 + 3 * x - 2 * (x2[i] ?? 0) + 0.3 * random.normal());
  return { data, names };
}

describe('a horseshoe prior', () => {
  it('finds the slopes that matter among more columns than rows', async () => {
    const { data, names } = wide();
    const fit = await regression({
      formula: `y ~ ${names.join(' + ')}`,
      data,
      prior: horseshoe(1, { parRatio: 2 / 12 }).on('b'),
      ...{ chains: 2, warmup: 300, draws: 200, seed: 4, targetAcceptance: 0.9 },
    });
    const meanOf = (name: string) =>
      fit.parameters.find((row) => row.name === name)?.mean ?? Number.NaN;
    expect(meanOf('b_x1')).toBeGreaterThan(2.5);
    expect(meanOf('b_x2')).toBeLessThan(-1.5);
    for (const name of names.slice(2)) expect(Math.abs(meanOf(`b_${name}`))).toBeLessThan(0.35);
    const loaded = fitFromData(decodeFit(encodeFit(fit)));
    expect((await loaded.loo()).elpdLoo).toEqual((await fit.loo()).elpdLoo);
    expect(String(fit.summary())).toContain('x14');
    expect(() => fit.priorSensitivity()).toThrow('horseshoe');
    expect(savageDickey(fit, 'x1', 0)).toMatchObject({
      reason: expect.stringContaining('horseshoe'),
    });
    expect(() => posteriorKernel(fit.specification, 'this')).toThrow('horseshoe');
  });

  it.each([
    ['horseshoe(1)', horseshoe()],
    ['horseshoe(3, scale_global = 0.5)', horseshoe(3, { scaleGlobal: 0.5 })],
    [
      'horseshoe(1, df_global = 2, scale_slab = 3, df_slab = 5)',
      horseshoe(1, { dfGlobal: 2, scaleSlab: 3, dfSlab: 5 }),
    ],
    [
      'horseshoe(1, par_ratio = 0.1, autoscale = FALSE)',
      horseshoe(1, { parRatio: 0.1, autoscale: false }),
    ],
  ])('%s is read from text and written back', (text, distribution) => {
    const row = distribution.on('b');
    expect(parsePrior(`${text} class=b`)).toEqual(row);
    expect(formatPrior(row)).toBe(`${text} class=b`);
  });

  it('is read by position and without arguments, as in brms', () => {
    expect(parsePrior('horseshoe(3, 0.5, 2)')).toEqual(
      horseshoe(3, { scaleGlobal: 0.5, dfGlobal: 2 }).on('b'),
    );
    expect(parsePrior('horseshoe()')).toEqual(horseshoe().on('b'));
  });

  it('has draws from the prior, with outcomes', () => {
    const { draws } = samplePriorOf(
      prepare({ formula: 'y ~ x + z', data: columns, prior: horseshoe(1).on('b') }).specification,
      { draws: 50, seed: 1 },
    );
    expect(draws.parameterNames).toEqual(['b_Intercept', 'b_x', 'b_z', 'sigma']);
    expect(draws.values.every(Number.isFinite)).toBe(true);
  });

  const grouped = { ...columns, g: [...'abcabcabcabc'] };
  it.each([
    ['y ~ x', 'horseshoe(1) class=Intercept', 'horseshoe is for class b'],
    [
      'y ~ x + z',
      ['horseshoe(1) class=b', normal(0, 1).on('b', { coef: 'z' })],
      'a horseshoe is of all slopes',
    ],
    ['y ~ x', 'horseshoe(-1) class=b', 'df is -1, expected a positive number'],
    ['y ~ x', 'horseshoe(1, lb = 0) class=b', 'an argument of horseshoe once'],
    ['y ~ x', 'horseshoe(1, df = 2) class=b', 'an argument of horseshoe once'],
    ['y ~ x', 'horseshoe(1) class=b lb=0', 'has bounds, expected none'],
    ['y ~ x', 'horseshoe(1, autoscale = 2) class=b', 'autoscale is 2, expected true or false'],
  ])('%s with %s is refused', async (formula, prior, problem) => {
    await expect(regression({ formula, data: grouped, prior })).rejects.toThrow(problem);
  });
});
