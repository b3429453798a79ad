/** Regressions of categories without an order, from data to predictions; beside brms in distributional.test.ts. */
import { describe, expect, it } from 'vitest';
import { encodeJobs, openJobs } from '../../src/distribution/codec.js';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { randomStream } from '../../src/random/stream.js';
import { bounded, preparedFrom } from '../../src/regression/from-specification.js';
import { exponential, normal } from '../../src/regression/priors/constructors.js';
import { fitFromData, regression } from '../../src/regression/regression.js';
import { calibrateRegression } from '../../src/regression/validation/regression-simulations.js';
import { completeSettings } from '../../src/sampler/settings.js';
import { powered } from '../support/deep.js';

const random = randomStream('categorical regressions');
const family = 'categorical';
const data = Array.from({ length: 90 }, (_, i) => {
  const x = random.normal();
  const worth = [0, 0.4 + x, -0.2].map((eta) => eta - Math.log(-Math.log(random.uniform())));
  const answer = ['no', 'yes', 'not sure'][worth.indexOf(Math.max(...worth))];
  return { x, g: `g${i % 6}`, answer, code: 1 + worth.indexOf(Math.max(...worth)) };
});
const small = { draws: 500, chains: 2, seed: 3 };
const levels = { answer: ['no', 'yes', 'not sure'] };
const fitted = regression({
  formula: 'answer ~ x + (1 | g)',
  family,
  data,
  levels,
  prior: [normal(0, 2).on('b'), exponential(1).on('sd')],
  ...small,
});

describe('a regression of categories', () => {
  it('has a linear predictor for each category but the first, by its letters', async () => {
    const fit = await fitted;
    expect(fit.draws.parameterNames.filter((name) => !name.startsWith('r_'))).toEqual([
      'b_muyes_Intercept',
      'b_muyes_x',
      'b_munotsure_Intercept',
      'b_munotsure_x',
      'sd_g__muyes_Intercept',
      'sd_g__munotsure_Intercept',
    ]);
    expect(fit.notes).toContain(
      'answer: the reference category is no; the option levels sets another',
    );
    expect(String(fit)).toMatch(/Links: muyes = logit; munotsure = logit/);
    expect(fit.priors.filter(({ source }) => source === 'user').map(({ dpar }) => dpar)).toEqual(
      expect.arrayContaining(['muyes', 'munotsure']),
    );
  });

  it('has the same draws for numbers, and with a formula of each category', async () => {
    const plain = { family, prior: normal(0, 2).on('b'), ...small } as const;
    const texts = await regression({ ...plain, formula: 'answer ~ x', data, levels });
    const numbers = await regression({ ...plain, formula: 'code ~ x', data });
    expect(numbers.draws.parameterNames[1]).toBe('b_mu2_x');
    expect(numbers.draws.values).toEqual(texts.draws.values);
    const whole = await regression({
      ...plain,
      formula: 'bf(answer ~ 0, muyes ~ x, munotsure ~ 1)',
      data,
      levels,
    });
    expect(whole.draws.parameterNames).toEqual([
      'b_muyes_Intercept',
      'b_muyes_x',
      'b_munotsure_Intercept',
    ]);
  });

  it('has the posterior of a logistic regression, of two categories', async () => {
    const two = data.map(({ x, answer }) => ({ x, yes: answer === 'yes' }));
    const prior = [normal(0, 2).on('b'), normal(0, 2).on('Intercept')];
    const options = { data: two, prior, draws: 2000, seed: 3 };
    const categories = await regression({ ...options, formula: 'yes ~ x', family });
    const logistic = await regression({ ...options, formula: 'yes ~ x', family: 'bernoulli' });
    for (const name of ['Intercept', 'x']) {
      const one = categories.parameter(`b_muTRUE_${name}`);
      const other = logistic.parameter(`b_${name}`);
      const error = Math.hypot(one.mcseMean, other.mcseMean);
      expect(Math.abs(one.mean - other.mean)).toBeLessThan(4 * error);
      expect(one.sd / other.sd).toBeCloseTo(1, 1);
    }
  });

  it('has probabilities, shares of predictions, bars and LOO', async () => {
    const fit = await fitted;
    const rows = fit.probabilities({ data: [{ x: 1, g: 'g1' }] });
    expect(rows.map(({ category }) => category)).toEqual(levels.answer);
    expect(rows.reduce((sum, { mean }) => sum + mean, 0)).toBeCloseTo(1, 10);
    const [prediction] = fit.predict({ data: [{ x: 1, g: 'g1' }] });
    prediction?.shares?.forEach((share, k) => {
      expect(Math.abs(share - (rows[k]?.mean ?? 0))).toBeLessThan(0.08);
    });
    expect(fit.ppc().bars?.map(({ observed }) => observed)).toEqual(
      levels.answer.map((level) => data.filter(({ answer }) => answer === level).length),
    );
    const loo = await fit.loo();
    expect(loo.pointwise.elpdLoo).toHaveLength(90);
    expect(String(await fit.check())).toMatch(/no statistic of such outcomes is known/);
    const asked = [
      () => fit.fitted(),
      () => fit.r2(),
      () => fit.means({ by: 'x' }),
      () => fit.trends({ of: 'x' }),
      () => fit.compare({ of: 'x' }),
    ];
    for (const one of asked) {
      expect(one).toThrow(/a categorical regression has no .*: ask for probabilities/);
    }
    expect(() => fit.linpred()).toThrow(/expected dpar, one of muyes, munotsure/);
    expect(fit.linpred({ dpar: 'muyes' })).toHaveLength(90);
    expect(fit.tradeOffs({ per: 'muyes_x' }).map(({ name }) => name)).toEqual(['munotsure_x']);
  });

  it('is saved, loaded, sent and updated by a whole formula', async () => {
    const fit = await fitted;
    const loaded = fitFromData(decodeFit(encodeFit(fit)));
    expect(loaded.probabilities()).toEqual(fit.probabilities());
    const { specification } = fit;
    const settings = completeSettings(small);
    const jobs = [{ name: 'categories', specification }];
    expect(openJobs(encodeJobs({ settings, jobs })).read()).toStrictEqual({ settings, jobs });
    expect(preparedFrom(specification).specification).toEqual(bounded(specification));
    const updated = await loaded.update({ formula: 'answer ~ 1' });
    expect(updated.draws.parameterNames).toEqual(['b_muyes_Intercept', 'b_munotsure_Intercept']);
    const fewer = await loaded.update({ formula: '. ~ . - (1 | g)' });
    expect(fewer.draws.parameterNames).toContain('b_munotsure_x');
    expect(fewer.draws.parameterNames.join()).not.toMatch(/sd_/);
    await expect(
      regression({ formula: 'bf(answer ~ x, muyes ~ x, munotsure ~ x)', family, data, levels }),
    ).rejects.toThrow(/the first category is the reference, whose formula is 0; write answer ~ x/);
  });
});

