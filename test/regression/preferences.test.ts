/**
 * Paired preferences by multi-membership terms: the same posterior as that of signed columns, Davidson's probabilities
 * of ties, ranks, levels that are not connected, and calibration.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { responseDistribution } from '../../models/families/index.js';
import { isComparison, partsOf } from '../../src/fit/comparison-graph.js';
import { mcseSd } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { randomStream } from '../../src/random/stream.js';
import { acat, bernoulli } from '../../src/regression/options.js';
import { prepare } from '../../src/regression/prepare.js';
import { exponential, normal } from '../../src/regression/priors/constructors.js';
import { regression } from '../../src/regression/regression.js';
import { calibrateRegression } from '../../src/regression/validation/regression-simulations.js';
import { powered } from '../support/deep.js';

const NAMES = 'ABCDE';
const STRENGTHS = [0.9, 0.4, 0, -0.3, -1];
const TERM = '(1 | mm(first, second, weights = cbind(1, -1), scale = FALSE))';

const random = randomStream('preferences');
const games = Array.from({ length: 120 }, (_, i) => {
  const one = i % 5;
  const other = (one + 1 + (Math.floor(i / 5) % 4)) % 5;
  const eta = (STRENGTHS[one] ?? 0) - (STRENGTHS[other] ?? 0);
  const won = random.uniform() < 1 / (1 + Math.exp(-eta));
  const signs = [...NAMES].map((name, k) => [name, Number(k === one) - Number(k === other)]);
  return {
    ...{ first: NAMES[one] ?? '', second: NAMES[other] ?? '', won: Number(won) },
    ...{ verdict: 1 + ((i * 7) % 3), ...Object.fromEntries(signs) },
  };
});

describe('a Bradley-Terry model', () => {
  it('has the posterior of a logistic regression on signed columns with the same normal prior', async () => {
    const settings = { family: bernoulli(), data: games, draws: 2500, seed: 3 };
    const byTerm = await regression({
      ...settings,
      formula: `won ~ 0 + ${TERM}`,
      prior: normal(0.8, 1e-4).on('sd'),
    });
    const byColumns = await regression({
      ...settings,
      formula: 'won ~ 0 + A + B + C + D + E',
      prior: normal(0, 0.8).on('b'),
    });
    for (const name of NAMES) {
      const ours = byTerm.parameter(`r_mmfirstsecond[${name},Intercept]`);
      const other = byColumns.parameter(`b_${name}`);
      // 4 Monte Carlo errors: ten comparisons are beyond once in 1,500 seeds.
      const error = Math.hypot(ours.mcseMean, other.mcseMean);
      expect(Math.abs(ours.mean - other.mean), name).toBeLessThan(4 * error);
      const sdError = [byTerm, byColumns].map(({ draws }, k) =>
        mcseSd(parameterDraws(draws, k === 0 ? ours.name : other.name), draws.chains),
      );
      expect(Math.abs(ours.sd - other.sd), name).toBeLessThan(4 * Math.hypot(...sdError));
    }
  });

  it('reads a table of wins with the outcome 1 as one of 0 and 1 in any order', () => {
    const wins = games.map(({ first, second, won }) =>
      won === 1 ? { first, second } : { first: second, second: first },
    );
    const { specification } = prepare({
      formula: `1 ~ 0 + ${TERM}`,
      family: 'bernoulli',
      data: wins,
    });
    expect(specification.data.outcomes.every((outcome) => outcome === 1)).toBe(true);
    expect(specification.data.rows).toBe(games.length);
  });
});

it('ties: adjacent categories have the probabilities of Davidson and Beaver', () => {
  const { categories } = responseDistribution({ family: 'acat', link: 'logit', thresholds: 2 });
  const numbers = fc.double({ min: -3, max: 3, noNaN: true });
  fc.assert(
    fc.property(numbers, numbers, numbers, numbers, (u, v, beta, logNu) => {
      const found = new Float64Array(3);
      const thresholds = Float64Array.of(-beta - logNu, -beta + logNu);
      categories?.writeProbabilities(u - v, thresholds, found);
      const [one, other] = [Math.exp(2 * (u + beta)), Math.exp(2 * v)];
      const tie = Math.exp(logNu) * Math.sqrt(one * other);
      const sum = one + tie + other;
      [other, tie, one].forEach((part, c) => {
        expect(found[c]).toBeCloseTo(part / sum, 12);
      });
    }),
    { seed: 5 },
  );
});

describe('ranks', () => {
  const fitted = regression({
    formula: `won ~ 0 + ${TERM} + (1 | second)`,
    family: bernoulli(),
    data: games,
    draws: 250,
    seed: 4,
  });

  it('are those of the effects at each draw, of the comparisons by default', async () => {
    const fit = await fitted;
    const { group, coefficient, rows } = fit.ranks({ mass: 0.9 });
    expect([group, coefficient]).toEqual(['mmfirstsecond', 'Intercept']);
    expect(rows).toHaveLength(NAMES.length);
    const columns = [...NAMES].map((name) =>
      parameterDraws(fit.draws, `r_mmfirstsecond[${name},Intercept]`),
    );
    for (const { level, rank, pBest, rankLower, rankUpper, rankProbabilities, mean } of rows) {
      const own = columns[NAMES.indexOf(level)] ?? new Float64Array();
      const ranks = Array.from(own, (effect, s) => {
        return 1 + columns.filter((column) => (column[s] ?? 0) > effect).length;
      }).sort((a, b) => a - b);
      const share = (r: number) => ranks.filter((one) => one === r).length / ranks.length;
      expect(pBest).toBe(share(1));
      expect(rankProbabilities).toEqual([1, 2, 3, 4, 5].map(share));
      expect(rank).toBeCloseTo(ranks.reduce((sum, r) => sum + r, 0) / ranks.length, 10);
      // The 5% and the 95% of 1,000 sorted ranks.
      expect([rankLower, rankUpper]).toEqual([ranks[49], ranks[949]]);
      expect(mean).toBeCloseTo(own.reduce((sum, x) => sum + x, 0) / own.length, 10);
    }
    const means = rows.map(({ rank }) => rank);
    expect(means).toEqual([...means].sort((a, b) => a - b));
    expect(fit.toJSON().ranks).toMatchObject({
      mmfirstsecond: rows.map(({ level, pBest }) => ({ level, p_best: pBest })),
    });
  });

  it('are of any grouping factor that is named, and of none that there is not', async () => {
    const fit = await fitted;
    expect(fit.ranks({ group: 'second' }).rows).toHaveLength(NAMES.length);
    expect(() => fit.ranks({ group: 'third' })).toThrow(
      "group is the text 'third', expected one of mmfirstsecond, second",
    );
    expect(() => fit.ranks({ coefficient: 'x' })).toThrow(
      "coefficient is the text 'x', expected one of Intercept",
    );
    const plain = await regression({
      ...{ formula: 'won ~ A', family: bernoulli(), data: games, draws: 20 },
    });
    expect(() => plain.ranks()).toThrow('this fit has no group terms');
  });
});

describe('levels that no comparisons connect', () => {
  const wins = ['AB', 'BC', 'DE', 'FF', 'CA'].map(([first = '', second = '']) => ({
    first,
    second,
  }));
  const asked = { formula: `1 ~ 0 + ${TERM}`, family: bernoulli(), data: wins } as const;

  it('are told by name in a note', () => {
    const { specification, frame } = prepare(asked);
    const [term] = specification.data.groups;
    if (!term) throw new Error('no group');
    expect(partsOf(term)).toEqual([['A', 'B', 'C'], ['D', 'E'], ['F']]);
    expect(frame.notes.join()).toContain(
      'into 3 parts that no row connects: {A, B, C}, {D, E}, {F};',
    );
    const connected = prepare({
      ...asked,
      data: [...wins, { first: 'E', second: 'F' }, { first: 'A', second: 'F' }],
    });
    expect(connected.frame.notes.join()).not.toContain('connect');
  });

  it('are not asked for of other terms, whose weights do not sum to 0', () => {
    const { specification, frame } = prepare({
      ...asked,
      formula: '1 ~ 0 + (1 | mm(first, second))',
    });
    expect(specification.data.groups.map(isComparison)).toEqual([false]);
    expect(frame.notes.join()).not.toContain('connect');
  });

  it('are refused where a flat prior needs more differences than the rows hold', async () => {
    const data = wins.slice(0, 1);
    await expect(regression({ ...asked, data, prior: 'flat() class=sd' })).rejects.toMatchObject({
      code: 'improper-posterior',
      message: expect.stringContaining(
        'of the 2 levels that its rows compare no difference is held from above and below',
      ),
    });
    // A beats B, B beats C and C beats A: two differences, which no order of the three explains.
    const cycle = ['AB', 'BC', 'CA'].map(([first = '', second = '']) => ({ first, second }));
    for (const [rows, isHeld] of [
      [cycle, true],
      [cycle.slice(0, 2), false],
      [[...cycle.slice(0, 2), { first: 'B', second: 'A' }], false],
    ] as const) {
      const run = regression({ ...asked, data: rows, draws: 20, prior: 'flat() class=sd' });
      const outcome = await run.then(
        () => 'sampled',
        (error: { code: string }) => error.code,
      );
      expect(outcome).toBe(isHeld ? 'sampled' : 'improper-posterior');
    }
  });
});

it.each([
  [bernoulli(), 'won'],
  [acat(), 'verdict'],
] as const)('simulation-based calibration of comparisons: %o', async (family, outcome) => {
  const result = await calibrateRegression({
    formula: `${outcome} ~ 1 + ${TERM}`,
    family,
    data: games.slice(0, 40),
    prior: [normal(0, 1).on('Intercept'), exponential(1).on('sd')],
    simulations: powered(12, 200),
    seed: 12,
  });
  // False alarms: 5% of seeds.
  expect(result.calibrated, String(result)).toBe(true);
});
