/**
 * Regressions with linear predictors of parameters: against brms (reference/distributional.R), whose draws have
 * the log likelihoods, means and linear predictors that ours have; through the methods of a fit; saved and read
 * back; and calibrated by simulation (Talts et al. 2018).
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FamilyName, familyNames, type LinkName } from '../../models/families/family.js';
import { encodeJobs, openJobs } from '../../src/distribution/codec.js';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { modelOf } from '../../src/fit/specification.js';
import { calibrateRegression } from '../../src/index.js';
import { writeHessianByDifferences } from '../../src/linear-algebra/newton.js';
import { mcseSd } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import {
  posteriorEpred,
  posteriorLinpred,
  posteriorProbabilities,
} from '../../src/regression/after/predictions.js';
import { prepare } from '../../src/regression/prepare.js';
import { normal } from '../../src/regression/priors/constructors.js';
import {
  defaultPrior,
  printPriors,
  samplePrior,
} from '../../src/regression/priors/default-prior.js';
import { formatPrior, parsePrior } from '../../src/regression/priors/prior-text.js';
import { fitFromData, regression } from '../../src/regression/regression.js';
import { atDrawsOfBrms } from '../reference/at-draws.js';
import { everyNth, powered } from '../support/deep.js';

interface Reference {
  readonly name: string;
  readonly formulas: string | readonly string[];
  readonly family: FamilyName;
  readonly link: LinkName;
  readonly given: string | readonly string[];
  readonly priors: readonly Readonly<
    Record<'prior' | 'class' | 'coef' | 'group' | 'dpar' | 'lb', string>
  >[];
  readonly names: readonly string[];
  readonly mean: readonly number[];
  readonly sd: readonly number[];
  readonly mcse: readonly number[];
  readonly mcseSd: readonly number[];
  /** Five draws, in the order of the names. */
  readonly draws: readonly (readonly number[])[];
  /** By draw and row. */
  readonly logLikelihood: readonly (readonly number[])[];
  readonly expected: readonly (readonly number[])[];
  readonly linear: Readonly<Record<string, readonly (readonly number[])[]>>;
}

const reference: {
  readonly columns: Readonly<Record<string, readonly (number | string)[]>>;
  readonly cases: readonly Reference[];
} = JSON.parse(readFileSync(new URL('../reference/distributional.json', import.meta.url), 'utf8'));

const { columns } = reference;
const cases = everyNth(
  5,
  reference.cases.filter(({ family }) => familyNames.includes(family)),
);

const formulaOf = ({ formulas }: Reference) =>
  typeof formulas === 'string' ? formulas : `bf(${formulas.join(', ')})`;

function optionsOf(one: Reference) {
  const { family, link } = one;
  return {
    formula: formulaOf(one),
    family: { family, link },
    data: columns,
    prior: one.given,
  };
}

describe.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
  it('has the parameters and the default priors of brms', () => {
    const priors = defaultPrior(formulaOf(one), {
      family: { family: one.family, link: one.link },
      data: columns,
    });
    for (const row of one.priors) {
      const ours = priors.find(
        (prior) =>
          prior.class === row.class &&
          (prior.coef ?? '') === row.coef &&
          (prior.group ?? '') === row.group &&
          (prior.dpar ?? '') === row.dpar,
      );
      expect(ours?.text, `${row.class} ${row.dpar}`).toBe(row.prior);
    }
  });

  it('has the posterior of brms, and at its draws the same likelihoods, means and predictors', async () => {
    const fit = await regression({ ...optionsOf(one), draws: 2500, seed: 2025 });
    const { draws, parameters, warnings } = fit;
    expect(warnings).toEqual([]);
    expect(new Set(draws.parameterNames)).toEqual(new Set(one.names));
    one.names.forEach((name, i) => {
      const ours = parameters.find((row) => row.name === name);
      if (!ours) throw new Error(`no ${name}`);
      const [mean = 0, sd = 0, mcse = 0, sdError = 0] = [
        one.mean[i],
        one.sd[i],
        one.mcse[i],
        one.mcseSd[i],
      ];
      const means = `mean of ${name}, ${ours.mean} and brms' ${mean}`;
      // Four combined Monte Carlo errors: of some 90 parameters, a false alarm in one seed of 150.
      expect(Math.abs(ours.mean - mean), means).toBeLessThan(4 * Math.hypot(ours.mcseMean, mcse));
      const ourError = mcseSd(parameterDraws(draws, name), draws.chains);
      const sds = `sd of ${name}, ${ours.sd} and brms' ${sd}`;
      expect(Math.abs(ours.sd - sd), sds).toBeLessThan(4 * Math.hypot(ourError, sdError));
    });

    const { theirs, rows } = atDrawsOfBrms(fit, one);
    const compare = (ours: Float64Array, wanted: readonly (readonly number[])[]) => {
      wanted.forEach((ofDraw, s) => {
        ofDraw.forEach((value, row) => {
          const own = ours[s * rows + row] ?? Number.NaN;
          expect(Math.abs(own - value)).toBeLessThan(1e-6 * (1 + Math.abs(value)));
        });
      });
    };
    if (one.family === 'categorical') {
      const { values: all, parameterNames: names } = posteriorProbabilities(theirs);
      const count = names.length / rows;
      compare(
        all.filter((_, at) => at % count === count - 1),
        one.expected,
      );
    } else if (one.family !== 'cumulative') compare(posteriorEpred(theirs).values, one.expected);
    for (const [dpar, wanted] of Object.entries(one.linear)) {
      compare(posteriorLinpred(theirs, { dpar }).values, wanted);
    }
  });
});

