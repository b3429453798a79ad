/**
 * Regressions with monotonic effects, mo(x): names and sections as brms has them, predictions of new rows, the order of
 * levels, what is saved, and what is refused (brms' posteriors: test/peer; densities: test/models).
 */
import { describe, expect, it } from 'vitest';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { calibrateRegression } from '../../src/index.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { randomStream } from '../../src/random/stream.js';
import { prepare } from '../../src/regression/prepare.js';
import { dirichlet, normal } from '../../src/regression/priors/constructors.js';
import { defaultPrior } from '../../src/regression/priors/default-prior.js';
import { formatPrior, parsePrior } from '../../src/regression/priors/prior-text.js';
import { samplePriorOf } from '../../src/regression/priors/sample-prior.js';
import { fitFromData, regression } from '../../src/regression/regression.js';
import { isDeep } from '../support/deep.js';

/** Outcomes that rise by 0, 2 and 0.5 from step to step. */
function rising(rows = 90) {
  const random = randomStream('rising');
  const size = ['small', 'middle', 'large', 'huge'];
  const x = Array.from({ length: rows }, (_, i) => i % 4);
  const z = x.map(() => random.normal());
  return {
    x: x.map((step) => step + 3),
    size: x.map((step) => size[step] ?? ''),
    z,
    g: x.map((_, i) => `g${i % 9}`),
    y: x.map((step, i) => ([0, 0, 2, 2.5][step] ?? 0) + 0.5 * (z[i] ?? 0) + 0.5 * random.normal()),
  };
}

const quick = { chains: 2, warmup: 300, draws: 250, seed: 3 };
const levels = { size: ['small', 'middle', 'large', 'huge'] };

