/**
 * Censored and truncated outcomes: against brms (reference/limits.R), whose draws have the log likelihoods and means
 * that ours have; through formulas, the methods of a fit, a worker's message and a saved fit; and bad input.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { FamilyName, LinkName } from '../../models/families/family.js';
import { rowLogLikelihood } from '../../models/reported-parameters.js';
import { standardized } from '../../models/standardized.js';
import { encodeJobs, openJobs } from '../../src/distribution/codec.js';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { requireProper } from '../../src/fit/propriety.js';
import { modelOf } from '../../src/fit/specification.js';
import type { DataInput } from '../../src/formula/table.js';
import { calibrateRegression } from '../../src/index.js';
import type { Limits } from '../../src/linear-algebra/limits.js';
import { planRegression } from '../../src/planning/plan-regression.js';
import { mcseSd } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { posteriorEpred } from '../../src/regression/after/predictions.js';
import { preparedFrom } from '../../src/regression/from-specification.js';
import { prepare } from '../../src/regression/prepare.js';
import { samplePrior } from '../../src/regression/priors/default-prior.js';
import { regression } from '../../src/regression/regression.js';
import { calibrate } from '../../src/regression/validation/calibrate.js';
import { atDrawsOfBrms } from '../reference/at-draws.js';
import { everyNth, isDeep, powered } from '../support/deep.js';

interface Reference {
  readonly name: string;
  readonly formulas: string | readonly string[];
  readonly family: FamilyName;
  readonly link: LinkName;
  readonly names: readonly string[];
  readonly mean: readonly number[];
  readonly sd: readonly number[];
  readonly mcse: readonly number[];
  readonly mcseSd: readonly number[];
  /** Five draws, in the order of the names. */
  readonly draws: readonly (readonly number[])[];
  /** By draw and row. */
  readonly logLikelihood: readonly (readonly number[])[];
  /** Empty for counts. */
  readonly expected: readonly (readonly number[])[];
}

const reference: {
  readonly columns: Readonly<Record<string, readonly (number | string)[]>>;
  readonly cases: readonly Reference[];
} = JSON.parse(readFileSync(new URL('../reference/limits.json', import.meta.url), 'utf8'));

const { columns } = reference;

const formulaOf = ({ formulas }: Reference) =>
  typeof formulas === 'string' ? formulas : `bf(${formulas.join(', ')})`;

/** Fewer draws do for the functions of brms' draws. */
function optionsOf(one: Reference, draws: number, warmup: number) {
  return {
    formula: formulaOf(one),
    family: { family: one.family, link: one.link },
    data: columns,
    prior: 'normal(0, 1) class=b',
    ...{ draws, warmup, seed: 2025 },
  };
}

const named = (cases: readonly Reference[]) => cases.map((one) => [one.name, one] as const);

it.each(named(everyNth(7, reference.cases)))('%s: the posterior of brms', async (_, one) => {
  const { draws, parameters, warnings } = await regression(optionsOf(one, 2500, 1000));
  expect(warnings).toEqual([]);
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
    // Four combined Monte Carlo errors: of some 35 parameters, a false alarm in one seed of 400.
    expect(Math.abs(ours.mean - mean), means).toBeLessThan(4 * Math.hypot(ours.mcseMean, mcse));
    const ourError = mcseSd(parameterDraws(draws, name), draws.chains);
    const sds = `sd of ${name}, ${ours.sd} and brms' ${sd}`;
    expect(Math.abs(ours.sd - sd), sds).toBeLessThan(4 * Math.hypot(ourError, sdError));
  });
});

it.each(named(reference.cases))(
  "%s: at brms' draws the same likelihoods and means",
  async (_, one) => {
    const fit = await regression(optionsOf(one, 10, 20));
    const { draws } = fit;
    expect(new Set(draws.parameterNames)).toEqual(new Set(one.names));
    const { theirs, rows } = atDrawsOfBrms(fit, one);
    const ours = posteriorEpred(theirs).values;
    one.expected.forEach((ofDraw, s) => {
      ofDraw.forEach((value, row) => {
        const own = ours[s * rows + row] ?? Number.NaN;
        expect(Math.abs(own - value)).toBeLessThan(1e-6 * (1 + Math.abs(value)));
      });
    });
  },
);

