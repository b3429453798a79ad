/**
 * Priors that slopes have together: R2D2, a scale that is a parameter, and the horseshoe beside group effects and
 * predictors of parameters (densities: test/models/coefficient-blocks.test.ts, brms' posteriors: test/peer/cases.json).
 */
import { describe, expect, it } from 'vitest';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { calibrateRegression } from '../../src/index.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { quantileOfSorted } from '../../src/posterior/quantiles.js';
import { randomStream } from '../../src/random/stream.js';
import { posteriorKernel } from '../../src/regression/after/posterior-kernel.js';
import { prepare } from '../../src/regression/prepare.js';
import { exponential, normal, r2d2, studentT } from '../../src/regression/priors/constructors.js';
import { formatPrior, parsePrior } from '../../src/regression/priors/prior-text.js';
import { samplePriorOf } from '../../src/regression/priors/sample-prior.js';
import { fitFromData, regression } from '../../src/regression/regression.js';
import { isDeep } from '../support/deep.js';

function columns(rows = 60) {
  const random = randomStream('shrinkage');
  const draw = () => Array.from({ length: rows }, () => random.normal());
  const data = { x: draw(), z: draw(), w: draw(), g: draw().map((_, i) => `g${i % 6}`) };
  const y = data.x.map((x, i) => 1 + 0.8 * x - 0.6 * (data.z[i] ?? 0) + 0.7 * random.normal());
  return { ...data, y, b: y.map((value) => Number(value > 1)) };
}

const quick = { chains: 2, warmup: 300, draws: 300, seed: 6, targetAcceptance: 0.9 };
const common = exponential(1).on('scale', { coef: 'tau' });

describe('a scale that is a parameter', () => {
  it('is reported, and is about that of the slopes', async () => {
    const fit = await regression({
      formula: 'y ~ x + z + w + (1 | g)',
      data: columns(),
      prior: [normal(0, 'tau').on('b'), common],
      ...quick,
    });
    expect(fit.draws.parameterNames).toContain('tau');
    const { mean } = fit.parameter('tau');
    expect(mean).toBeGreaterThan(0.25);
    expect(mean).toBeLessThan(1.6);
    expect(String(fit.summary())).toMatch(/Prior Parameters:[^:]*\ntau /);
    expect(String(fit.summary())).toContain('of b: normal(0, tau)');
    const loaded = fitFromData(decodeFit(encodeFit(fit)));
    expect(loaded.parameter('tau')).toEqual(fit.parameter('tau'));
    const updated = await loaded.update({ formula: '. ~ . - w' });
    expect(updated.draws.parameterNames).toContain('tau');
    expect(() => posteriorKernel(fit.specification, 'this')).toThrow('normal(0, tau)');
  });

  it('has draws from the prior', () => {
    const prior = [
      studentT(5, 1, 'tau').on('b'),
      common,
      normal(0, 1).on('Intercept'),
      exponential(1).on('sigma'),
    ];
    const { specification } = prepare({ formula: 'y ~ x + z', data: columns(), prior });
    const { draws } = samplePriorOf(specification, { draws: 4000, seed: 2 });
    const tau = parameterDraws(draws, 'tau');
    const ratios = parameterDraws(draws, 'b_x').map((slope, s) => (slope - 1) / (tau[s] ?? 1));
    // Student-t with 5 degrees of freedom: the quartile is .7267; 4 errors of √(3/16/4000) over the density .28.
    expect(Math.abs(quantileOfSorted(ratios.sort(), 0.75) - 0.7267)).toBeLessThan(0.1);
    expect(Math.abs(tau.reduce((sum, one) => sum + one, 0) / 4000 - 1)).toBeLessThan(0.064);
  });

  it.each([
    ['normal(0, tau) class=b', normal(0, 'tau').on('b')],
    ['student_t(3, 0.5, s_1) class=b coef=x', studentT(3, 0.5, 's_1').on('b', { coef: 'x' })],
    ['exponential(1) class=scale coef=tau', common],
  ])('%s is read from text and written back', (text, row) => {
    expect(parsePrior(text)).toEqual(row);
    expect(formatPrior(row)).toBe(text);
  });

  it.each([
    [['normal(0, tau) class=b'], 'names the scale tau, which has no prior'],
    [['exponential(1) class=scale coef=tau'], 'which no prior of class b names'],
    [
      [
        'normal(0, tau) class=b',
        'exponential(1) class=scale coef=tau',
        'normal(0, 1) class=scale coef=tau',
      ],
      'there are two priors of the scale tau',
    ],
    [['normal(0, tau) class=b', 'exponential(1) class=scale'], 'the name of a scale'],
    [['normal(0, tau) class=Intercept', 'exponential(1) class=scale coef=tau'], 'is for class b'],
    [
      ['normal(0, sigma) class=b', 'exponential(1) class=scale coef=sigma'],
      'would be called sigma',
    ],
    [
      ['normal(0, tau) class=b lb=0', 'exponential(1) class=scale coef=tau'],
      'has bounds, expected none',
    ],
  ])('%j is refused', async (prior, problem) => {
    await expect(regression({ formula: 'y ~ x + z', data: columns(), prior })).rejects.toThrow(
      problem,
    );
  });
});

