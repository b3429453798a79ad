/** Marginal likelihoods by bridge sampling: against quadrature, closed forms and Savage-Dickey ratios. */
import { describe, expect, it } from 'vitest';
import { cholesky, logDeterminant, solveLower } from '../../../src/linear-algebra/cholesky.js';
import { logSumExp } from '../../../src/posterior/psis.js';
import { randomStream } from '../../../src/random/stream.js';
import { bayesFactor } from '../../../src/regression/after/marginal-likelihood.js';
import { posteriorKernel } from '../../../src/regression/after/posterior-kernel.js';
import {
  beta,
  constant,
  exponential,
  lkj,
  normal,
} from '../../../src/regression/priors/constructors.js';
import { type RegressionOptions, regression } from '../../../src/regression/regression.js';
import { integral } from '../../support/integral.js';

const random = randomStream('marginal likelihood');
const settings = { draws: 1000, seed: 4 };

const rows = Array.from({ length: 48 }, (_, i) => {
  const x = random.normal();
  const eta = 0.4 + 0.5 * x + 0.6 * ((i % 6) - 2.5) * 0.5;
  return {
    x,
    z: random.normal(),
    g: `g${i % 6}`,
    y: 1 + eta + 0.8 * random.normal(),
    weak: 1 + eta - 0.4 * x + 0.8 * random.normal(),
    one: random.uniform() < 1 / (1 + Math.exp(-eta)) ? 1 : 0,
    count: Math.floor(3 * random.uniform()),
    grade: 1 + Math.floor(3 * random.uniform()),
  };
});

const b = normal(0, 1).on('b');
const intercept = normal(0, 2).on('Intercept');

