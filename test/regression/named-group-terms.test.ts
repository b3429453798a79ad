/**
 * Group terms with a name, `(1 |i| g)`, which are correlated with each other: within a formula they are one term, and
 * across formulas they have one distribution of effects. distributional.test.ts holds them to brms.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeJobs, openJobs } from '../../src/distribution/codec.js';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { calibrateRegression } from '../../src/index.js';
import { mcseSd } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { posteriorLinpred } from '../../src/regression/after/predictions.js';
import { type Preparation, prepare } from '../../src/regression/prepare.js';
import { defaultPrior, samplePrior } from '../../src/regression/priors/default-prior.js';
import { fitFromData, regression } from '../../src/regression/regression.js';
import { isDeep } from '../support/deep.js';

const rows = Array.from({ length: 96 }, (_, i) => {
  const item = i % 8;
  const noise = Math.sin(i * i) * Math.exp(0.3 * Math.sin(5 * item));
  const [x, z] = [Math.cos(3 * i), Math.sin(2 * i + 1)];
  const score = 1 + 0.5 * x + Math.sin(5 * item) + noise;
  return { x, z, score, g: `item ${item}`, h: `h${i % 5}`, second: `item ${(i >> 3) % 8}` };
});
const both = 'bf(score ~ x + (1 |i| g), sigma ~ 1 + (1 |i| g))';
const apart = 'bf(score ~ x + (1 | g), sigma ~ 1 + (1 | g))';
const settings = { data: rows, prior: 'normal(0, 1) class=b', seed: 5 };

const groupsOf = (formula: string, more: Partial<Preparation> = {}) =>
  prepare({ data: rows, ...more, formula }).specification.data.groups;

describe('terms with one name', () => {
  it('of one formula are the term with the coefficients of all, however they are split', () => {
    const effects = ['1', 'x', 'z', 'I(x^2)'];
    const split = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(split, (parts) => {
        const terms = [0, 1, 2].flatMap((part) => {
          const own = effects.filter((_, e) => parts[e] === part);
          const right = own.includes('1') ? own : ['0', ...own];
          return own.length === 0 ? [] : [`(${right.join(' + ')} |p| g)`];
        });
        const [joined, ...others] = groupsOf(`score ~ ${terms.join(' + ')}`);
        const [whole] = groupsOf('score ~ (x + z + I(x^2) | g)');
        expect(others).toEqual([]);
        const width = whole?.coefficients.length ?? 0;
        const places = whole?.coefficients.map((name) => joined?.coefficients.indexOf(name) ?? -1);
        expect(places?.toSorted()).toEqual([0, 1, 2, 3]);
        const values = whole?.values.map(
          (_, at) => joined?.values[at - (at % width) + (places?.[at % width] ?? 0)] ?? Number.NaN,
        );
        expect(values).toEqual(whole?.values);
        expect({ ...joined, coefficients: [], values: [] }).toEqual({
          ...{ ...whole, coefficients: [], values: [] },
        });
      }),
      { seed: 2025, numRuns: 40 },
    );
  });

  it('of several formulas have the columns of the terms without a name', () => {
    const [mean, sigma] = groupsOf(apart);
    const [joined, ...others] = groupsOf(both);
    expect(others).toEqual([]);
    expect(joined).toMatchObject({
      group: 'g',
      coefficients: ['Intercept', 'sigma_Intercept'],
      parameters: [null, 'sigma'],
      correlated: true,
      levelOf: mean?.levelOf,
    });
    joined?.values.forEach((value, at) => {
      const own = at % 2 === 0 ? mean : sigma;
      expect(value).toBe(own?.values[at >> 1]);
    });
    expect(groupsOf('bf(score ~ (1 |i| mm(g, second)), sigma ~ (1 |i| mm(g, second)))')).toEqual([
      expect.objectContaining({
        coefficients: ['Intercept', 'sigma_Intercept'],
        further: [expect.objectContaining({ values: expect.any(Float64Array) })],
      }),
    ]);
    // A name of one term says nothing.
    expect(groupsOf('score ~ (1 + x |i| g) + (1 | h)')).toEqual(
      groupsOf('score ~ (1 + x | g) + (1 | h)'),
    );
  });

  it('have the names and the places of brms', async () => {
    const { specification } = prepare({
      data: rows,
      formula: 'bf(score ~ (1 | h) + (1 + x |b| g), sigma ~ (1 | g) + (0 + z |b| g))',
    });
    const { draws } = samplePrior({
      ...{ data: rows, draws: 10, seed: 1 },
      formula: 'bf(score ~ (1 | h) + (1 + x |b| g), sigma ~ (1 | g) + (0 + z |b| g))',
    });
    expect(draws.parameterNames.filter((name) => /^(sd|cor)/.test(name))).toEqual([
      ...['sd_g__Intercept', 'sd_g__x', 'sd_g__sigma_z', 'sd_h__Intercept'],
      'sd_g__sigma_Intercept',
      ...['cor_g__Intercept__x', 'cor_g__Intercept__sigma_z', 'cor_g__x__sigma_z'],
    ]);
    expect(draws.parameterNames).toContain('r_g[item.0,x]');
    expect(draws.parameterNames).toContain('r_g__sigma[item.7,z]');
    expect(specification.priors.correlations).toEqual([1, null, null]);
  });

  it('have priors by parameter, and one of their correlations', () => {
    const targets = defaultPrior(both, { data: rows }).map((row) =>
      [row.class, row.coef, row.group, row.dpar].filter((part) => part !== undefined).join(' '),
    );
    expect(targets).toEqual([
      ...['b', 'b x', 'cor', 'cor g', 'Intercept', 'sd', 'sd g', 'sd Intercept g'],
      ...['Intercept sigma', 'sd sigma', 'sd g sigma', 'sd Intercept g sigma'],
    ]);
    const { priors } = prepare({
      ...{ data: rows, formula: both },
      prior: ['lkj(3) class=cor group=g', 'exponential(2) class=sd dpar=sigma'],
    }).specification;
    expect(priors.correlations).toEqual([3]);
    expect(priors.sds[0]?.map(({ distribution }) => distribution)).toEqual([
      'student_t',
      'exponential',
    ]);
  });
});

describe('a fit of terms with a name', () => {
  it('has the posterior of terms without one if the prior holds their correlation at 0', async () => {
    const draws = 2000;
    const named = await regression({
      ...{ ...settings, draws, formula: both },
      prior: [settings.prior, 'lkj(100000) class=cor'],
    });
    const plain = await regression({ ...settings, draws, formula: apart, seed: 6 });
    const cor = parameterDraws(named.draws, 'cor_g__Intercept__sigma_Intercept');
    expect(cor.every((value) => Math.abs(value) < 0.02)).toBe(true);
    for (const one of plain.parameters) {
      const other = named.parameter(one.name);
      const error = Math.hypot(one.mcseMean, other.mcseMean);
      // Four Monte Carlo errors, of 21 parameters.
      expect(Math.abs(one.mean - other.mean), one.name).toBeLessThan(4 * error);
      const sdError = Math.hypot(
        mcseSd(parameterDraws(plain.draws, one.name), plain.draws.chains),
        mcseSd(parameterDraws(named.draws, one.name), named.draws.chains),
      );
      expect(Math.abs(one.sd - other.sd), one.name).toBeLessThan(4 * sdError);
    }
  });

  it('learns their correlation, prints it, and keeps the name through updates and files', async () => {
    const fit = await regression({ ...settings, formula: both, chains: 2, draws: 500 });
    const text = String(fit);
    expect(text).toContain('Formula: score ~ x + (1 | i | g)\n         sigma ~ 1 + (1 | i | g)\n');
    expect(text).toContain('cor(Intercept,sigma_Intercept)');
    // Effects on both go up and down together in these data.
    expect(fit.parameter('cor_g__Intercept__sigma_Intercept').mean).toBeGreaterThan(0.2);
    expect([...new Set(fit.ranef().g?.map(({ name }) => name))]).toEqual([
      'Intercept',
      'sigma_Intercept',
    ]);
    const loaded = fitFromData(decodeFit(encodeFit(fit)));
    expect(String(loaded)).toBe(text);
    const { specification, settings: ofFit } = fit;
    const jobs = encodeJobs({ settings: ofFit, jobs: [{ name: 'a', specification }] });
    expect(openJobs(jobs).read().jobs[0]?.specification).toEqual(specification);
    const changed = await loaded.update({ formula: '. ~ . - x', draws: 100 });
    expect(changed.formula).toBe('bf(score ~ 1 + (1 | i | g), sigma ~ 1 + (1 | i | g))');
    expect(changed.draws.parameterNames).toContain('cor_g__Intercept__sigma_Intercept');
    await expect(loaded.update({ formula: '. ~ . - (1 | g)' })).rejects.toThrow(
      'no group term (1 | g) to take away: the group terms are (1 | i | g)',
    );
    const compared = fit.compare({ of: 'x', values: [0, 1], groups: 'zero' });
    expect(compared.comparisons[0]?.mean).toBeCloseTo(
      fit.fixef().find(({ name }) => name === 'x')?.mean ?? 0,
      9,
    );
  });

  it('has effects of new levels that are correlated across the linear predictors', async () => {
    const fit = await regression({ ...settings, formula: both, chains: 2, draws: 1000 });
    const { draws } = fit;
    const width = draws.parameterNames.length;
    const [cor, sd, sdSigma] = [
      'cor_g__Intercept__sigma_Intercept',
      'sd_g__Intercept',
      'sd_g__sigma_Intercept',
    ].map((name) => draws.parameterNames.indexOf(name));
    const held = new Map([
      [cor, 0.9],
      [sd, 2],
      [sdSigma, 0.5],
    ]);
    const values = draws.values.map((value, at) => held.get(at % width) ?? value);
    const known = { ...fit, draws: { ...draws, values } };
    const effects = (newLevels: 'gaussian' | 'uncertainty', dpar?: string) => {
      const data = [{ x: 0, g: 'a new one' }];
      const asked = { data, ...(dpar !== undefined && { dpar }) };
      const all = posteriorLinpred(known, { ...asked, newLevels }).values;
      const none = posteriorLinpred(known, { ...asked, groups: 'none' }).values;
      return all.map((value, s) => value - (none[s] ?? 0));
    };
    const [ofMean, ofSigma] = [effects('gaussian'), effects('gaussian', 'sigma')];
    const count = ofMean.length;
    const mean = ofMean.reduce((sum, u, s) => sum + (u / 2) * ((ofSigma[s] ?? 0) / 0.5), 0) / count;
    // The product of two standard normals has the variance 1 + ρ².
    expect(Math.abs(mean - 0.9)).toBeLessThan(4 * Math.sqrt(1.81 / count));

    // As in brms: at each draw the effects of one known level, on the mean and on sigma.
    const [some, same] = [effects('uncertainty'), effects('uncertainty', 'sigma')];
    const levels = rows.slice(0, 8).map(({ g }) => g.replace(' ', '.'));
    some.forEach((effect, s) => {
      const at = (name: string) => values[s * width + draws.parameterNames.indexOf(name)] ?? 0;
      const level = levels.find((one) => Math.abs(at(`r_g[${one},Intercept]`) - effect) < 1e-9);
      expect(same[s]).toBeCloseTo(at(`r_g__sigma[${level},Intercept]`), 9);
    });
  });
});

describe('names that cannot be', () => {
  it.each([
    [
      'bf(score ~ (1 |i| g), sigma ~ (1 |i| h))',
      'terms with the name i are of g and of h; terms with one name have one grouping factor',
    ],
    ['score ~ (1 |i| g/h)', 'terms with the name i are of g and of g:h'],
    ['score ~ (1 |i| mm(g, h)) + (0 + x |i| mm(h, g))', 'are of mm(g, h) and of mm(h, g)'],
    ['score ~ (1 |i| g) + (1 + x |i| g)', 'the intercept varies by g in two terms'],
    ['score ~ (1 |i|| g)', 'terms with a name are correlated with each other, which || leaves out'],
  ])('%s', (formula, problem) => {
    expect(() => prepare({ data: rows, formula })).toThrow(problem);
  });
});

describe('calibration', () => {
  const models = [
    {
      formula: 'bf(y ~ 1 + (1 |i| g), sigma ~ 1 + (1 |i| g))',
      prior: ['normal(0, 1) class=Intercept', 'normal(0, 0.5) class=Intercept dpar=sigma'],
      parameter: 'sigma',
    },
    {
      formula: 'bf(y ~ 1 + (1 | person) + (1 |i| g), disc ~ 0 + (1 |i| g))',
      family: 'cumulative',
      prior: ['normal(0, 1) class=Intercept'],
      parameter: 'disc',
    },
  ] as const;
  it.runIf(isDeep).each(models)(
    'of $formula: ranks of the true values are uniform',
    async ({ parameter, ...model }) => {
      const data = Array.from({ length: 80 }, (_, i) => ({
        ...{ y: 1 + (i % 2), g: `g${i % 8}`, person: `p${i >> 3}` },
      }));
      const result = await calibrateRegression({
        ...model,
        data,
        prior: [
          ...model.prior,
          'normal(0, 1) class=sd',
          `normal(0, 0.5) class=sd dpar=${parameter}`,
          'lkj(1) class=cor',
        ],
        simulations: 100,
        seed: 11,
      });
      for (const { name, pValue } of result.parameters) {
        expect(pValue, `${name}: ${result}`).toBeGreaterThan(1e-4);
      }
    },
  );
});