describe.each([
  ['known and censored', 'bf(score | cens(end) ~ x, sigma ~ model)', 'gaussian', 1],
  [
    'far from zero, so that it is standardized',
    'score1 | cens(end) + trunc(ub = top) ~ x',
    'gaussian',
    1e6,
  ],
  ['with effects of items', 'tokens | cens(cut) ~ x + (1 | item)', 'negbinomial', 1],
  ['whose logarithms are normal', 'from | cens(how, to) ~ x', 'lognormal', 1],
] as const)('the model of outcomes %s', (_, formula, family, shift) => {
  const moved = columns.score?.map((value) => Number(value) + shift) ?? [];
  const data = { ...columns, score1: moved, top: moved.map((value) => value + 2) };
  const { specification } = prepare({ formula, family, data, prior: 'normal(0, 1) class=b' });

  it('has the gradient and the Hessian of its density', () => {
    const { dimension, logDensity, hessian } = modelOf(specification);
    const position = Float64Array.from({ length: dimension }, (_, j) => 0.1 + 0.03 * (j % 7));
    const gradient = new Float64Array(dimension);
    const scratch = new Float64Array(dimension);
    logDensity(position, gradient);
    const step = 1e-5;
    const at = (j: number, by: number, target: Float64Array) =>
      logDensity(
        position.map((value, k) => (k === j ? value + by : value)),
        target,
      );
    const ours = new Float64Array(dimension * dimension);
    const other = new Float64Array(dimension);
    hessian?.(position, ours);
    for (let j = 0; j < dimension; j++) {
      const slope = (at(j, step, scratch) - at(j, -step, other)) / (2 * step);
      expect(Math.abs(slope - (gradient[j] ?? 0))).toBeLessThan(1e-5 * (1 + Math.abs(slope)));
      if (!hessian) continue;
      for (let k = 0; k < dimension; k++) {
        const second = ((scratch[k] ?? 0) - (other[k] ?? 0)) / (2 * step);
        const error = Math.abs(second - (ours[j * dimension + k] ?? Number.NaN));
        expect(error).toBeLessThan(1e-5 * (1 + Math.abs(second)));
      }
    }
  });
});

it('moves limits with their outcomes where these are standardized', () => {
  const far = (columns.score ?? []).map((value) => 1e9 + Number(value));
  const { specification } = prepare({
    formula: 'y | cens(end) + trunc(ub = top) ~ x',
    data: { ...columns, y: far, top: far.map((value) => value + 2) },
  });
  const given = specification.data;
  const moved = standardized(specification)?.specification.data;
  if (!given.limits || !moved?.limits) throw new RangeError('expected standardized limits');
  const [, second = 0] = given.outcomes;
  const [first = 0] = given.outcomes;
  const unit = (second - first) / ((moved.outcomes[1] ?? 0) - (moved.outcomes[0] ?? 0));
  for (const name of ['from', 'to', 'after', 'upTo'] as const) {
    given.limits[name].forEach((end, row) => {
      const distance = (end - (given.outcomes[row] ?? 0)) / unit;
      const found = (moved.limits?.[name][row] ?? 0) - (moved.outcomes[row] ?? 0);
      if (Number.isFinite(distance)) expect(found).toBeCloseTo(distance, 6);
      else expect(found).toBe(distance);
    });
  }
});

it('has the same slopes where outcomes and limits are far from zero and in a small unit', async () => {
  const fitOf = async (shift: number, unit: number) => {
    const moved = (values: readonly (number | string)[] = []) =>
      values.map((value) => shift + unit * Number(value));
    const y = moved(columns.score);
    const { parameters } = await regression({
      formula: 'y | cens(end) + trunc(ub = top) ~ x',
      data: { ...columns, y, top: y.map(() => shift + 14 * unit) },
      prior: [
        `normal(0, ${unit}) class=b`,
        `normal(${shift + 6 * unit}, ${5 * unit}) class=Intercept`,
        `exponential(${0.5 / unit}) class=sigma`,
      ],
      ...{ warmup: 500, draws: 500, seed: 3 },
    });
    return ['b_x', 'sigma'].map((name) => {
      const found = parameters.find((row) => row.name === name);
      return { mean: (found?.mean ?? 0) / unit, mcse: (found?.mcseMean ?? 0) / unit };
    });
  };
  const near = await fitOf(0, 1);
  const far = await fitOf(2 ** 30, 2 ** -10);
  near.forEach(({ mean, mcse }, k) => {
    const other = far[k] ?? { mean: 0, mcse: 0 };
    expect(Math.abs(mean - other.mean)).toBeLessThan(4 * Math.hypot(mcse, other.mcse));
  });
});

