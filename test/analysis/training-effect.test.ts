/** The contrast of trends before and after training. */
import { describe, expect, test } from 'vitest';
import type { Pairs } from '../../src/analysis/correlations.js';
import { trainingEffectJob, trainingEffectOf } from '../../src/analysis/training-effect.js';
import { runJob } from '../../src/fit/job.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { mcseQuantile } from '../../src/posterior/mcse-quantile.js';
import { quantileOfSorted } from '../../src/posterior/quantiles.js';
import { randomStream } from '../../src/random/stream.js';
import { completeSettings } from '../../src/sampler/settings.js';

/** Pairs with least-squares slope `slope` exactly: noise made orthogonal to the reports. */
function pairsWithSlope(slope: number, n: number, name: string): Pairs {
  const random = randomStream(2025, 'training effect', name);
  const centred = (values: number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    return values.map((value) => value - mean);
  };
  const reports = centred(Array.from({ length: n }, random.normal));
  const noise = centred(Array.from({ length: n }, random.normal));
  const dot = (a: number[], b: number[]) =>
    a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  const overlap = dot(noise, reports) / dot(reports, reports);
  return {
    reports,
    weights: reports.map((report, i) => slope * report + ((noise[i] ?? 0) - overlap * report)),
  };
}

const study = (before: number, after: number, n: number, name: string) => ({
  untrained: pairsWithSlope(before, n, `${name} before`),
  trained: pairsWithSlope(after, n, `${name} after`),
});

describe('the effect of training', () => {
  test('averages the base models with equal weight, however many rows each has', () => {
    // Differences of trends 0.6 and 0.0 at 40 and 400 rows: 0.3, and not what the rows would say.
    const models = [study(0.2, 0.8, 40, 'small'), study(0.5, 0.5, 400, 'large')];
    const effect = trainingEffectOf(models);
    expect(effect.n).toBe(880);
    // Flat slopes: the posterior is centred at least squares, with an sd of about
    // sqrt(2 / 40 + 2 / 400) / 2 = 0.12.
    expect(effect.median).toBeCloseTo(0.3, 10);
    expect((effect.hpd[1] - effect.hpd[0]) / 3.92).toBeGreaterThan(0.1);
    expect((effect.hpd[1] - effect.hpd[0]) / 3.92).toBeLessThan(0.14);
  });

  test('is where the draws of the same regression settle', () => {
    const models = [study(0.2, 0.8, 40, 'small'), study(0.5, 0.5, 400, 'large')];
    const effect = trainingEffectOf(models);
    const job = { ...trainingEffectJob('effect', models), keepDraws: true };
    const { draws } = runJob(job, completeSettings({ draws: 5000 }));
    if (!draws) throw new Error('no draws');
    const shift = parameterDraws(draws, 'b_report:trained:model1');
    const contrast = parameterDraws(draws, 'b_report:trained').map(
      (value, i) => value + (shift[i] ?? 0) / 2,
    );
    // Three comparisons at 4 standard errors: false alarms 1 in 5,000, were the seed not fixed.
    for (const [p, exact] of [
      [0.025, effect.hpd[0]],
      [0.5, effect.median],
      [0.975, effect.hpd[1]],
    ] as const) {
      const found = quantileOfSorted(contrast.slice().sort(), p);
      expect(Math.abs(found - exact)).toBeLessThan(4 * mcseQuantile(contrast, 4, p));
    }
  });

  test('one base model: the factor falls away', () => {
    const models = [study(0.1, 0.6, 200, 'only')];
    const job = trainingEffectJob('effect', models);
    expect(job.specification.data.predictors.names).toEqual([
      'report',
      'trained',
      'report:trained',
    ]);
    const effect = trainingEffectOf(models);
    expect(effect.median).toBeCloseTo(0.5, 10);
  });

  test('three base models: treatment coding with every interaction', () => {
    const models = ['a', 'b', 'c'].map((name, i) => study(0.1 * i, 0.5, 60, name));
    const job = trainingEffectJob('effect', models);
    expect(job.specification.data.predictors.names).toHaveLength(11);
    const effect = trainingEffectOf(models);
    // (0.5 + 0.4 + 0.3) / 3.
    expect(effect.median).toBeCloseTo(0.4, 10);
  });
});
