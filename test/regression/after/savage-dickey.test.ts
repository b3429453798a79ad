/** Evidence for a coefficient's value: against closed forms and quadrature, and calibrated. */
import { describe, expect, it } from 'vitest';
import { cholesky, logDeterminant, solveLower } from '../../../src/linear-algebra/cholesky.js';
import { randomStream } from '../../../src/random/stream.js';
import { exponential, normal } from '../../../src/regression/priors/constructors.js';
import { regression } from '../../../src/regression/regression.js';
import { powered } from '../../support/deep.js';
import { integral } from '../../support/integral.js';

const random = randomStream('savage dickey');
const settings = { draws: 500, seed: 4 };

const normalDensity = (x: number, sd: number) =>
  Math.exp(-0.5 * (x / sd) ** 2) / (sd * Math.sqrt(2 * Math.PI));

describe('the evidence for a value of a coefficient', () => {
  it('is the ratio of marginal likelihoods, of a model with one parameter', async () => {
    const data = Array.from({ length: 25 }, () => {
      const x = random.normal();
      return { x, y: random.uniform() < 1 / (1 + Math.exp(-0.7 * x)) ? 1 : 0 };
    });
    const fit = await regression({
      formula: 'y ~ 0 + x',
      family: 'bernoulli',
      data,
      prior: normal(0, 1).on('b'),
      ...settings,
    });
    const likelihood = (b: number) =>
      data.reduce((product, { x, y }) => product / (1 + Math.exp((1 - 2 * y) * b * x)), 1);
    const free = integral((b) => likelihood(b) * normalDensity(b, 1), -9, 9);
    for (const [text, value] of [
      ['x = 0', 0],
      ['2 * x = 1', 0.5],
      ['x = -2', -2],
    ] as const) {
      const [row] = fit.hypothesis(text).rows;
      expect(row?.evidRatio).toBeCloseTo(likelihood(value) / free, 5);
      expect(row?.logRatioError).toBeLessThan(1e-5);
      const ratio = row?.evidRatio ?? 0;
      expect(row?.postProb).toBeCloseTo(ratio / (1 + ratio), 12);
      expect(row?.reason).toBeNull();
    }
  });

  it('is that of a normal regression in closed form, given sigma, over which it is integrated', async () => {
    const n = 20;
    const rows = Array.from({ length: n }, () => {
      const x = 3 + random.normal();
      const z = 0.6 * x + random.normal();
      return { x, z, y: 1 + 0.4 * x + 1.2 * random.normal() };
    });
    const means = { x: 0, z: 0 };
    for (const row of rows) {
      means.x += row.x / n;
      means.z += row.z / n;
    }
    // A prior of the intercept that matters, at the means of the predictors.
    const y = Float64Array.from(rows, (row) => row.y - 1);
    /** log p(y | σ) with or without the slope of x: normal with covariance σ² I + Σ V_j x_j x_jᵀ. */
    const logMarginal = (sigma: number, withX: boolean) => {
      const covariance = new Float64Array(n * n);
      rows.forEach((a, i) => {
        rows.forEach((b, j) => {
          const slope = withX ? (a.x - means.x) * (b.x - means.x) : 0;
          const other = (a.z - means.z) * (b.z - means.z);
          covariance[i * n + j] = 0.04 + slope + other + (i === j ? sigma * sigma : 0);
        });
      });
      const lower = cholesky(covariance, n);
      if (!lower) throw new Error('singular');
      const solved = y.slice();
      solveLower(lower, solved);
      const squares = solved.reduce((sum, value) => sum + value * value, 0);
      return -0.5 * squares - 0.5 * logDeterminant(lower, n);
    };
    const marginal = (withX: boolean) =>
      integral((sigma) => Math.exp(logMarginal(sigma, withX) + 20 - sigma), 0.3, 6);
    const fit = await regression({
      formula: 'y ~ x + z',
      data: rows,
      prior: [normal(1, 0.2).on('Intercept'), normal(0, 1).on('b'), exponential(1).on('sigma')],
      ...settings,
    });
    const [row] = fit.hypothesis('x = 0').rows;
    const { evidRatio = Number.NaN, logRatioError = Number.NaN } = row ?? {};
    const exact = marginal(false) / marginal(true);
    // Conditionals at the means of the predictors: at zero, the error is several times as large.
    expect(logRatioError).toBeLessThan(0.06);
    expect(Math.abs(Math.log(evidRatio / exact))).toBeLessThan(4 * logRatioError);
  });

  it('is 1 where the data say nothing of the coefficient, with group effects', async () => {
    // The column hardly varies.
    const data = Array.from({ length: 40 }, (_, i) => ({
      x: (i >> 1) % 2 === 0 ? 0.001 : -0.001,
      y: i % 2,
      g: `g${i % 5}`,
    }));
    const fit = await regression({
      formula: 'y ~ x + (1 | g)',
      family: 'bernoulli',
      data,
      prior: [normal(0, 1).on('b'), exponential(1).on('sd')],
      ...settings,
    });
    const [row] = fit.hypothesis('x = 0').rows;
    // The data say nothing of x: posterior and prior densities are equal.
    expect(row?.evidRatio).toBeCloseTo(1, 3);
  });

  it('is missing with a reason under a flat prior, of other equalities, and outside the bounds', async () => {
    const data = Array.from({ length: 20 }, (_, i) => ({
      y: (3 * i) % 7,
      x: i % 5,
      z: (i * i) % 3,
    }));
    const flat = await regression({ formula: 'y ~ x', data, ...settings });
    const [none] = flat.hypothesis('x = 0').rows;
    expect(none?.evidRatio).toBeNaN();
    expect(none?.reason).toMatch(
      /x has a flat prior, under which no value has evidence: give it a proper one/,
    );
    const fit = await regression({
      formula: 'y ~ x + z',
      data,
      prior: [exponential(1).on('b', { coef: 'x' }), normal(0, 1).on('b', { coef: 'z' })],
      ...settings,
    });
    const reasons = fit.hypothesis([
      'x = -1',
      'x - z = 0',
      'z^2 = 1',
      'sigma = 1',
      'Intercept = 0',
    ]);
    expect(reasons.rows.map(({ reason }) => reason)).toEqual([
      'the prior of x excludes -1',
      'the evidence ratio of an equality is known for a single coefficient, x1 = 0',
      'the evidence ratio of an equality is known for a single coefficient, x1 = 0',
      'the evidence ratio of an equality is of a coefficient, which sigma is not',
      'the evidence ratio of an equality is of a coefficient, which Intercept is not',
    ]);
    expect(fit.hypothesis('x = 0').rows[0]?.evidRatio).toBeGreaterThan(0);
  });
});

