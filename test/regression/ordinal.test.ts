/**
 * Ordinal regressions from data to predictions: how outcomes are read, what a fit says, what it refuses.
 */
import { describe, expect, it } from 'vitest';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { mcseMean } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { randomStream } from '../../src/random/stream.js';
import {
  acat,
  bernoulli,
  cratio,
  cumulative,
  poisson,
  sratio,
} from '../../src/regression/options.js';
import { flat, normal, uniform } from '../../src/regression/priors/constructors.js';
import {
  defaultPrior,
  printPriors,
  samplePrior,
} from '../../src/regression/priors/default-prior.js';
import { fitFromData, regression } from '../../src/regression/regression.js';

const random = randomStream('ordinal regressions');

/** 120 ratings from 1 to 4 by 6 judges, which rise with x. */
const data = Array.from({ length: 120 }, (_, i) => {
  const x = Math.round(20 * random.normal()) / 10;
  const latent = 0.8 * x + 0.3 * ((i % 6) - 2.5) + Math.log(1 / random.uniform() - 1);
  const rating = 1 + [-1, 0.5, 2].filter((threshold) => latent > threshold).length;
  return { rating, x, judge: 'abcdef'[i % 6], label: ['poor', 'fair', 'good', 'best'][rating - 1] };
});
const order = ['poor', 'fair', 'good', 'best'];
const prior = normal(0, 2).on('b');
const settings = { draws: 500, chains: 2, seed: 3 };

const fitted = regression({
  formula: 'rating ~ x',
  family: cumulative(),
  data,
  prior,
  ...settings,
});

describe('thresholds of a kind', () => {
  const asked = { formula: 'rating ~ x', data, prior: [prior, normal(0, 2).on('Intercept')] };

  it('equidistant: one gap between all of them, with one prior each of the first and the gap', async () => {
    const { draws, priors, family } = await regression({
      ...asked,
      ...settings,
      family: acat({ threshold: 'equidistant' }),
    });
    expect(family).toEqual({
      family: 'acat',
      link: 'logit',
      thresholds: 3,
      threshold: 'equidistant',
    });
    const [first, second, third] = [1, 2, 3].map((k) => parameterDraws(draws, `b_Intercept[${k}]`));
    first?.forEach((value, s) => {
      const gap = (second?.[s] ?? Number.NaN) - value;
      expect(third?.[s]).toBeCloseTo(value + 2 * gap, 10);
    });
    expect(priors.map((row) => [row.class, row.coef])).toEqual([
      ['b', undefined],
      ['b', 'x'],
      ['Intercept', undefined],
    ]);
  });

  it('sum to zero: no place of their own, in the fit, its saved form and an update', async () => {
    const family = cumulative({ link: 'probit', threshold: 'sum_to_zero' });
    const fit = await regression({ ...asked, ...settings, family });
    const saved = fitFromData(decodeFit(encodeFit(fit)));
    const again = await saved.update({ seed: 9 });
    for (const { draws } of [fit, again]) {
      const own = [1, 2, 3].map((k) => parameterDraws(draws, `b_Intercept[${k}]`));
      own[0]?.forEach((_, s) => {
        const sum = own.reduce((total, column) => total + (column[s] ?? Number.NaN), 0);
        expect(Math.abs(sum)).toBeLessThan(1e-12);
      });
    }
    expect((await saved.loo()).elpdLoo).toEqual((await fit.loo()).elpdLoo);
  });

  it('have draws from the prior: of one gap, or around zero', () => {
    const given = [...asked.prior, normal(1, 0.2).on('delta')];
    const even = samplePrior({
      ...asked,
      prior: given,
      family: sratio({ threshold: 'equidistant' }),
      draws: 50,
    });
    const around = samplePrior({
      ...asked,
      family: cumulative({ threshold: 'sum_to_zero' }),
      draws: 50,
    });
    for (let s = 0; s < 50; s++) {
      const at = ({ draws }: typeof even) =>
        [1, 2, 3].map((k) => parameterDraws(draws, `b_Intercept[${k}]`)[s] ?? Number.NaN);
      const [a = 0, b = 0, c = 0] = at(even);
      expect(c - b).toBeCloseTo(b - a, 10);
      const [low = 0, middle = 0, high = 0] = at(around);
      expect(low + middle + high).toBeCloseTo(0, 10);
      expect(low < middle && middle < high).toBe(true);
    }
    const student = { ...asked, prior, family: acat({ threshold: 'sum_to_zero' }) };
    expect(() => samplePrior(student)).toThrow(/expected one normal prior of class Intercept/);
  });

  it.each([
    [
      () => cumulative({ threshold: 'even' as never }),
      /threshold is even, expected one of flexible/,
    ],
    [() => bernoulli({ threshold: 'equidistant' }), /the family bernoulli has no thresholds/],
  ])('of another name or family are refused: %s', (make, told) => {
    expect(make).toThrow(told);
  });

  it('equidistant ones with a flat gap need categories with one between them', async () => {
    const two = data.map((row) => ({ ...row, rating: 2 + (row.rating > 2 ? 1 : 0) }));
    const family = cumulative({ threshold: 'equidistant' });
    const levels = { rating: ['1', '2', '3', '4'] };
    const rows = two.map((row) => ({ ...row, rating: String(row.rating) }));
    const run = regression({ ...asked, ...settings, family, levels, data: rows });
    await expect(run).rejects.toThrow(/the rows have only the categories 2 and 3/);
  });
});

