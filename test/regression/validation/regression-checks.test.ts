/** LOO, WAIC, calibration, recovery and sensitivity of regressions, from formula to verdict. */
import normalLogPdf from '@stdlib/stats-base-dists-normal-logpdf';
import { describe, expect, it } from 'vitest';
import { parameterDraws } from '../../../src/posterior/draws.js';
import { logLikelihoodOf } from '../../../src/posterior/log-likelihood.js';
import { loo } from '../../../src/posterior/loo.js';
import { looCompare } from '../../../src/posterior/loo-compare.js';
import { waic } from '../../../src/posterior/waic.js';
import { quickStream } from '../../../src/random/quick-stream.js';
import {
  bernoulli,
  binomial,
  gaussian,
  negbinomial,
  poisson,
} from '../../../src/regression/options.js';
import {
  exponential,
  halfNormal,
  lkj,
  normal,
} from '../../../src/regression/priors/constructors.js';
import { regression } from '../../../src/regression/regression.js';
import { logLikelihoodOfFit, waicOf } from '../../../src/regression/validation/criteria.js';
import { looOf } from '../../../src/regression/validation/leave-one-out.js';
import {
  logPriorOf,
  priorSensitivity,
} from '../../../src/regression/validation/prior-sensitivity.js';
import {
  calibrateRegression,
  recoverRegression,
} from '../../../src/regression/validation/regression-simulations.js';
import reference from '../../reference/brms-loo.json' with { type: 'json' };

const random = quickStream('regression checks');
const x = Array.from({ length: 24 }, () => random.normal());
const y = x.map((value) => 1 + 0.5 * value + random.normal());
const g = x.map((_, i) => 'abcd'[i % 4] ?? '');
const data = { x, y, g };
const settings = { chains: 2, warmup: 300, draws: 400, seed: 7 };

describe('LOO and WAIC of a fit', () => {
  it('are made of its rows’ log densities', async () => {
    const fit = await regression({ formula: 'y ~ x', family: gaussian(), data, ...settings });
    const draw = (name: string) => parameterDraws(fit.draws, name);
    const [intercept, slope, sigma] = [draw('b_Intercept'), draw('b_x'), draw('sigma')];
    const values = new Float64Array(800 * x.length);
    for (let s = 0; s < 800; s++) {
      x.forEach((xi, i) => {
        const mean = (intercept[s] ?? 0) + (slope[s] ?? 0) * xi;
        values[s * x.length + i] = normalLogPdf(y[i] ?? 0, mean, sigma[s] ?? 0);
      });
    }
    const likelihood = logLikelihoodOf(values, x.length, 2);
    const close = (all: Float64Array) => Array.from(all, (value) => expect.closeTo(value, 9));
    expect([...looOf(fit).pointwise.elpdLoo]).toEqual(close(loo(likelihood).pointwise.elpdLoo));
    expect([...waicOf(fit).pointwise.elpdWaic]).toEqual(close(waic(likelihood).pointwise.elpdWaic));
    expect([...looOf(fit).outcomes]).toEqual(y);
    expect(looOf(fit).toString()).toContain('Computed from 800 by 24 log-likelihood matrix');
  });

  it('are the same whatever rows are asked for together: offsets, trials and groups go along', async () => {
    const n = x.map((_, i) => 3 + (i % 4));
    const k = n.map((trials, i) => (i * 7) % (trials + 1));
    const fit = await regression({
      formula: 'k | trials(n) ~ x + offset(o) + (1 + x | g)',
      family: binomial(),
      data: { x, g, n, k, o: x.map((value) => value / 3) },
      prior: [normal(0, 1).on('b'), exponential(1).on('sd')],
      ...settings,
      draws: 20,
    });
    const likelihood = logLikelihoodOfFit(fit);
    const all = new Float64Array(24 * 40);
    likelihood.block(0, 24, all);
    const some = new Float64Array(5 * 40);
    likelihood.block(11, 5, some);
    expect(some).toEqual(all.subarray(11 * 40, 16 * 40));
    expect(all.every(Number.isFinite)).toBe(true);
    expect(new Set(all).size).toBeGreaterThan(20);
  });

  it('compare a model that has the slope with one that has not', async () => {
    const family = gaussian();
    const strong = { ...data, y: x.map((value) => 2 * value + 0.3 * Math.sin(7 * value)) };
    const [slope, none] = await Promise.all(
      ['y ~ x', 'y ~ 1'].map((formula) =>
        regression({ formula, family, data: strong, ...settings }),
      ),
    );
    if (!slope || !none) return expect.fail();
    const { rows, warnings } = looCompare({ none: looOf(none), slope: looOf(slope) });
    expect(rows.map(({ model }) => model)).toEqual(['slope', 'none']);
    expect(rows[1]?.elpdDiff).toBeLessThan(-4 * (rows[1]?.seDiff ?? 0));
    expect(warnings).toEqual([]);
    const other = await regression({ formula: 'y ~ x', family, data, ...settings });
    expect(looCompare({ slope: looOf(slope), other: looOf(other) }).warnings).toHaveLength(1);
  });

  it.each(reference)('are those of brms: $name', async ({ name, formula, data, ...theirs }) => {
    const fit = await regression({
      formula,
      family: name === 'cars' ? gaussian() : negbinomial(),
      data: data as Record<string, (number | string)[]>,
      chains: 4,
      warmup: 1000,
      draws: 2500,
    });
    const ours = looOf(fit);
    const likely = waicOf(fit).pointwise.elpdWaic;
    theirs.elpdLoo.forEach((elpd, i) => {
      // Five Monte Carlo errors of both: one false alarm in a million. loo's own error is that of
      // the mean under fixed weights; smoothing adds to it where k is high, so k is held too.
      const error = Math.hypot(theirs.mcseElpdLoo[i] ?? 0, ours.pointwise.mcseElpdLoo[i] ?? 0);
      expect(Math.abs((ours.pointwise.elpdLoo[i] ?? 0) - elpd)).toBeLessThan(5 * error);
      expect(Math.abs((likely[i] ?? 0) - (theirs.elpdWaic[i] ?? 0))).toBeLessThan(5 * error);
    });
  });
});

