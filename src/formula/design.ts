/**
 * The numeric design of a model from a formula and a table, and the facts needed to encode new
 * rows.
 */
import type { Limits } from '../linear-algebra/limits.js';
import type { Formula } from './formula.js';
import type { CovarianceName } from './hilbert-space.js';
import type { Table } from './table.js';

/** Columns of numbers, named as R's `model.matrix` names them. */
export interface DesignMatrix {
  readonly names: readonly string[];
  readonly rows: number;
  /** Row-major (row, column). */
  readonly values: Float64Array;
}

/** One group term, `(1 + x | g)`, or those with one name, `(1 |id| g)`, together. */
export interface GroupDesign {
  /** Name of the grouping factor: `g`, `g:h` for an interaction, `mmgh` for `mm(g, h)`. */
  readonly group: string;
  /** Columns of the varying coefficients, including `(Intercept)`; of `mm()`, times the first member's weight. */
  readonly matrix: DesignMatrix;
  /** In the order of a factor's levels. */
  readonly levels: readonly string[];
  /** Index of each row's level; -1 for a level that was not in the data of the fit. */
  readonly levelOf: Int32Array;
  /** Levels that were not in the data of the fit, by row; empty if there are none. */
  readonly newLevels: ReadonlyMap<number, string>;
  /** Whether the effects are correlated: `|`, not `||`. */
  readonly correlated: boolean;
  /** The parameter whose linear predictor each column is in, null for the mean. @default all in that of the mean */
  readonly parameters?: readonly (string | null)[];
  /** The further members of each row, of `mm(g, h)`. @default none */
  readonly further?: readonly MemberDesign[];
  /** Name of terms that are to be joined to one (`joinedByName`), which has none. @default none */
  readonly id?: string;
}

/** One of the members of each row, of a multi-membership term. */
export interface MemberDesign extends Pick<GroupDesign, 'levelOf' | 'newLevels'> {
  /** The varying coefficients times the member's weight, row-major (row, coefficient). */
  readonly values: Float64Array;
}

/** The numeric design of rows of data. */
export interface Encoded {
  readonly rows: number;
  /** Population-level columns in R's order, without the intercept's column of ones. */
  readonly population: DesignMatrix;
  readonly groups: readonly GroupDesign[];
  /** The sum of all `offset()`s, a number per row; null without offsets. */
  readonly offset: Float64Array | null;
  /**
   * Linear predictors in addition to that of the mean. With S in all, matrices, levels and offset have S rows
   * for each of `rows` (stacked.ts). @default none
   */
  readonly parts?: readonly EncodedPart[];
  /**
   * Terms whose coefficients are a function of other parameters. Their columns are the last of the population's,
   * in the order of the terms. @default none
   */
  readonly terms?: readonly TermDesign[];
  /** Index of each row's group of thresholds, in the order of the design's. @default 0 */
  readonly thresholdGroup?: Int32Array;
  /** Predictors that are not known exactly. @default none */
  readonly latents?: EncodedLatents;
}

/** A linear predictor alone: its special terms with their columns, which its population does not have. */
export interface EncodedPredictor extends Omit<Encoded, 'parts' | 'terms'> {
  readonly special: readonly SpecialColumns[];
}

export interface SpecialColumns {
  readonly term: TermDesign;
  /** Row-major (row, column). */
  readonly values: Float64Array;
  /** What to tell the user, for example the order of the levels of text; empty for nothing. */
  readonly notes: readonly string[];
}

/** A term whose coefficients are a function of other parameters. */
export type TermDesign = MonotonicDesign | SplineDesign | ProcessDesign;

interface AnyTermDesign {
  /** R's name: `mo(x)`, `mo(x):z`, `s(x)`; of the level a of `by = g` `s(x):ga` and `gp(x)ga`. */
  readonly name: string;
  readonly columns: number;
  /** The parameter whose linear predictor it is in. @default the mean */
  readonly parameter?: string;
}

