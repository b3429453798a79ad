/**
 * The numbers of a regression, as plain data: they can be sent to another thread.
 */
import type { Family } from './families/family.js';
import type { Predictors } from './predictors.js';
import type { Prior } from './prior-distributions.js';

/** Coefficients that vary by the levels of a grouping factor, `(1 + x | g)`. */
export interface GroupEffects {
  /** Of the grouping factor, as in `sd_NAME__Intercept`. */
  readonly group: string;
  /** brms' names of the coefficients that vary: `Intercept`, `x`. */
  readonly coefficients: readonly string[];
  readonly levels: readonly string[];
  /** Place of each row's level, from 0. */
  readonly levelOf: Int32Array;
  /** Row-major (row, coefficient). */
  readonly values: Float64Array;
  /** Whether correlations of the coefficients are estimated: `|`, not `||`. */
  readonly correlated: boolean;
}

export interface RegressionData {
  readonly rows: number;
  readonly outcomes: Float64Array;
  /** Of a binomial. */
  readonly trials: Float64Array | null;
  /** Added to every row's linear predictor. */
  readonly offset: Float64Array | null;
  /** Whether there is an intercept; it is sampled at the means of the predictors, as brms does. */
  readonly intercept: boolean;
  /** Population-level columns, named by brms without its prefix `b_`; no column of ones. */
  readonly predictors: Predictors;
  readonly groups: readonly GroupEffects[];
}

export interface RegressionPriors {
  /** Of the intercept at the means of the predictors; null where there is no intercept. */
  readonly intercept: Prior | null;
  /** One a predictor. */
  readonly coefficients: readonly Prior[];
  /** For each group term one a coefficient: of its standard deviation. */
  readonly sds: readonly (readonly Prior[])[];
  /** For each group term the η of its LKJ prior; null where there are no correlations. */
  readonly correlations: readonly (number | null)[];
  /** In the order of the family's auxiliary parameters. */
  readonly auxiliary: readonly Prior[];
}

/** A regression whole: what a model is made of, on this thread or on another. */
export interface RegressionSpecification {
  readonly family: Family;
  readonly data: RegressionData;
  readonly priors: RegressionPriors;
}
