/** Fits with constant parameters: reported and summarized with the others, and judged without them. */
import { describe, expect, it } from 'vitest';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { savageDickey } from '../../src/regression/after/savage-dickey.js';
import { constant, exponential, normal } from '../../src/regression/priors/constructors.js';
import { formatPrior, parsePrior } from '../../src/regression/priors/prior-text.js';
import { fitFromData, regression } from '../../src/regression/regression.js';
import { columns } from './small-data.js';

const quick = { data: columns, chains: 2, warmup: 300, draws: 300, seed: 3 } as const;

describe('constant(v)', () => {
  it('is in the draws, and R-hat and ESS are of the others', async () => {
    const fit = await regression({
      formula: 'y ~ x + z',
      prior: [constant(0.5).on('b', { coef: 'x' }), constant(2).on('sigma')],
      ...quick,
    });
    expect(new Set(parameterDraws(fit.draws, 'b_x'))).toEqual(new Set([0.5]));
    expect(new Set(parameterDraws(fit.draws, 'sigma'))).toEqual(new Set([2]));
    expect(new Set(parameterDraws(fit.draws, 'b_z')).size).toBeGreaterThan(100);
    expect(fit.diagnostics.maxRhat).toBeLessThan(1.05);
    expect(fit.warnings).toEqual([]);
    expect(savageDickey(fit, 'x', 0)).toEqual({ reason: 'x is held at 0.5' });
    expect(fit.parameters.find(({ name }) => name === 'b_x')?.rhat).toBeNaN();
    // Least squares of y − x/2 on z, with the sd of the mean that a known σ = 2 gives.
    const z = columns.z.map((value) => value - columns.z.reduce((a, b) => a + b, 0) / 12);
    const square = z.reduce((sum, value) => sum + value * value, 0);
    const mean =
      z.reduce(
        (sum, value, i) => sum + value * ((columns.y[i] ?? 0) - 0.5 * (columns.x[i] ?? 0)),
        0,
      ) / square;
    const row = fit.parameters.find(({ name }) => name === 'b_z');
    expect(Math.abs((row?.mean ?? 0) - mean)).toBeLessThan(4 * (row?.mcseMean ?? 0));
    expect((row?.sd ?? 0) / (2 / Math.sqrt(square))).toBeCloseTo(1, 0);
    const loaded = fitFromData(decodeFit(encodeFit(fit)));
    expect((await loaded.loo()).elpdLoo).toEqual((await fit.loo()).elpdLoo);
  });

  it('holds with group effects, and update frees it', async () => {
    const data = { ...columns, g: [...'abcabcabcabc'] };
    const fit = await regression({
      formula: 'c ~ x + (1 | g)',
      family: 'negbinomial',
      prior: [constant(0.3).on('b'), constant(4).on('shape'), exponential(1).on('sd')],
      ...quick,
      data,
    });
    expect(new Set(parameterDraws(fit.draws, 'shape'))).toEqual(new Set([4]));
    expect(fit.diagnostics.maxRhat).toBeLessThan(1.1);
    const freed = await fit.update({ prior: [normal(0, 1).on('b'), exponential(1).on('sd')] });
    expect(new Set(parameterDraws(freed.draws, 'b_x')).size).toBeGreaterThan(100);
  });

  it('is read from text and written back', () => {
    const row = parsePrior('constant(-0.5) class=b coef=x');
    expect(row).toEqual({
      class: 'b',
      coef: 'x',
      prior: { distribution: 'constant', value: -0.5 },
    });
    expect(parsePrior(formatPrior(row))).toEqual(row);
  });

  it.each([
    ['constant(-1) class=sigma', 'value -1, expected one from 0 to Infinity'],
    [
      'constant(1) class=sd group=g',
      'constant(1) is for the classes b, Intercept and those of the family',
    ],
    ['constant(Inf) class=b', 'value is Infinity, expected a finite number'],
  ])('%s is refused', async (prior, problem) => {
    const data = { ...columns, g: [...'abcabcabcabc'] };
    await expect(regression({ formula: 'y ~ x + (1 | g)', ...quick, data, prior })).rejects.toThrow(
      problem,
    );
  });
});
