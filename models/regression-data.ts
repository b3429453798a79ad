/**
 * The numbers of a regression, as plain data: they can be sent to another thread.
 */
import type { Limits } from '../src/linear-algebra/limits.js';
import type { SpecialTerm } from './coefficient-blocks.js';
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
  /**
   * The parameter whose linear predictor each coefficient is in, null for the mean; its coefficients are `sigma_x`.
   *
   * @default all in that of the mean
   */
  readonly parameters?: readonly (string | null)[];
}

/**
 * The linear predictor of a parameter of the family other than the mean. Its coefficients are columns of the
 * predictors, `sigma_Intercept`, `sigma_x`, on the scale of the parameter's link.
 */
interface PredictedParameter {
  readonly parameter: string;
  /** True if the first of its columns is an intercept, which is sampled at the means of the others. */
  readonly intercept: boolean;
  /** Place of its first column, and their number. */
  readonly first: number;
  readonly columns: number;
}

/**
 * A predictor that is not known exactly, `me(x, s)` or `mi(x)`: a latent number ξ_u for each unit u, a row or a
 * level, normal with mean α + w_u·γ and standard deviation τ, observed with a standard error.
 */
export interface LatentPredictor {
  /** As in `meanme_NAME` and `b_NAME_Intercept`. */
  readonly name: string;
  /** Observed with noise, with parameters meanme and sdme; or missing for some units, a regression of its own. */
  readonly kind: 'noisy' | 'missing';
  /** What is observed of each unit, which stands for it in the columns of `predictors`; any number if it is missing. */
  readonly observed: Float64Array;
  /** Standard errors of `observed`: 0 if it is exact, Infinity if it is missing. */
  readonly errors: Float64Array;
  /** Unit of each row, without the rows of other linear predictors; from 0. */
  readonly unitOf: Int32Array;
  /** Names of the units. @default their numbers, from 1 */
  readonly labels?: readonly string[];
  /** True with α, which is sampled at the means of `predictors`. */
  readonly intercept: boolean;
  /** w_u, row-major (unit, column); no columns for noisy predictors. */
  readonly predictors: Predictors;
}

/** Predictors that are not known exactly, and where they are in the linear predictor of the mean. */
export interface Latents {
  readonly variables: readonly LatentPredictor[];
  /** Columns of the predictors, which hold `observed` times `factors`, in place of ξ times `factors`. */
  readonly terms: readonly LatentTerm[];
  /** True if the noisy predictors, which then have the same units, are correlated. */
  readonly correlated: boolean;
}

interface LatentTerm {
  /** Place among the columns of the predictors. */
  readonly column: number;
  /** Index of the latent predictor. */
  readonly variable: number;
  /** By what ξ is multiplied in each row, without the rows of other linear predictors. */
  readonly factors: Float64Array;
}

/** Number of the latent predictors that have correlations with each other, which come first: 0, or 2 and more. */
export function correlatedLatents({ variables, correlated }: Latents): number {
  const count = variables.filter(({ kind }) => kind === 'noisy').length;
  return correlated && count > 1 ? count : 0;
}

/** The parameter whose linear predictor a coefficient of a group term is in; undefined for the mean. */
export function parameterOfEffect(
  { parameters }: Pick<GroupEffects, 'parameters'>,
  coefficient: number,
): string | undefined {
  return parameters?.[coefficient] ?? undefined;
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
  /** Known standard errors of the outcomes of a normal family, in addition to σ. @default none */
  readonly errors?: Float64Array;
  /**
   * Limits of censored and truncated outcomes; `outcomes` then has a number near those that are not known, from which
   * searches start. @default none
   */
  readonly limits?: Limits;
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
  /**
   * Linear predictors in addition to that of the mean, in the order of the family's `predicted`. With S linear
   * predictors, offset, predictors and groups have S rows for each of `rows`: row S i + s is the linear
   * predictor s of row i, with zeros in the columns of the others. @default none
   */
  readonly parts?: readonly PredictedParameter[];
  /**
   * Terms whose coefficients are a function of other parameters (coefficient-blocks.ts). Their columns are the last
   * of the predictors, in the order of the terms, and are not centred. @default none
   */
  readonly terms?: readonly SpecialTerm[];
  /** Names of what priors report (coefficient-blocks.ts): scales that slopes share, R². @default none */
  readonly priorParameters?: readonly string[];
  /** The choice set of each row, for families of choices; such a regression has no intercept. @default none */
  readonly sets?: Cells;
  /** Index of each row's group of thresholds, among those of an ordinal family. @default 0 */
  readonly thresholdGroup?: Int32Array;
  /** Predictors that are not known exactly. @default none */
  readonly latents?: Latents;
}