describe('methods of a fit with censored outcomes', async () => {
  const fit = await regression({
    formula: 'tokens | cens(cut) ~ x',
    family: 'negbinomial',
    data: columns,
    prior: 'normal(0, 1) class=b',
    warmup: 300,
    draws: 200,
    chains: 2,
    seed: 1,
  });

  it('tells how many outcomes are censored', () => {
    expect(fit.notes.join('\n')).toContain(
      '15 of 100 outcomes of tokens are censored: 0 left, 15 right, 0 in intervals',
    );
  });

  it('predicts outcomes that are not cut', () => {
    const { values } = fit.posteriorPredict();
    expect(values.some((value) => value > 40)).toBe(true);
  });

  it('leaves censored rows out of a posterior predictive check, in words', () => {
    const check = fit.ppc({ replications: 3 });
    expect(check.censored).toBe(15);
    expect(check.observed.length).toBe(85);
    expect(check.replicated.values.length).toBe(3 * 85);
    expect(check.statistics.find(({ statistic }) => statistic === 'max')?.observed).toBe(
      Math.max(...check.observed),
    );
    expect(`${check}`).toContain('15 censored outcomes are left out');
  });

  it('refuses scores of outcomes that are not known, and says what to ask', () => {
    for (const method of ['looScores', 'r2'] as const) {
      expect(() => fit[method]()).toThrow(
        `${method} is of outcomes that are known, and some are censored: compare fits by loo, or look at ppc, which leaves them out`,
      );
    }
  });

  it('has LOO of all rows, and no predictive checks of known ones alone', async () => {
    const { pointwise } = await fit.loo();
    expect(pointwise.elpdLoo.length).toBe(100);
    const check = await fit.check();
    expect(check.predictions).toEqual([]);
    expect(`${check}`).toContain('no statistic is compared, because outcomes are censored');
  });

  it('is the same in a message and in a saved fit', () => {
    const { specification, settings } = fit;
    const jobs = [{ name: 'a', specification }];
    const back = openJobs(encodeJobs({ settings, jobs })).read().jobs[0]?.specification;
    expect(back).toEqual(specification);
    const read = decodeFit(encodeFit(fit));
    expect(read.specification).toEqual(fit.specification);
    expect(read.frame.response).toEqual(fit.frame.response);
  });

  it('is a formula again, from the specification alone', () => {
    const { specification } = preparedFrom(fit.specification);
    expect(specification.data.limits).toEqual(fit.specification.data.limits);
    expect(specification.data.outcomes).toEqual(fit.specification.data.outcomes);
  });

  it('is not simulated, because nothing says which outcomes would be cut', async () => {
    const options = {
      formula: 'tokens | cens(cut) ~ x',
      family: 'poisson',
      data: columns,
    } as const;
    const prior = ['normal(0, 1) class=b', 'normal(3, 1) class=Intercept'];
    await expect(calibrateRegression({ ...options, prior, simulations: 2 })).rejects.toThrow(
      'outcomes of a formula with cens() cannot be simulated',
    );
  });
});

