/**
 * Predictors that are not known exactly, `me()` and `mi()`: beside brms (noisy ones are among the cases of
 * test/peer), in their limits, their predictions and refusals, and their calibration (Talts et al. 2018).
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { formatFormula } from '../../src/formula/format.js';
import { parseFormula } from '../../src/formula/parse-formula.js';
import { mcseSd } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { randomStream } from '../../src/random/stream.js';
import { defaultPrior } from '../../src/regression/priors/default-prior.js';
import { regression } from '../../src/regression/regression.js';
import { predictiveLikelihood } from '../../src/regression/validation/criteria.js';
import { calibrateRegression } from '../../src/regression/validation/regression-simulations.js';
import { dataSets } from '../peer/cases.js';
import { isDeep } from '../support/deep.js';

interface Measures {
  readonly variable: string;
  readonly mean: number;
  readonly sd: number;
  readonly mcse_mean: number;
  readonly mcse_sd: number;
}

const reference: { readonly parameters: readonly Measures[] } = JSON.parse(
  readFileSync(new URL('../reference/missing.json', import.meta.url), 'utf8'),
);
const reports = dataSets.reports.columns;
const missing = 'bf(used ~ mi(seen) * z) + bf(seen | mi() ~ z) + set_rescor(FALSE)';

/** Ours of brms' names, which have the outcome in those of its own parameters. */
const nameInOurs = (name: string) => name.replace('_used', '');

describe('missing values of a predictor', () => {
  it('are estimated as brms does', async () => {
    const fit = await regression({
      formula: missing,
      data: reports,
      prior: 'normal(0, 1) class=b',
      draws: 1000,
      seed: 2025,
    });
    expect(fit.draws.parameterNames.length).toBe(reference.parameters.length);
    for (const { variable, mean, sd, mcse_mean, mcse_sd } of reference.parameters) {
      const name = nameInOurs(variable);
      const ours = fit.parameter(name);
      // Four Monte Carlo errors, and 5% of an sd: as in test/peer/brms.test.ts.
      expect(Math.abs(ours.mean - mean), `${name} is ${ours.mean}, in brms ${mean}`).toBeLessThan(
        4 * Math.hypot(ours.mcseMean, mcse_mean),
      );
      const own = mcseSd(parameterDraws(fit.draws, name), fit.draws.chains);
      expect(Math.abs(ours.sd - sd), `sd of ${name}`).toBeLessThan(
        Math.max(0.05 * sd, 4 * Math.hypot(own, mcse_sd)),
      );
    }
  });

  it('have the default priors of a regression of their own', () => {
    const rows = defaultPrior(missing, { data: reports });
    const texts = rows.map(
      ({ class: name, coef = '', resp = '', text }) => `${name} ${coef} ${resp} ${text}`,
    );
    expect(texts).toEqual(
      expect.arrayContaining([
        'b miseen:z  (flat)',
        'b z seen (flat)',
        'Intercept  seen student_t(3, 0.3, 2.5)',
        'sigma  seen student_t(3, 0, 2.5)',
      ]),
    );
  });

  it('leave rows out whose other columns lack a value, and no others', async () => {
    const z = reports.z.map((value, i) => (i === 2 ? null : value));
    const { frame } = await regression({ formula: missing, data: { ...reports, z }, draws: 10 });
    expect(frame.encoded.rows).toBe(reports.z.length - 1);
  });
});