describe('the marginal likelihood', () => {
  const n = rows.length;
  const meanX = rows.reduce((sum, { x }) => sum + x / n, 0);
  const meanZ = rows.reduce((sum, { z }) => sum + z / n, 0);

  /** log p(y | sigmas) of y ~ x, integrated over the slope and an intercept with the variance `level`. */
  const logMarginalGiven = (
    sigmaOf: (row: number) => number,
    offsetOf = (_row: number) => 0,
    level = 4,
  ) => {
    const covariance = new Float64Array(n * n);
    rows.forEach((one, i) => {
      rows.forEach((other, j) => {
        const slope = (one.x - meanX) * (other.x - meanX);
        covariance[i * n + j] = level + slope + (i === j ? sigmaOf(i) ** 2 : 0);
      });
    });
    const lower = cholesky(covariance, n);
    if (!lower) throw new Error('singular');
    const solved = Float64Array.from(rows, ({ y }, i) => y - offsetOf(i));
    solveLower(lower, solved);
    const squares = solved.reduce((sum, value) => sum + value * value, 0);
    return -0.5 * (squares + logDeterminant(lower, n) + n * Math.log(2 * Math.PI));
  };

  const logOverSigma = (logMarginal: (sigma: number) => number) => {
    const origin = logMarginal(1);
    return origin + Math.log(integral((s) => Math.exp(logMarginal(s) - origin), 0.3, 4));
  };

  it('is that of a normal regression in closed form, integrated over sigma', async () => {
    const fit = await regression({
      formula: 'y ~ x',
      data: rows,
      prior: [b, intercept, exponential(1).on('sigma')],
      ...settings,
    });
    const logMarginal = (sigma: number) => logMarginalGiven(() => sigma) - sigma;
    const exact = logOverSigma(logMarginal);
    const { logMarginalLikelihood, error } = fit.marginalLikelihood();
    expect(error).toBeLessThan(0.05);
    expect(Math.abs(logMarginalLikelihood - exact)).toBeLessThan(4 * error);
  });

  it('is without parameters that are constant: a slope, the intercept, sigma', async () => {
    const options = { formula: 'y ~ x + z', data: rows, ...settings };
    const held = constant(0.3).on('b', { coef: 'z' });
    const offset = (i: number) => 0.3 * ((rows[i]?.z ?? 0) - meanZ);
    const two = await regression({
      ...options,
      prior: [b, intercept, held, constant(0.9).on('sigma')],
    });
    const found = two.marginalLikelihood();
    expect(found.error).toBeLessThan(0.02);
    const exact = logMarginalGiven(() => 0.9, offset);
    expect(Math.abs(found.logMarginalLikelihood - exact)).toBeLessThan(4 * found.error);

    const other = await regression({
      ...options,
      prior: [b, constant(1.5).on('Intercept'), held, exponential(1).on('sigma')],
    });
    const logMarginal = (sigma: number) =>
      logMarginalGiven(
        () => sigma,
        (i) => 1.5 + offset(i),
        0,
      ) - sigma;
    const { logMarginalLikelihood, error } = other.marginalLikelihood();
    expect(error).toBeLessThan(0.05);
    expect(Math.abs(logMarginalLikelihood - logOverSigma(logMarginal))).toBeLessThan(4 * error);
  });

  it('is that of a regression with a formula of sigma, integrated over its coefficients', async () => {
    const fit = await regression({
      formula: 'bf(y ~ x, sigma ~ z)',
      data: rows,
      prior: [
        b,
        intercept,
        normal(0, 1).on('Intercept', { dpar: 'sigma' }),
        normal(0, 0.5).on('b', { dpar: 'sigma' }),
      ],
      ...settings,
    });
    const step = 0.04;
    const terms: number[] = [];
    for (let level = -1; level <= 0.8; level += step) {
      for (let slope = -0.7; slope <= 0.7; slope += step) {
        const prior = -0.5 * (level ** 2 + (slope / 0.5) ** 2) - Math.log(0.5 * 2 * Math.PI);
        const likelihood = logMarginalGiven((i) =>
          Math.exp(level + slope * ((rows[i]?.z ?? 0) - meanZ)),
        );
        terms.push(prior + likelihood + 2 * Math.log(step));
      }
    }
    const exact = logSumExp(Float64Array.from(terms));
    const { logMarginalLikelihood, error } = fit.marginalLikelihood();
    expect(error).toBeLessThan(0.05);
    expect(Math.abs(logMarginalLikelihood - exact)).toBeLessThan(4 * error);
  });

  it('is that of a logistic regression with group effects, integrated by quadrature', async () => {
    // One intercept, one sd and six effects, each by quadrature given these.
    const fit = await regression({
      formula: 'one ~ 1 + (1 | g)',
      family: 'bernoulli',
      data: rows,
      prior: [intercept, exponential(1).on('sd')],
      draws: 2000,
      seed: 4,
    });
    const levels = [0, 1, 2, 3, 4, 5].map((level) => {
      const own = rows.filter((_, i) => i % 6 === level);
      return { ones: own.filter(({ one }) => one === 1).length, all: own.length };
    });
    const gauss = (x: number, sd: number) =>
      Math.exp(-0.5 * (x / sd) ** 2) / (sd * Math.sqrt(2 * Math.PI));
    const grid = 60;
    const nodes = Array.from({ length: grid + 1 }, (_, i) => -6 + (12 * i) / grid);
    const ofLevel = (alpha: number, sd: number, { ones, all }: (typeof levels)[number]) =>
      nodes.reduce((sum, z) => {
        const p = 1 / (1 + Math.exp(-alpha - sd * z));
        return sum + (12 / grid) * gauss(z, 1) * p ** ones * (1 - p) ** (all - ones);
      }, 0);
    let exact = 0;
    for (let i = 0; i <= 60; i++) {
      const alpha = -4 + (8 * i) / 60;
      for (let j = 0; j < 60; j++) {
        const sd = (8 * (j + 0.5)) / 60;
        const product = levels.reduce((all, level) => all * ofLevel(alpha, sd, level), 1);
        exact += (8 / 60) * (8 / 60) * gauss(alpha, 2) * Math.exp(-sd) * product;
      }
    }
    const { logMarginalLikelihood, error } = fit.marginalLikelihood();
    expect(error).toBeLessThan(0.1);
    expect(Math.abs(logMarginalLikelihood - Math.log(exact))).toBeLessThan(4 * error + 0.01);
  });

  it('is that of ordered categories, integrated over ascending thresholds', async () => {
    const fit = await regression({
      formula: 'grade ~ 1',
      family: 'cumulative',
      data: rows,
      prior: normal(0, 2).on('Intercept'),
      draws: 2000,
      seed: 4,
    });
    const counts = [1, 2, 3].map((k) => rows.filter(({ grade }) => grade === k).length);
    const [ones = 0, twos = 0, threes = 0] = counts;
    const logistic = (u: number) => 1 / (1 + Math.exp(-u));
    const density = (u: number) => Math.exp((-u * u) / 8) / Math.sqrt(8 * Math.PI);
    const step = 0.02;
    let exact = 0;
    for (let low = -5 + step / 2; low < 5; low += step) {
      for (let high = low + step / 2; high < 5; high += step) {
        const [p, q] = [logistic(low), logistic(high)];
        const likelihood = p ** ones * (q - p) ** twos * (1 - q) ** threes;
        exact += step * step * density(low) * density(high) * likelihood;
      }
    }
    const { logMarginalLikelihood, error } = fit.marginalLikelihood();
    expect(error).toBeLessThan(0.05);
    expect(Math.abs(logMarginalLikelihood - Math.log(exact))).toBeLessThan(4 * error + 0.01);
  });

  it.each<[string, RegressionOptions]>([
    [
      'correlated effects',
      {
        formula: 'y ~ x + (x | g)',
        data: rows,
        prior: [
          b,
          intercept,
          exponential(1).on('sd'),
          exponential(1).on('sigma'),
          lkj(2).on('cor'),
        ],
      },
    ],
    ['ordered categories', { formula: 'grade ~ x', family: 'cumulative', data: rows, prior: b }],
    [
      'counts with further zeros',
      {
        formula: 'count ~ x',
        family: 'zero_inflated_poisson',
        data: rows,
        prior: [b, intercept, beta(2, 2).on('zi')],
      },
    ],
    [
      'a bounded coefficient',
      {
        formula: 'one ~ x',
        family: 'bernoulli',
        data: rows,
        prior: [exponential(1).on('b'), intercept],
      },
    ],
  ])('gives the Savage-Dickey ratio of a coefficient, with %s', async (_, options) => {
    const fit = await regression({ ...options, ...settings });
    const without = await fit.update({ formula: '. ~ . - x' });
    const [row] = fit.hypothesis('x = 0').rows;
    const { logBayesFactor, error, postProb, bayesFactor: factor } = bayesFactor(without, fit);
    const log = Math.log(row?.evidRatio ?? Number.NaN);
    const both = Math.hypot(error, row?.logRatioError ?? Number.NaN);
    expect(both).toBeLessThan(0.2);
    expect(Math.abs(logBayesFactor - log), `${logBayesFactor} for ${log}`).toBeLessThan(4 * both);
    expect(factor).toBeCloseTo(Math.exp(logBayesFactor), 10);
    expect(postProb).toBeCloseTo(factor / (1 + factor), 10);
  });

  it('is refused under flat priors, with few draws and between different outcomes', async () => {
    const flat = await regression({ formula: 'y ~ x', data: rows, ...settings });
    expect(() => flat.marginalLikelihood()).toThrow(
      /'y ~ x': x has a flat prior, under which a marginal likelihood is not defined: give proper ones/,
    );
    const options = { formula: 'y ~ x', data: rows, prior: b };
    const few = await regression({ ...options, chains: 1, draws: 10, seed: 1 });
    expect(() => few.marginalLikelihood()).toThrow(/there are 10 draws of 3 parameters/);
    const fit = await regression({ ...options, ...settings });
    const other = await fit.update({ formula: 'one ~ .' });
    expect(() => bayesFactor(fit, other)).toThrow(/found 48 and 48 rows with different values/);
  });
});

describe('the coordinates', () => {
  it('are one to one with reported parameters', async () => {
    const fit = await regression({
      formula: 'y ~ x + (x | g)',
      data: rows,
      prior: [b, exponential(1).on('sd')],
      draws: 20,
      chains: 1,
      seed: 2,
    });
    const { dimension, writePosition } = posteriorKernel(fit.specification, 'this');
    expect(dimension).toBe(fit.draws.parameterNames.length);
    const position = new Float64Array(dimension);
    writePosition(fit.draws.values.subarray(0, dimension), position);
    // b, sds and sigma by their logarithms, tanh of the correlation, effects, and the intercept at the mean.
    const at = (name: string) => fit.draws.values[fit.draws.parameterNames.indexOf(name)] ?? 0;
    expect(position[0]).toBeCloseTo(at('b_x'), 12);
    expect(position[1]).toBeCloseTo(Math.log(at('sd_g__Intercept')), 12);
    expect(position[3]).toBeCloseTo(Math.log(at('sigma')), 12);
    expect(Math.tanh(position[4] ?? 0)).toBeCloseTo(at('cor_g__Intercept__x'), 10);
    expect(position[5]).toBeCloseTo(at('r_g[g0,Intercept]') / at('sd_g__Intercept'), 10);
  });
});
