/**
 * Regressions whose thresholds differ by row, from data to predictions: effects on single thresholds, `cs(x)`, and
 * thresholds by group, `thres(gr = judge)`.
 */
import { describe, expect, it } from 'vitest';
import { rowLogLikelihood } from '../../models/reported-parameters.js';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import type { DataInput } from '../../src/formula/table.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { randomStream } from '../../src/random/stream.js';
import { cumulative, sratio } from '../../src/regression/options.js';
import { prepare } from '../../src/regression/prepare.js';
import { normal } from '../../src/regression/priors/constructors.js';
import { defaultPrior, printPriors } from '../../src/regression/priors/default-prior.js';
import { fitFromData, type RegressionFit, regression } from '../../src/regression/regression.js';
import { logLikelihoodOfFit } from '../../src/regression/validation/criteria.js';

const random = randomStream('thresholds by row');

/** Ratings whose first step depends on x more than the others; judge b gives no 4. */
const data = Array.from({ length: 180 }, (_, i) => {
  const x = Math.round(20 * random.normal()) / 10;
  const judge = 'aab'[i % 3] ?? 'a';
  const most = judge === 'b' ? 3 : 4;
  let rating = 1;
  const goesOn = () => random.uniform() < 1 / (1 + Math.exp(0.3 - (rating === 1 ? 1 : 0.2) * x));
  while (rating < most && goesOn()) rating++;
  return { rating, x, judge, number: judge === 'a' ? 7 : 9, k: most - 1, half: i % 2 };
});
const prior = normal(0, 2).on('b');
const settings = { draws: 400, chains: 2, seed: 5 };

const specific = regression({
  formula: 'rating ~ half + cs(x)',
  family: sratio(),
  data,
  prior,
  ...settings,
});
const byJudge = regression({
  formula: 'rating | thres(gr = judge) ~ x',
  family: cumulative(),
  data,
  prior,
  ...settings,
});

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const drawsOf = ({ draws }: RegressionFit, name: string) => parameterDraws(draws, name);
const meanOf = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** P(y = 1, …, 4) of a row at each draw, as the definitions have it. */
function stoppingRatios(fit: RegressionFit, x: number, half: number): number[][] {
  const all = [1, 2, 3].map((k) => ({
    threshold: drawsOf(fit, `b_Intercept[${k}]`),
    effect: drawsOf(fit, `bcs_x[${k}]`),
  }));
  const slopes = drawsOf(fit, 'b_half');
  return Array.from(slopes, (slope, s) => {
    let left = 1;
    const shares = all.map(({ threshold, effect }) => {
      const stops = logistic((threshold[s] ?? 0) - slope * half - (effect[s] ?? 0) * x);
      const share = left * stops;
      left -= share;
      return share;
    });
    return [...shares, left];
  });
}

