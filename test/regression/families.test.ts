/**
 * Every family through the whole of a regression: data that the family itself draws are fitted, alone and
 * with group effects, and each method that follows a fit gives what it says. Calibration by simulation
 * (Talts et al. 2018) of the families that are by rows: models/families/by-rows.ts.
 */
import { describe, expect, it } from 'vitest';
import { auxiliaryOf, type Family, familyNames, traitsOf } from '../../models/families/family.js';
import { linksOf, responseDistribution } from '../../models/families/index.js';
import { isOrdinal } from '../../models/families/thresholds.js';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { calibrateRegression } from '../../src/index.js';
import { randomStream } from '../../src/random/stream.js';
import { exponential, normal, priorRow } from '../../src/regression/priors/constructors.js';
import { fitFromData, regression } from '../../src/regression/regression.js';
import {
  auxiliaryExamples,
  auxiliaryPriorsOf,
  auxiliaryValues,
  hasTrials,
} from '../models/families/examples.js';
import { everyNth, powered } from '../support/deep.js';

const classical: readonly string[] = [
  'gaussian',
  'student',
  'bernoulli',
  'binomial',
  'poisson',
  'negbinomial',
];
const families: Family[] = familyNames
  .filter((family) => !classical.includes(family) && !isOrdinal({ family }))
  // Choices are of a set, not of a row: choices.test.ts.
  .filter((family) => !['choice', 'nominal'].includes(traitsOf({ family }).outcome))
  .map((family) => ({ family, link: linksOf(family)[0] }));

const ROWS = 120;
const LEVELS = 8;
const truth = { b_Intercept: 0.4, b_x: 0.5 };
const levelOf = (i: number) => `g${i % LEVELS}`;

/** Rows of x, a group, and outcomes with group effects of sd 0.4. */
function rowsOf(family: Family, groups: boolean) {
  const random = randomStream('families', family.family);
  const { simulate } = responseDistribution(family);
  const aux = Float64Array.from(auxiliaryValues(family));
  const effects = Array.from({ length: LEVELS }, () => 0.4 * random.normal());
  return Array.from({ length: ROWS }, (_, i) => {
    const x = random.normal();
    const n = 12;
    const eta = truth.b_Intercept + truth.b_x * x + (groups ? (effects[i % LEVELS] ?? 0) : 0);
    return { x, n, g: levelOf(i), y: simulate(eta, aux, n, random) };
  });
}

const priorsOf = (family: Family) => [
  normal(0, 1.5).on('b'),
  ...auxiliaryOf(family).map((name, a) =>
    priorRow(auxiliaryPriorsOf(family)[a] ?? normal(0, 1), name, {}),
  ),
];

const left = (family: Family) => (hasTrials(family) ? 'y | trials(n)' : 'y');

const grouped = everyNth(2, families);
const calibrated = everyNth(4, families);

describe('an outcome that a family cannot have', () => {
  it.each([
    [
      'beta',
      1,
      'a number above 0 and below 1 (ordered_beta and zero_one_inflated_beta take 0 and 1 too)',
    ],
    ['ordered_beta', 1.2, 'a number from 0 to 1'],
    ['zero_one_inflated_beta', -0.1, 'a number from 0 to 1'],
    ['von_mises', 90, 'an angle in radians, from −π to π'],
    ['gamma', 0, 'a finite number above 0'],
  ] as const)(
    'is refused by row, value and what is expected: %s, %d',
    async (family, bad, wanted) => {
      await expect(
        regression({ formula: 'y ~ 1', family, data: { y: [0.2, 0.4, bad, 0.3] } }),
      ).rejects.toThrow(`row 3: y is ${bad}, but the family ${family} expects ${wanted}`);
    },
  );
});

