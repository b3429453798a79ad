/** Regressions with smooth terms: priors, summaries, predictions, saving, notes, and what is refused. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { calibrateRegression } from '../../src/index.js';
import { randomStream } from '../../src/random/stream.js';
import { prepare } from '../../src/regression/prepare.js';
import { defaultPrior, printPriors } from '../../src/regression/priors/default-prior.js';
import { fitFromData, type RegressionFit, regression } from '../../src/regression/regression.js';
import { everyNth, powered } from '../support/deep.js';

const random = randomStream('curve');
const x = Array.from({ length: 60 }, (_, i) => i / 10);
const data = {
  x,
  g: x.map((_, i) => ['a', 'b'][i % 2] ?? ''),
  y: x.map((value) => Math.sin(value) + 0.2 * random.normal()),
};
const sampling = { chains: 2, warmup: 300, draws: 200, seed: 5, targetAcceptance: 0.9 };

const references: {
  readonly processes: readonly {
    name: string;
    x: readonly number[];
    term: string;
    lscale: string;
  }[];
} = JSON.parse(readFileSync(new URL('../reference/smooths.json', import.meta.url), 'utf8'));

describe('default priors', () => {
  it.each(references.processes)('of length-scales are those of brms: $name', (reference) => {
    const rows = defaultPrior(`y ~ ${reference.term}`, {
      data: { x: reference.x, y: reference.x.map((_, i) => i) },
    });
    const own = rows.find(({ class: name, coef }) => name === 'lscale' && coef === 'gpx');
    expect(own?.text).toBe(reference.lscale);
  });

  it('are of the classes of brms', () => {
    const text = printPriors(defaultPrior('y ~ s(x, k = 6) + gp(x)', { data }));
    expect(text).toMatch(/\(flat\)\s+b\s+sx_1/);
    expect(text).toMatch(/student_t\(3, 0, 2.5\)\s+sds s\(x, k = 6\)\s+0 +\(vectorized\)/);
    expect(text).toMatch(/inv_gamma\([\d., ]+\)\s+lscale\s+gpx\s+0\s+default/);
    expect(text).toMatch(/student_t\(3, 0, 2.5\)\s+sdgp\s+gpx\s+0 +\(vectorized\)/);
  });

  it('of all length-scales yield to a prior of the class', () => {
    const prior = 'gamma(4, 10) class=lscale';
    const rows = prepare({ formula: 'y ~ gp(x)', data, prior }).priors;
    const texts = rows.flatMap((row) => (row.class === 'lscale' ? [row.text] : []));
    expect(texts).toEqual(['gamma(4, 10)', 'gamma(4, 10)']);
  });
});

describe('a fitted curve', () => {
  let fit: RegressionFit;
  beforeAll(async () => {
    fit = await regression({ formula: 'y ~ s(x, k = 8)', data, ...sampling });
  }, 120_000);

  it('is near the one that made the data, at rows of the fit and at new ones', () => {
    const at = [0.75, 2.25, 4.55];
    const means = fit.fitted({ data: { x: at } });
    at.forEach((value, i) => {
      expect(Math.abs((means[i]?.mean ?? Number.NaN) - Math.sin(value))).toBeLessThan(0.25);
    });
  });

  it('has brms’ sections in the summary, and no coefficients of columns', () => {
    const text = String(fit.summary());
    expect(text).toContain('Smooth Terms:');
    expect(text).toContain('sds(sx_1)');
    expect(text).toMatch(/\nsx_1 /);
    expect(text).not.toContain('s_sx_1[1]');
    expect(text).toContain('Links: mu = identity; sigma = identity\n');
  });

  it('is the same after saving, for LOO and along x', async () => {
    const again = fitFromData(decodeFit(encodeFit(fit)));
    expect((await again.loo()).elpdLoo).toEqual((await fit.loo()).elpdLoo);
    const [effect] = again.conditionalEffects();
    expect(effect?.effects).toEqual(['x']);
    expect(String(effect)).toBe(String(fit.conditionalEffects()[0]));
  });

  it('says how the prior of the scale matters, and refuses a marginal likelihood', () => {
    const names = fit.priorSensitivity().rows.map(({ name }) => name);
    expect(names).toEqual(['b_Intercept', 'sigma', 'bs_sx_1', 'sds_sx_1']);
    expect(() => fit.marginalLikelihood()).toThrow('terms such as s(x): compare fits by loo');
  });
});

it('notes a length-scale that the basis does not resolve', async () => {
  const wild = { x, y: x.map((value) => Math.sin(9 * value) + 0.1 * random.normal()) };
  const fit = await regression({ formula: 'y ~ gp(x, k = 12)', data: wild, ...sampling });
  expect(fit.notes.join()).toMatch(
    /lscale_gpx has the median 0\.\d+, but 12 basis functions resolve length-scales from 0.18 on: k = \d+ would resolve it/,
  );
}, 120_000);

it.each([
  ['y ~ x + s(x)', [], 'column s(x)_1 is a combination of x'],
  ['y ~ s(x)', ['horseshoe(1) class=b'], 'not supported for the term sx'],
  ['y ~ gp(x)', ['constant(1) class=lscale'], 'constant(1) is for the classes b, Intercept'],
  ['y ~ gp(x)', ['normal(0, 1) class=sds'], 'there is no class sds in this gaussian regression'],
])('%s with %j is refused', async (formula, prior, message) => {
  await expect(regression({ formula, data, prior, ...sampling })).rejects.toThrow(message);
});

const curves = [
  ['y ~ s(x, k = 5)', ['normal(0, 1) class=b', 'exponential(1) class=sds']],
  ['y ~ gp(x, k = 6)', ['exponential(1) class=sdgp', 'inv_gamma(3, 0.5) class=lscale']],
] as const;

describe.each(everyNth(2, curves))('%s', (formula, own) => {
  it('is calibrated by simulation', async () => {
    const x = Array.from({ length: 40 }, (_, i) => i / 39);
    const result = await calibrateRegression({
      formula,
      data: { x, y: x.map((value) => Math.sin(6 * value)) },
      prior: [...own, 'exponential(1) class=sigma', 'normal(0, 1) class=Intercept'],
      simulations: powered(20, 150),
      seed: 5,
    });
    for (const { name, pValue } of result.parameters) {
      expect(pValue, `${name}: ${result}`).toBeGreaterThan(1e-4);
    }
  });
});
