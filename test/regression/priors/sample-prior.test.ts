/**
 * Draws from priors of whole regressions: each parameter against its prior's distribution function,
 * group effects against their definition, outcomes against the parameters that they come from.
 * Kolmogorov's tests at fixed seeds, each with a false-alarm rate of 1e-6, below 5e-5 together.
 */
import betaCdf from '@stdlib/stats-base-dists-beta-cdf';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import { describe, expect, it } from 'vitest';
import type { Family } from '../../../models/families/family.js';
import { type Prior, priorMass } from '../../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../../models/regression-data.js';
import { parameterDraws } from '../../../src/posterior/draws.js';
import { randomStream } from '../../../src/random/stream.js';
import { prepare } from '../../../src/regression/prepare.js';
import {
  exponential,
  gamma,
  halfNormal,
  lkj,
  normal,
  studentT,
  uniform,
} from '../../../src/regression/priors/constructors.js';
import { defaultPrior, samplePrior } from '../../../src/regression/priors/default-prior.js';
import type { PriorRow } from '../../../src/regression/priors/prior-rows.js';
import {
  outcomeSimulator,
  priorSampler,
  samplePriorOf,
} from '../../../src/regression/priors/sample-prior.js';
import { expectUniform } from '../../models/prior-distributions/support.js';

const rows = 12;
const column = (value: (i: number) => number) => Array.from({ length: rows }, (_, i) => value(i));
const data = {
  y: column((i) => i % 3),
  x: column((i) => 5 + i * i * 0.1),
  z: column((i) => Math.cos(i)),
  n: column((i) => 5 + i),
  g: column((i) => i % 4).map((level) => `g${level}`),
  h: column((i) => i % 2).map((level) => `h${level}`),
};
const priors: PriorRow[] = [
  normal(0.2, 0.5).on('b'),
  uniform(-1, 0).on('b', { coef: 'z' }),
  studentT(5, 1, 1).on('Intercept'),
];
const grouped: PriorRow[] = [
  ...priors,
  exponential(2).on('sd'),
  halfNormal(1).on('sd', { group: 'g', coef: 'x' }),
  lkj(1.5).on('cor'),
];

const regressionOf = (formula: string, family: Family, prior: PriorRow[]) =>
  prepare({ formula, family, data, prior }).specification;
const mixed = regressionOf(
  'y ~ x + z + (1 + x | g) + (1 | h)',
  { family: 'negbinomial', link: 'log' },
  [...grouped, gamma(4, 2).on('shape')],
);

describe('outcomes that no number holds', () => {
  it('are counted in a note, and there is none where all are finite', () => {
    const wide = samplePrior({
      formula: 'y ~ x',
      family: 'poisson',
      data,
      prior: [normal(0, 1000).on('b'), normal(0, 1000).on('Intercept')],
      draws: 50,
    });
    const infinite = wide.outcomes.filter((outcome) => !Number.isFinite(outcome)).length;
    expect(infinite).toBeGreaterThan(0);
    expect(wide.notes).toHaveLength(1);
    expect(wide.notes[0]).toMatch(new RegExp(`^${infinite} of 600 outcomes are not finite: `));
    const prior = [normal(0, 0.1).on('b'), normal(0, 1).on('Intercept')];
    const narrow = samplePrior({ formula: 'y ~ x', family: 'poisson', data, prior, draws: 50 });
    expect(narrow.notes).toEqual([]);
  });
});

