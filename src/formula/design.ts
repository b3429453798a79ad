/**
 * What a formula makes of a table: the numbers that a model is fed with, and all that is needed to
 * make them again of new rows.
 */
import type { Formula } from './formula.js';
import type { Table } from './table.js';

/** Columns of numbers, named as R's `model.matrix` names them. */
export interface DesignMatrix {
  readonly names: readonly string[];
  readonly rows: number;
  /** Row-major (row, column). */
  readonly values: Float64Array;
}

/** One group term, `(1 + x | g)`. */
export interface GroupDesign {
  /** Name of the grouping factor: `g`, or `g:h` of an interaction. */
  readonly group: string;
  /** Of the coefficients that vary, the intercept among them as `(Intercept)`. */
  readonly matrix: DesignMatrix;
  /** Sorted as a factor's levels are. */
  readonly levels: readonly string[];
  /** Place of each row's level, -1 for one that was not in the data of the fit. */
  readonly levelOf: Int32Array;
  /** Levels of the rows that are new, by row; empty where none is. */
  readonly newLevels: ReadonlyMap<number, string>;
  /** `|`, not `||`. */
  readonly correlated: boolean;
}

/** Rows of data as numbers. */
export interface Encoded {
  readonly rows: number;
  /** Population-level columns in R's order, without the intercept's column of ones. */
  readonly population: DesignMatrix;
  readonly groups: readonly GroupDesign[];
  /** The sum of all `offset()`s, a number a row; null where there is none. */
  readonly offset: Float64Array | null;
}

/** How rows become numbers, as plain data: it survives JSON. */
export interface Design {
  readonly formula: Formula;
  /** Whether there is a population-level intercept. */
  readonly intercept: boolean;
  /** Columns of the table that the formula uses, with what they were at the fit. */
  readonly variables: Readonly<Record<string, Variable>>;
  /** Constants that depend on the data: the centre and scale of `scale(x)`, the basis of `poly(x, 2)`. */
  readonly constants: Readonly<Record<string, readonly number[]>>;
  /** Levels of each grouping factor, by its name. */
  readonly groupLevels: Readonly<Record<string, readonly string[]>>;
  /** Levels of each `factor(x)`, by its text. */
  readonly factorLevels: Readonly<Record<string, readonly string[]>>;
  /** The columns that `.` stands for. */
  readonly dot: readonly string[];
  readonly outcome: OutcomeDesign;
}

/**
 * Which outcomes a family takes: `real` any finite number, `binary` 0 and 1, booleans or a factor of
 * two levels, `count` whole numbers from 0, `binomial` the same with `| trials(n)`.
 */
export type OutcomeKind = 'real' | 'binary' | 'count' | 'binomial';

/** How outcomes of new rows are read. */
export interface OutcomeDesign {
  readonly kind: OutcomeKind;
  /** Of a factor or boolean outcome. */
  readonly levels: readonly [string, string] | null;
}

export type Variable =
  | { readonly kind: 'numeric'; readonly mean: number; readonly sd: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'factor'; readonly levels: readonly string[] };

/** The outcome of each row. */
export interface Response {
  /** As the formula has it: `y`, `log(y)`. */
  readonly name: string;
  readonly values: Float64Array;
  /** `y | trials(n)`; null where the formula has none. */
  readonly trials: Float64Array | null;
  /** A factor or boolean outcome was read as 0 for the first and 1 for the second of these. */
  readonly levels: readonly [string, string] | null;
}

/** All of a data set that goes into a fit. */
export interface ModelFrame {
  readonly design: Design;
  readonly encoded: Encoded;
  readonly response: Response;
  /** The columns that the formula uses, of the rows that are used. */
  readonly table: Table;
  /** Rows of the data set that are used, from 0. */
  readonly usedRows: Int32Array;
  /** What was done to the data that its owner should know: rows dropped, columns constant. */
  readonly notes: readonly string[];
  readonly facts: DataFacts;
}

/** What a fit should know of its data before it begins. Columns are those of the population design. */
export interface DataFacts {
  /** Rows that were left out for missing values. */
  readonly droppedRows: number;
  /** All values are the same: with an intercept the two cannot be told apart. */
  readonly constantColumns: readonly string[];
  /** A column that is a sum of multiples of columns before it, and of the intercept. */
  readonly dependentColumns: readonly DependentColumn[];
  /** Grouping factors of which one level alone occurs. */
  readonly oneLevelGroups: readonly string[];
}

export interface DependentColumn {
  readonly column: string;
  readonly of: readonly string[];
}
