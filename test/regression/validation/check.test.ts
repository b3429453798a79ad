/** All checks of a fit in one verdict: each fault is found by its own check, and a good fit has none. */
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/random/stream.js';
import { gaussian } from '../../../src/regression/options.js';
import { normal } from '../../../src/regression/priors/constructors.js';
import { type RegressionFit, regression } from '../../../src/regression/regression.js';
import {
  type CheckPart,
  checkFit,
  type FitCheck,
} from '../../../src/regression/validation/check.js';
import {
  miscalibrationMeasure,
  predictiveChecks,
} from '../../../src/regression/validation/predictive-checks.js';
import { checkJson } from '../../../src/report/check-json.js';
import { normalDraws, smallFit } from '../../support/small-fit.js';

const random = randomStream(3, 'checks');
const rows = 250;
const x = Array.from({ length: rows }, () => random.normal());
const chance = (p: number) => (random.uniform() < p ? 1 : 0);
const logistic = (eta: number) => 1 / (1 + Math.exp(-eta));
const count = (mean: number) => {
  let k = 0;
  for (let time = -Math.log(random.uniform()); time < mean; k++) time -= Math.log(random.uniform());
  return k;
};
const data = {
  x,
  line: x.map((value) => 1 + value + random.normal()),
  counts: x.map((value) => count(Math.exp(0.5 + 0.5 * value))),
  /** Poisson with means that vary by themselves. */
  spread: x.map((value) => count(Math.exp(0.5 + 0.5 * value + 0.8 * random.normal()))),
  choices: x.map((value) => chance(logistic(0.3 + value))),
  /** A step, which no logistic curve of x follows. */
  step: x.map((value) => chance(value > 1 ? 0.95 : 0.3)),
  tailed: x.map((value) => value + random.normal() ** 3),
};
const settings = { chains: 4, warmup: 300, draws: 400, seed: 11 };
const fitOf = (formula: string, family: 'gaussian' | 'poisson' | 'bernoulli') =>
  regression({ formula, family, data, prior: normal(0, 2).on('b'), ...settings });

const part = ({ parts }: FitCheck, check: CheckPart['check']) => {
  const found = parts.find((one) => one.check === check);
  return found ?? expect.fail(`no part ${check}`);
};

describe('a fit of the model that made its data', () => {
  it.each([
    { formula: 'line ~ x', family: 'gaussian' },
    { formula: 'counts ~ x', family: 'poisson' },
    { formula: 'choices ~ x', family: 'bernoulli' },
  ] as const)('passes all checks: $formula, $family', async ({ formula, family }) => {
    const check = await (await fitOf(formula, family)).check();
    expect(check.parts.map(({ verdict }) => verdict)).toEqual(Array(4).fill('passed'));
    expect(check.trusted).toBe(true);
    expect(String(check)).toMatch(/^This fit can be trusted/);
  });
});

describe('a fit of another model than made its data', () => {
  it.each([
    { formula: 'spread ~ x', family: 'poisson', statistic: 'dispersion' },
    { formula: 'step ~ x', family: 'bernoulli', statistic: 'miscalibration' },
    { formula: 'tailed ~ x', family: 'gaussian', statistic: /min|max/ },
  ] as const)('fails by its predictions: $formula, $family', async (one) => {
    const fit = await fitOf(one.formula, one.family);
    const check = await fit.check();
    expect(part(check, 'predictions').verdict).toBe('failed');
    expect(part(check, 'convergence').verdict).toBe('passed');
    const missed = check.predictions.filter(({ p }) => p < 0.01);
    expect(missed.map(({ statistic }) => statistic).join()).toMatch(one.statistic);
    expect(check.trusted).toBe(false);
    expect(String(check)).toMatch(/^This fit is not to be trusted: predictions/);
  });
});

describe('a fit whose sensitivity to priors is not known', () => {
  it.each([
    ['line ~ x', 'horseshoe(1) class=b'],
    ['line ~ mo(level)', 'normal(0, 2) class=b'],
  ])('has the other checks: %s, %s', async (formula, prior) => {
    const levels = { ...data, level: x.map((_, i) => i % 3) };
    const fit = await regression({ formula, data: levels, prior, ...settings, chains: 2 });
    const check = await fit.check();
    expect(check.parts.map((one) => one.check)).toEqual([
      'convergence',
      'predictions',
      'loo',
      'priors',
    ]);
    expect(part(check, 'priors').findings.join()).toMatch(/not available for shrinkage priors/);
    expect(check.priors).toBeNull();
    expect(checkJson(check)).not.toHaveProperty('priors');
  });
});