describe('the log prior', () => {
  it('is of the intercept at the means, the slopes, sds, correlations and sigma', async () => {
    const fit = await regression({
      formula: 'y ~ x + (1 + x | g)',
      family: gaussian(),
      data,
      prior: [
        normal(1, 2).on('Intercept'),
        normal(0, 0.7).on('b'),
        exponential(1.5).on('sd'),
        lkj(3).on('cor'),
        halfNormal(2).on('sigma'),
      ],
      ...settings,
      draws: 4,
    });
    const logPrior = logPriorOf(fit.specification);
    const { parameterNames } = fit.draws;
    const at: Record<string, number> = {
      b_Intercept: 0.4,
      b_x: -0.3,
      sd_g__Intercept: 0.8,
      sd_g__x: 0.2,
      cor_g__Intercept__x: 0.5,
      sigma: 1.3,
    };
    const parameters = Float64Array.from(parameterNames, (name) => at[name] ?? 17);
    const mean = x.reduce((a, b) => a + b) / x.length;
    // LKJ of two variables: (1 + r)/2 ~ beta(3, 3), a density of 15/16 (1 − r²)² in r.
    const expected =
      normalLogPdf(0.4 - 0.3 * mean, 1, 2) +
      normalLogPdf(-0.3, 0, 0.7) +
      2 * Math.log(1.5) -
      1.5 * (0.8 + 0.2) +
      Math.log((15 / 16) * (1 - 0.25) ** 2) +
      normalLogPdf(1.3, 0, 2) +
      Math.LN2;
    expect(logPrior(parameters)).toBeCloseTo(expected, 10);
  });
});

describe('priorSensitivity', () => {
  const fitWith = (prior: Parameters<typeof regression>[0]['prior'], rows = data) =>
    regression({
      formula: 'y ~ x',
      family: gaussian(),
      data: rows,
      ...(prior && { prior }),
      ...settings,
      draws: 1000,
    });

  it('sees no prior where there is hardly one', async () => {
    const result = priorSensitivity(await fitWith([normal(0, 100).on('b')]));
    expect(result.rows.map(({ name }) => name)).toEqual(['b_Intercept', 'b_x', 'sigma']);
    for (const row of result.rows) {
      expect(row.prior).toBeLessThan(0.05);
      expect(row.likelihood).toBeGreaterThan(0.05);
      expect(row.diagnosis).toBe('-');
    }
    expect(result.warnings).toEqual([]);
    expect(result.toString()).toMatch(
      /^Sensitivity based on cjs_dist\n\nvariable +prior likelihood/,
    );
  });

  it('sees a conflict of prior and data, in the slope that it is about', async () => {
    const { rows } = priorSensitivity(await fitWith([normal(-2, 0.4).on('b')]));
    expect(rows.find(({ name }) => name === 'b_x')?.diagnosis).toBe('prior-data conflict');
  });

  it('sees a prior that leaves the data nothing to say', async () => {
    const few = { x: x.slice(0, 5), y: y.slice(0, 5), g: g.slice(0, 5) };
    const { rows } = priorSensitivity(await fitWith([normal(0.5, 0.01).on('b')], few));
    expect(rows.find(({ name }) => name === 'b_x')?.diagnosis).toBe(
      'strong prior / weak likelihood',
    );
  });

  it('takes the parameters that it is asked for, and no others', async () => {
    const fit = await fitWith(undefined);
    expect(priorSensitivity(fit, { parameters: ['b_x'] }).rows).toHaveLength(1);
    expect(() => priorSensitivity(fit, { parameters: ['b_z'] })).toThrow(/no parameter 'b_z'/);
  });
});

