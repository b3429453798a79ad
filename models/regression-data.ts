/**
 * The numbers of a regression, as plain data: they can be sent to another thread.
 */
import type { Cells, Family, Outcomes } from './families/family.js';
import type { Prior } from './prior-distributions.js';

/** One level of each row, and by what its effects are multiplied. */
export interface Membership {
  /** Index of each row's level, from 0. */
  readonly levelOf: Int32Array;
  /** Row-major (row, coefficient); with several members, times the member's weight. */
  readonly values: Float64Array;
}

/** Coefficients that vary by the levels of a grouping factor, `(1 + x | g)`. */
export interface GroupEffects extends Membership {
  /** Name of the grouping factor, as in `sd_NAME__Intercept`. */
  readonly group: string;
  /** brms' names of the coefficients that vary: `Intercept`, `x`. */
  readonly coefficients: readonly string[];
  readonly levels: readonly string[];
  /** The further members of each row, of a multi-membership term `(1 | mm(g, h))`. @default none */
  readonly further?: readonly Membership[];
  /** True if correlations of the coefficients are estimated: `|`, not `||`. */
  readonly correlated: boolean;
}

/** All members of each row: one but for multi-membership terms. */
export function membersOf({
  levelOf,
  values,
  further = [],
}: Membership & Pick<GroupEffects, 'further'>): readonly Membership[] {
  return [{ levelOf, values }, ...further];
}

export interface RegressionData {
  readonly rows: number;
  readonly outcomes: Float64Array;
  /** Trials of each row of a binomial; null for other families. */
  readonly trials: Float64Array | null;
  /** Factors of the rows' log likelihoods, above 0. @default 1 for each row */
  readonly weights?: Float64Array;
  /** Added to every row's linear predictor. */
  readonly offset: Float64Array | null;
  /**
   * True with an intercept, which is sampled at the means of the predictors, as in brms. True for an ordinal
   * family, whose thresholds have its place among the reported parameters, unless they sum to zero.
   */
  readonly intercept: boolean;
  /** Population-level columns, named by brms without its prefix `b_`; no column of ones. */
  readonly predictors: Predictors;
  readonly groups: readonly GroupEffects[];
  /** The choice set of each row, for families of choices; such a regression has no intercept. @default none */
  readonly sets?: Cells;
}

/**
 * The outcomes of a regression as its family takes them.
 *
 * @param cells that rows share linear predictors of; one per row if undefined
 */
export function outcomesOf(
  { rows, outcomes, trials, weights, sets }: RegressionData,
  cells?: Cells,
): Outcomes {
  return {
    rows,
    values: outcomes,
    trials,
    ...(weights && { weights }),
    ...(cells && { cells }),
    ...(sets && { sets }),
  };
}

export interface RegressionPriors {
  /** Prior of the intercept at the means of the predictors; null without one, and for an ordinal family. */
  readonly intercept: Prior | null;
  /** One prior for each predictor. */
  readonly coefficients: readonly Prior[];
  /** For each group term, the prior of the standard deviation of each coefficient. */
  readonly sds: readonly (readonly Prior[])[];
  /** For each group term, the η of its LKJ prior; null without correlations. */
  readonly correlations: readonly (number | null)[];
  /** In the order of the family's auxiliary parameters. */
  readonly auxiliary: readonly Prior[];
  /**
   * Priors of the thresholds of an ordinal family at the means of the predictors; such a regression has
   * no prior of an intercept. @default none
   */
  readonly thresholds?: readonly Prior[];
  /** Priors of the gaps between ascending thresholds, in addition to those of the thresholds. @default none */
  readonly gaps?: readonly Prior[];
}

/** A regression as plain data, from which a model is made on this thread or on another. */
export interface RegressionSpecification {
  /** Tells a regression from other models (model-specification.ts). @default 'regression' */
  readonly model?: 'regression';
  readonly family: Family;
  readonly data: RegressionData;
  readonly priors: RegressionPriors;
}

/**
 * The predictors of a regression, and brms' centring of them: the intercept that is sampled
 * is at the predictors' means, where it is least correlated with the slopes.
 */
export interface Predictors {
  /** One name per column, without brms' prefix `b_`. */
  readonly names: readonly string[];
  readonly rows: number;
  /** Row-major (row, predictor), no column of ones. */
  readonly values: Float64Array;
  /**
   * Where the intercept is sampled and has its prior, one number per column. A fit to some of the rows has that
   * of all rows, and with it the same prior. @default the column means
   */
  readonly centre?: Float64Array | undefined;
}

export interface CentredPredictors {
  /** Column means, or the centre that is given. */
  readonly means: Float64Array;
  /** Row-major, as the predictors. */
  readonly centred: Float64Array;
}

export function centrePredictors(predictors: Predictors): CentredPredictors {
  const { values, centre: means = columnMeans(predictors) } = predictors;
  const columns = means.length;
  const centred = new Float64Array(values.length);
  for (let at = 0; at < values.length; ) {
    for (let j = 0; j < columns; j++, at++) centred[at] = values[at] - means[j];
  }
  return { means, centred };
}

function columnMeans({ names, rows, values }: Predictors): Float64Array {
  const columns = names.length;
  const means = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) means[j] += values[i * columns + j] / rows;
  }
  return means;
}

/** The intercept at predictors of zero, for a position that starts with (α, β_1 … β_k). */
export function interceptAtZero(position: Float64Array, means: Float64Array): number {
  let intercept = position[0];
  for (let j = 0; j < means.length; j++) intercept -= position[j + 1] * means[j];
  return intercept;
}