const rows = Array.from({ length: 60 }, (_, i) => {
  const model = i % 2 === 0 ? 'a' : 'b';
  const noise = Math.sin(i * i) * (model === 'a' ? 0.5 : 1.5);
  return { x: Math.cos(3 * i), model, item: `item ${i % 6}`, y: 1 + 0.5 * Math.cos(3 * i) + noise };
});
const wanted = {
  formula: 'bf(y ~ x + (1 | item), sigma ~ model + (1 + x || item))',
  data: rows,
  prior: ['normal(0, 1) class=b', 'normal(0, 0.5) class=b dpar=sigma'],
};
const short = { chains: 2, warmup: 200, draws: 200, seed: 5 };

describe('a fit with linear predictors of parameters', () => {
  it('averages over new levels of the mean: by exp(sd² / 2) with a log link', async () => {
    const fit = await regression({
      formula: 'bf(count ~ x + (0 + x | item), shape ~ model)',
      family: 'negbinomial',
      data: rows.map((row) => ({ ...row, count: Math.round(3 * Math.abs(row.y)) })),
      prior: ['normal(0, 1) class=b', 'normal(0, 1) class=b dpar=shape'],
      ...short,
    });
    const [values, data] = [[0, 2], [{ x: 0, model: 'b', item: 'item 0' }]];
    const [integrated, zero] = (['integrated', 'zero'] as const).map(
      (groups) => fit.compare({ of: 'x', values, data, groups }).means[1]?.draws,
    );
    const sd = parameterDraws(fit.draws, 'sd_item__x');
    sd.forEach((own, s) => {
      const ratio = (integrated?.[s] ?? 0) / (zero?.[s] ?? 1);
      // Quadrature is exact up to a standard deviation of about 3.
      if (own < 1) expect(ratio).toBeCloseTo(Math.exp((2 * own) ** 2 / 2), 8);
    });
    expect(sd.filter((own) => own < 1).length).toBeGreaterThan(200);
  });

  it('has its methods, on the scales of the mean and of the parameter', async () => {
    const fit = await regression({ ...wanted, ...short });
    const text = String(fit);
    expect(text).toContain('  Links: mu = identity; sigma = log\n');
    expect(text).toContain(
      'Formula: y ~ x + (1 | item)\n         sigma ~ model + (1 + x || item)\n',
    );
    expect(text).toContain('sd(sigma_x)');
    expect(fit.draws.parameterNames.slice(0, 8)).toEqual([
      'b_Intercept',
      'b_x',
      'b_sigma_Intercept',
      'b_sigma_modelb',
      'sd_item__Intercept',
      'sd_item__sigma_Intercept',
      'sd_item__sigma_x',
      'r_item[item.0,Intercept]',
    ]);
    expect(fit.draws.parameterNames.at(-1)).toBe('r_item__sigma[item.5,x]');

    const at = [{ model: 'b', x: 2 }];
    const [logSigma] = fit.linpred({ data: at, groups: 'none', dpar: 'sigma' });
    const [intercept, slope] = ['sigma_Intercept', 'sigma_modelb'].map(
      (name) => fit.fixef().find((row) => row.name === name)?.mean ?? Number.NaN,
    );
    expect(logSigma?.mean).toBeCloseTo((intercept ?? 0) + (slope ?? 0), 9);
    const draws = fit.posteriorLinpred({ data: at, groups: 'none', dpar: 'sigma' }).values;
    const values = fit.posteriorEpred({ data: at, groups: 'none', dpar: 'sigma' }).values;
    draws.forEach((value, s) => {
      expect(values[s]).toBeCloseTo(Math.exp(value), 12);
    });
    const [effect] = fit.conditionalEffects('model', { dpar: 'sigma' });
    expect(effect?.response).toBe('sigma');
    expect(effect?.rows.map((row) => row.at.model)).toEqual(['a', 'b']);
    expect(effect?.rows[1]?.median).toBeGreaterThan(effect?.rows[0]?.median ?? Number.NaN);
    expect(fit.conditionalEffects().map(({ effects }) => effects)).toEqual([['x'], ['model']]);

    // Outcomes have the spread of their row: 400 draws give an sd within 15%.
    const outcomes = fit.posteriorPredict({ data: at, groups: 'none' }).values;
    const means = fit.posteriorEpred({ data: at, groups: 'none' }).values;
    const z = outcomes.map((value, s) => (value - (means[s] ?? 0)) / (values[s] ?? 1));
    const square = z.reduce((sum, value) => sum + value * value, 0) / z.length;
    expect(Math.abs(square - 1)).toBeLessThan(4 * Math.sqrt(2 / z.length));

    expect((await fit.loo()).diagnostics.paretoK.length).toBe(rows.length);
    expect(fit.marginalLikelihood().error).toBeLessThan(0.5);
    expect(() => fit.compare({ of: 'x', groups: 'integrated' })).toThrow(
      'effects of item on sigma are not integrated out of mean outcomes',
    );
    expect(fit.hypothesis('sigma_modelb > 0').rows[0]?.postProb).toBeGreaterThan(0.9);
    expect(fit.ranef().item?.some(({ name }) => name === 'sigma_x')).toBe(true);
    expect(fit.ppc().statistics.length).toBeGreaterThan(0);
    expect(fit.priorSensitivity().rows.map(({ name }) => name)).toContain('b_sigma_modelb');
    expect(() => fit.linpred({ dpar: 'nu' })).toThrow(
      'there are linear predictors of the mean, sigma',
    );
    expect(() => fit.fitted({ dpar: 'phi' })).toThrow(
      'the family gaussian has the parameters sigma',
    );
    expect(() => fit.conditionalEffects('x', { dpar: 'sigma', method: 'predict' })).toThrow(
      'method predict is of outcomes',
    );
    expect(() => fit.predict({ data: [{ model: 'b', x: 0, item: 'new' }] })).toThrow(
      "row 1: item is 'new', which was not in the data of the fit",
    );
  });

  it('is the same when saved and read back, sent to a worker, and updated', async () => {
    const fit = await regression({ ...wanted, ...short });
    const loaded = fitFromData(decodeFit(encodeFit(fit)));
    expect(String(loaded)).toBe(String(fit));
    expect(String(loaded.fitted({ dpar: 'sigma' }))).toBe(String(fit.fitted({ dpar: 'sigma' })));
    const changed = await loaded.update({ formula: 'bf(. ~ ., sigma ~ . - (1 + x || item))' });
    expect(changed.formula).toBe('bf(y ~ x + (1 | item), sigma ~ model)');
    expect((await changed.update({ formula: '. ~ . - (1 | item)' })).formula).toBe(
      'bf(y ~ x, sigma ~ model)',
    );
    const { specification, settings } = fit;
    const jobs = [{ name: 'a', specification }];
    const back = openJobs(encodeJobs({ settings, jobs })).read().jobs[0]?.specification;
    expect(back).toEqual(specification);
  });

  it('has the Hessian of its density', () => {
    const { specification } = prepare({ ...wanted, formula: 'bf(y ~ x, sigma ~ model + x)' });
    const model = modelOf(specification);
    const position = Float64Array.of(1.1, 0.4, -0.3, 0.5, 0.2);
    const [exact, differences] = [new Float64Array(25), new Float64Array(25)];
    model.hessian?.(position, exact);
    writeHessianByDifferences(model.logDensity, position, differences);
    exact.forEach((value, i) => {
      expect(Math.abs(value - (differences[i] ?? 0))).toBeLessThan(1e-5 * (1 + Math.abs(value)));
    });
  });

  it('has priors by parameter', () => {
    const priors = defaultPrior(wanted.formula, { data: rows });
    expect(printPriors(priors).split('\n')[0]).toMatch(/class +coef +group +dpar +lb/);
    expect(printPriors(defaultPrior('y ~ x', { data: rows }))).not.toContain('dpar');
    const row = normal(0, 1).on('sd', { group: 'item', coef: 'x', dpar: 'sigma' });
    expect(formatPrior(row)).toBe('normal(0, 1) class=sd coef=x group=item dpar=sigma');
    expect(parsePrior(formatPrior(row))).toEqual({ ...row });
    expect(() => prepare({ ...wanted, prior: 'normal(0, 1) class=b dpar=nu' })).toThrow(
      'there is no linear predictor of nu, but of the mean and sigma',
    );
    expect(() => prepare({ ...wanted, prior: 'normal(0, 1) class=b coef=z dpar=sigma' })).toThrow(
      'class b has no coef z, but modelb',
    );
    expect(() => prepare({ ...wanted, prior: 'normal(0, 1) class=sigma' })).toThrow(
      'there is no class sigma',
    );
    const { draws } = samplePrior({ ...wanted, draws: 4000, seed: 3 });
    const slopes = parameterDraws(draws, 'b_sigma_modelb');
    const square = slopes.reduce((sum, value) => sum + value * value, 0) / slopes.length;
    expect(Math.abs(square / 0.25 - 1)).toBeLessThan(4 * Math.sqrt(2 / slopes.length));
  });
});

