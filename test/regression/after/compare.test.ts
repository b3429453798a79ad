/** Comparisons on the scale of the outcome: by hand, and against closed forms of integrals. */

import cdf from '@stdlib/stats-base-dists-normal-cdf';
import { beforeAll, describe, expect, it } from 'vitest';
import { parameterDraws } from '../../../src/posterior/draws.js';
import { randomStream } from '../../../src/random/stream.js';
import { exponential, normal } from '../../../src/regression/priors/constructors.js';
import { type RegressionFit, regression } from '../../../src/regression/regression.js';

const random = randomStream('compare');
const models = ['a', 'b', 'c'];
const data = Array.from({ length: 90 }, (_, i) => ({
  model: models[i % 3] ?? '',
  item: `i${Math.floor(i / 3)}`,
  long: Math.floor(i / 3) % 2 === 0,
  right: random.uniform() < 0.4 + 0.15 * (i % 3) ? 1 : 0,
  count: Math.floor(4 * random.uniform()),
  x: random.normal(),
}));
const prior = [normal(0, 1).on('b'), exponential(1).on('sd')];
const settings = { draws: 200, chains: 2, seed: 3 };

let probit: RegressionFit;
let counts: RegressionFit;
beforeAll(async () => {
  probit = await regression({
    formula: 'right ~ model * long + (1 | item)',
    family: { family: 'bernoulli', link: 'probit' },
    data,
    prior,
    ...settings,
  });
  counts = await regression({
    formula: 'count ~ model + x + (1 + x | item) + (1 | model)',
    family: 'poisson',
    data,
    prior,
    ...settings,
  });
});

const drawsOf = (fit: RegressionFit, name: string) =>
  parameterDraws(fit.draws, fit.draws.parameterNames.indexOf(name));

describe('a comparison', () => {
  it('is that of the mean outcomes of the same rows, at each draw', () => {
    const { means, comparisons, estimand, rows } = probit.compare({ of: 'model' });
    expect(rows).toBe(90);
    expect(estimand).toBe('mean over these 90 rows, with the group effects as estimated');
    const byHand = models.map((model) => {
      const { values } = probit.posteriorEpred({ data: data.map((row) => ({ ...row, model })) });
      return Float64Array.from({ length: 400 }, (_, s) =>
        values.subarray(90 * s, 90 * (s + 1)).reduce((sum, one) => sum + one / 90, 0),
      );
    });
    means.forEach(({ draws }, v) => {
      draws.forEach((value, s) => {
        expect(value).toBeCloseTo(byHand[v]?.[s] ?? 0, 10);
      });
    });
    expect(comparisons.map(({ a, b }) => `${a} ${b}`)).toEqual(['b a', 'c a', 'c b']);
    const [first] = comparisons;
    const differences = Array.from(byHand[1] ?? [], (value, s) => value - (byHand[0]?.[s] ?? 0));
    expect(first?.mean).toBeCloseTo(
      differences.reduce((sum, one) => sum + one / 400, 0),
      10,
    );
    expect(first?.pGreater).toBeCloseTo(differences.filter((one) => one > 0).length / 400, 10);
  });

  it('has ratios and odds ratios, and the probability of equivalence', () => {
    const difference = probit.compare({ of: 'model', equivalence: 0.05 });
    const ratio = probit.compare({ of: 'model', scale: 'ratio' });
    const odds = probit.compare({ of: 'model', scale: 'odds ratio' });
    const [a, b] = difference.means;
    const at = (draws: Float64Array | undefined) => draws?.[7] ?? Number.NaN;
    expect(at(ratio.comparisons[0]?.draws)).toBeCloseTo(at(b?.draws) / at(a?.draws), 12);
    const one = at(b?.draws) / (1 - at(b?.draws));
    const other = at(a?.draws) / (1 - at(a?.draws));
    expect(at(odds.comparisons[0]?.draws)).toBeCloseTo(one / other, 12);
    const draws = difference.comparisons[0]?.draws ?? new Float64Array();
    const inside = draws.filter((value) => Math.abs(value) <= 0.05).length / draws.length;
    expect(difference.comparisons[0]?.pEquivalent).toBeCloseTo(inside, 12);
    expect(String(difference)).toMatch(/P\(a > b\) P\(equiv\)/);
  });

  it('counts each value of a column once, if paired by it', () => {
    const twice = [...data, ...data.filter(({ item }) => item === 'i0')];
    const plain = probit.compare({ of: 'model', data: twice });
    const paired = probit.compare({ of: 'model', data: twice, pairedBy: 'item' });
    expect(plain.rows).toBe(93);
    expect(paired.rows).toBe(30);
    const own = probit.compare({ of: 'model' });
    // All items have as many rows: once each is the same mean.
    expect(paired.comparisons[0]?.mean).toBeCloseTo(own.comparisons[0]?.mean ?? 0, 10);
    expect(plain.comparisons[0]?.mean).not.toBeCloseTo(own.comparisons[0]?.mean ?? 0, 6);
  });

  it('of a number is between a standard deviation, or the given values', () => {
    const { means } = counts.compare({ of: 'x' });
    expect(means).toHaveLength(2);
    expect(Number(means[1]?.value) - Number(means[0]?.value)).toBeCloseTo(1, 0);
    const asked = counts.compare({ of: 'x', values: [0, 1], groups: 'zero', scale: 'ratio' });
    // With the link log and no group effects, the ratio is exp(b_x) for every row.
    const slopes = drawsOf(counts, 'b_x');
    asked.comparisons[0]?.draws.forEach((value, s) => {
      expect(value).toBeCloseTo(Math.exp(slopes[s] ?? 0), 9);
    });
  });
});

