/** What a coefficient block is made of: see models/coefficient-blocks.ts. */
import type { Prior } from '../prior-distributions.js';

/** The parameters of a block, or a gradient by them. */
export interface BlockValues {
  /** One for each column. */
  readonly own: Float64Array;
  /** Those in addition. */
  readonly further: Float64Array;
  /** σ of the family, alone; 1 for a family without it. */
  readonly sigma: Float64Array;
}

/** The coefficients as a function of the parameters. */
interface BlockFunction {
  /** Writes the coefficients of the columns. */
  write(values: BlockValues, coefficients: Float64Array): void;
  /**
   * Writes the gradient by each parameter, all of them, from that by the coefficients: the transposed
   * Jacobian times `slopes`. The values are those last written.
   */
  pull(values: BlockValues, slopes: Float64Array, gradient: BlockValues): void;
}

/** Columns of the predictors whose coefficients are a function of other parameters. */
export interface CoefficientBlock extends BlockFunction {
  /** Places of the columns among the predictors, from 0. */
  readonly columns: readonly number[];
  /** The priors of `own` and of `further`. The support of a prior is that of its parameter. */
  readonly own: readonly Prior[];
  readonly further: readonly Prior[];
  /** What a prior reports beside its slopes, under the data's `priorParameters`. @default nothing */
  readonly reports?: PriorReport;
}

interface PriorReport {
  readonly names: readonly string[];
  /** Writes them at the start of `reported`. */
  write(values: BlockValues, reported: Float64Array): void;
}

/** The function of a term of the formula, with what is reported of it in place of its coefficients. */
export interface TermFunction extends BlockFunction {
  /** brms' names of the reported parameters. */
  readonly names: readonly string[];
  /** Writes the reported parameters, as many as names. */
  report(values: BlockValues, coefficients: Float64Array, reported: Float64Array): void;
  /** Writes the coefficients of the columns from the reported parameters: what predictions use. */
  fromReported(reported: Float64Array, coefficients: Float64Array): void;
}

export const STANDARD_NORMAL: Prior = { distribution: 'normal', mean: 0, sd: 1 };
