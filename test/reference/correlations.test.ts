/**
 * The correlation regressions and training effects against brms (4 x 10,000 draws), from the same
 * inputs: the weights that the authors published, and their reports.
 */

import { beforeAll, describe, expect, test } from 'vitest';
import { workerPool } from 'weighbridge/node';
import type { FitResult } from 'weighbridge/paper';
import { completeSettings } from 'weighbridge/sampler';
import {
  correlationJob,
  correlationOf,
  type Pairs,
  pairWeights,
} from '../../src/analysis/correlations.js';
import {
  joinTables,
  meanReports,
  standardizeTable,
  type WeightTable,
} from '../../src/analysis/reported-weights.js';
import { trainingEffectOf } from '../../src/analysis/training-effect.js';
import { readStudy } from '../../src/authors-files/read-study.js';
import { parameterOf } from '../../src/fit/fit.js';
import type { WeightReport } from '../../src/study/context.js';
import {
  hasPublished,
  publishedFolder,
  type ReferenceCorrelation,
  type ReferenceEffect,
  readAuthorsWeights,
  readReference,
  skipReason,
} from './shared.js';

const z = (reports: readonly WeightReport[]): WeightTable => standardizeTable(meanReports(reports));

async function publishedPairs(): Promise<Map<string, Pairs>> {
  const study = await readStudy(publishedFolder);
  const pairs = new Map<string, Pairs>();
  for (const model of study.models) {
    const instilled = standardizeTable(readAuthorsWeights(model.name, 'instilled'));
    const native = standardizeTable(readAuthorsWeights(model.name, 'native'));
    const targets = standardizeTable(
      new Map([...instilled.keys()].map((name) => [name, study.targets.get(name) ?? []])),
    );
    const add = (what: string, weights: WeightTable, reports: WeightTable) =>
      pairs.set(`${model.name}/${what}`, pairWeights(weights, reports));
    add('learned_vs_target', instilled, targets);
    add('instilled/reports', instilled, z(model.instilledReports));
    add('instilled/off_the_shelf_reports', instilled, z(model.offTheShelfReports));
    add(
      'instilled/trained_reports',
      instilled,
      joinTables(z(model.firstHalfTrainedReports), z(model.lastHalfTrainedReports)),
    );
    add('native/reports', native, z(model.nativeReports));
    add('native/trained_reports', native, z(model.nativeTrainedReports));
  }
  return pairs;
}

describe.skipIf(!hasPublished)(`the linear regressions of the paper${skipReason}`, () => {
  let pairs: Map<string, Pairs>;
  let fits: Map<string, FitResult>;

  const pairsOf = (key: string): Pairs => {
    const found = pairs.get(key);
    if (!found) throw new Error(`no pairs ${key}`);
    return found;
  };
  const fitOf = (key: string): FitResult => {
    const found = fits.get(key);
    if (!found) throw new Error(`no fit ${key}`);
    return found;
  };
  const trainingPairs = (setting: string) =>
    ['gpt-4o-2024-08-06', 'gpt-4o-mini-2024-07-18'].map((model) => ({
      untrained: pairsOf(`${model}/${setting}/reports`),
      trained: pairsOf(`${model}/${setting}/trained_reports`),
    }));

  beforeAll(async () => {
    pairs = await publishedPairs();
    const jobs = [...pairs].map(([key, value]) => correlationJob(key, value));
    const pool = workerPool(2);
    const results = await pool.runner(jobs, completeSettings({ draws: 10_000 }));
    await pool.close();
    fits = new Map(results.map((fit) => [fit.name, fit]));
  }, 600_000);

  test('n and r are those of the reference to its last digit', () => {
    const reference = readReference<Record<string, ReferenceCorrelation>>('correlations.json');
    for (const [key, value] of pairs) {
      const { n, r } = correlationOf(value);
      expect(n, key).toBe(reference[key]?.n);
      expect(r, key).toBeCloseTo(reference[key]?.r ?? Number.NaN, 7);
    }
  });

  test('the exact HDI and mean are those of brms within its Monte Carlo error', () => {
    const reference = readReference<Record<string, ReferenceCorrelation>>('correlations.json');
    for (const [key, value] of pairs) {
      const { estimate, hdi } = correlationOf(value);
      const theirs = reference[key]?.slope;
      if (!theirs) throw new Error(`no reference for ${key}`);
      // 12 means at 4 standard errors: one beyond has probability 8e-4.
      expect(Math.abs(estimate - theirs.mean), key).toBeLessThan(4 * (theirs.mcse ?? 0));
      // An end from 40,000 draws has an error of .075 / 10^(1/3) = .035 sd: four of these.
      expect(Math.abs(hdi[0] - theirs.hdi_low) / theirs.sd, key).toBeLessThan(0.14);
      expect(Math.abs(hdi[1] - theirs.hdi_high) / theirs.sd, key).toBeLessThan(0.14);
    }
  });

  test('slope, intercept and sigma have the posterior of brms', () => {
    const reference = readReference<Record<string, ReferenceCorrelation>>('correlations.json');
    let compared = 0;
    for (const key of pairs.keys()) {
      for (const [name, parameter] of [
        ['b_report', 'slope'],
        ['b_Intercept', 'intercept'],
        ['sigma', 'sigma'],
      ] as const) {
        const ours = parameterOf(fitOf(key), name);
        const theirs = reference[key]?.[parameter];
        if (!theirs) throw new Error(`no reference for ${key}`);
        // 36 comparisons: one beyond 4 standard errors has probability 0.2%.
        const error = Math.hypot(ours.mcseMean, theirs.mcse ?? 0);
        expect(Math.abs(ours.mean - theirs.mean) / error, `${key} ${name}`).toBeLessThan(4);
        expect(Math.abs(ours.sd / theirs.sd - 1), `${key} ${name}`).toBeLessThan(0.05);
        // An end's rms error is about 4.5% of an sd between two samples of 40,000: four of these.
        expect(Math.abs(ours.hdi[0] - theirs.hdi_low) / theirs.sd).toBeLessThan(0.18);
        expect(Math.abs(ours.hdi[1] - theirs.hdi_high) / theirs.sd).toBeLessThan(0.18);
        compared++;
      }
    }
    expect(compared).toBe(36);
  });

  test.each(['instilled', 'native'])(
    'the effect of training, %s, is that of emmeans',
    (setting) => {
      const reference = readReference<Record<string, ReferenceEffect>>('correlations.json');
      const theirs = reference[`effect/${setting}`];
      if (!theirs) throw new Error('no reference');
      const ours = trainingEffectOf(trainingPairs(setting));
      expect(ours.n).toBe(theirs.n);
      const sd = (theirs.hpd_high - theirs.hpd_low) / 3.92;
      // A median of 40,000 draws, of which most are effective: 1.25 sd / sqrt(20,000), four of these.
      expect(Math.abs(ours.median - theirs.median)).toBeLessThan(
        (4 * 1.25 * sd) / Math.sqrt(20_000),
      );
      expect(Math.abs(ours.hpd[0] - theirs.hpd_low) / sd).toBeLessThan(0.14);
      expect(Math.abs(ours.hpd[1] - theirs.hpd_high) / sd).toBeLessThan(0.14);
    },
  );
});