describe('effects on single thresholds', () => {
  it('are coefficients of each threshold, by the names and priors of brms', async () => {
    const fit = await specific;
    expect(fit.draws.parameterNames).toEqual([
      ...['b_Intercept[1]', 'b_Intercept[2]', 'b_Intercept[3]', 'b_half'],
      ...['bcs_x[1]', 'bcs_x[2]', 'bcs_x[3]'],
    ]);
    expect(String(fit.summary())).toMatch(/^x\[1\] +-?\d/m);
    expect(String(fit.summary())).toMatch(/Links: mu = logit; disc = identity\n/);
    // The effect on the first step is larger than that on the second.
    expect(String(fit.hypothesis('x[1] > x[2]'))).toMatch(/\*/);
    const table = printPriors(defaultPrior('rating ~ half + cs(x)', { data, family: sratio() }));
    expect(table.match(/ b /g)).toHaveLength(3);
    expect(table).toMatch(/\(flat\) +b +x +\(vectorized\)/);
  });

  it('have the probabilities, the expected rating and the log likelihood of the definition', async () => {
    const fit = await specific;
    const shares = stoppingRatios(fit, 0.7, 1);
    const rows = { data: { x: [0.7], half: [1] } };
    const probabilities = fit.posteriorProbabilities(rows);
    [0, 1, 2, 3].forEach((c) => {
      const found = parameterDraws(probabilities, `1[${c + 1}]`);
      shares.forEach((ofDraw, s) => {
        if (s % 20 === 0) expect(found[s]).toBeCloseTo(ofDraw[c] ?? Number.NaN, 12);
      });
    });
    const scores = shares.map((own) => own.reduce((sum, p, c) => sum + (c + 1) * p, 0));
    expect(fit.fitted(rows)[0]?.mean).toBeCloseTo(meanOf(scores), 12);
    const { rating, x, half } = data[4] ?? { rating: 1, x: 0, half: 0 };
    const logs = new Float64Array(data.length);
    const write = rowLogLikelihood(fit.specification);
    const width = fit.draws.parameterNames.length;
    stoppingRatios(fit, x, half).forEach((own, s) => {
      if (s % 20 > 0) return;
      write(fit.draws.values.subarray(s * width, (s + 1) * width), logs);
      expect(logs[4]).toBeCloseTo(Math.log(own[rating - 1] ?? 0), 12);
    });
  });

  it('are kept by an update, taken away by another, and stay in a saved fit', async () => {
    const fit = await specific;
    const without = await fit.update({ formula: '. ~ . - cs(x) + x' });
    expect(without.draws.parameterNames).toContain('b_x');
    expect(without.formula).toBe('rating ~ half + x');
    const with2 = await fit.update({ formula: '. ~ . - half', draws: 50 });
    expect(with2.formula).toBe('rating ~ 1 + cs(x)');
    const again = fitFromData(decodeFit(encodeFit(fit)));
    expect(String(again.fitted({ data: { x: [1], half: [0] } }))).toBe(
      String(fit.fitted({ data: { x: [1], half: [0] } })),
    );
    const { specification } = prepare({ formula: 'rating ~ cs(x)', family: sratio(), data });
    expect(structuredClone(specification)).toEqual(specification);
  });
});