describe('posterior probabilities of a value', () => {
  it('are calibrated: their mean is the prior probability', async () => {
    // Half of the data sets have x = 0, half a coefficient from its prior (Schad et al. 2022, Psychological
    // Methods 28). The mean of the posterior probabilities is then 1/2, and of those of each half follows.
    const count = powered(24, 500);
    const probabilities: number[] = [];
    for (let i = 0; i < count; i++) {
      const b = i % 2 === 0 ? 0 : random.normal();
      const data = Array.from({ length: 30 }, () => {
        const x = random.normal();
        return { x, y: random.uniform() < 1 / (1 + Math.exp(-0.5 - b * x)) ? 1 : 0 };
      });
      const fit = await regression({
        formula: 'y ~ x',
        family: 'bernoulli',
        data,
        prior: [normal(0, 1).on('b'), normal(0.5, 0.3).on('Intercept')],
        draws: 200,
        chains: 2,
        seed: i,
      });
      probabilities.push(fit.hypothesis('x = 0').rows[0]?.postProb ?? Number.NaN);
    }
    const mean = probabilities.reduce((sum, one) => sum + one, 0) / count;
    const squares = probabilities.reduce((sum, one) => sum + (one - mean) ** 2, 0);
    // Four standard errors.
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(squares / (count - 1) / count));
  });
});
