/**
 * `regression` as its caller sees it: which options it takes, what a seed means, progress and
 * cancelling, updating; and a posterior that is known in closed form.
 *
 * Where nothing is said of false alarms there are none: draws are compared bit by bit.
 */
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import type { FitProgress } from '../../src/fit/job.js';
import { mcseMean, mcseSd } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import type { FittedRegression } from '../../src/regression/fitted-regression.js';
import { bernoulli, gaussian } from '../../src/regression/options.js';
import { flat, normal } from '../../src/regression/priors/constructors.js';
import {
  fitFromData,
  type RegressionFit,
  type RegressionOptions,
  regression,
} from '../../src/regression/regression.js';

const x = [-2.1, -1.4, -0.9, -0.3, 0.2, 0.4, 1.1, 1.6, 2.3, 3.1, 3.4, 4.6];
const y = [-1.9, -3.1, 0.6, 0.2, -0.4, 2.5, -0.9, 2.1, 4.4, 2.8, 5.0, 3.9];
const b = [0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1];
const g = [...'aabbccddeeff'];
const data = { x, y, b, g };
const short = { chains: 2, warmup: 100, draws: 50 };

/** The error of a call that must fail, whatever types its caller has. */
async function refused(options: unknown): Promise<WeighbridgeError> {
  const error = await regression(options as RegressionOptions).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof WeighbridgeError)) throw error ?? new Error('nothing was refused');
  expect(error.message).not.toMatch(/\n/);
  return error;
}

const sameDraws = (one: RegressionFit, other: RegressionFit) =>
  one.draws.values.length === other.draws.values.length &&
  one.draws.values.every((value, i) => Object.is(value, other.draws.values[i]));