describe('calibrateRegression', () => {
  const fits = { chains: 2, warmup: 250, draws: 250 };

  it('passes a logistic regression', async () => {
    const result = await calibrateRegression({
      formula: 'y ~ x',
      family: bernoulli(),
      data: { x, y: x.map((_, i) => i % 2) },
      prior: [normal(0, 1).on('b'), normal(0, 1).on('Intercept')],
      simulations: 100,
      rankedDraws: 49,
      ...fits,
    });
    expect(result.parameters.map(({ name }) => name)).toEqual(['b_Intercept', 'b_x', 'log_lik']);
    // A family-wise false-alarm rate of 5%, at a fixed seed.
    expect(result.calibrated).toBe(true);
    expect(result.dependentFits).toBe(0);
  });

  it('passes group effects with correlations, by sds, correlations and the log likelihood', async () => {
    const seen: number[] = [];
    const result = await calibrateRegression({
      formula: 'y ~ x + (1 + x | g)',
      family: gaussian(),
      data,
      prior: [
        normal(0, 1).on('b'),
        normal(0, 1).on('Intercept'),
        exponential(1).on('sd'),
        halfNormal(1).on('sigma'),
      ],
      simulations: 25,
      rankedDraws: 19,
      seed: 'groups',
      onProgress: ({ done }) => seen.push(done),
      ...fits,
    });
    expect(result.parameters.map(({ name }) => name)).toEqual([
      'b_Intercept',
      'b_x',
      'sd_g__Intercept',
      'sd_g__x',
      'cor_g__Intercept__x',
      'sigma',
      'log_lik',
    ]);
    // A family-wise false-alarm rate of 5%, at a fixed seed.
    expect(result.calibrated).toBe(true);
    expect(seen).toHaveLength(25);
  });

  it('refuses a flat prior and names its parameters', async () => {
    await expect(calibrateRegression({ formula: 'y ~ x', data })).rejects.toThrow(
      /prior that is flat, as that of b_x/,
    );
  });

  it('stops within a fit when it is asked to', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    await expect(
      calibrateRegression({
        formula: 'y ~ x',
        data,
        prior: [normal(0, 1).on('b')],
        simulations: 2,
        draws: 1_000_000,
        algorithm: 'nuts',
        signal: stop.signal,
      }),
    ).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('refuses outcomes that no number holds, and says to narrow the priors', async () => {
    await expect(
      calibrateRegression({
        formula: 'y ~ x',
        family: gaussian({ link: 'log' }),
        data: { x, y: y.map((value) => Math.abs(value) + 1) },
        prior: [normal(0, 1e6).on('b')],
      }),
    ).rejects.toThrow(
      /simulation \d+: the outcome drawn for row \d+ is Infinity.*narrow the priors/,
    );
  });
});

describe('recoverRegression', () => {
  it('recovers coefficients, group sds and a correlation from simulated groups', async () => {
    const rows = Array.from({ length: 120 }, (_, i) => ({
      x: Math.sin(i * 1.7),
      g: `g${i % 12}`,
      y: 0,
    }));
    const at = {
      b_Intercept: 0.5,
      b_x: -1,
      sd_g__Intercept: 1,
      sd_g__x: 0.8,
      cor_g__Intercept__x: 0.3,
      sigma: 0.5,
    };
    const result = await recoverRegression({
      formula: 'y ~ x + (1 + x | g)',
      data: rows,
      prior: [normal(0, 2).on('b'), exponential(1).on('sd')],
      at,
      simulations: 20,
      chains: 2,
      warmup: 250,
      draws: 250,
    });
    // A family-wise false-alarm rate of 5%, at a fixed seed.
    expect(result.recovered).toBe(true);
    for (const { name, truth, bias, rmse, biasError } of result.parameters) {
      expect(truth).toBe(at[name as keyof typeof at]);
      // Priors pull a little: by less than the spread of the estimates.
      expect(Math.abs(bias)).toBeLessThan(rmse + 4 * biasError);
      expect(rmse).toBeLessThan(0.6);
    }
  });

  it('refuses values that are missing, of no parameter, or out of range', async () => {
    const recovering = (at: Record<string, number>) =>
      recoverRegression({ formula: 'y ~ x + (1 + x | g)', data, at });
    const right = {
      b_Intercept: 0,
      b_x: 0,
      sd_g__Intercept: 1,
      sd_g__x: 1,
      cor_g__Intercept__x: 0,
      sigma: 1,
    };
    await expect(recovering({ b_x: 0 })).rejects.toThrow(
      /at has no value for b_Intercept, sd_g__Intercept/,
    );
    await expect(recovering({ ...right, b_z: 0 })).rejects.toThrow(/at.b_z is no parameter/);
    await expect(recovering({ ...right, sigma: 0 })).rejects.toThrow(/at.sigma is 0/);
    await expect(recovering({ ...right, sd_g__x: -1 })).rejects.toThrow(/at.sd_g__x is -1/);
    await expect(recovering({ ...right, cor_g__Intercept__x: 1.2 })).rejects.toThrow(
      /correlations of no matrix/,
    );
  });

  it('recovers a Poisson rate', async () => {
    const result = await recoverRegression({
      formula: 'k ~ x',
      family: poisson(),
      data: { x, k: x.map(() => 1) },
      at: { b_Intercept: 1, b_x: 0.4 },
      simulations: 40,
      chains: 2,
      draws: 250,
    });
    expect(result.recovered).toBe(true);
  });
});