describe('a comparison of a binomial', () => {
  it('has the trials of the rows', async () => {
    const rows = data.map((row, i) => ({ ...row, n: 2 + (i % 3), k: row.right }));
    const fit = await regression({
      formula: 'k | trials(n) ~ model + (1 | item)',
      family: 'binomial',
      data: rows,
      prior,
      ...settings,
    });
    const { means } = fit.compare({ of: 'model', groups: 'zero' });
    const { values } = fit.posteriorEpred({
      data: rows.map((row) => ({ ...row, model: 'b' })),
      groups: 'none',
    });
    const first = values.subarray(0, 90).reduce((sum, one) => sum + one / 90, 0);
    expect(means[1]?.draws[0]).toBeCloseTo(first, 10);
  });
});

describe('means over new levels', () => {
  it('are those of a probit in closed form: Φ(η / √(1 + sd²))', () => {
    const { means } = probit.compare({ of: 'model', groups: 'integrated' });
    const eta = probit.posteriorLinpred({
      data: data.map((row) => ({ ...row, model: 'b' })),
      groups: 'none',
    }).values;
    const sd = drawsOf(probit, 'sd_item__Intercept');
    means[1]?.draws.forEach((value, s) => {
      let sum = 0;
      for (let i = 0; i < 90; i++) {
        sum += cdf((eta[90 * s + i] ?? 0) / Math.hypot(1, sd[s] ?? 0), 0, 1) / 90;
      }
      expect(value).toBeCloseTo(sum, 8);
    });
  });

  it('are those of a log-normal mean: exp(η + zᵀΣz / 2), with the effects of the values kept', () => {
    const { means, estimand } = counts.compare({ of: 'model', groups: 'integrated' });
    expect(estimand).toMatch(/new levels of each group/);
    const eta = counts.posteriorLinpred({
      data: data.map((row) => ({ ...row, model: 'c' })),
      groups: ['model'],
    }).values;
    const intercept = drawsOf(counts, 'sd_item__Intercept');
    const slope = drawsOf(counts, 'sd_item__x');
    const cor = drawsOf(counts, 'cor_item__Intercept__x');
    means[2]?.draws.forEach((value, s) => {
      const [a, b, r] = [intercept[s] ?? 0, slope[s] ?? 0, cor[s] ?? 0];
      let sum = 0;
      data.forEach(({ x }, i) => {
        const variance = a * a + 2 * r * a * b * x + b * b * x * x;
        sum += Math.exp((eta[90 * s + i] ?? 0) + variance / 2) / 90;
      });
      expect(value / sum).toBeCloseTo(1, 6);
    });
  });
});

describe('a comparison that cannot be made', () => {
  it.each([
    [{ of: 'size' }, /'size'/],
    [{ of: 'model', values: ['a'] }, /has 1 value to compare, expected two or more/],
    [{ of: 'model', pairedBy: 'task' }, /pairedBy is the text 'task', expected a column/],
    [{ of: 'model', scale: 'percent' }, /scale/],
    [{ of: 'model', groups: 'all' }, /groups/],
    [{ of: 'model', equivalence: -1 }, /equivalence is -1, expected a number above 0/],
    [{ of: 'model', values: ['a', 'z'] }, /'z'/],
    [{ on: 'model' }, /on/],
  ])('%o is refused', (options, message) => {
    expect(() => probit.compare(options as { of: string })).toThrow(message);
  });
});
