/** K-fold cross-validation against integrals over a grid, and the rules of its folds. */
import { describe, expect, it } from 'vitest';
import { looCompare } from '../../../src/posterior/loo-compare.js';
import { logSumExp } from '../../../src/posterior/psis.js';
import { normal } from '../../../src/regression/priors/constructors.js';
import { regression } from '../../../src/regression/regression.js';

const y = [1, 2, 0, 1, 3, 2, 1, 0, 4, 6, 5, 3];
const g = [...'aaaabbbbcccc'];
const s = [...'uuuvuuuvuuuv'];
const fitted = regression({
  ...{ formula: 'y ~ 1', family: 'poisson' as const, prior: normal(0, 1).on('Intercept') },
  ...{ data: { y }, seed: 3 },
});

const logFactorial = (n: number): number => (n < 2 ? 0 : Math.log(n) + logFactorial(n - 1));

/** log of the integral over the intercept, up to a constant. */
const evidence = (own: readonly number[]) =>
  logSumExp(
    Float64Array.from({ length: 2000 }, (_, k) => {
      const eta = -4 + k * 0.004;
      return own.reduce(
        (sum, count) => sum + count * eta - Math.exp(eta) - logFactorial(count),
        -0.5 * eta * eta,
      );
    }),
  );

describe('fit.kfold', () => {
  it('has the densities of observations and of groups by fits without their groups', async () => {
    const fit = await fitted;
    const result = await fit.kfold({ grouped: g });
    expect(result.folds).toBe(3);
    expect([...result.pointwise.fold]).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
    for (const [place, { group, size, elpd }] of result.groups.entries()) {
      expect(size).toBe(4);
      const others = y.filter((_, i) => g[i] !== group);
      const exact = evidence(y) - evidence(others);
      // Four likelihoods together: the Monte Carlo error of the product is below the sum of theirs.
      const own = [...y.keys()].filter((i) => g[i] === group);
      const mcse = own.reduce((sum, i) => sum + (result.pointwise.mcseElpdKfold[i] ?? 0), 0);
      expect(mcse).toBeLessThan(0.1);
      expect(Math.abs(elpd - exact)).toBeLessThan(5 * mcse);
      expect(group).toBe('abc'[place]);
      for (const i of own) {
        const alone = evidence([...others, y[i] ?? 0]) - evidence(others);
        expect(Math.abs((result.pointwise.elpdKfold[i] ?? 0) - alone)).toBeLessThan(
          5 * (result.pointwise.mcseElpdKfold[i] ?? 0),
        );
      }
    }
    const sum = result.groups.reduce((total, { elpd }) => total + elpd, 0);
    expect(result.elpdJoint?.estimate).toBeCloseTo(sum, 10);
    expect(String(result)).toMatch(/^\nBased on 3-fold cross-validation\.\n\n +Estimate/);
    expect(String(result)).toContain('elpd_joint is by the joint densities of 3 groups.');
  });

  it('knows the labels of rows where others have missing values', async () => {
    const fit = await regression({
      formula: 'y ~ 1 + (1 | g)',
      family: 'poisson',
      data: { y: [null, ...y, null], g: ['z', ...g, 'a'] },
      prior: normal(0, 1).on('Intercept'),
      ...{ chains: 2, warmup: 100, draws: 50, seed: 3 },
    });
    const byColumn = await fit.kfold({ grouped: 'g' });
    expect(byColumn.groups.map(({ group, size }) => [group, size])).toEqual([
      ['a', 4],
      ['b', 4],
      ['c', 4],
    ]);
    const byValue = await fit.kfold({ grouped: ['z', ...g, 'a'] });
    expect(byValue.pointwise.fold).toEqual(byColumn.pointwise.fold);
  });

  it('of as many folds as observations is LOO', async () => {
    const fit = await fitted;
    const [one, other] = await Promise.all([fit.kfold({ folds: 12 }), fit.loo()]);
    one.pointwise.elpdKfold.forEach((elpd, i) => {
      const mcse = (one.pointwise.mcseElpdKfold[i] ?? 0) + (other.pointwise.mcseElpdLoo[i] ?? 0);
      expect(Math.abs(elpd - (other.pointwise.elpdLoo[i] ?? 0))).toBeLessThan(5 * mcse);
      const lpd = (other.pointwise.elpdLoo[i] ?? 0) + (other.pointwise.pLoo[i] ?? 0);
      expect(elpd + (one.pointwise.pKfold[i] ?? 0)).toBeCloseTo(lpd, 8);
    });
    expect(one.elpdJoint).toBeNull();
  });

  it('has folds of equal size, by the seed, and strata in equal shares', async () => {
    const fit = await fitted;
    const random = await fit.kfold({ folds: 5 });
    const sizes = [1, 2, 3, 4, 5].map(
      (fold) => random.pointwise.fold.filter((own) => own === fold).length,
    );
    expect(sizes.sort()).toEqual([2, 2, 2, 3, 3]);
    const again = await fit.kfold({ folds: 5, seed: 3 });
    expect(again.pointwise).toEqual(random.pointwise);
    const other = await fit.kfold({ folds: 5, seed: 4 });
    expect(other.pointwise.fold).not.toEqual(random.pointwise.fold);
    expect(looCompare({ random, again }).warnings).toEqual([]);
    expect(looCompare({ random, other }).warnings.join()).toMatch(/^'other' has other folds/);

    const { fold } = (await fit.kfold({ folds: 3, stratified: s })).pointwise;
    for (const k of [1, 2, 3]) {
      const strata = s.filter((_, i) => fold[i] === k).sort();
      expect(strata.join('')).toBe('uuuv');
    }
    const halves = (await fit.kfold({ folds: 2, grouped: g })).pointwise.fold;
    for (const group of 'abc') {
      expect(new Set(halves.filter((_, i) => g[i] === group)).size).toBe(1);
    }
    expect(new Set(halves).size).toBe(2);
  });

  it('refuses what it cannot do, in a line', async () => {
    const fit = await fitted;
    const refused = (options: object) =>
      fit.kfold(options).then(
        () => 'done',
        (error: Error) => error.message,
      );
    expect(await refused({ folds: 1 })).toMatch(/^folds is 1, .* from 2 to 12, the number of obs/);
    expect(await refused({ folds: 4, grouped: g })).toMatch(/to 3, the number of groups$/);
    expect(await refused({ grouped: 'h' })).toBe(
      'grouped is h, but must be a column of the formula (y) or a value for each row',
    );
    expect(await refused({ grouped: [1, 2] })).toBe(
      'grouped has 2 values, but the data have 12 rows',
    );
    expect(await refused({ folds: 20, grouped: 'y' })).toMatch(/to 7, the number of groups of y$/);
    expect(await refused({ grouped: g, stratified: s })).toMatch(/either stratified or grouped/);
    const separated = await regression({
      formula: 'y ~ x',
      family: 'bernoulli',
      data: { x: [-2, -1, 1, 2, 3, 4], y: [0, 0, 1, 1, 1, 0] },
      draws: 200,
      seed: 1,
    });
    await expect(separated.kfold({ folds: 6 })).rejects.toThrow(
      /^without fold \d \(observation \d\): x separates the outcomes perfectly/,
    );
    const short = await separated.update({ formula: 'y ~ 1', warmup: 10, draws: 10 });
    const { warnings } = await short.kfold({ folds: 2 });
    expect(warnings[0]).toMatch(/^without fold 1 \(observations \d, \d, \d\): /);
  });
});
