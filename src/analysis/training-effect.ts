/**
 * What introspection training changes: by how much the trend of weights over reports rises, in one
 * regression over all base models,
 *
 *     standardized weight ~ standardized report * trained * base model.
 *
 * The effect is the difference of the report's trends (trained − untrained), averaged over the
 * base models with equal weight: what emmeans' `emtrends` gives, with its median and its HPD
 * interval. With one base model that factor falls away.
 */
import { parameterDraws } from '../posterior/draws.js';
import { hpdInterval, type Interval } from '../posterior/hdi.js';
import { median } from '../posterior/order.js';
import type { FitJob, FitResult } from '../regression/job.js';
import { linearSpecification, toRows } from '../regression/regressions.js';
import type { Pairs } from './correlations.js';

/** One base model's pairs before and after introspection training. */
export interface TrainingPairs {
  readonly untrained: Pairs;
  readonly trained: Pairs;
}

export interface TrainingEffect {
  readonly n: number;
  readonly median: number;
  /** 95%, as coda. */
  readonly hpd: Interval;
}

/** Treatment coding, as R: the first base model is the reference. */
export function trainingEffectJob(name: string, models: readonly TrainingPairs[]): FitJob {
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
  const specification = linearSpecification(toRows({ outcome, predictors }), outcome);
  return { name, specification, keepDraws: true };
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

/** The contrast in every draw: the reference's interaction, plus the mean of the other models'. */
export function trainingEffectOf(models: readonly TrainingPairs[], fit: FitResult): TrainingEffect {
  const { draws } = fit;
  if (!draws) throw new RangeError(`the draws of ${fit.name} were not kept`);
  const contrast = parameterDraws(draws, 'b_report:trained').slice();
  for (let model = 1; model < models.length; model++) {
    const shift = parameterDraws(draws, `b_report:trained:model${model}`);
    shift.forEach((value, draw) => {
      contrast[draw] = (contrast[draw] ?? 0) + value / models.length;
    });
  }
  const n = models.reduce(
    (sum, { untrained, trained }) => sum + untrained.weights.length + trained.weights.length,
    0,
  );
  return { n, median: median(contrast), hpd: hpdInterval(contrast) };
}