describe('options', () => {
  it('that there are not are refused with the nearest that there is, or with what brms has', async () => {
    const typo = await refused({ formula: 'y ~ x', data, priors: [] });
    expect(typo.code).toBe('bad-argument');
    expect(typo.message).toMatch(
      /^there is no option 'priors' of regression, did you mean 'prior'\?/,
    );
    const brms = await refused({ formula: 'y ~ x', data, adapt_delta: 0.9 });
    expect(brms.message).toBe(
      "there is no option 'adapt_delta' of regression; it is targetAcceptance here",
    );
  });

  it.each([
    [{ chains: 0 }, 'bad-argument', /^chains is 0/],
    [{ chains: '4' }, 'bad-argument', /^chains is (the text ')?4/],
    [{ draws: Number.POSITIVE_INFINITY }, 'bad-argument', /^draws is Infinity/],
    [{ seed: Number.NaN }, 'bad-argument', /^seed is NaN/],
    [
      { targetAcceptance: '0.9' },
      'bad-argument',
      /^targetAcceptance is (the text ')?0.9'?, but must be in/,
    ],
    [{ initialRange: Number.POSITIVE_INFINITY }, 'bad-argument', /^initialRange is Infinity/],
    [{ algorithm: 'gibbs' }, 'bad-argument', /^algorithm is the text 'gibbs'/],
    [{ missing: 'keep' }, 'bad-argument', /^missing is the text 'keep', but must be drop or fail/],
    [{ levels: { g: 'ab' } }, 'bad-argument', /^levels are texts by column/],
    [{ runner: 'threads' }, 'bad-argument', /^runner is the text 'threads'/],
    [{ onProgress: 1 }, 'bad-argument', /^onProgress is 1/],
    [{ signal: new AbortController() }, 'bad-argument', /^signal is an AbortController/],
    [{ family: bernoulli }, 'bad-argument', /^family is the function bernoulli, .* bernoulli\(\)/],
    [{ family: null }, 'bad-argument', /^family is null/],
    [{ family: 'zero_inflated' }, 'bad-argument', /^family is zero_inflated; expected/],
    [{ family: { family: 'gaussian', link: 'logit' } }, 'bad-argument', /^link of the family/],
    [{ prior: null }, 'bad-argument', /^a prior is null/],
    [{ prior: normal(0, 1) }, 'bad-argument', /^a prior normal does not say what it is for/],
    [{ prior: ['normal(0, 1'] }, 'bad-formula', /^prior 'normal\(0, 1', character 12: /],
    [{ prior: 'normal(0, 1) class=sd' }, 'bad-argument', /there is no class sd/],
    [{ prior: [{ prior: { distribution: 'norm' }, class: 'b' }] }, 'bad-argument', /^prior norm/],
    [{ formula: undefined }, 'bad-formula', /found undefined/],
    [{ formula: '' }, 'bad-formula', /found no text/],
    [{ data: undefined }, 'bad-data', /^data is undefined/],
    [{ data: 'x,y' }, 'bad-data', /^data is the text 'x,y'/],
    [{ data: Promise.resolve([]) }, 'bad-data', /^data is a Promise/],
    [{ data: new Map() }, 'bad-data', /^data is a Map/],
    [{ data: {} }, 'bad-data', /^the data have no columns/],
    [{ data: [] }, 'bad-data', /^the data have no rows/],
    [{ data: { y: [], x: [] } }, 'bad-data', /^the data have no rows/],
  ])('like %j are refused in a line', async (option, code, message) => {
    const error = await refused({ formula: 'y ~ x', data, ...option });
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('that are none at all are refused', async () => {
    for (const options of [undefined, null, 'y ~ x', 3, []]) {
      expect((await refused(options)).message).toMatch(/^expected options, for example \{ formula/);
    }
  });

  it('may name the family, and give priors as text beside rows', async () => {
    const formula = 'b ~ x';
    const named = await regression({
      formula,
      family: 'bernoulli',
      data,
      prior: ['normal(0, 2) class=b', normal(0, 3).on('Intercept')],
      ...short,
    });
    const made = await regression({
      formula,
      family: bernoulli(),
      data,
      prior: [normal(0, 2).on('b'), normal(0, 3).on('Intercept')],
      ...short,
    });
    expect(sameDraws(named, made)).toBe(true);
    expect(named.priors).toEqual(made.priors);
  });
});

describe('a seed', () => {
  it('gives the same draws each time, a number or a text, and another seed others', async () => {
    const seeded = (seed: number | string) =>
      regression({ formula: 'y ~ x', data, seed, ...short });
    for (const seed of [7, 'seven'])
      expect(sameDraws(await seeded(seed), await seeded(seed))).toBe(true);
    expect(sameDraws(await seeded(7), await seeded(8))).toBe(false);
    expect(sameDraws(await seeded('seven'), await seeded('eight'))).toBe(false);
  });
});

describe('progress', () => {
  it('never goes back, and ends where all chains are done', async () => {
    const told: FitProgress[] = [];
    await regression({
      formula: 'y ~ x + (1 | g)',
      data,
      ...short,
      onProgress: (progress) => told.push(progress),
    });
    const done = told.map((progress) => progress.done);
    expect(done).toEqual([...done].sort((one, other) => one - other));
    const last = told.at(-1);
    expect(last?.done).toBe(last?.total);
    expect(last?.chains.every((chain) => chain?.phase === 'sampling')).toBe(true);
  });

  it('that is stopped in the middle ends with interrupted, before all is done', async () => {
    const controller = new AbortController();
    let last = 0;
    const fit = regression({
      formula: 'y ~ x + (1 + x | g)',
      data,
      draws: 1_000_000,
      signal: controller.signal,
      onProgress: ({ done }) => {
        last = done;
        if (done > 0) controller.abort('enough');
      },
    });
    await expect(fit).rejects.toMatchObject({ code: 'interrupted', cause: 'enough' });
    expect(last).toBeLessThan(4_000_000);
    expect(last).toBeGreaterThan(0);
  });

  it('that was stopped before it began does nothing', async () => {
    const error = await refused({ formula: 'y ~ x', data, signal: AbortSignal.abort() });
    expect(error.code).toBe('interrupted');
  });

  it('of a caller that throws ends with what it threw', async () => {
    const onProgress = () => {
      throw new RangeError('mine');
    };
    await expect(regression({ formula: 'y ~ x', data, onProgress })).rejects.toThrow('mine');
  });
});

describe('update', () => {
  const options = { formula: 'y ~ x + g', data, prior: 'normal(0, 2)', ...short } as const;
  /** As a fit comes back from a file or another thread: plain data. */
  const plain = (fit: RegressionFit): FittedRegression => structuredClone({ ...fit });

  it('of nothing is the same fit, of a fit that was read back as well', async () => {
    const fit = await regression(options);
    expect(sameDraws(await fit.update(), fit)).toBe(true);
    expect(sameDraws(await fit.update({}), fit)).toBe(true);
    const back = fitFromData(plain(fit));
    expect(sameDraws(back, fit)).toBe(true);
    expect(`${back}`).toBe(`${fit}`);
    expect(sameDraws(await back.update(), fit)).toBe(true);
  });

  it('of data, priors, formula, levels or settings is the fit with those', async () => {
    const fit = await regression(options);
    const moved = { ...data, y: y.map((value) => value + 1) };
    const changes = [
      { data: moved },
      { prior: [normal(0, 0.5).on('b'), 'normal(0, 9) class=Intercept'] },
      { formula: 'y ~ x' },
      { levels: { g: ['f', 'e', 'd', 'c', 'b', 'a'] } },
      { seed: 'another', draws: 20 },
    ];
    for (const change of changes) {
      const anew = await regression({ ...options, ...change });
      expect(sameDraws(await fit.update(change), anew), JSON.stringify(change)).toBe(true);
      expect(sameDraws(anew, fit)).toBe(false);
      const back = await fitFromData(plain(fit)).update(change);
      expect(sameDraws(back, anew), `read back, ${JSON.stringify(change)}`).toBe(true);
      expect(back.draws.parameterNames).toEqual(anew.draws.parameterNames);
    }
  });

  it('refuses what regression refuses', async () => {
    const fit = await regression(options);
    const typo = { warmups: 3 } as Partial<RegressionOptions>;
    await expect(fit.update(typo)).rejects.toThrow("did you mean 'warmup'?");
    await expect(fitFromData(plain(fit)).update(typo)).rejects.toThrow("did you mean 'warmup'?");
  });
});

describe('a normal regression with flat priors', () => {
  it('has the posterior in closed form: slopes of Student-t, σ² of scaled inverse χ²', async () => {
    // p(σ) flat: σ^−(n−k), so that ν = n − k − 1 where the usual 1/σ gives n − k (Gelman et al.
    // 2013, §14.2). Nine comparisons at 4.5 Monte Carlo errors: false alarms 1 in 16,000 seeds.
    const fit = await regression({
      formula: 'y ~ x',
      family: gaussian(),
      data,
      prior: [flat().on('Intercept'), flat().on('sigma')],
      draws: 5000,
      seed: 11,
    });
    const n = x.length;
    const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / n;
    const [mx, my] = [mean(x), mean(y)];
    const sxx = x.reduce((sum, v) => sum + (v - mx) ** 2, 0);
    const slope = x.reduce((sum, v, i) => sum + (v - mx) * ((y[i] ?? 0) - my), 0) / sxx;
    const intercept = my - slope * mx;
    const rss = x.reduce((sum, v, i) => sum + ((y[i] ?? 0) - intercept - slope * v) ** 2, 0);
    const nu = n - 3;
    const scale = Math.sqrt(rss / nu);
    const { chains } = fit.draws;
    const near = (values: Float64Array, expected: { mean: number; sd?: number }) => {
      const [centre, spread] = moments(values);
      expect(Math.abs(centre - expected.mean)).toBeLessThan(4.5 * mcseMean(values, chains));
      if (expected.sd === undefined) return;
      expect(Math.abs(spread - expected.sd)).toBeLessThan(4.5 * mcseSd(values, chains));
    };
    const tSd = Math.sqrt(nu / (nu - 2));
    const b1 = parameterDraws(fit.draws, 'b_x');
    near(b1, { mean: slope, sd: (scale / Math.sqrt(sxx)) * tSd });
    near(parameterDraws(fit.draws, 'b_Intercept'), {
      mean: intercept,
      sd: scale * Math.sqrt(1 / n + mx ** 2 / sxx) * tSd,
    });
    // rss / σ² ~ χ²(ν).
    near(
      parameterDraws(fit.draws, 'sigma').map((s) => rss / s ** 2),
      {
        mean: nu,
        sd: Math.sqrt(2 * nu),
      },
    );
    // Quantiles of t with 9 degrees of freedom, as qt(c(.025, .25, .75), 9) of R gives them.
    const unit = scale / Math.sqrt(sxx);
    for (const [p, q] of [
      [0.025, -2.262157162798205],
      [0.25, -0.7027221467513263],
      [0.75, 0.7027221467513263],
    ] as const) {
      const below = b1.map((value) => (value < slope + q * unit ? 1 : 0));
      near(below, { mean: p });
    }
  });
});

function moments(values: Float64Array): readonly [number, number] {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return [mean, Math.sqrt(squares / (values.length - 1))];
}
