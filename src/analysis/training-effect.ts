/**
 * Effect of introspection training: the increase of the slope of weights on reports, in one
 * regression over all base models,
 *
 *     standardized weight ~ standardized report * trained * base model.
 *
 * The effect is the difference of the report's trends (trained − untrained), averaged over the base
 * models with equal weight, with median and HPD interval as from emmeans' `emtrends`. With a single
 * base model, that factor is dropped. Its posterior is computed exactly, as those of the correlations.
 */

import type { RegressionJob } from '../fit/job.js';
import { exactContrast, NUMERICAL_ERROR } from '../fit/linear-posterior.js';
import type { Interval } from '../posterior/intervals.js';
import { linearSpecification, toRows } from '../regression/columns.js';
import type { Pairs } from './correlations.js';

/** Pairs of one base model before and after introspection training. */
export interface TrainingPairs {
  readonly untrained: Pairs;
  readonly trained: Pairs;
}

export interface TrainingEffect {
  readonly n: number;
  readonly median: number;
  /** Numerical error of the median, with that which uncertain weights cause. */
  readonly medianMcse: number;
  /** 95% HPD interval: the limit of coda's of more and more draws. */
  readonly hpd: Interval;
  /** Errors of the ends, as of the median. */
  readonly hpdMcse: Interval;
}

export function trainingEffectJob(name: string, models: readonly TrainingPairs[]): RegressionJob {
  return { name, specification: trainingEffectSpecification(models) };
}

/** Treatment coding as in R: the first base model is the reference. */
function trainingEffectSpecification(
  models: readonly TrainingPairs[],
): RegressionJob['specification'] {
  const rows = models.flatMap(({ untrained, trained }, model) => [
    ...pairRows(untrained, 0, model),
    ...pairRows(trained, 1, model),
  ]);
  const column = (value: (row: DesignRow) => number) => rows.map(value);
  const predictors: Record<string, number[]> = {
    report: column((row) => row.report),
    trained: column((row) => row.trained),
    'report:trained': column((row) => row.report * row.trained),
  };
  for (let model = 1; model < models.length; model++) {
    const isModel = (row: DesignRow) => (row.model === model ? 1 : 0);
    predictors[`model${model}`] = column(isModel);
    predictors[`report:model${model}`] = column((row) => row.report * isModel(row));
    predictors[`trained:model${model}`] = column((row) => row.trained * isModel(row));
    predictors[`report:trained:model${model}`] = column(
      (row) => row.report * row.trained * isModel(row),
    );
  }
  const outcome = column((row) => row.weight);
  return linearSpecification(toRows({ outcome, predictors }), outcome);
}

interface DesignRow {
  readonly weight: number;
  readonly report: number;
  readonly trained: 0 | 1;
  readonly model: number;
}

function pairRows({ weights, reports }: Pairs, trained: 0 | 1, model: number): DesignRow[] {
  return weights.map((weight, i) => ({ weight, report: reports[i] ?? 0, trained, model }));
}

/** The contrast: the interaction of the reference plus the mean of the other models'. */
export function trainingEffectOf(models: readonly TrainingPairs[]): TrainingEffect {
  const shifts = models.slice(1).map((_, i) => [`report:trained:model${i + 1}`, 1 / models.length]);
  const effect = exactContrast(trainingEffectSpecification(models), {
    'report:trained': 1,
    ...Object.fromEntries(shifts),
  });
  const error = NUMERICAL_ERROR * effect.sd;
  const n = models.reduce(
    (sum, { untrained, trained }) => sum + untrained.weights.length + trained.weights.length,
    0,
  );
  return {
    n,
    median: effect.mean,
    medianMcse: error,
    hpd: effect.hdi(),
    hpdMcse: [error, error],
  };
}
