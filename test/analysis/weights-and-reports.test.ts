/** Learned weights, reported weights, and how they are paired. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choicesPredictedPercent } from '../../src/analysis/agreement.js';
import { correlationJob, correlationOf, pairWeights } from '../../src/analysis/correlations.js';
import { groupByContext, learnedWeights, weightJob } from '../../src/analysis/learned-weights.js';
import {
  invalidReportsPercent,
  joinTables,
  meanReports,
  reportsPerContext,
  standardizeTable,
} from '../../src/analysis/reported-weights.js';
import { parameterOf } from '../../src/fit/fit.js';
import { runJob } from '../../src/fit/job.js';
import { completeSettings } from '../../src/sampler/settings.js';
import type { Choice, Context } from '../../src/study/context.js';

const context = (name: string): Context => ({
  name,
  question: 'Which?',
  attributes: [
    { name: 'size', min: 0, max: 10 },
    { name: 'age', min: 100, max: 300 },
  ],
});

const house = context('house');
const boat = context('boat');
const contexts = new Map([house, boat].map((one) => [one.name, one]));

const choice = (name: string, choseA: boolean, a: number[], b: number[]): Choice => ({
  context: name,
  choseA,
  a,
  b,
});

describe('learned weights', () => {
  const choices = [
    choice('house', true, [10, 100], [0, 300]),
    choice('boat', true, [5, 200], [5, 100]),
    choice('house', false, [0, 150], [5, 100]),
  ];

  test('choices are grouped by context in the order of their first appearance', () => {
    const groups = groupByContext(choices, contexts);
    expect(groups.map((group) => [group.context.name, group.choices.length])).toEqual([
      ['house', 2],
      ['boat', 1],
    ]);
  });

  test('the design holds what A has over B in ranges, and 1 where A was chosen', () => {
    const [group] = groupByContext(choices, contexts);
    if (!group) throw new Error('no group');
    const { data } = weightJob('fit', group).specification;
    expect([...data.predictors.values]).toEqual([1, -1, -0.5, 0.25]);
    expect([...data.outcomes]).toEqual([1, 0]);
    expect(data.predictors.names).toEqual(['d1', 'd2']);
  });

  test('slopes, intervals and the scaled weights come from the fit in the order of attributes', () => {
    const [group] = groupByContext(choices, contexts);
    if (!group) throw new Error('no group');
    const fit = runJob(weightJob('fit', group), completeSettings({ warmup: 200, draws: 200 }));
    const learned = learnedWeights(group, fit);
    const means = fit.controlledMeans?.map(({ mean }) => mean);
    expect([learned.intercept, ...learned.slopes]).toEqual(means);
    expect(means).toHaveLength(3);
    expect(learned.slopeHdis).toEqual([fit.parameters[1]?.hdi, fit.parameters[2]?.hdi]);
    expect(Math.max(...learned.scaled.map(Math.abs))).toBe(100);
    expect(learned.n).toBe(2);
  });

  test('choices that are all alike still have a posterior, which the prior holds', () => {
    const alike = Array.from({ length: 20 }, (_, i) =>
      choice('house', true, [i % 10, 200], [5, 100]),
    );
    const [group] = groupByContext(alike, contexts);
    if (!group) throw new Error('no group');
    // The intercept has the upper tail of its prior, a t with 3 degrees of freedom: at the default draws
    // R-hat is above 1.01 for one seed in twenty.
    const fit = runJob(weightJob('alike', group), completeSettings({ draws: 5000 }));
    expect(fit.diagnostics.maxRhat).toBeLessThan(1.01);
    for (const { sd } of fit.parameters.slice(1)) expect(sd).toBeLessThan(1.5);
  });
});

describe('reported weights', () => {
  test('a context has the mean of its valid reports', () => {
    const table = meanReports([
      { context: 'house', weights: [10, -20] },
      { context: 'boat', weights: [0, 5] },
      { context: 'house', weights: [30, 0] },
    ]);
    expect([...table]).toEqual([
      ['house', [20, -10]],
      ['boat', [0, 5]],
    ]);
  });

  test('a table is standardized over all its values together', () => {
    const standardized = standardizeTable(
      new Map([
        ['house', [1, 2]],
        ['boat', [3, 6]],
      ]),
    );
    const all = [...standardized.values()].flat();
    expect(all.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 14);
    expect(all.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(3, 12);
    expect([...standardized.keys()]).toEqual(['house', 'boat']);
  });

  test('missing reports are counted against those asked for', () => {
    const reports = (count: number) =>
      Array.from({ length: count }, () => ({ context: 'house', weights: [1, 2] }));
    const counts = [
      { asked: 20, used: 10 },
      { asked: 10, used: 5 },
    ];
    expect(invalidReportsPercent(counts)).toBe(50);
    // The paper's ten, or more where a context has more.
    expect(reportsPerContext([reports(7), reports(9)])).toBe(10);
    expect(reportsPerContext([reports(7), reports(12)])).toBe(12);
    expect(reportsPerContext([reports(2), reports(3)], 4)).toBe(4);
  });
});

describe('pairs of weights and reports', () => {
  const weights = new Map([
    ['house', [100, -40]],
    ['boat', [20, 100]],
  ]);

  test('a context without valid reports drops out', () => {
    const pairs = pairWeights(weights, new Map([['boat', [1, 2]]]));
    expect(pairs).toEqual({ weights: [20, 100], reports: [1, 2] });
  });

  test('single attributes can be left out', () => {
    const reports = joinTables(new Map([['house', [7, 8]]]), new Map([['boat', [1, 2]]]));
    const pairs = pairWeights(weights, reports, (name, i) => weights.get(name)?.[i] !== 100);
    expect(pairs).toEqual({ weights: [-40, 20], reports: [8, 1] });
  });

  test('the slope of standardized pairs is their correlation, and has the posterior that draws have', () => {
    fc.assert(
      fc.property(fc.double({ min: -0.9, max: 0.9, noNaN: true }), (r) => {
        // Two orthogonal waves over whole periods: a sample correlation of exactly r.
        const angles = Array.from({ length: 60 }, (_, i) => (2 * Math.PI * i) / 60);
        const scale = Math.sqrt(2 * (59 / 60));
        const reports = angles.map((angle) => scale * Math.sin(angle));
        const standardized = angles.map(
          (angle, i) => r * (reports[i] ?? 0) + Math.sqrt(1 - r * r) * scale * Math.cos(angle),
        );
        const pairs = { weights: standardized, reports };
        const fit = runJob(correlationJob('waves', pairs), completeSettings());
        const slope = parameterOf(fit, 'b_report');
        const correlation = correlationOf(pairs);
        expect(correlation.r).toBeCloseTo(r, 12);
        // Under flat priors the slope's posterior mean is the least-squares slope, here r.
        expect(correlation.estimate).toBeCloseTo(r, 12);
        // Ten comparisons of means at 4.5 standard errors: false alarm 7e-5.
        expect(Math.abs(correlation.estimate - slope.mean)).toBeLessThan(4.5 * slope.mcseMean);
        // The error of an end from 4,000 draws is .075 sd: four of these.
        for (const end of [0, 1] as const) {
          expect(Math.abs(correlation.hdi[end] - slope.hdi[end])).toBeLessThan(0.3 * slope.sd);
        }
      }),
      { seed: 2025, numRuns: 10 },
    );
  });
});

describe('choices predicted by weights', () => {
  test('counts choices of the option with the strictly higher utility', () => {
    const choices = [
      choice('house', true, [10, 100], [0, 100]),
      choice('house', false, [10, 100], [0, 100]),
      choice('house', false, [0, 100], [10, 100]),
      // A tie: neither is strictly better, and B counts as predicted.
      choice('house', false, [5, 100], [5, 100]),
    ];
    const percent = choicesPredictedPercent(groupByContext(choices, contexts), () => [1, 1]);
    expect(percent).toBe(75);
  });
});