describe('a predictor with noise', () => {
  it('without noise is an exact predictor', async () => {
    const error = reports.z.map(() => 1e-6);
    const data = { ...reports, error };
    const settings = { data, draws: 1000, seed: 3, prior: 'normal(0, 3) class=b' } as const;
    const noisy = await regression({ formula: 'used ~ me(reported, error) + z', ...settings });
    const exact = await regression({ formula: 'used ~ reported + z', ...settings });
    const pairs = [
      ['bsp_mereportederror', 'b_reported'],
      ['b_z', 'b_z'],
      ['sigma', 'sigma'],
    ] as const;
    for (const [ours, theirs] of pairs) {
      const [a, b] = [noisy.parameter(ours), exact.parameter(theirs)];
      expect(Math.abs(a.mean - b.mean), ours).toBeLessThan(4 * Math.hypot(a.mcseMean, b.mcseMean));
      expect(Math.abs(a.sd / b.sd - 1), ours).toBeLessThan(0.1);
    }
  });

  it('of a level has one latent number for all of its rows', async () => {
    const model = reports.model.map(String);
    const levels = [...new Set(model)];
    const known = model.map((level) => levels.indexOf(level) - 3.5);
    const fit = await regression({
      formula: 'used ~ me(known, error, gr = model)',
      data: { ...reports, known, error: reports.z.map(() => 0.5) },
      draws: 200,
    });
    expect(fit.draws.parameterNames.filter((name) => name.startsWith('Xme'))).toEqual(
      levels.map((level) => `Xme_meknown[${level}]`),
    );
  });
});

describe('methods of a fit with latent predictors', () => {
  let fit: Awaited<ReturnType<typeof regression>>;

  beforeAll(async () => {
    fit = await regression({
      formula: 'used ~ me(reported, error) * z + me(caring, slack)',
      data: reports,
      prior: ['normal(0, 1) class=b', 'lkj(2) class=corme'],
      draws: 250,
      seed: 5,
    });
  });

  const at = (name: string) => parameterDraws(fit.draws, name);

  it('predict rows of the fit by their latent numbers', () => {
    const eta = fit.posteriorLinpred();
    const [a, b, c, z] = ['mereportederror', 'mecaringslack', 'mereportederror:z', 'z'];
    const expected = at('b_Intercept').map((start, s) => {
      const [xi, zeta] = [at('Xme_mereported[4]')[s], at('Xme_mecaring[4]')[s]];
      const row = Number(reports.z[3]);
      const slope = at(`bsp_${a}`)[s] + at(`bsp_${c}`)[s] * row;
      return start + slope * xi + at(`bsp_${b}`)[s] * zeta + at(`b_${z}`)[s] * row;
    });
    const found = parameterDraws(eta, '4');
    found.forEach((value, s) => {
      expect(value).toBeCloseTo(expected[s], 10);
    });
  });

  it('predict a new row by its own measurements, and exactly where their errors are 0', () => {
    const row = { reported: 1.5, error: 0, caring: -1, slack: 0, z: 0.5 };
    const exact = parameterDraws(fit.posteriorLinpred({ data: [row] }), '1');
    exact.forEach((value, s) => {
      const slope = at('bsp_mereportederror')[s] + 0.5 * at('bsp_mereportederror:z')[s];
      const rest = at('b_Intercept')[s] + 0.5 * at('b_z')[s] - at('bsp_mecaringslack')[s];
      expect(value).toBeCloseTo(rest + 1.5 * slope, 8);
    });
    const blurred = fit.linpred({ data: [{ ...row, error: 0.7, slack: 0.4 }] });
    expect(blurred[0].sd).toBeGreaterThan(fit.linpred({ data: [row] })[0].sd);
  });

  it('leave a row out by its outcome given its measurements, in closed form', () => {
    const likelihood = predictiveLikelihood(fit);
    const values = new Float64Array(1000);
    likelihood.block(9, 1, values);
    const row = (name: string) => Number(reports[name][9]);
    for (const s of [0, 234, 999]) {
      const of = (name: string) => at(name)[s];
      const b1 = of('bsp_mereportederror') + of('bsp_mereportederror:z') * row('z');
      const b2 = of('bsp_mecaringslack');
      const [t1, t2] = [of('sdme_mereported'), of('sdme_mecaring')];
      const c = of('corme__mereported__mecaring') * t1 * t2;
      const [m1, m2] = [of('meanme_mereported'), of('meanme_mecaring')];
      // The joint normal distribution of (x1, x2, y): that of y given the others.
      const [v1, v2] = [t1 ** 2 + row('error') ** 2, t2 ** 2 + row('slack') ** 2];
      const [c1, c2] = [b1 * t1 ** 2 + b2 * c, b1 * c + b2 * t2 ** 2];
      const det = v1 * v2 - c * c;
      const [d1, d2] = [row('reported') - m1, row('caring') - m2];
      const [w1, w2] = [(v2 * c1 - c * c2) / det, (v1 * c2 - c * c1) / det];
      const mean = of('b_Intercept') + of('b_z') * row('z') + b1 * m1 + b2 * m2 + w1 * d1 + w2 * d2;
      const variance =
        of('sigma') ** 2 +
        b1 * b1 * t1 ** 2 +
        2 * b1 * b2 * c +
        b2 * b2 * t2 ** 2 -
        (w1 * c1 + w2 * c2);
      const expected =
        -0.5 * Math.log(2 * Math.PI * variance) - (0.5 * (row('used') - mean) ** 2) / variance;
      expect(values[s]).toBeCloseTo(expected, 9);
    }
  });

  it('show latent parameters in the summary, and effects along what is measured', () => {
    expect(fit.summary().latents.map(({ label }) => label)).toEqual([
      'meanme_mereported',
      'meanme_mecaring',
      'sdme_mereported',
      'sdme_mecaring',
      'corme__mereported__mecaring',
    ]);
    expect(String(fit.summary())).toContain('Latent Predictors:');
    const effects = fit.conditionalEffects();
    expect(effects.map((one) => one.effects.join(':'))).toEqual([
      'reported',
      'z',
      'caring',
      'reported:z',
    ]);
    expect(effects[0].rows[0].at).toMatchObject({ error: 0, slack: 0 });
  });

  it('save and load the fit', () => {
    const again = decodeFit(encodeFit(fit));
    expect(again.specification).toEqual(fit.specification);
    expect(again.draws.values).toEqual(fit.draws.values);
  });

  it('refuse what is not known of it', () => {
    expect(() => fit.marginalLikelihood()).toThrow(
      'not supported in a regression with me() or mi()',
    );
    expect(() => fit.compare({ of: 'reported' })).toThrow('ask for trends or conditionalEffects');
  });
});