describe('outcomes of an ordinal regression', () => {
  it('are numbers from 1 or text in the order of levels, with the same draws', async () => {
    const numbers = await fitted;
    const texts = await regression({
      formula: 'label ~ x',
      family: 'cumulative',
      data,
      levels: { label: order },
      prior,
      ...settings,
    });
    expect(texts.draws.values).toEqual(numbers.draws.values);
    expect(numbers.draws.parameterNames).toEqual([
      'b_Intercept[1]',
      'b_Intercept[2]',
      'b_Intercept[3]',
      'b_x',
    ]);
    expect(texts.notes).toContain(
      'label: the categories ascend as poor < fair < good < best; the option levels sets another order',
    );
    expect(numbers.family).toEqual({ family: 'cumulative', link: 'logit', thresholds: 3 });
  });

  it('may have categories that no row has, which are named', async () => {
    const fit = await regression({
      formula: 'label ~ x',
      family: cumulative(),
      data: data.filter(({ label }) => label !== 'good'),
      levels: { label: order },
      prior,
      ...settings,
    });
    expect(fit.draws.parameterNames).toContain('b_Intercept[3]');
    expect(fit.notes.join('\n')).toMatch(/no row has the category good of label/);
    const gap = parameterDraws(fit.draws, 'b_Intercept[3]').map(
      (upper, s) => upper - parameterDraws(fit.draws, 'b_Intercept[2]')[s],
    );
    expect(gap.every((value) => value > 0)).toBe(true);
  });

  it.each([
    [[1, 2, 0], /row 3: y is 0, expected a category, a whole number from 1, or text/],
    [[1, 2.5, 2], /row 2: y is 2.5, expected a category/],
    [[1, 1, 1], /y is 1 in all rows, expected two categories or more/],
    [[1, 2, 500], /row 3: y is 500, expected at most 200 categories/],
    [['a', 'a', 'a'], /the outcome y has one category: a/],
  ] as const)('%j are refused', async (y, told) => {
    const rows = y.map((value, i) => ({ y: value, x: i }));
    const asked = regression({ formula: 'y ~ x', family: cumulative(), data: rows, prior });
    await expect(asked).rejects.toThrow(told);
  });

  it('need an intercept, and no trials', async () => {
    const asked = (formula: string) => regression({ formula, family: acat(), data, prior });
    await expect(asked('rating ~ 0 + x')).rejects.toThrow(
      /the thresholds of the family acat are its intercepts, which cannot be removed/,
    );
    await expect(asked('rating | trials(4) ~ x')).rejects.toThrow(/trials\(\) are for a binomial/);
  });

  it('that a predictor separates are refused with flat slopes', async () => {
    const rows = Array.from({ length: 12 }, (_, i) => ({ y: 1 + Math.floor(i / 4), x: i }));
    for (const family of [cumulative(), sratio(), cratio('probit'), acat()]) {
      const asked = { formula: 'y ~ x', family, data: rows };
      await expect(regression(asked)).rejects.toThrow(/x separates the outcomes perfectly/);
      const mixed = rows.map((row, i) => (i % 4 === 0 ? { ...row, y: 2 } : row));
      const fit = await regression({ ...asked, data: mixed, ...settings });
      expect(fit.draws.values.every(Number.isFinite)).toBe(true);
    }
  });
});