describe('methods of a fit with truncated outcomes', async () => {
  const fit = await regression({
    formula: 'above | trunc(lb = low) ~ x',
    data: columns,
    prior: 'normal(0, 1) class=b',
    warmup: 300,
    draws: 200,
    chains: 2,
    seed: 1,
  });

  it('predicts outcomes and means within the bounds of each row, those of new data too', () => {
    const low = columns.low?.map(Number) ?? [];
    const within = (values: Float64Array, bounds: readonly number[]) =>
      values.every((value, at) => value > (bounds[at % bounds.length] ?? Number.NaN));
    expect(within(fit.posteriorPredict().values, low)).toBe(true);
    expect(within(fit.posteriorEpred().values, low)).toBe(true);
    const data = [
      { x: -3, low: 1 },
      { x: 0, low: 20 },
    ];
    expect(within(fit.posteriorPredict({ data }).values, [1, 20])).toBe(true);
    expect(within(fit.posteriorEpred({ data }).values, [1, 20])).toBe(true);
    // Without bounds there is no mean, only a linear predictor.
    expect(() => fit.fitted({ data: [{ x: 0 }] })).toThrow('low');
    expect(fit.linpred({ data: [{ x: 0 }] }).length).toBe(1);
  });

  it('has an R2 of the residuals, because sigma is of outcomes without bounds', () => {
    expect(fit.r2().method).toBe('residual');
  });

  it('compares means of rows, each within its own bounds', () => {
    const [effect] = fit.compare({ of: 'x', values: [-1, 1] }).comparisons;
    expect(effect?.mean).toBeGreaterThan(0);
  });

  it('scores predictions within the bounds, so that PIT values are uniform', () => {
    const { pit } = fit.looScores();
    const mean = pit.reduce((sum, value) => sum + value / pit.length, 0);
    // The standard error of a mean of 100 uniform numbers is 0.029.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.1);
  });

  it('shows effects at the mean of the bounds', () => {
    const [effect] = fit.conditionalEffects('x', { resolution: 3 });
    expect(effect?.rows.every(({ at, mean }) => mean > Number(at.low))).toBe(true);
  });

  it('draws prior outcomes within the bounds', () => {
    const { outcomes } = samplePrior({
      formula: 'above | trunc(lb = low) ~ x',
      data: columns,
      prior: ['normal(0, 1) class=b', 'normal(2, 1) class=Intercept', 'exponential(1) class=sigma'],
      draws: 5,
    });
    const low = columns.low ?? [];
    expect(outcomes.every((value, at) => value > Number(low[at % low.length]))).toBe(true);
  });
});

describe('weights and frequencies', () => {
  const data = {
    y: [2, 3, 1, 4, 2, 6],
    c: [0, 1, 0, 0, -1, 0],
    x: [-1, 0, 1, 2, 0, 1],
    n: [1, 2, 3, 1, 2, 1],
  };
  const rowsOf = (formula: string) => {
    const { specification } = prepare({ formula, family: 'poisson', data });
    const one = new Float64Array(specification.data.rows);
    rowLogLikelihood(specification)(Float64Array.of(1, 0.3), one);
    return one.reduce((sum, value) => sum + value, 0);
  };

  it.each(['cens(c)', 'trunc(lb = 1, ub = 8)', 'cens(c) + trunc(lb = 1, ub = 8)'])(
    'weigh the whole of a row with %s, its bounds included',
    (term) => {
      const repeated = rowsOf(`y | ${term} + freq(n) ~ x`);
      expect(rowsOf(`y | ${term} + weights(n) ~ x`)).toBeCloseTo(repeated, 10);
    },
  );
});

describe('specifications', () => {
  const { specification } = prepare({
    formula: 'count | trunc(lb = 1, ub = 9) ~ x',
    family: 'poisson',
    data: columns,
    prior: 'normal(0, 1) class=b',
  });
  const { data } = specification;
  const withLimits = (limits: object, family = specification.family) => ({
    ...specification,
    family,
    data: { ...data, limits: { ...data.limits, ...limits } as Limits },
  });

  it('are formulas again, with bounds in all rows or in none', () => {
    expect(preparedFrom(specification).specification.data.limits).toEqual(data.limits);
    const upTo = new Float64Array(data.rows).fill(9);
    upTo[3] = Number.POSITIVE_INFINITY;
    expect(() => preparedFrom(withLimits({ upTo }))).toThrow(
      'some rows have ub and others have none: expected a bound in all rows or in none',
    );
  });

  it('are refused with limits that do not fit', () => {
    const short = withLimits({ to: new Float64Array(2) });
    expect(() => modelOf(short)).toThrow('the limits to: found 2 numbers, expected 100');
    const nan = withLimits({ from: new Float64Array(data.rows).fill(Number.NaN) });
    expect(() => modelOf(nan)).toThrow('the limits from: number 1 is NaN, out of range');
    const other = withLimits({}, { family: 'hurdle_poisson', link: 'log' });
    expect(() => modelOf(other)).toThrow('a hurdle_poisson regression has no limits');
  });

  it('have no plans, because nothing tells the limits of other rows', async () => {
    const plan = planRegression({
      formula: 'count | trunc(lb = 1, ub = 9) ~ x',
      family: 'poisson',
      data: columns,
      parameter: 'b_x',
      effect: 0.5,
      sizes: { rows: [100] },
    });
    await expect(plan).rejects.toThrow('planRegression is not available for formulas with cens()');
  });
});