describe('formulas with latent predictors', () => {
  it.each([
    missing,
    'y ~ me(x, s) * z + (1 | g)',
    'bf(y ~ me(x, s) + me(w, t)) + set_mecor(FALSE)',
    'bf(y ~ mi(x) + mi(w), sigma ~ z) + bf(x | mi(s) ~ z) + bf(w | mi() ~ 1) + set_rescor(FALSE)',
    'y ~ me(x, s, gr = g)',
  ])('%s is printed as it is read', (text) => {
    expect(formatFormula(parseFormula(text))).toBe(text);
  });

  it.each<[string, Record<string, readonly (number | string | null)[]>, string]>([
    [
      'used ~ me(reported, error)',
      { error: reports.z.map((_, i) => (i === 3 ? 0 : 1)) },
      'row 4: error is 0, expected a standard error, a finite number above 0',
    ],
    [
      'used ~ me(reported, error)',
      { error: reports.z.map(() => -1) },
      'row 1: error is -1, expected a standard error',
    ],
    ['used ~ me(reported)', {}, 'the argument sdx is missing'],
    ['used ~ mi(seen)', {}, 'mi(seen) needs a formula of seen'],
    [missing, { seen: reports.z.map(() => null) }, 'seen is missing in all rows'],
    [missing, { seen: reports.z.map(() => Number.NaN) }, 'seen is missing in all rows'],
    ['bf(used ~ z) + bf(seen | mi() ~ z)', {}, 'no mi(seen) is among the predictors'],
    [
      'bf(used ~ mi(seen) + seen) + bf(seen | mi() ~ z)',
      {},
      'another place in the formula than mi(seen)',
    ],
    [
      'bf(used ~ mi(seen)) + bf(seen | mi() ~ mi(caring))',
      {},
      'its predictors are columns without missing values',
    ],
    [
      'bf(used ~ mi(seen)) + bf(seen | mi() ~ (1 | model))',
      {},
      'group effects of a predictor with missing values are not supported',
    ],
    [
      'used ~ me(reported, error):me(caring, slack)',
      {},
      'a product of latent predictors is not supported',
    ],
    ['bf(used ~ z, sigma ~ me(reported, error))', {}, 'is for the mean alone, not for sigma'],
    ['used ~ me(reported, error, gr = model)', {}, 'a level of gr has one value'],
    ['used | se(error) ~ me(reported, error)', {}, 'se() is not supported with me() or mi()'],
    [
      'used | weights(slack) ~ me(reported, error)',
      {},
      'weights() is not supported with me() or mi() in the family gaussian',
    ],
  ])('%s is refused in one line', (formula, columns, message) => {
    const data = { ...reports, ...columns };
    return expect(regression({ formula, data, draws: 10 })).rejects.toThrow(message);
  });

  it('refuses a horseshoe and a constant', async () => {
    const asked = { formula: 'used ~ me(reported, error)', data: reports, draws: 10 };
    await expect(regression({ ...asked, prior: 'horseshoe(1) class=b' })).rejects.toThrow(
      'horseshoe(1) with me() or mi() is not supported',
    );
    await expect(regression({ ...asked, prior: 'constant(1) class=b' })).rejects.toThrow(
      'constant() is not supported in a regression with me() or mi()',
    );
  });

  it('are kept by an update of the outcome', async () => {
    const fit = await regression({ formula: missing, data: reports, draws: 10 });
    const changed = await fit.update({ formula: '. ~ . - mi(seen):z' });
    expect(changed.formula).toBe(
      'bf(used ~ mi(seen) + z) + bf(seen | mi() ~ z) + set_rescor(FALSE)',
    );
  });
});