describe('an R2D2 prior', () => {
  it('of one slope reports no share, which would be 1 in all draws', async () => {
    const { draws, diagnostics } = await regression({
      formula: 'y ~ x',
      data: columns(),
      prior: 'R2D2(0.5, 2, 1) class=b',
      chains: 2,
      draws: 100,
      seed: 1,
    });
    expect(draws.parameterNames.filter((name) => name.startsWith('R2D2'))).toEqual(['R2D2_R2']);
    expect(diagnostics.maxRhat).toBeGreaterThan(0.9);
  });

  it('has the share of variance that it names', () => {
    const prior = [
      r2d2(0.3, { precR2: 8, consD2: [2, 1] }).on('b'),
      'normal(0, 1) class=Intercept',
      'exponential(1) class=sigma',
    ];
    const { specification } = prepare({ formula: 'y ~ x + z', data: columns(), prior });
    const { draws } = samplePriorOf(specification, { draws: 20_000, seed: 3 });
    expect(draws.parameterNames.slice(-3)).toEqual(['R2D2_R2', 'R2D2_phi_x', 'R2D2_phi_z']);
    const shares = parameterDraws(draws, 'R2D2_phi_x');
    // The mean of φ, and its error √(2/9 / 4 / 20000).
    expect(Math.abs(shares.reduce((sum, one) => sum + one, 0) / 20_000 - 2 / 3)).toBeLessThan(
      0.007,
    );
    const [x, z, sigma] = ['b_x', 'b_z', 'sigma'].map((name) => parameterDraws(draws, name));
    // β_j²/σ² has the mean E[φ_j] E[R²/(1 − R²)] = φ_j a/(b − 1), of R² ~ beta(a, b) = beta(2.4, 5.6).
    const meanOf = (slopes: Float64Array | undefined) =>
      (slopes ?? new Float64Array(0)).reduce(
        (sum, one, s) => sum + (one / (sigma?.[s] ?? 1)) ** 2,
        0,
      ) / 20_000;
    expect(meanOf(x)).toBeCloseTo(((2 / 3) * 2.4) / 4.6, 1);
    expect(meanOf(z)).toBeCloseTo(((1 / 3) * 2.4) / 4.6, 1);
    expect(meanOf(x) / meanOf(z)).toBeGreaterThan(1.7);
    expect(meanOf(x) / meanOf(z)).toBeLessThan(2.3);
  });

  it.each([
    ['R2D2(0.5)', r2d2()],
    ['R2D2(0.4, prec_R2 = 3, cons_D2 = 0.7)', r2d2(0.4, { precR2: 3, consD2: 0.7 })],
    [
      'R2D2(0.4, cons_D2 = c(1, 2), autoscale = FALSE)',
      r2d2(0.4, { consD2: [1, 2], autoscale: false }),
    ],
  ])('%s is read from text and written back', (text, distribution) => {
    expect(parsePrior(`${text} class=b`)).toEqual(distribution.on('b'));
    expect(formatPrior(distribution.on('b'))).toBe(`${text} class=b`);
  });

  it.each([
    ['R2D2(1.2) class=b', 'meanR2 is 1.2, expected a number between 0 and 1'],
    ['R2D2(0.5, 2, c(1, 2, 3)) class=b', 'a cons_D2 of 3 numbers, but there are 2 slopes'],
    ['R2D2(0.5, 2, -1) class=b', 'the concentration is -1'],
    ['R2D2(0.5) class=Intercept', 'R2D2 is for class b'],
  ])('%s is refused', async (prior, problem) => {
    await expect(regression({ formula: 'y ~ x + z', data: columns(), prior })).rejects.toThrow(
      problem,
    );
  });
});

describe.runIf(isDeep)('calibration', () => {
  const priors = {
    horseshoe: ['horseshoe(3, scale_global = 0.5) class=b'],
    r2d2: ['R2D2(0.4, 4, 1) class=b'],
    scale: ['normal(0, tau) class=b', 'exponential(1) class=scale coef=tau'],
  };
  it.each([
    ['y ~ x + z + w', 'gaussian', priors.horseshoe],
    ['y ~ x + z + (1 | g)', 'gaussian', priors.horseshoe],
    ['b ~ x + z + (1 | g)', 'bernoulli', priors.horseshoe],
    ['y ~ x + z + w', 'gaussian', priors.r2d2],
    ['y ~ x + z + (1 | g)', 'gaussian', priors.r2d2],
    ['y ~ x + z + (1 | g)', 'gaussian', priors.scale],
    ['b ~ x + z + w', 'bernoulli', priors.scale],
  ] as const)('%s, %s with %j', async (formula, family, prior) => {
    const result = await calibrateRegression({
      formula,
      family,
      data: columns(40),
      prior: [
        ...prior,
        'normal(0, 1) class=Intercept',
        ...(family === 'gaussian' ? ['gamma(4, 4) class=sigma'] : []),
        ...(formula.includes('|') ? ['gamma(4, 4) class=sd'] : []),
      ],
      targetAcceptance: 0.95,
      simulations: 150,
      seed: 8,
    });
    expect(result.calibrated).toBe(true);
  });
});