/** A monotonic effect: `mo(x)`, or one column of `mo(x):z`. It has a column for each step of x. */
interface MonotonicDesign extends AnyTermDesign {
  readonly kind: 'monotonic';
}

/** A spline, whose first column has no penalty. */
interface SplineDesign extends AnyTermDesign {
  readonly kind: 'spline';
  /** The term as written. */
  readonly text: string;
}

/** A Gaussian process. */
interface ProcessDesign extends AnyTermDesign {
  readonly kind: 'process';
  readonly kernel: CovarianceName;
  /** ω of each column. */
  readonly frequencies: readonly number[];
  /** Smallest distance between distinct values of x, and the largest, in the unit of the length-scale. */
  readonly leastGap: number;
  readonly range: number;
  /** The shortest length-scale that the columns resolve, in the same unit. */
  readonly shortest: number;
}

/** Predictors that are not known exactly, `me(x, s)` and `mi(x)`; `population` has what is observed in their place. */
export interface EncodedLatents {
  readonly variables: readonly LatentVariable[];
  /** Columns of `population` that are a latent number times `factors`, by row. */
  readonly terms: readonly LatentColumn[];
  /** True for new rows, whose latent numbers no draws of the fit have. */
  readonly isNew: boolean;
}

interface LatentColumn {
  /** Place of the column in `population`. */
  readonly column: number;
  /** Index of the variable. */
  readonly variable: number;
  /** Row by row, without the rows of other linear predictors. */
  readonly factors: Float64Array;
}

export interface LatentVariable {
  /** brms' name: `mex` of `me(x, s)`, `x` of `mi(x)`. */
  readonly name: string;
  readonly kind: 'noisy' | 'missing';
  /** What is observed of each unit; a stand-in where it is missing. */
  readonly observed: Float64Array;
  /** Standard errors of `observed`: 0 if it is exact, Infinity if it is missing. */
  readonly errors: Float64Array;
  /** Unit of each row, from 0. */
  readonly unitOf: Int32Array;
  /** Names of the units; null if they are the rows. */
  readonly labels: readonly string[] | null;
  /** Predictors of the latent numbers, one row per unit, without a column of ones. */
  readonly intercept: boolean;
  readonly population: DesignMatrix;
}

/** The linear predictor of a parameter other than the mean, and its columns in the population's matrix. */
export interface EncodedPart {
  readonly parameter: string;
  /** True if the first of its columns is an intercept. */
  readonly intercept: boolean;
  readonly first: number;
  readonly columns: number;
}

/** The encoding of rows as numbers, as plain JSON data. */
export interface Design {
  readonly formula: Formula;
  /** Whether there is a population-level intercept. */
  readonly intercept: boolean;
  /** Columns of the table that the formula uses, with their kinds and levels in the fit. */
  readonly variables: Readonly<Record<string, Variable>>;
  /**
   * Constants that depend on the data: the centre and scale of `scale(x)`, the basis of `poly(x,
   * 2)`.
   */
  readonly constants: Readonly<Record<string, readonly number[]>>;
  /** Levels of each grouping factor, by its name. */
  readonly groupLevels: Readonly<Record<string, readonly string[]>>;
  /** Levels of each `factor(x)`, by its text. */
  readonly factorLevels: Readonly<Record<string, readonly string[]>>;
  /** The columns denoted by `.`. */
  readonly dot: readonly string[];
  readonly outcome: OutcomeDesign;
  /** The thresholds of ordered categories. @default none */
  readonly thresholds?: ThresholdDesign;
  /**
   * Names of grouping factors whose level is the same for all options of each choice set, so that their
   * intercepts cancel and are left out. @default none
   */
  readonly sameInSets?: readonly string[];
  /** What differs for the formulas of other parameters, in the order of the formula's. @default none */
  readonly parts?: readonly PartDesign[];
}