describe('a monotonic effect', () => {
  it('has the average step and the shares of the steps, with brms’ names', async () => {
    const fit = await regression({ formula: 'y ~ mo(x) + z', data: rising(), ...quick });
    expect(fit.draws.parameterNames).toEqual([
      'b_Intercept',
      'b_z',
      'sigma',
      'bsp_mox',
      'simo_mox1[1]',
      'simo_mox1[2]',
      'simo_mox1[3]',
    ]);
    // Of the difference 2.5 between the ends, the second step has 2.
    const meanOf = (name: string) => fit.parameter(name).mean;
    expect(Math.abs(3 * meanOf('bsp_mox') - 2.5)).toBeLessThan(0.5);
    expect(Math.abs(meanOf('simo_mox1[2]') - 0.8)).toBeLessThan(0.15);
    const text = String(fit.summary());
    expect(text).toMatch(/Population-Level Effects:[^:]*\nIntercept[^:]*\nz [^:]*\nmox /);
    expect(text).toMatch(/Simplex Parameters:[^:]*\nmox1\[1\]/);
    expect(fit.fixef().map(({ name }) => name)).toEqual(['Intercept', 'z', 'mox']);
    // Predictions of new rows are those that the parameters give.
    const drawn = (name: string) => parameterDraws(fit.draws, name);
    const eta = await fit.posteriorLinpred({ data: { x: [3, 5, 6], z: [0, 1, 0] } });
    [0, 100, 400].forEach((draw) => {
      const value = (name: string) => drawn(name)[draw] ?? Number.NaN;
      const steps = 3 * value('bsp_mox') * (value('simo_mox1[1]') + value('simo_mox1[2]'));
      const row = eta.values.subarray(draw * 3, draw * 3 + 3);
      expect(row[0]).toBeCloseTo(value('b_Intercept'), 10);
      expect(row[1]).toBeCloseTo(value('b_Intercept') + value('b_z') + steps, 10);
      expect(row[2]).toBeCloseTo(value('b_Intercept') + 3 * value('bsp_mox'), 10);
    });
    // As in brms, a grid has the whole numbers alone, and elsewhere the rounded median stands.
    const [effect, other] = fit.conditionalEffects();
    expect(effect?.rows.map(({ at }) => at.x)).toEqual([3, 4, 5, 6]);
    expect(new Set(other?.rows.map(({ at }) => at.x))).toEqual(new Set([4]));
    const loaded = fitFromData(decodeFit(encodeFit(fit)));
    expect((await loaded.loo()).elpdLoo).toEqual((await fit.loo()).elpdLoo);
    expect(() => fit.posteriorLinpred({ data: { x: [7], z: [0] } })).toThrow(
      'row 1: mo(x) of 7, expected a whole number from 3 to 6, as in the data of the fit',
    );
    expect(() => fit.posteriorLinpred({ data: { x: [3.5], z: [0] } })).toThrow(
      'row 1: mo(x) of 3.5, expected a whole number',
    );
    expect(() => fit.trends({ of: 'x' })).toThrow("'x' is no numeric predictor");
    expect(() => fit.priorSensitivity()).toThrow('mo(x)');
  });

  it('is of the levels of text in their order, with group effects too, and the same as of numbers', async () => {
    const data = rising();
    const options = { data, ...quick, levels };
    const fit = await regression({ formula: 'y ~ mo(size) * z + (1 | g)', ...options });
    expect(fit.notes).toContainEqual(
      'the levels of mo(size) ascend in this order: small, middle, large, huge; the option levels gives them another',
    );
    expect(fit.draws.parameterNames).toEqual(
      expect.arrayContaining([
        'bsp_mosize',
        'bsp_mosize:z',
        'simo_mosize:z1[3]',
        'sd_g__Intercept',
      ]),
    );
    const sameAs = prepare({ formula: 'y ~ mo(x) * z + (1 | g)', data }).specification;
    expect(fit.specification.data.predictors.values).toEqual(sameAs.data.predictors.values);
    const [effect] = fit.conditionalEffects('size');
    expect(effect?.rows.map(({ at }) => at.size)).toEqual(levels.size);
    const smaller = await fit.update({ formula: '. ~ . - mo(size):z' });
    expect(smaller.formula).toBe('y ~ mo(size) + z + (1 | g)');
    await fit.kfold({ folds: 2, seed: 1 });
  });

  it('takes priors of class b and simo, and has brms’ defaults', () => {
    const data = rising();
    const rows = defaultPrior('y ~ mo(x) * z', { data });
    expect(rows.map(({ class: name, coef = '', text }) => `${name} ${coef} ${text}`)).toEqual([
      'b  (flat)',
      'b mox (flat)',
      'b mox:z (flat)',
      'b z (flat)',
      expect.stringContaining('Intercept'),
      expect.stringContaining('sigma'),
      'simo mox1 dirichlet(1)',
      'simo mox:z1 dirichlet(1)',
    ]);
    const prior = [
      normal(0, 1).on('b'),
      normal(2, 0.5).on('b', { coef: 'mox' }),
      dirichlet(1, 4, 1).on('simo', { coef: 'mox1' }),
      'normal(0, 3) class=Intercept',
    ];
    const { specification } = prepare({ formula: 'y ~ mo(x) + z', data, prior });
    const { draws } = samplePriorOf(specification, { draws: 4000, seed: 1 });
    const meanOf = (name: string) => {
      const values = parameterDraws(draws, name);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    // Four Monte Carlo errors: .5/√4000, and √(2/3 · 1/3 / 7 / 4000).
    expect(Math.abs(meanOf('bsp_mox') - 2)).toBeLessThan(0.032);
    expect(Math.abs(meanOf('simo_mox1[2]') - 4 / 6)).toBeLessThan(0.012);
  });

  it('reads and writes priors of shares', () => {
    for (const text of [
      'dirichlet(2) class=simo coef=mox1',
      'dirichlet(c(2, 1)) class=simo coef=mox1',
    ]) {
      expect(formatPrior(parsePrior(text))).toBe(text);
    }
    expect(parsePrior('dirichlet(2, 1) coef=mox1')).toEqual(
      dirichlet(2, 1).on('simo', { coef: 'mox1' }),
    );
  });

  it.each([
    [
      'y ~ mo(z)',
      [],
      /row 1: mo\(z\) of -?[\d.]+, expected a whole number, or text whose levels ascend/,
    ],
    ['y ~ mo(x):mo(size)', [], 'mo(size) in one term with mo(x)'],
    ['y ~ z + (mo(x) | g)', [], 'mo() is not supported in a group term'],
    ['y ~ z + cs(mo(x))', [], 'mo() is not supported in a group term or cs()'],
    ['y ~ log(mo(x))', [], 'mo() is a term of its own'],
    [
      'y ~ mo(x)',
      ['dirichlet(c(1, 2)) coef=mox1'],
      'mox1 has 2 numbers, but the effect has 3 steps',
    ],
    [
      'y ~ mo(x)',
      ['dirichlet(-1) coef=mox1'],
      'the concentration is -1, expected positive numbers',
    ],
    ['y ~ mo(x)', ['dirichlet(1) class=b'], 'dirichlet is for simo alone'],
    ['y ~ mo(x)', ['normal(0, 1) class=simo'], 'class simo takes dirichlet'],
    ['y ~ mo(x)', ['dirichlet(1) coef=mox'], 'class simo has no coef mox, but mox1'],
    ['y ~ mo(x) + z', ['horseshoe(1) class=b'], 'is not supported for the term mox'],
    ['y ~ mo(x)', ['constant(1) class=b coef=mox'], 'is not supported for the term mox'],
    ['y ~ mo(one)', [], 'mo(one) is 1 in all rows'],
  ])('%s with %j is refused', async (formula, prior, problem) => {
    const data = { ...rising(), one: rising().x.map(() => 1) };
    await expect(regression({ formula, data, prior })).rejects.toThrow(problem);
  });
});

describe.runIf(isDeep)('calibration', () => {
  it.each([
    ['y ~ mo(x) + z', 'gaussian', 'normal(1, 1) class=b coef=mox'],
    ['y ~ mo(x) + (1 | g)', 'gaussian', 'normal(1, 1) class=b coef=mox'],
    ['b ~ mo(x) * z', 'bernoulli', 'normal(0, 1) class=b coef=mox'],
  ] as const)('%s', async (formula, family, size) => {
    const data = rising(60);
    const result = await calibrateRegression({
      formula,
      family,
      data: { ...data, b: data.y.map((value) => Number(value > 1)) },
      prior: [
        'normal(0, 1) class=b',
        size,
        'normal(0, 1) class=Intercept',
        ...(family === 'gaussian' ? ['exponential(1) class=sigma'] : []),
        ...(formula.includes('|') ? ['exponential(1) class=sd'] : []),
      ],
      simulations: 200,
      seed: 5,
    });
    expect(result.calibrated).toBe(true);
  });
});
