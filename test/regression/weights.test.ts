/**
 * Weights of rows in fits: `freq(n)` is the repeated table, `weights(w)` multiplies log likelihoods, as
 * brms has it (the posteriors themselves are compared with brms' in test/peer).
 */
import { describe, expect, it } from 'vitest';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { normal } from '../../src/regression/priors/constructors.js';
import { fitFromData, regression } from '../../src/regression/regression.js';
import { calibrateRegression } from '../../src/regression/validation/regression-simulations.js';
import { columns } from './small-data.js';

const n = [1, 2, 0, 1, 3, 1, 1, 2, 1, 1, 2, 1];
const rows = n.flatMap((count, i) => new Array<number>(count).fill(i));
const repeated = Object.fromEntries(
  Object.entries(columns).map(([name, values]) => [name, rows.map((i) => values[i] ?? 0)]),
);
const quick = { chains: 2, warmup: 200, draws: 200, seed: 5, prior: normal(0, 2).on('b') } as const;

describe('freq(n)', () => {
  const fits = Promise.all([
    regression({
      formula: 'c | freq(w) ~ x + z',
      family: 'poisson',
      data: { ...columns, w: n },
      ...quick,
    }),
    regression({ formula: 'c ~ x + z', family: 'poisson', data: repeated, ...quick }),
  ]);

  it('has the priors, draws, LOO and checks of the repeated table', async () => {
    const [one, other] = await fits;
    expect(one.priors).toEqual(other.priors);
    expect(one.draws).toEqual(other.draws);
    const [loo, wanted] = await Promise.all([one.loo(), other.loo()]);
    expect(loo.elpdLoo).toEqual(wanted.elpdLoo);
    expect(loo.pointwise).toEqual(wanted.pointwise);
    expect(loo.pointwise.elpdLoo).toHaveLength(rows.length);
    expect(one.ppc().statistics).toEqual(other.ppc().statistics);
    expect([...one.fitted()]).toEqual([...other.fitted()]);
    expect(String(one.conditionalEffects())).toBe(String(other.conditionalEffects()));
    expect(one.notes).toContain('1 of 12 rows have the weight or frequency 0 and were left out');
  });

  it('is said once: an update and a fit that was saved have the same rows', async () => {
    const [one, other] = await fits;
    const loaded = fitFromData(decodeFit(encodeFit(one)));
    expect((await loaded.loo()).elpdLoo).toEqual((await one.loo()).elpdLoo);
    const [again, wanted] = await Promise.all(
      [loaded, other].map((fit) => fit.update({ formula: '. ~ . - z' })),
    );
    expect(again?.formula).toBe('c | freq(w) ~ x');
    expect(again?.draws).toEqual(wanted?.draws);
  });

  it('is not needed for new rows', async () => {
    const [one] = await fits;
    expect(one.predict({ data: [{ x: 1, z: 0 }] })).toHaveLength(1);
  });
});

describe('weights(w)', () => {
  const data = { ...columns, w: n.map((count) => count + 0.5) };
  const asked = { formula: 'y | weights(w) ~ x', data, ...quick } as const;

  it('multiply what LOO and WAIC have of a row', async () => {
    const fit = await regression(asked);
    const plain = await regression({ ...asked, formula: 'y ~ x' });
    // With the same draws, the row's log likelihood is that of the density to the power of its weight.
    const weightless = { ...fit.specification.data };
    Reflect.deleteProperty(weightless, 'weights');
    const unweighted = fitFromData({
      ...plain,
      draws: fit.draws,
      specification: { ...plain.specification, data: weightless },
    });
    const variances = [fit, unweighted].map((one) => [...one.waic().pointwise.pWaic]);
    variances[0]?.forEach((variance, i) => {
      // p_waic is the variance of the log likelihood.
      const wanted = (data.w[i] ?? 0) ** 2 * (variances[1]?.[i] ?? 0);
      expect(variance / wanted).toBeCloseTo(1, 10);
    });
  });

  it('survive saving, and update keeps them', async () => {
    const fit = await regression(asked);
    const loaded = fitFromData(decodeFit(encodeFit(fit)));
    expect(loaded.specification.data.weights).toEqual(Float64Array.from(data.w));
    expect((await loaded.loo()).elpdLoo).toEqual((await fit.loo()).elpdLoo);
    const again = await loaded.update({ formula: '. ~ . + I(x^2)' });
    expect(again.formula).toBe('y | weights(w) ~ x + I(x^2)');
    expect(again.specification.data.weights).toEqual(Float64Array.from(data.w));
  });

  it('are not those of data that could be simulated', async () => {
    await expect(calibrateRegression({ ...asked, simulations: 100 })).rejects.toThrow(
      'a likelihood with weights() is not that of any outcomes',
    );
  });
});