/** The thresholds between ordered categories, and the rows that share them. */
export interface ThresholdDesign {
  /** Number of thresholds of each group, or of all rows; one fewer than their categories. */
  readonly counts: readonly number[];
  /** The column of the groups, and its levels in the order of `counts`. @default one group of all rows */
  readonly groups?: { readonly column: string; readonly levels: readonly string[] };
}

interface PartDesign {
  readonly intercept: boolean;
  readonly dot: readonly string[];
}

/**
 * Outcomes that a family accepts: `real`: finite numbers; `binary`: 0 and 1, booleans or a factor
 * with two levels; `count`: whole numbers from 0; `binomial`: whole numbers from 0 with `|
 * trials(n)`; `ordinal`: whole numbers from 1, booleans or a factor whose levels ascend; `choice`: booleans
 * or ranks of options, 0 for those not chosen, with `| set(id)`; `nominal`: as `ordinal`, without an order.
 */
export type OutcomeKind =
  | 'real'
  | 'binary'
  | 'count'
  | 'binomial'
  | 'ordinal'
  | 'choice'
  | 'nominal';

/** The encoding of outcomes of new rows. */
export interface OutcomeDesign {
  readonly kind: OutcomeKind;
  /** Levels of a factor or boolean outcome; null for a numeric one. */
  readonly levels: readonly string[] | null;
}

export type Variable =
  | { readonly kind: 'numeric'; readonly mean: number; readonly sd: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'factor'; readonly levels: readonly string[] };

/** The choice set of each row. */
export interface ChoiceSets {
  readonly count: number;
  /** Index of each row's set, from 0, in the order in which sets first occur. */
  readonly of: Int32Array;
  /** The name of each set, for messages: its columns, joined by _. */
  readonly labels: readonly string[];
}

/** The outcome of each row. */
export interface Response {
  /** The text in the formula, for example `y` or `log(y)`. */
  readonly name: string;
  readonly values: Float64Array;
  /** Trials of `y | trials(n)`; null in a formula without trials. */
  readonly trials: Float64Array | null;
  /** Factors of the log likelihoods, above 0, of `y | weights(w)`. @default 1 for each row */
  readonly weights?: Float64Array;
  /** Known standard errors of `y | se(s)`, above 0. @default none */
  readonly errors?: Float64Array;
  /** What `y | cens(c)` and `y | trunc(lb = 0)` say of the outcomes. @default none */
  readonly limits?: Limits;
  /** The choice sets of `y | set(id)`. @default none */
  readonly sets?: ChoiceSets;
  /** Levels of a factor or boolean outcome, encoded as 0 and 1, or from 1 on if they are ordered categories. */
  readonly levels: readonly string[] | null;
}

/** All data used by a fit. */
export interface ModelFrame {
  readonly design: Design;
  readonly encoded: Encoded;
  readonly response: Response;
  /** The columns that the formula uses, restricted to the used rows. */
  readonly table: Table;
  /**
   * Rows of `table` that the rows of the design are, from 0, in a formula with `freq(n)`: the design
   * has each of them n times. @default the same rows
   */
  readonly copied?: Int32Array;
  /** Indices in the data set of the rows of the design, from 0. */
  readonly usedRows: Int32Array;
  /** Notes for the user about the data, for example dropped rows or constant columns. */
  readonly notes: readonly string[];
  readonly facts: DataFacts;
}

/** Facts about the data to report before a fit. Columns are those of the population design. */
export interface DataFacts {
  /** Number of rows dropped because of missing values. */
  readonly droppedRows: number;
  /** Constant columns, which are not identified next to an intercept. */
  readonly constantColumns: readonly string[];
  /** Columns that are linear combinations of earlier columns and the intercept. */
  readonly dependentColumns: readonly DependentColumn[];
  /** Grouping factors with a single level. */
  readonly oneLevelGroups: readonly string[];
}

export interface DependentColumn {
  readonly column: string;
  readonly of: readonly string[];
}