describe('priors of thresholds', () => {
  it('are those of brms, whole or one by one', async () => {
    expect(
      printPriors(
        defaultPrior('rating ~ x + (1 | judge)', { data, family: cumulative('probit') }),
      ).split('\n'),
    ).toEqual([
      '                prior     class      coef group lb ub       source',
      '               (flat)         b                            default',
      '               (flat)         b         x             (vectorized)',
      ' student_t(3, 0, 2.5) Intercept                            default',
      ' student_t(3, 0, 2.5) Intercept         1             (vectorized)',
      ' student_t(3, 0, 2.5) Intercept         2             (vectorized)',
      ' student_t(3, 0, 2.5) Intercept         3             (vectorized)',
      ' student_t(3, 0, 2.5)        sd                  0         default',
      ' student_t(3, 0, 2.5)        sd           judge  0    (vectorized)',
      ' student_t(3, 0, 2.5)        sd Intercept judge  0    (vectorized)',
    ]);
    const tight = await (await fitted).update({
      prior: [prior, normal(3, 0.01).on('Intercept', { coef: '3' })],
    });
    const centre = parameterDraws(tight.draws, 'b_Intercept[3]').map(
      (threshold, s) =>
        threshold -
        parameterDraws(tight.draws, 'b_x')[s] *
          (data.reduce((sum, { x }) => sum + x, 0) / data.length),
    );
    expect(
      Math.abs(centre.reduce((sum, value) => sum + value, 0) / centre.length - 3),
    ).toBeLessThan(0.01);
  });

  it('may not be bounded, nor flat next to a category without rows', async () => {
    const asked = (own: Parameters<typeof regression>[0]['prior'], levels?: string[]) =>
      regression({
        formula: 'label ~ x',
        family: cumulative(),
        data,
        levels: { label: levels ?? order },
        ...(own && { prior: own }),
      });
    await expect(asked([prior, uniform(-5, 5).on('Intercept')])).rejects.toThrow(
      /the prior uniform\(-5, 5\) of the threshold Intercept\[1\] has bounds/,
    );
    await expect(asked([prior, flat().on('Intercept')], [...order, 'beyond'])).rejects.toThrow(
      /Intercept\[1\] has a flat prior, but no row has the category 5/,
    );
    await expect(asked([prior, normal(0, 1).on('Intercept', { coef: '4' })])).rejects.toThrow(
      /class Intercept has no coef 4, but 1, 2/,
    );
  });

  it('may be of the gaps between them, which keep those without rows in place', async () => {
    const rules = [
      prior,
      flat().on('Intercept'),
      normal(-1, 0.5).on('Intercept', { coef: '1' }),
      normal(1, 0.05).on('delta'),
    ];
    const asked = { formula: 'label ~ x', family: cumulative(), data, prior: rules };
    const levels = { label: [...order, 'better', 'beyond'] };
    const fit = await regression({ ...asked, levels, ...settings });
    expect(fit.priors.filter((row) => row.class === 'delta').map(({ text }) => text)).toEqual(
      new Array(5).fill('normal(1, 0.05)'),
    );
    const gap = parameterDraws(fit.draws, 'b_Intercept[5]').map(
      (upper, s) => upper - parameterDraws(fit.draws, 'b_Intercept[4]')[s],
    );
    const mean = gap.reduce((sum, value) => sum + value, 0) / gap.length;
    // No row has either category: the prior alone, of which 1,000 draws have a mean within 0.007.
    expect(Math.abs(mean - 1)).toBeLessThan(0.01);
    const sample = samplePrior({ ...asked, levels, draws: 500 });
    const gaps = [1, 2, 3, 4].map((k) =>
      parameterDraws(sample.draws, `b_Intercept[${k + 1}]`).map(
        (upper, s) => upper - parameterDraws(sample.draws, `b_Intercept[${k}]`)[s],
      ),
    );
    expect(gaps.every((own) => own.every((value) => value > 0.7 && value < 1.3))).toBe(true);
    expect(() => samplePrior({ ...asked, prior: [prior, normal(1, 0.05).on('delta')] })).toThrow(
      /no independent draws from priors of several thresholds and of their gaps/,
    );
    await expect(regression({ ...asked, family: sratio() })).rejects.toThrow(
      /there is no class delta in this sratio regression/,
    );
  });

  it('are drawn in ascending order if they ascend', () => {
    const sample = samplePrior({
      formula: 'rating ~ x',
      family: cumulative(),
      data,
      prior: [prior, normal(-1, 1).on('Intercept', { coef: '1' })],
      draws: 400,
    });
    const [first, second, third] = [1, 2, 3].map((k) =>
      parameterDraws(sample.draws, `b_Intercept[${k}]`),
    );
    expect(first.every((value, s) => value < second[s] && second[s] < third[s])).toBe(true);
    expect(new Set(sample.outcomes)).toEqual(new Set([1, 2, 3, 4]));
  });
});