describe.each(families)('a regression of the family $family', (family) => {
  it('finds the truth, and has every method after it', async () => {
    const data = rowsOf(family, false);
    const fit = await regression({
      formula: `${left(family)} ~ x`,
      family,
      data,
      prior: priorsOf(family),
      seed: 7,
    });
    expect(fit.warnings).toEqual([]);
    // Five standard deviations: a false alarm once in a million and a half.
    const truths = {
      ...truth,
      ...Object.fromEntries(
        auxiliaryOf(family).map((name) => [name, auxiliaryExamples[name].value]),
      ),
    };
    for (const [name, value] of Object.entries(truths)) {
      const row = fit.parameters.find((one) => one.name === name);
      expect(Math.abs((row?.mean ?? Number.NaN) - value), name).toBeLessThan(5 * (row?.sd ?? 0));
    }
    const means = fit.fitted();
    const outcomes = data.map(({ y }) => y);
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const spread = Math.sqrt(mean(outcomes.map((y) => (y - mean(outcomes)) ** 2)));
    const averages = means.map((row) => row.mean);
    expect(Math.abs(mean(averages) - mean(outcomes))).toBeLessThan((5 * spread) / Math.sqrt(ROWS));
    const epred = fit.posteriorEpred({ data: data.slice(0, 3) });
    expect(epred.parameterNames).toHaveLength(3);
    expect(epred.values.every(Number.isFinite)).toBe(true);
    const predicted = fit.posteriorPredict();
    const { expected } = responseDistribution(family);
    const trials = hasTrials(family) ? 12 : 1;
    expect(predicted.values.every((y) => expected(y, trials) === null)).toBe(true);
    const { elpdLoo, pointwise } = await fit.loo({ refits: 0 });
    expect(Number.isFinite(elpdLoo.estimate)).toBe(true);
    expect(pointwise.elpdLoo).toHaveLength(ROWS);
    expect(Math.abs(fit.waic().elpdWaic.estimate - elpdLoo.estimate)).toBeLessThan(1);
    for (const row of fit.ppc().statistics.slice(0, 2)) {
      expect(row.pValue, row.statistic).toBeGreaterThan(1e-3);
      expect(row.pValue, row.statistic).toBeLessThan(1 - 1e-3);
    }
    const r2 = fit.r2();
    expect(r2.mean).toBeGreaterThan(0);
    expect(r2.mean).toBeLessThan(1);
    expect(fit.conditionalEffects('x').length).toBeGreaterThan(0);
    const loaded = fitFromData(decodeFit(encodeFit(fit)));
    expect(String(loaded.summary())).toBe(String(fit.summary()));
    expect((await loaded.loo({ refits: 0 })).elpdLoo).toEqual(elpdLoo);
    expect(JSON.parse(JSON.stringify(fit)).model).toMatchObject(family);
  });

  it.runIf(grouped.includes(family))('has group effects', async () => {
    const fit = await regression({
      formula: `${left(family)} ~ x + (1 | g)`,
      family,
      data: rowsOf(family, true),
      prior: [...priorsOf(family), exponential(2).on('sd')],
      seed: 8,
    });
    expect(fit.warnings).toEqual([]);
    const sd = fit.parameters.find(({ name }) => name === 'sd_g__Intercept');
    expect(sd?.mean).toBeGreaterThan(0.1);
    expect(sd?.mean).toBeLessThan(1.2);
    expect(fit.ranef().g).toHaveLength(LEVELS);
    expect(
      fit.predict({ data: [{ x: 0, n: 12, g: 'new' }], newLevels: 'uncertainty' }),
    ).toHaveLength(1);
  });

  it.runIf(calibrated.includes(family))('is calibrated', async () => {
    const result = await calibrateRegression({
      formula: `${left(family)} ~ x`,
      family,
      data: rowsOf(family, false).slice(0, 40),
      prior: [normal(0, 0.7).on('Intercept'), ...priorsOf(family)],
      simulations: powered(50, 150),
      seed: 11,
    });
    // Some seventy parameters and log likelihoods: one of them is below this in one of 150 seeds.
    for (const { name, pValue } of result.parameters) {
      expect(pValue, `${name}: ${result}`).toBeGreaterThan(1e-4);
    }
  });
});