describe('thresholds by group', () => {
  it('are those of each group, with as many as its ratings', async () => {
    const fit = await byJudge;
    expect(fit.draws.parameterNames).toEqual([
      ...['b_Intercept[a,1]', 'b_Intercept[a,2]', 'b_Intercept[a,3]'],
      ...['b_Intercept[b,1]', 'b_Intercept[b,2]', 'b_x'],
    ]);
    for (const [lower, upper] of [
      ['b_Intercept[a,1]', 'b_Intercept[a,2]'],
      ['b_Intercept[a,2]', 'b_Intercept[a,3]'],
      ['b_Intercept[b,1]', 'b_Intercept[b,2]'],
    ] as const) {
      const below = drawsOf(fit, lower);
      expect(drawsOf(fit, upper).every((value, s) => value > (below[s] ?? value))).toBe(true);
    }
    const rows = fit.priors.filter(({ class: name }) => name === 'Intercept');
    expect(rows.map(({ coef = '', group = '' }) => group + coef)).toEqual([
      ...['', 'a', 'a1', 'a2', 'a3'],
      ...['b', 'b1', 'b2'],
    ]);
  });

  it('are as those of two regressions, where the slope is known', async () => {
    const known = normal(0.5, 1e-4).on('b');
    const asked = { family: cumulative(), prior: known, draws: 4000, seed: 6 };
    const together = await regression({
      formula: 'rating | thres(gr = judge) ~ x',
      data,
      ...asked,
    });
    const alone = await regression({
      formula: 'rating ~ x',
      data: data.filter(({ judge }) => judge === 'b'),
      ...asked,
    });
    for (const k of [1, 2]) {
      const [ours, theirs] = [
        together.parameters.find(({ name }) => name === `b_Intercept[b,${k}]`),
        alone.parameters.find(({ name }) => name === `b_Intercept[${k}]`),
      ];
      if (!ours || !theirs) throw new Error('no threshold');
      const error = Math.hypot(ours.mcseMean, theirs.mcseMean);
      // The prior of the second is at the mean of x, a tenth of the prior's scale away.
      expect(Math.abs(ours.mean - theirs.mean)).toBeLessThan(4 * error + 0.02 * theirs.sd);
    }
  });

  it('are those of the group of a row that is predicted', async () => {
    const fit = await byJudge;
    const rows = { x: [0.5, 0.5], judge: ['a', 'b'] };
    const found = fit.posteriorProbabilities({ data: rows });
    ['a', 'b'].forEach((judge, row) => {
      const first = drawsOf(fit, `b_Intercept[${judge},1]`);
      const slope = drawsOf(fit, 'b_x');
      parameterDraws(found, `${row + 1}[1]`).forEach((p, s) => {
        expect(p).toBeCloseTo(logistic((first[s] ?? 0) - 0.5 * (slope[s] ?? 0)), 12);
      });
    });
    expect(parameterDraws(found, '2[4]').every((p) => p === 0)).toBe(true);
    expect(() => fit.fitted({ data: { x: [0.5], judge: ['c'] } })).toThrow(
      /column 'judge', row 1: found 'c', which was not in the data of the fit/,
    );
    expect(() => fit.fitted({ data: { x: [0.5] } })).toThrow(/judge/);
    const simulated = fit.posteriorPredict({ data: rows });
    expect(Math.max(...parameterDraws(simulated, '2'))).toBe(3);
    expect(String(fitFromData(decodeFit(encodeFit(fit))).fitted({ data: rows }))).toBe(
      String(fit.fitted({ data: rows })),
    );
  });

  it('leave rows out with their groups', async () => {
    const fit = await byJudge;
    // LOO takes the log likelihood of each row with the thresholds of its own group.
    const { rows, drawsPerChain, chains, block } = logLikelihoodOfFit(fit);
    const found = new Float64Array(rows * drawsPerChain * chains);
    block(0, rows, found);
    const expected = new Float64Array(rows);
    rowLogLikelihood(fit.specification)(
      fit.draws.values.subarray(0, fit.draws.parameterNames.length),
      expected,
    );
    expected.forEach((log, row) => {
      expect(found[row * drawsPerChain * chains]).toBeCloseTo(log, 12);
    });
    const folds = await fit.kfold({ folds: 3, seed: 1 });
    const loo = await fit.loo();
    // Of 180 rows, refits and importance weights differ by little more than the folds' fewer rows.
    expect(Math.abs(folds.elpdKfold.estimate - loo.elpdLoo.estimate)).toBeLessThan(6);
  });

  it('may be numbered, and have a number of their own for each group', () => {
    const of = (formula: string) =>
      prepare({ formula, family: cumulative(), data, prior }).specification.family;
    expect(of('rating | thres(gr = number) ~ x').thresholdGroups).toEqual([
      { name: '7', thresholds: 3 },
      { name: '9', thresholds: 2 },
    ]);
    expect(of('rating | thres(k + 1, gr = judge) ~ x').thresholdGroups).toEqual([
      { name: 'a', thresholds: 4 },
      { name: 'b', thresholds: 3 },
    ]);
    expect(of('rating | thres(5) ~ x')).toMatchObject({ thresholds: 5 });
    const { frame } = prepare({
      ...{ formula: 'rating | thres(4, gr = judge) ~ x', family: cumulative(), data, prior },
    });
    expect(frame.notes.join('\n')).toMatch(
      /no row of b has the categories 4, 5 of rating: the priors of the thresholds hold them in place/,
    );
  });
});