describe('a fit of ordered categories', () => {
  it('of two categories has the posterior of a Bernoulli regression', async () => {
    const binary = data.map(({ rating, x }) => ({
      y: rating > 2 ? 1 : 0,
      z: rating > 2 ? 2 : 1,
      x,
    }));
    const asked = { data: binary, prior, draws: 2000, seed: 8 };
    for (const link of ['logit', 'probit'] as const) {
      const plain = await regression({ ...asked, formula: 'y ~ x', family: bernoulli(link) });
      const ordered = await regression({ ...asked, formula: 'z ~ x', family: cumulative(link) });
      for (const [own, other, sign] of [
        ['b_Intercept', 'b_Intercept[1]', -1],
        ['b_x', 'b_x', 1],
      ] as const) {
        const [a, b] = [parameterDraws(plain.draws, own), parameterDraws(ordered.draws, other)];
        const mean = (values: Float64Array) =>
          values.reduce((sum, v) => sum + v, 0) / values.length;
        const error = Math.hypot(mcseMean(a, 4), mcseMean(b, 4));
        // Two means, two links: a false alarm once in 4,000 seeds.
        expect(Math.abs(mean(a) - sign * mean(b))).toBeLessThan(4 * error);
      }
    }
  });

  it('turns the signs when the categories are reversed', async () => {
    const reversed = data.map(({ rating, x }) => ({ rating: 5 - rating, x }));
    for (const family of [cumulative('probit'), acat()]) {
      const one = await (await fitted).update({ family, draws: 2000 });
      const other = await one.update({ data: reversed });
      for (const [own, theirs] of [
        ['b_x', 'b_x'],
        ['b_Intercept[1]', 'b_Intercept[3]'],
        ['b_Intercept[2]', 'b_Intercept[2]'],
      ]) {
        const [a, b] = [one.parameter(own), other.parameter(theirs)];
        expect(Math.abs(a.mean + b.mean)).toBeLessThan(4 * Math.hypot(a.mcseMean, b.mcseMean));
        expect(Math.abs(a.sd / b.sd - 1)).toBeLessThan(0.1);
      }
    }
  });

  it('predicts categories, their probabilities and the expected one', async () => {
    const fit = await fitted;
    const rows = [{ x: -2 }, { x: 0 }, { x: 2 }];
    const chances = fit.probabilities({ data: rows });
    expect(chances.map(({ row, category }) => `${row} ${category}`)).toEqual(
      [1, 2, 3].flatMap((row) => [1, 2, 3, 4].map((category) => `${row} ${category}`)),
    );
    const expected = fit.fitted({ data: rows });
    const predicted = fit.predict({ data: rows });
    rows.forEach((_, row) => {
      const own = chances.slice(4 * row, 4 * row + 4);
      expect(own.reduce((sum, { mean }) => sum + mean, 0)).toBeCloseTo(1, 12);
      const score = own.reduce((sum, { mean }, c) => sum + (c + 1) * mean, 0);
      expect(score).toBeCloseTo(expected[row].mean, 10);
      const { shares = [], category } = predicted[row];
      own.forEach(({ mean }, c) => {
        // 1,000 draws of a share: 4.5 of its errors, of which the posterior's own is the smaller part.
        expect(Math.abs(shares[c] - mean)).toBeLessThan(4.5 * Math.sqrt(0.25 / 1000));
      });
      expect(category).toBe(String(1 + shares.indexOf(Math.max(...shares))));
    });
    expect(expected[0].mean).toBeLessThan(expected[2].mean);
    const draws = fit.posteriorProbabilities({ data: rows });
    expect(draws.parameterNames.slice(0, 5)).toEqual(['1[1]', '1[2]', '1[3]', '1[4]', '2[1]']);
    const total = [1, 2, 3, 4].map((c) => parameterDraws(draws, `2[${c}]`));
    total[0].forEach((value, s) => {
      expect(value + total[1][s] + total[2][s] + total[3][s]).toBeCloseTo(1, 12);
    });
    expect(String(predicted)).toMatch(/P\(Y = 1\) P\(Y = 2\)/);
    const outcomes = new Set(fit.posteriorPredict({ data: rows }).values);
    expect(outcomes).toEqual(new Set([1, 2, 3, 4]));
  });

  it('is checked by LOO, bars and conditional effects', async () => {
    const fit = await fitted;
    const loo = await fit.loo();
    expect(Number.isFinite(loo.elpdLoo.estimate)).toBe(true);
    const worse = await (await fit.update({ formula: '. ~ 1' })).loo();
    expect(loo.elpdLoo.estimate).toBeGreaterThan(worse.elpdLoo.estimate);
    const { bars = [], statistics } = fit.ppc();
    expect(bars.map(({ category }) => category)).toEqual(['1', '2', '3', '4']);
    expect(bars.reduce((sum, { observed }) => sum + observed, 0)).toBe(120);
    for (const { observed, lower, upper } of bars) {
      expect(observed).toBeGreaterThanOrEqual(lower);
      expect(observed).toBeLessThanOrEqual(upper);
    }
    expect(statistics.map(({ statistic }) => statistic)).not.toContain('zeros');
    const [effect] = fit.conditionalEffects('x', { method: 'probability', resolution: 5 });
    expect(effect.rows).toHaveLength(20);
    expect(effect.rows.slice(0, 4).map(({ category }) => category)).toEqual(['1', '2', '3', '4']);
    const [scores] = fit.conditionalEffects('x', { resolution: 5 });
    expect(scores.rows.every(({ mean }) => mean > 1 && mean < 4)).toBe(true);
  });

  it('keeps all of that when it is saved and loaded', async () => {
    const fit = await regression({
      formula: 'label ~ x + (1 | judge)',
      family: cratio(),
      data,
      levels: { label: order },
      prior,
      ...settings,
    });
    const loaded = fitFromData(decodeFit(encodeFit(fit)));
    expect(loaded.family).toEqual(fit.family);
    const chances = fit.probabilities({ draws: 50 });
    expect(loaded.probabilities({ draws: 50 })).toEqual(chances);
    expect(chances[0].category).toBe('poor');
    expect(JSON.parse(JSON.stringify(loaded)).model.categories).toEqual(order);
    const again = await loaded.update({ formula: '. ~ . - x' });
    expect(again.draws.parameterNames).not.toContain('b_x');
    expect(again.draws.parameterNames).toContain('r_judge[a,Intercept]');
  });

  it('refuses what categories do not have, and others what only they have', async () => {
    const fit = await fitted;
    expect(() => fit.r2()).toThrow(/r2 has no meaning for a cumulative regression/);
    expect(() => fit.means({ scale: 'response' })).toThrow(/on the linear scale only/);
    const counts = await fit.update({ family: poisson() });
    for (const asked of ['probabilities', 'posteriorProbabilities'] as const) {
      expect(() => counts[asked]()).toThrow(
        `${asked} is for categories, which a poisson regression has not`,
      );
    }
    expect(() => counts.conditionalEffects('x', { method: 'probability' })).toThrow(
      /method 'probability' is for categories/,
    );
  });
});