describe('simulation-based calibration', () => {
  it.each([
    ['answer ~ x', 20],
    ['answer ~ x + (1 | g)', 6],
  ])('of %s', async (formula, quick) => {
    const result = await calibrateRegression({
      formula,
      family,
      data: data.slice(0, 48),
      levels,
      prior: [
        normal(0, 1).on('b'),
        normal(0, 1).on('Intercept'),
        ...(formula.includes('|') ? [exponential(2).on('sd')] : []),
      ],
      simulations: powered(quick, 150),
      seed: 11,
    });
    expect(result.calibrated, String(result)).toBe(true);
  });
});

describe('categories that cannot be fitted', () => {
  const changed = (change: (row: (typeof data)[number]) => object) => data.map(change);
  it.each([
    [
      'of one category',
      'answer ~ x',
      changed((row) => ({ ...row, answer: 'no' })),
      /has 1 categories, expected 2 to 200/,
    ],
    [
      'with equal letters',
      'answer ~ x',
      changed((row) => ({ ...row, answer: row.code === 1 ? 'A' : row.code === 2 ? 'a b' : 'ab' })),
      /two categories of answer would both have the parameter muab/,
    ],
    ['of fractions', 'x ~ code', data, /row \d+: x is .*expected a category/],
    [
      'with another category',
      'bf(answer ~ 0, muyes ~ x)',
      data,
      /found formulas of muyes, expected one of each category but the first/,
    ],
    [
      'of a function',
      'factor(answer) ~ x',
      data,
      /the outcome of a categorical regression is a column/,
    ],
    [
      'that are separated',
      'answer ~ sure',
      changed((row) => ({ ...row, sure: row.answer === 'yes' ? 1 : 0 })),
      /muyes_sure/,
    ],
    [
      'that a number separates, far from zero',
      'answer ~ sure',
      changed((row) => ({
        ...row,
        sure: row.answer === 'yes' ? 12 + row.x / 10 : 10 + row.x / 10,
      })),
      /separate/,
    ],
  ])('%s are refused', async (_, formula, table, message) => {
    await expect(regression({ formula, family, data: table, ...small })).rejects.toThrow(message);
  });
});