describe('draws from the prior of a regression', () => {
  const sample = samplePriorOf(mixed, { draws: 4000, seed: 11 });
  const of = (name: string) => parameterDraws(sample.draws, name);
  const ranks = (name: string, prior: Prior) => of(name).map((x) => priorMass(prior, x));

  it('have brms’ names in brms’ order', () => {
    expect(sample.draws.parameterNames.slice(0, 10)).toEqual([
      'b_Intercept',
      'b_x',
      'b_z',
      'sd_g__Intercept',
      'sd_g__x',
      'sd_h__Intercept',
      'cor_g__Intercept__x',
      'shape',
      'r_g[g0,Intercept]',
      'r_g[g1,Intercept]',
    ]);
    expect(sample.draws.parameterNames).toHaveLength(8 + 4 * 2 + 2);
    expect(sample.draws.values).toHaveLength(4000 * 18);
    expect(sample.outcomes).toHaveLength(4000 * rows);
  });

  it.each<[string, Prior]>([
    ['b_x', { ...normal(0.2, 0.5) }],
    ['b_z', { ...uniform(-1, 0) }],
    ['sd_g__Intercept', { ...exponential(2) }],
    ['sd_g__x', { ...halfNormal(1) }],
    ['sd_h__Intercept', { ...exponential(2) }],
    ['shape', { ...gamma(4, 2) }],
  ])('of %s have its prior’s distribution', (name, prior) => {
    expectUniform(ranks(name, prior));
  });

  it('of a correlation have the LKJ distribution, of two variables a beta', () => {
    expectUniform(of('cor_g__Intercept__x').map((r) => betaCdf((r + 1) / 2, 1.5, 1.5)));
  });

  it('of the intercept have its prior where the predictors are at their means', () => {
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / rows;
    const [x, z] = [of('b_x'), of('b_z')];
    const centred = of('b_Intercept').map(
      (b, i) => b + (x[i] ?? 0) * mean(data.x) + (z[i] ?? 0) * mean(data.z),
    );
    expectUniform(centred.map((a) => priorMass({ ...studentT(5, 1, 1) }, a)));
  });

  it('of group effects are normal given their standard deviations and correlation', () => {
    const [sd0, sd1, cor] = [of('sd_g__Intercept'), of('sd_g__x'), of('cor_g__Intercept__x')];
    for (const level of ['g0', 'g3']) {
      const first = of(`r_g[${level},Intercept]`).map((r, i) => r / (sd0[i] ?? 0));
      const second = of(`r_g[${level},x]`).map((r, i) => {
        const rho = cor[i] ?? 0;
        return (r / (sd1[i] ?? 0) - rho * (first[i] ?? 0)) / Math.sqrt(1 - rho * rho);
      });
      expectUniform(first.map((value) => normalCdf(value, 0, 1)));
      expectUniform(second.map((value) => normalCdf(value, 0, 1)));
      // Independent: the signs agree in half of the draws, to five standard errors.
      const agree = first.filter((value, i) => value * (second[i] ?? 0) > 0).length / 4000;
      expect(Math.abs(agree - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 4000));
    }
  });

  it('of two effects of a level have the covariance of their correlation', () => {
    const [sd0, sd1, cor] = [of('sd_g__Intercept'), of('sd_g__x'), of('cor_g__Intercept__x')];
    for (const level of ['g0', 'g3']) {
      const [first, second] = [of(`r_g[${level},Intercept]`), of(`r_g[${level},x]`)];
      // Weighted by ρ, as positive and negative ones would cancel: ρ (z₀ z₁ − ρ) has the mean 0 and
      // the variance E ρ² (1 + ρ²). Five standard errors: one seed in a million.
      let sum = 0;
      let variance = 0;
      cor.forEach((rho, i) => {
        const product = ((first[i] ?? 0) / (sd0[i] ?? 0)) * ((second[i] ?? 0) / (sd1[i] ?? 0));
        sum += rho * (product - rho);
        variance += rho * rho * (1 + rho * rho);
      });
      expect(Math.abs(sum)).toBeLessThan(5 * Math.sqrt(variance));
      // Without any covariance the sum would be −Σ ρ², far outside.
      expect(cor.reduce((squares, rho) => squares + rho * rho, 0)).toBeGreaterThan(
        10 * Math.sqrt(variance),
      );
    }
  });

  it('are a function of the seed', () => {
    const again = samplePriorOf(mixed, { draws: 50, seed: 11 });
    expect(again.draws.values).toEqual(sample.draws.values.slice(0, 50 * 18));
    expect(samplePriorOf(mixed, { draws: 50, seed: 12 }).draws.values).not.toEqual(
      again.draws.values,
    );
  });

  it('are refused where a prior is flat, with the names of the parameters', () => {
    const specification = regressionOf('y ~ x + z', { family: 'poisson', link: 'log' }, [
      uniform(0, 1).on('b', { coef: 'z' }),
    ]);
    expect(() => priorSampler(specification)).toThrow(
      'there are no draws from a prior that is flat, as that of b_x: expected a proper one, for example normal(0, 1)',
    );
  });
});