describe('what cannot be', () => {
  const few = { y: [1, 2, 3, 1, 1, 1], x: [1, 3, 2, 4, 5, 6], g: [...'aaabbb'] };
  const separated = {
    y: [1, 1, 2, 2, 3, 3, 2, 3, 1, 2, 3, 1],
    x: [0, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0],
  };
  const asked = (
    formula: string,
    family: 'cumulative' | 'sratio' | 'poisson',
    of: DataInput = few,
  ) => regression({ formula, family, data: of, ...settings });

  it.each([
    [
      'y ~ cs(x)',
      'cumulative',
      /cs\(\) is for the families sratio, cratio and acat: with cumulative/,
    ],
    ['y ~ cs(x)', 'poisson', /cs\(\) is for ordered categories: expected the family sratio/],
    ['y ~ cs(1 + x | g)', 'sratio', /cs\(\) of group effects, cs\(1 \| g\), is not supported/],
    ['y ~ x:cs(x)', 'sratio', /cs\(\) can only be added or taken away/],
    ['y ~ cs(x, g)', 'sratio', /cs\(\) takes one argument/],
    ['y ~ cs(1)', 'sratio', /cs\(\) without predictors/],
    ['y ~ I(cs(x))', 'sratio', /cs\(\) is a term of its own/],
    ['bf(y ~ cs(x), disc ~ x)', 'sratio', /cs\(\) is not supported with a formula of disc/],
    ['bf(y ~ x, disc ~ cs(x))', 'sratio', /cs\(\) is for the formula of the mean/],
    ['y | thres(2, gr = g) ~ cs(x)', 'sratio', /cs\(\) is not supported with thres\(gr = g\)/],
    ['y | thres(gr = g) ~ x', 'cumulative', /y is 1 in all rows of g 'b', expected two categories/],
    ['y | thres(1) ~ x', 'cumulative', /row 3: y is 3, but thres\(\) gives 1 thresholds there/],
    ['y | thres(0) ~ x', 'cumulative', /row 1: thres\(0\) gives 0 thresholds, expected a whole/],
    ['y | thres(x + 2) ~ 1', 'cumulative', /thres\(x \+ 2\) gives the rows 3, 4/],
    ['y | thres(x + 2, gr = g) ~ 1', 'cumulative', /gives the rows of g 'a' 3, 4, 5 thresholds/],
    ['y | thres(gr = g) ~ x', 'poisson', /thres\(\) is for ordered categories; this family/],
    ['y | thres(gr = g + x) ~ x', 'cumulative', /thres\(\) takes a number of thresholds, a column/],
    ['y ~ thres(gr = g)', 'cumulative', /thres\(\) goes left of ~/],
    [
      'bf(y | thres(2, gr = g) ~ x, disc ~ x)',
      'cumulative',
      /thres\(gr = g\) is not supported with/,
    ],
  ] as const)('%s of %s', async (formula, family, told) => {
    await expect(asked(formula, family)).rejects.toThrow(told);
  });

  it('effects that the data do not hold under flat priors', async () => {
    await expect(asked('y ~ cs(x)', 'sratio', separated)).rejects.toThrow(
      /cs\(x\) at threshold 1 separates the outcomes perfectly/,
    );
    const overlapping = {
      y: [1, 2, 3, 1, 2, 3, 1, 2, 3, 3, 1, 2],
      x: [1, 2, 3, 4, 3, 2, 1, 5, 4, 0, 2, 6],
    };
    await expect(asked('y ~ x + cs(x)', 'sratio', overlapping)).rejects.toThrow(
      /column cs\(x\) at threshold 1 is a combination of x/,
    );
    await expect(asked('y | thres(3) ~ cs(x)', 'sratio', overlapping)).rejects.toThrow(
      /cs\(x\) at threshold 1 has a flat prior, but no row has the category 4/,
    );
    const fit = await asked('y ~ cs(x)', 'sratio', overlapping);
    expect(fit.draws.values.every(Number.isFinite)).toBe(true);
  });

  it('slopes that separate the ratings of every judge', async () => {
    const rows = Array.from({ length: 24 }, (_, i) => ({
      y: 1 + Math.floor((i % 12) / 4),
      x: i % 12,
      g: i < 12 ? 'a' : 'b',
    }));
    await expect(asked('y | thres(gr = g) ~ x', 'cumulative', rows)).rejects.toThrow(
      /x separates the outcomes perfectly/,
    );
    const mixed = rows.map((row, i) => (i % 4 === 0 && i > 11 ? { ...row, y: 2 } : row));
    const fit = await asked('y | thres(gr = g) ~ x', 'cumulative', mixed);
    expect(fit.draws.values.every(Number.isFinite)).toBe(true);
  });
});