describe.runIf(isDeep)('simulation-based calibration', () => {
  const random = randomStream('latent calibration');
  const data = Array.from({ length: 24 }, (_, i) => ({
    ...{ y: random.normal(), a: i % 2, x: random.normal(), w: random.normal(), z: random.normal() },
    ...{ s: 0.3 + random.uniform(), t: 0.3 + random.uniform(), g: 'abcd'[i % 4] },
    m: i % 3 === 0 ? null : random.normal(),
  }));
  const noisy = ['normal(0, 1) class=meanme', 'exponential(1) class=sdme'];
  const outcome = ['normal(0, 1) class=b', 'normal(0, 1) class=Intercept'];

  const cases = [
    ['y ~ me(x, s) * z', 'gaussian', [...noisy, 'exponential(1) class=sigma']],
    ['a ~ me(x, s) + (1 | g)', 'bernoulli', [...noisy, 'exponential(2) class=sd']],
    [
      'y ~ me(x, s) + me(w, t)',
      'gaussian',
      [...noisy, 'lkj(2) class=corme', 'exponential(1) class=sigma'],
    ],
    [
      'bf(y ~ mi(m) + z) + bf(m | mi() ~ z)',
      'gaussian',
      [
        'exponential(1) class=sigma',
        'normal(0, 1) class=b resp=m',
        'normal(0, 1) class=Intercept resp=m',
        'exponential(1) class=sigma resp=m',
      ],
    ],
  ] as const;

  it.each(cases)('of %s, %s', async (formula, family, prior) => {
    const result = await calibrateRegression({
      formula,
      family,
      data,
      prior: [...outcome, ...prior],
      simulations: 40,
      seed: 4,
    });
    const names = result.parameters.map(({ name }) => name);
    expect(names.some((name) => name.startsWith('Xme') || name.startsWith('Ymi'))).toBe(false);
    expect(names).toContain(formula.includes('mi(') ? 'sigma_m' : 'sdme_mex');
    for (const { name, pValue } of result.parameters) {
      expect(pValue, `${name}: ${result}`).toBeGreaterThan(1e-4);
    }
  });
});