describe('formulas and data that cannot be', () => {
  const refused = (formula: string, family: FamilyName = 'gaussian', data: object[] = rows) =>
    regression({ formula, family, data }).then(
      () => 'no error',
      (error: unknown) => String(error),
    );
  it.each([
    ['bf(y ~ x, zi ~ x)', 'gaussian', 'the family gaussian has no parameter zi; expected sigma'],
    ['bf(y ~ x, sigma ~ z)', 'gaussian', "no column 'z' in the data"],
    ['bf(y ~ x, sigma ~ y)', 'gaussian', "the outcome 'y' is among its own predictors"],
    ['bf(x > 0 ~ y, sigma ~ y)', 'bernoulli', 'expected none that has a formula'],
  ] as const)('%s of %s', async (formula, family, problem) => {
    expect(await refused(formula, family)).toContain(problem);
  });

  it('improper posteriors: a share of zeros that a predictor separates, outcomes without scatter', async () => {
    const counts = rows.map((row, i) => ({ ...row, y: row.model === 'a' ? 1 + (i % 3) : i % 3 }));
    expect(await refused('bf(y ~ x, zi ~ model)', 'zero_inflated_poisson', counts)).toContain(
      'zi_modelb separates the outcomes perfectly',
    );
    const even = rows.map((row) => ({ ...row, y: row.model === 'a' ? 2 : row.y }));
    expect(await refused('bf(y ~ model, sigma ~ model)', 'gaussian', even)).toContain(
      'explained exactly, so that sigma goes to zero there',
    );
    const constant = rows.map((row) => ({ ...row, z: 1 }));
    expect(await refused('bf(y ~ x, sigma ~ z)', 'gaussian', constant)).toContain(
      'column sigma_z is constant',
    );
  });
});

describe('calibration', () => {
  const models = [
    ['bf(y ~ x, sigma ~ x)', 'gaussian'],
    ['bf(y ~ x, phi ~ x)', 'beta'],
  ] as const;
  it.each(everyNth(2, models))(
    'of %s, %s: ranks of the true values are uniform',
    async (formula, family) => {
      const data = rows.slice(0, 40).map((row) => ({ x: row.x, y: 0.5 + 0.01 * row.x }));
      const parameter = family === 'beta' ? 'phi' : 'sigma';
      const result = await calibrateRegression({
        formula,
        family,
        data,
        prior: [
          'normal(0, 1) class=Intercept',
          'normal(0, 1) class=b',
          `normal(0, 0.5) class=Intercept dpar=${parameter}`,
          `normal(0, 0.5) class=b dpar=${parameter}`,
        ],
        simulations: powered(40, 300),
        seed: 11,
      });
      expect(result.calibrated).toBe(true);
    },
  );
});