/**
 * The outcomes of a regression as its family takes them.
 *
 * @param cells that rows share linear predictors of; one per row if undefined
 */
export function outcomesOf(
  { rows, outcomes, trials, weights, errors, sets, limits, thresholdGroup }: RegressionData,
  cells?: Cells,
): Outcomes {
  return {
    rows,
    values: outcomes,
    trials,
    ...(weights && { weights }),
    ...(errors && { errors }),
    ...(cells && { cells }),
    ...(sets && { sets }),
    ...(limits && { limits }),
    ...(thresholdGroup && { thresholdGroup }),
  };
}

export interface RegressionPriors {
  /** Prior of the intercept at the means of the predictors; null without one, and for an ordinal family. */
  readonly intercept: Prior | null;
  /** One prior for each predictor; for a column of a term, that of the parameter in its place. */
  readonly coefficients: readonly Prior[];
  /** For each of the data's terms, the priors of its parameters beyond one a column. @default none */
  readonly terms?: readonly (readonly Prior[])[];
  /** Scales of other priors that are parameters, with priors of their own, in the order of the data's `priorParameters`. @default none */
  readonly scales?: readonly { readonly name: string; readonly prior: Prior }[];
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
  /** Priors of the parameters of the latent predictors. @default none */
  readonly latents?: LatentPriors;
}

export interface LatentPriors {
  /** For each latent predictor: of α at the means of its predictors, or null without one; of each γ; of τ. */
  readonly variables: readonly {
    readonly intercept: Prior | null;
    readonly coefficients: readonly Prior[];
    readonly sd: Prior;
  }[];
  /** η of the LKJ prior of the correlations; null without correlations. */
  readonly correlation: number | null;
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
 * The predictors of a regression, and brms' centring of them: an intercept that is sampled
 * is at the predictors' means, where it is least correlated with the slopes.
 */
export interface Predictors {
  /** One name per column, without brms' prefix `b_`. */
  readonly names: readonly string[];
  readonly rows: number;
  /** Row-major (row, predictor), no column of ones for the mean. */
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

/** Linear predictors of a row. */
export function predictorsPerRow({ parts = [] }: Pick<RegressionData, 'parts'>): number {
  return 1 + parts.length;
}

/** Number of columns with coefficients of their own, which come before those of terms. */
export function ordinaryColumns({
  predictors,
  terms = [],
}: Pick<RegressionData, 'predictors' | 'terms'>): number {
  return terms.reduce((left, { columns }) => left - columns, predictors.names.length);
}

/** Number of columns of the mean, without those of terms; they come before those of the parts. */
export function columnsOfMean(
  data: Pick<RegressionData, 'predictors' | 'parts' | 'terms'>,
): number {
  return data.parts?.[0]?.first ?? ordinaryColumns(data);
}

type CentredData = Pick<RegressionData, 'intercept' | 'predictors' | 'parts' | 'terms'>;

/** The predictors as sampled: columns of a linear predictor with an intercept are centred in its rows, but for those of terms. */
export function centrePredictors(data: CentredData): CentredPredictors {
  const { intercept, predictors, parts = [] } = data;
  const { names, rows, values } = predictors;
  const width = names.length;
  const height = 1 + parts.length;
  const means = new Float64Array(width);
  if (!intercept && !parts.some((part) => part.intercept)) return { means, centred: values };
  const centred = values.slice();
  const centre = (place: number, first: number, end: number): void => {
    if (predictors.centre) means.set(predictors.centre.subarray(first, end), first);
    for (let i = predictors.centre ? rows : place; i < rows; i += height) {
      for (let j = first; j < end; j++) means[j] += (values[i * width + j] * height) / rows;
    }
    for (let i = place; i < rows; i += height) {
      for (let j = first; j < end; j++) centred[i * width + j] -= means[j];
    }
  };
  if (intercept) centre(0, 0, columnsOfMean(data));
  parts.forEach((part, p) => {
    if (part.intercept) centre(p + 1, part.first + 1, part.first + part.columns);
  });
  return { means, centred };
}

/** Moves the intercepts among coefficients (α?, β_1 … β_k) from the predictors' means to zero. */
export function moveIntercepts(
  data: CentredData,
  means: Float64Array,
  coefficients: Float64Array,
): void {
  const { intercept, parts = [] } = data;
  const slopes = intercept ? 1 : 0;
  const move = (place: number, first: number, end: number): void => {
    for (let j = first; j < end; j++) coefficients[place] -= coefficients[slopes + j] * means[j];
  };
  if (intercept) move(0, 0, columnsOfMean(data));
  for (const part of parts) {
    if (part.intercept) move(slopes + part.first, part.first + 1, part.first + part.columns);
  }
}