describe('the other parts', () => {
  const line = Array.from({ length: 40 }, (_, i) => ({ y: i + ((i * 7) % 5), x: i }));
  const drawn = (draws: readonly (readonly number[])[]) =>
    smallFit({
      formula: 'y ~ x',
      family: gaussian(),
      data: line,
      draws,
      chains: 2,
    });

  it('convergence fails if chains disagree', async () => {
    const draws = normalDraws([2, 1, 1.5], 0.05, 2000).map((draw, s) =>
      draw.map((value, k) => (k === 0 && s >= 1000 ? value + 1 : value)),
    );
    const check = await checkFit(drawn(draws));
    expect(part(check, 'convergence').verdict).toBe('failed');
    expect(part(check, 'convergence').findings[0]).toMatch(/R-hat is .* the chains disagree/);
    expect(check.verdict).toContain('convergence');
  });

  it('LOO fails if observations change the posterior more than the parameters can', async () => {
    const check = await checkFit(drawn(normalDraws([2, 1, 1.5], 0.1, 2000)));
    expect(part(check, 'loo').verdict).toBe('failed');
    expect(check.loo.pLoo.estimate).toBeGreaterThan(3);
  });

  it('priors are doubtful, but do not fail, if they disagree with the data', async () => {
    const fit = await regression({
      formula: 'line ~ x',
      data,
      prior: normal(0, 0.1).on('b'),
      ...settings,
    });
    const check = await fit.check();
    expect(part(check, 'priors').verdict).toBe('doubtful');
    expect(part(check, 'priors').findings.join()).toContain('b_x');
  });

  it('calibration is a part on request, and needs proper priors', async () => {
    const fit: RegressionFit = await regression({
      formula: 'choices ~ x',
      family: 'bernoulli',
      data,
      prior: [normal(0, 1).on('b'), normal(0, 1).on('Intercept')],
      ...settings,
    });
    const reports: number[] = [];
    const check = await fit.check({
      calibration: 10,
      onProgress: ({ done }) => reports.push(done),
    });
    expect(part(check, 'calibration').findings.join()).toContain('10 simulated fits');
    expect(check.calibration?.simulations).toBe(10);
    expect(reports.length).toBeGreaterThan(0);
    await expect((await fitOf('line ~ x', 'gaussian')).check({ calibration: 0 })).rejects.toThrow(
      'simulations',
    );
    const flat = await regression({ formula: 'line ~ x', data, ...settings });
    await expect(flat.check({ calibration: 10 })).rejects.toMatchObject({ code: 'bad-argument' });
  });

  it('are stopped by a signal', async () => {
    const fit = await fitOf('line ~ x', 'gaussian');
    await expect(fit.check({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    });
  });

  it('go to JSON with their numbers', async () => {
    const check = await (await fitOf('counts ~ x', 'poisson')).check();
    const json = JSON.parse(JSON.stringify(checkJson(check)));
    expect(json).toMatchObject({ trusted: true, parts: [{ check: 'convergence' }, {}, {}, {}] });
    expect(json.predictions.map(({ statistic }: { statistic: string }) => statistic)).toEqual([
      'mean',
      'dispersion',
      'max',
      'zeros',
    ]);
    expect(json.predictions[0].p).toBe(check.predictions[0]?.p);
  });
});

describe('miscalibration', () => {
  it('is the gain in mean squared distance by the best non-decreasing recalibration', () => {
    // Forecasts .2 and .8, each twice; a half and all of them come true: recalibrated to .5 and 1.
    const measure = miscalibrationMeasure(Float64Array.of(0.8, 0.2, 0.2, 0.8), null);
    expect(measure(Float64Array.of(1, 0, 1, 1))).toBeCloseTo((0.3 ** 2 + 0.2 ** 2) / 2, 12);
    // Against the order of the forecasts, all are pooled: 0.5.
    expect(measure(Float64Array.of(0, 1, 1, 0))).toBeCloseTo(
      0.5 * (0.8 ** 2 + 0.8 ** 2) - 0.5 ** 2,
      12,
    );
  });

  it('counts trials as so many rows', () => {
    const byRow = miscalibrationMeasure(Float64Array.of(0.3, 0.3, 0.3, 0.6, 0.6), null);
    const byTrials = miscalibrationMeasure(Float64Array.of(0.9, 1.2), Float64Array.of(3, 2));
    // Squared distances within a row of trials differ by a constant that recalibration keeps.
    expect(byTrials(Float64Array.of(2, 0))).toBeCloseTo(byRow(Float64Array.of(1, 1, 0, 0, 0)), 12);
  });

  it('is asked of 0 and 1 by the predictions of the fit', async () => {
    const names = predictiveChecks(await fitOf('choices ~ x', 'bernoulli'));
    expect(names.map(({ statistic }) => statistic)).toEqual(['mean', 'miscalibration']);
  });
});