describe('a sample of the prior', () => {
  it('has a number of draws', () => {
    for (const draws of [0, 2.5, Number.NaN]) {
      expect(() => samplePriorOf(mixed, { draws })).toThrow('expected a whole number from 1 on');
    }
  });
});

describe('outcomes drawn from a regression’s parameters', () => {
  const gaussian = (formula: string, prior: PriorRow[]) =>
    regressionOf(formula, { family: 'gaussian', link: 'identity' }, prior);
  /** Without noise an outcome is the linear predictor. */
  const noiseless = (specification: RegressionSpecification, parameters: number[]) =>
    Array.from(outcomeSimulator(specification)(Float64Array.from(parameters), randomStream(1)));

  it('follow the linear predictor, offset and all', () => {
    const specification = gaussian('y ~ x + offset(z)', priors.slice(0, 1));
    expect(noiseless(specification, [2, 3, 0])).toEqual(
      column((i) => (data.z[i] ?? 0) + (2 + 3 * (data.x[i] ?? 0))),
    );
  });

  it('follow the effects of each row’s level', () => {
    const specification = gaussian('y ~ 1 + (0 + x | h)', []);
    // b_Intercept, sd, sigma, r of h0 and h1.
    expect(noiseless(specification, [0, 1, 0, 10, -10])).toEqual(
      column((i) => (i % 2 === 0 ? 10 : -10) * (data.x[i] ?? 0)),
    );
  });

  it('scatter by the family’s own parameter', () => {
    const drawOutcomes = outcomeSimulator(gaussian('y ~ x', []));
    const random = randomStream('scatter');
    const parameters = Float64Array.of(1, 2, 3);
    const z = Array.from({ length: 400 }, () =>
      drawOutcomes(parameters, random).map((y, i) => (y - 1 - 2 * (data.x[i] ?? 0)) / 3),
    ).flatMap((outcomes) => Array.from(outcomes, (value) => normalCdf(value, 0, 1)));
    expectUniform(Float64Array.from(z));
  });

  it('have the trials of their rows', () => {
    const specification = regressionOf(
      'y | trials(n) ~ x',
      { family: 'binomial', link: 'logit' },
      priors.slice(0, 1),
    );
    expect(noiseless(specification, [1000, 0])).toEqual(data.n);
  });
});

describe('before there is a fit', () => {
  it('the default priors are those of the formula’s columns and groups', () => {
    const rows = defaultPrior('y ~ I(x^2) + (1 | g)', {
      data,
      family: { family: 'poisson', link: 'log' },
    });
    expect(rows.map((row) => [row.text, row.class, row.coef, row.group])).toEqual([
      ['(flat)', 'b', undefined, undefined],
      ['(flat)', 'b', 'IxE2', undefined],
      ['student_t(3, 0, 2.5)', 'Intercept', undefined, undefined],
      ['student_t(3, 0, 2.5)', 'sd', undefined, undefined],
      ['student_t(3, 0, 2.5)', 'sd', undefined, 'g'],
      ['student_t(3, 0, 2.5)', 'sd', 'Intercept', 'g'],
    ]);
  });

  it('parameters and outcomes can be drawn, by formula and data', () => {
    const { draws, outcomes } = samplePrior({
      formula: 'y ~ x',
      family: { family: 'poisson', link: 'log' },
      data,
      prior: normal(0, 0.1).on('b'),
      draws: 10,
      seed: 3,
    });
    expect(draws.parameterNames).toEqual(['b_Intercept', 'b_x']);
    expect(outcomes.every((y) => Number.isInteger(y) && y >= 0)).toBe(true);
  });
});
