/**
 * Correlation of reports with weights: a Bayesian regression of standardized weights on
 * standardized reports. The paper reads its slope, with a 95% HDI, as a correlation (Plunkett et
 * al. 2025, §2.4).
 *
 * The posterior of the slope is computed exactly (fit/linear-posterior.ts): the figures do not depend on
 * draws. The same regression is sampled for plots, diagnostics and result folders.
 */
import { type RegressionJob, withName } from '../fit/job.js';
import { exactContrast, NUMERICAL_ERROR } from '../fit/linear-posterior.js';
import type { Interval } from '../posterior/intervals.js';
import { linearSpecification, toRows } from '../regression/columns.js';
import type { Setting } from '../study/study.js';
import type { Comparison } from './comparisons.js';
import { bothSettings, type PlannedFit } from './learned-weights.js';
import type { WeightTable } from './reported-weights.js';
import { correlation } from './standardize.js';
import {
  type TrainingEffect,
  type TrainingPairs,
  trainingEffectJob,
  trainingEffectOf,
} from './training-effect.js';

/** Weights and reports of the same attributes of the same contexts; equal lengths, same order. */
export interface Pairs {
  readonly weights: readonly number[];
  readonly reports: readonly number[];
}

export interface Correlation {
  /** Number of pairs; a context without valid reports contributes none. */
  readonly n: number;
  /** Pearson's r. */
  readonly r: number;
  /** Posterior mean of the slope. */
  readonly estimate: number;
  /** Numerical error of the estimate, with that which uncertain weights cause. */
  readonly estimateMcse: number;
  /** 95% HDI: the limit of those of more and more draws. */
  readonly hdi: Interval;
  /** Errors of the ends, as of the estimate. */
  readonly hdiMcse: Interval;
}

/**
 * Pairs the tables by context and attribute. `keep` filters attributes by context name and
 * attribute index.
 */
export function pairWeights(
  weights: WeightTable,
  reports: WeightTable,
  keep: (context: string, attribute: number) => boolean = () => true,
): Pairs {
  const pairs = { weights: [] as number[], reports: [] as number[] };
  for (const [context, ofContext] of weights) {
    const reported = reports.get(context);
    if (!reported) continue;
    ofContext.forEach((weight, attribute) => {
      const report = reported[attribute];
      if (report === undefined || !keep(context, attribute)) return;
      pairs.weights.push(weight);
      pairs.reports.push(report);
    });
  }
  return pairs;
}

/** standardized weight ~ standardized report, Gaussian, brms' default priors. */
function correlationSpecification({ weights, reports }: Pairs): RegressionJob['specification'] {
  const predictors = toRows({ outcome: weights, predictors: { report: reports } });
  return linearSpecification(predictors, weights);
}

export function correlationJob(name: string, pairs: Pairs): RegressionJob {
  return { name, specification: correlationSpecification(pairs) };
}

/** @throws WeighbridgeError `bad-data`, `improper-posterior`, for example of a perfect correlation */
export function correlationOf(pairs: Pairs): Correlation {
  const slope = exactContrast(correlationSpecification(pairs), { report: 1 });
  const error = NUMERICAL_ERROR * slope.sd;
  return {
    n: pairs.weights.length,
    r: correlation(pairs.reports, pairs.weights),
    estimate: slope.mean,
    estimateMcse: error,
    hdi: slope.hdi(),
    hdiMcse: [error, error],
  };
}

/** Correlations keyed `MODEL/COMPARISON`, and the effects of training by setting. */
export interface CorrelationSet {
  readonly correlations: ReadonlyMap<string, Correlation>;
  readonly effects: Readonly<Record<Setting, TrainingEffect>>;
}

/** The set, by exact posteriors. */
export function correlationSet(
  models: readonly string[],
  comparisons: readonly Comparison[],
): CorrelationSet {
  const effect = (setting: Setting) =>
    withName({ name: `effect/${setting}` }, () =>
      trainingEffectOf(trainingPairs(models, comparisons, setting)),
    );
  return {
    correlations: correlationMap(comparisons),
    effects: { instilled: effect('instilled'), native: effect('native') },
  };
}

/**
 * The regressions of the set, to be sampled. `prefix` distinguishes the job names of this set from those
 * of another.
 */
export function correlationSetFits(
  prefix: string,
  models: readonly string[],
  comparisons: readonly Comparison[],
): PlannedFit[] {
  return [
    ...comparisons.map((one) => correlationFit(prefix, one)),
    ...bothSettings.map((setting): PlannedFit => {
      const pairs = trainingPairs(models, comparisons, setting);
      return {
        job: trainingEffectJob(`${prefix}effect/${setting}`, pairs),
        subject: { kind: 'effect', setting },
      };
    }),
  ];
}

function trainingPairs(
  models: readonly string[],
  comparisons: readonly Comparison[],
  setting: Setting,
): TrainingPairs[] {
  const pairsOf = (key: string): Pairs => {
    const found = comparisons.find((one) => one.key === key);
    if (!found) throw new RangeError(`no comparison named ${key}`);
    return found.pairs;
  };
  return models.map((model) => ({
    untrained: pairsOf(`${model}/${setting}/reports`),
    trained: pairsOf(`${model}/${setting}/trained_reports`),
  }));
}

export function correlationFit(
  prefix: string,
  { key, model, setting, pairs }: Comparison,
): PlannedFit {
  return {
    job: correlationJob(prefix + key, pairs),
    subject: { kind: 'correlation', model, setting },
  };
}

/** Correlations keyed by comparison. */
export function correlationMap(comparisons: readonly Comparison[]): Map<string, Correlation> {
  return new Map(
    comparisons.map(({ key, pairs }) => [key, withName({ name: key }, () => correlationOf(pairs))]),
  );
}
