/** The contrast of trends before and after training. */
import { describe, expect, test } from 'vitest';
import type { Pairs } from '../../src/analysis/correlations.js';
import { trainingEffectJob, trainingEffectOf } from '../../src/analysis/training-effect.js';
import { randomStream } from '../../src/random/stream.js';
import { runJob } from '../../src/regression/job.js';
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
    const fit = runJob(trainingEffectJob('effect', models), completeSettings({ draws: 2000 }));
    const effect = trainingEffectOf(models, fit);
    expect(effect.n).toBe(880);
    // Flat slopes: posterior centred at least squares. The posterior sd is about
    // sqrt(2 / 40 + 2 / 400) / 2 = 0.12; its median from 8,000 draws is known to 0.12 · 1.25 / 60.
    expect(Math.abs(effect.median - 0.3)).toBeLessThan((4 * 0.12 * 1.25) / 60);
    expect(effect.hpd[0]).toBeLessThan(effect.median);
    expect(effect.hpd[1]).toBeGreaterThan(effect.median);
  });

  test('one base model: the factor falls away', () => {
    const models = [study(0.1, 0.6, 200, 'only')];
    const job = trainingEffectJob('effect', models);
    expect(job.specification.predictors.names).toEqual(['report', 'trained', 'report:trained']);
    const effect = trainingEffectOf(models, runJob(job, completeSettings({ draws: 2000 })));
    expect(Math.abs(effect.median - 0.5)).toBeLessThan((4 * 0.1 * 1.25) / 60);
  });

  test('three base models: treatment coding with every interaction', () => {
    const models = ['a', 'b', 'c'].map((name, i) => study(0.1 * i, 0.5, 60, name));
    const job = trainingEffectJob('effect', models);
    expect(job.specification.predictors.names).toHaveLength(11);
    const effect = trainingEffectOf(models, runJob(job, completeSettings({ draws: 2000 })));
    // (0.5 + 0.4 + 0.3) / 3; posterior sd sqrt(2 / 60 / 3) = 0.105.
    expect(Math.abs(effect.median - 0.4)).toBeLessThan((4 * 0.105 * 1.25) / 60);
  });
});
