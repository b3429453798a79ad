/** Known standard errors: the likelihood by definition, what is predicted, and what is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { responseFamily } from '../../models/families/index.js';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { preparedFrom } from '../../src/regression/from-specification.js';
import { prepare } from '../../src/regression/prepare.js';
import { cauchy, normal } from '../../src/regression/priors/constructors.js';
import { fitFromData, regression } from '../../src/regression/regression.js';
import { columns } from './small-data.js';

const schools = {
  effect: [28, 8, -3, 7, -1, 1, 18, 12],
  error: [15, 10, 16, 11, 9, 11, 10, 18],
  school: [...'ABCDEFGH'],
};

describe('the likelihood of outcomes with known errors', () => {
  it('is normal with the sum of both variances, with its derivatives', () => {
    const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number(-3, 3), number(0.5, 3), number(-3, 3), number(0.2, 2)), {
          minLength: 1,
          maxLength: 5,
        }),
        number(0, 2),
        fc.boolean(),
        (rows, sigma, shared) => {
          const count = rows.length;
          const values = Float64Array.from(rows, ([y]) => y);
          const errors = Float64Array.from(rows, ([, s]) => s);
          const weights = Float64Array.from(rows, ([, , , w]) => w);
          const cells = shared ? 1 : count;
          const eta = Float64Array.from(rows.slice(0, cells), ([, , mu]) => mu);
          const family = responseFamily(
            { family: 'gaussian', link: 'identity' },
            {
              rows: count,
              values,
              trials: null,
              errors,
              weights,
              cells: { count: cells, of: Int32Array.from(rows, (_, i) => (shared ? 0 : i)) },
            },
          );
          const density = (mu: Float64Array, sd: number) => {
            const gradient = new Float64Array(cells);
            const auxGradient = new Float64Array(1);
            const value = family.logLikelihood(mu, Float64Array.of(sd), gradient, auxGradient);
            return { value, gradient, slope: auxGradient[0] ?? Number.NaN };
          };
          const here = density(eta, sigma);
          const wanted = values.reduce((sum, y, i) => {
            const v = sigma ** 2 + (errors[i] ?? 0) ** 2;
            return (
              sum -
              0.5 * (weights[i] ?? 0) * (Math.log(v) + (y - (eta[shared ? 0 : i] ?? 0)) ** 2 / v)
            );
          }, 0);
          expect(here.value).toBeCloseTo(wanted, 9);
          const h = 1e-5;
          expect(here.slope).toBeCloseTo(
            (density(eta, sigma + h).value - density(eta, sigma - h).value) / (2 * h),
            4,
          );
          const curvature = [
            new Float64Array(cells),
            new Float64Array(cells),
            new Float64Array(1),
          ] as const;
          family.curvature(eta, Float64Array.of(sigma), ...curvature);
          expect(curvature[2][0]).toBeCloseTo(
            (density(eta, sigma + h).slope - density(eta, sigma - h).slope) / (2 * h),
            3,
          );
          for (let c = 0; c < cells; c++) {
            const moved = (step: number) =>
              density(
                eta.map((mu, i) => mu + (i === c ? step : 0)),
                sigma,
              );
            const [up, down] = [moved(h), moved(-h)];
            expect(here.gradient[c]).toBeCloseTo((up.value - down.value) / (2 * h), 4);
            expect(curvature[0][c]).toBeCloseTo(
              ((up.gradient[c] ?? 0) - (down.gradient[c] ?? 0)) / (2 * h),
              3,
            );
            expect(curvature[1][c]).toBeCloseTo((up.slope - down.slope) / (2 * h), 3);
          }
        },
      ),
      { seed: 8, numRuns: 100 },
    );
  });
});

describe('se(s)', () => {
  const asked = {
    formula: 'effect | se(error) ~ 1',
    data: schools,
    prior: normal(0, 1000).on('Intercept'),
    ...{ chains: 2, warmup: 300, draws: 1000, seed: 2 },
  };

  it('gives the precision-weighted mean, and sigma is 0', async () => {
    const fit = await regression(asked);
    expect(new Set(parameterDraws(fit.draws, 'sigma'))).toEqual(new Set([0]));
    expect(fit.priors.some((row) => row.class === 'sigma')).toBe(false);
    const precisions = schools.error.map((s) => 1 / s ** 2);
    const total = precisions.reduce((sum, p) => sum + p, 0);
    const mean = precisions.reduce((sum, p, i) => sum + p * (schools.effect[i] ?? 0), 0) / total;
    const [intercept] = fit.parameters;
    expect(Math.abs((intercept?.mean ?? 0) - mean)).toBeLessThan(4 * (intercept?.mcseMean ?? 0));
    // The sd of 2,000 draws has an error of 1.6%.
    expect(Math.abs((intercept?.sd ?? 0) * Math.sqrt(total) - 1)).toBeLessThan(0.07);
  });

  it('is in LOO, in predictions, of new rows by their own errors, and in saved fits', async () => {
    const fit = await regression(asked);
    const mu = parameterDraws(fit.draws, 'b_Intercept');
    const waic = fit.waic();
    const logDensities = mu.map(
      (m) => -0.5 * Math.log(2 * Math.PI) - Math.log(15) - 0.5 * ((28 - m) / 15) ** 2,
    );
    const mean = logDensities.reduce((sum, value) => sum + value, 0) / mu.length;
    const variance =
      logDensities.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (mu.length - 1);
    expect(waic.pointwise.pWaic[0]).toBeCloseTo(variance, 9);
    const [small, large] = fit.predict({ data: [{ error: 1 }, { error: 100 }] });
    expect(large?.sd).toBeGreaterThan(85);
    expect(small?.sd).toBeLessThan(7);
    expect(fit.predict()).toHaveLength(8);
    expect(() => fit.predict({ data: [{ other: 1 }] })).toThrow("'error'");
    const loaded = fitFromData(decodeFit(encodeFit(fit)));
    expect((await loaded.loo()).elpdLoo).toEqual((await fit.loo()).elpdLoo);
  });

  it.each(['effect | se(error) ~ 1 + (1 | school)', 'effect | se(error, sigma = TRUE) ~ 1'])(
    '%s is the same from its specification',
    (formula) => {
      const { specification } = prepare({
        formula,
        data: schools,
        prior: normal(0, 5).on('Intercept'),
      });
      expect(preparedFrom(specification).specification).toStrictEqual(specification);
    },
  );

  it('holds for data in other units', async () => {
    const scaled = (by: number) => ({
      ...asked,
      data: {
        ...schools,
        effect: schools.effect.map((y) => y * by),
        error: schools.error.map((s) => s * by),
      },
      prior: normal(0, 1000 * by).on('Intercept'),
    });
    const [one, other] = await Promise.all([1, 1e12].map((by) => regression(scaled(by))));
    const meanOf = (fit = one) => fit?.parameters[0]?.mean ?? Number.NaN;
    expect(meanOf(other) / 1e12).toBeCloseTo(meanOf(one), 0);
    const [elpd = Number.NaN, wanted = Number.NaN] = await Promise.all(
      [other, one].map(async (fit) => (await fit?.loo())?.elpdLoo.estimate),
    );
    expect(elpd + 8 * Math.log(1e12)).toBeCloseTo(wanted, 0);
  });

  it.each([
    ['y | se(x) ~ z', {}, 'row 1: se(x) is -2.1, expected a finite number above 0'],
    [
      'c | se(n) ~ x',
      { family: 'poisson' as const },
      'se() is for the family gaussian, not poisson',
    ],
    ['y | se(n, 2) ~ x', {}, 'se() takes standard errors and sigma, TRUE or FALSE'],
    ['y | se(n, tau = TRUE) ~ x', {}, 'se() takes standard errors and sigma, TRUE or FALSE'],
    ['y | se(n) ~ x', { prior: cauchy(0, 1).above(0).on('sigma') }, 'no class sigma'],
  ])('%s is refused', async (formula, more, problem) => {
    await expect(regression({ formula, data: columns, ...more })).rejects.toThrow(problem);
  });
});