describe('propriety', () => {
  const x = [1, 2, 3, 4];
  const requireSlope = (formula: string, data: DataInput, family: FamilyName = 'gaussian') => {
    const { specification, frame } = prepare({ formula, family, data });
    requireProper(specification, frame.facts);
  };

  it('refuses flat slopes where all outcomes are censored on one side', () => {
    const message = 'all outcomes are censored on one side';
    expect(() => requireSlope('y | cens(c) ~ x', { y: [1, 2, 4, 3], x, c: [1, 1, 1, 1] })).toThrow(
      message,
    );
    expect(() => requireSlope('y | trunc(lb = 1) ~ x', { y: [1, 1, 1, 1], x }, 'poisson')).toThrow(
      message,
    );
  });

  it('refuses a slope that separates outcomes censored above from those censored below', () => {
    const data = { y: [1, 2, 4, 3], x, c: [-1, -1, 1, 1] };
    expect(() => requireSlope('y | cens(c) ~ x', data)).toThrow('x separates the outcomes');
    expect(() => requireSlope('y | cens(c) ~ x', { ...data, c: [-1, 1, -1, 1] })).not.toThrow();
    // An inverse link turns sides around, so that it separates them as well.
    const positive = { ...data, c: [1, 1, -1, -1] };
    const inverse = prepare({
      formula: 'y | cens(c) ~ x',
      family: { family: 'gamma', link: 'inverse' },
      data: positive,
    });
    expect(() => requireProper(inverse.specification, inverse.frame.facts)).toThrow('x separates');
  });

  it('takes an exact fit for one only of the outcomes that are known', () => {
    const data = { y: [1, 2, 3, 4], x, c: [0, 0, 1, 1] };
    expect(() => requireSlope('y | cens(c) ~ x', data)).not.toThrow();
    expect(() => requireSlope('y | cens(c) ~ x', { ...data, c: [0, 0, 0, 1] })).toThrow(
      'the predictors explain the outcome exactly',
    );
  });
});

describe('simulated outcomes', () => {
  // Its mean is 0, where brms' intercept has its prior.
  const x = Array.from({ length: 40 }, (_, i) => ((i % 8) - 3.5) / 4);

  it.runIf(isDeep)('within bounds are calibrated', async () => {
    const { calibrated } = await calibrateRegression({
      formula: 'y | trunc(lb = 1, ub = 6) ~ x',
      family: 'poisson',
      data: { x, y: x.map(() => 2) },
      prior: ['normal(1, 0.5) class=Intercept', 'normal(0, 0.5) class=b'],
      simulations: 300,
      seed: 7,
    });
    expect(calibrated).toBe(true);
  });

  it('that are cut at a most and a least, and in intervals between, are calibrated', async () => {
    const prior = [
      'normal(0, 1) class=Intercept',
      'normal(0, 1) class=b',
      'exponential(1) class=sigma',
    ];
    const prepared = (outcomes: readonly number[]) => {
      // Every third outcome is known as its floor and ceiling in halves only.
      const low = outcomes.map((y) => 0.5 * Math.floor(2 * y));
      const c = outcomes.map((y, i) =>
        y <= -1 ? 'left' : y > 1.5 ? 'right' : i % 3 === 0 ? 'interval' : 'none',
      );
      const given = { left: -1, right: 1.5 } as const;
      const y = outcomes.map((outcome, i) => {
        const code = c[i];
        if (code === 'left' || code === 'right') return given[code];
        return code === 'interval' ? (low[i] ?? outcome) : outcome;
      });
      const up = low.map((end) => end + 0.5);
      return prepare({ formula: 'y | cens(c, up) ~ x', data: { x, y, c, up }, prior })
        .specification;
    };
    const { calibrated, parameters } = await calibrate<readonly number[]>({
      drawPrior: (random) => ({
        b_Intercept: random.normal(),
        b_x: random.normal(),
        sigma: -Math.log1p(-random.uniform()),
      }),
      simulate: ({ b_Intercept = 0, b_x = 0, sigma = 1 }, random) =>
        x.map((value) => b_Intercept + b_x * value + sigma * random.normal()),
      fit: prepared,
      parameters: ['b_Intercept', 'b_x', 'sigma'],
      simulations: powered(15, 300),
      seed: 8,
    });
    expect(parameters.length).toBe(3);
    expect(calibrated).toBe(true);
  });
});
