/** Priors as a user writes them: plain data with methods that do not travel. */
import { describe, expect, it } from 'vitest';
import {
  beta,
  cauchy,
  doubleExponential,
  exponential,
  flat,
  gamma,
  halfCauchy,
  halfNormal,
  halfStudentT,
  invGamma,
  lkj,
  logistic,
  lognormal,
  normal,
  priorRow,
  studentT,
  uniform,
} from '../../../src/regression/priors/constructors.js';
import { printPriors } from '../../../src/regression/priors/default-prior.js';
import { resolvePriors } from '../../../src/regression/priors/resolve-priors.js';
import { modelOf, printed } from './brms-tables.js';

describe('a prior’s constructor', () => {
  it('makes plain data with the parameters in brms’ order', () => {
    expect([
      { ...normal(1, 2) },
      { ...studentT(3, 1, 2) },
      { ...cauchy(1, 2) },
      { ...exponential(2) },
      { ...gamma(1, 2) },
      { ...beta(1, 2) },
      { ...lognormal(1, 2) },
      { ...invGamma(0.4, 0.3) },
      { ...doubleExponential(1, 2) },
      { ...logistic(1, 2) },
      { ...uniform(1, 2) },
      { ...flat() },
      { ...halfNormal(2) },
      { ...halfStudentT(3, 2) },
      { ...halfCauchy(2) },
      { ...lkj(2) },
    ]).toEqual([
      { distribution: 'normal', mean: 1, sd: 2 },
      { distribution: 'student_t', df: 3, location: 1, scale: 2 },
      { distribution: 'cauchy', location: 1, scale: 2 },
      { distribution: 'exponential', rate: 2 },
      { distribution: 'gamma', shape: 1, rate: 2 },
      { distribution: 'beta', alpha: 1, beta: 2 },
      { distribution: 'lognormal', meanlog: 1, sdlog: 2 },
      { distribution: 'inv_gamma', shape: 0.4, scale: 0.3 },
      { distribution: 'double_exponential', location: 1, scale: 2 },
      { distribution: 'logistic', location: 1, scale: 2 },
      { distribution: 'uniform', from: 1, to: 2 },
      { distribution: 'flat' },
      { distribution: 'normal', mean: 0, sd: 2, lower: 0 },
      { distribution: 'student_t', df: 3, location: 0, scale: 2, lower: 0 },
      { distribution: 'cauchy', location: 0, scale: 2, lower: 0 },
      { distribution: 'lkj', eta: 2 },
    ]);
  });

  it('makes what can be posted and saved, methods apart', () => {
    const prior = normal(0, 1).above(0);
    expect(structuredClone(prior)).toEqual({ ...prior });
    expect(JSON.stringify(prior)).toBe('{"distribution":"normal","mean":0,"sd":1,"lower":0}');
    expect(structuredClone(lkj(1))).toEqual({ distribution: 'lkj', eta: 1 });
  });

  it('bounds one end at a time or both', () => {
    expect({ ...normal(0, 1).above(-1).below(2) }).toEqual({ ...normal(0, 1).between(-1, 2) });
    expect(() => normal(0, 1).between(2, 1)).toThrow('expected lower < upper');
  });

  it('says for which parameters a prior is', () => {
    expect(normal(0, 1).on('b')).toEqual({
      class: 'b',
      prior: { distribution: 'normal', mean: 0, sd: 1 },
    });
    expect(exponential(1).on('sd', { group: 'g', coef: 'x' })).toEqual({
      class: 'sd',
      coef: 'x',
      group: 'g',
      prior: { distribution: 'exponential', rate: 1 },
    });
    expect(lkj(2).on('cor')).toEqual({ class: 'cor', prior: { distribution: 'lkj', eta: 2 } });
  });

  it('refuses what is no prior where it is written', () => {
    expect(() => normal(0, -1)).toThrow('prior normal: sd is -1, expected a positive number');
    expect(() => lkj(Number.NaN)).toThrow('prior lkj: eta is NaN, expected a positive number');
    expect(() => uniform(1, 0)).toThrow('prior uniform: from 1 to 0, expected from < to');
    expect(() => priorRow(normal(0, 1), 'cor', {})).toThrow('lkj is for them alone');
    expect(() => priorRow(lkj(1), 'b', {})).toThrow('lkj is for them alone');
    expect(() => priorRow(normal(0, 1), '2 slopes', {})).toThrow(
      "there is no prior class '2 slopes', expected one of b, Intercept, sd, cor, delta, sds, sdgp, lscale, sigma",
    );
  });
});

describe('the table of priors', () => {
  it('is printed as brms prints it', () => {
    const model = modelOf({ formula: 'y ~ x1 + (1 + x1 | g)', outcome: 'wide' });
    const { rows } = resolvePriors(model, { family: 'gaussian', link: 'identity' });
    expect(printPriors(rows)).toBe(printed.join('\n'));
  });

  it('shows where a parameter ends, be it by its distribution alone', () => {
    const model = modelOf({ formula: 'y ~ 1', outcome: 'normal' });
    const { rows } = resolvePriors(model, { family: 'gaussian', link: 'identity' }, [
      uniform(-1e5, 1e5).on('Intercept'),
    ]);
    expect(printPriors(rows).split('\n')[1]).toBe(
      ' uniform(-1e+05, 1e+05) Intercept            -1e+05 1e+05    user',
    );
  });
});
