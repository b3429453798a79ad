/**
 * The population-level columns of a regression: centred if there is an intercept, as in brms, stored
 * by column, and with rows that are equal in all columns and in the offset merged into one.
 *
 * Columns are taken two at a time, which halves the passes over η; an odd number of them is padded
 * with one of zeros.
 */
import {
  type DistinctRows,
  distinctRows,
  type RowBlock,
} from '../../src/linear-algebra/distinct-rows.js';
import { rangesOfColumns, sizeOf } from '../../src/linear-algebra/powers-of-two.js';
import type { Cells } from '../families/family.js';
import {
  type CentredPredictors,
  centrePredictors,
  ordinaryColumns,
  predictorsPerRow,
  type RegressionData,
} from '../regression-data.js';

export interface CoefficientDesign {
  /** Number of distinct rows, each with a linear predictor. */
  readonly cells: number;
  /** Cell of each row of the data; null if every row has its own. */
  readonly cellOf: Int32Array | null;
  /** 1 with an intercept, 0 without. */
  readonly intercept: number;
  /** Number of slopes. */
  readonly slopes: number;
  /** Subtracted from each column: the column means, or zeros without an intercept. */
  readonly means: Float64Array;
  /** Column-major (cell, slope), padded to an even number of columns. */
  readonly columns: Float64Array;
  /** One per cell, or null. */
  readonly offset: Float64Array | null;
}

/** Rows that are taken together. */
const BLOCK = 256;

/** @param merging true if equal rows may share a linear predictor */
export function coefficientDesign(
  data: RegressionData,
  merging: 'merged' | 'by-row',
): CoefficientDesign {
  const { predictors, offset } = data;
  const { means, centred } = centredValues(data);
  const merged = merging === 'merged' ? mergedRows(data) : null;
  const rowOf = merged?.first ?? Int32Array.from({ length: predictors.rows }, (_, i) => i);
  if (data.parts) return ofSeveral(data, centred, means, rowOf, merged);
  const slopes = predictors.names.length;
  const cells = rowOf.length;
  const columns = new Float64Array(cells * (slopes + (slopes % 2)));
  // Rows of a block stay in the processor's cache from column to column.
  for (let from = 0; from < cells; from += BLOCK) {
    const to = Math.min(cells, from + BLOCK);
    for (let j = 0; j < slopes; j++) {
      for (let cell = from; cell < to; cell++) {
        columns[j * cells + cell] = centred[rowOf[cell] * slopes + j];
      }
    }
  }
  return {
    cells,
    cellOf: merged?.of ?? null,
    intercept: data.intercept ? 1 : 0,
    slopes,
    means,
    columns,
    offset: offset ? Float64Array.from(rowOf, (row) => offset[row]) : null,
  };
}

/** With several linear predictors, the intercept of the mean is a column as those of the others are. */
function ofSeveral(
  data: RegressionData,
  centred: Float64Array,
  means: Float64Array,
  rowOf: Int32Array,
  merged: DistinctRows | null,
): CoefficientDesign {
  const { offset, intercept } = data;
  const height = predictorsPerRow(data);
  const width = means.length;
  const first = intercept ? 1 : 0;
  const slopes = first + width;
  const cells = rowOf.length;
  const columns = new Float64Array(cells * (slopes + (slopes % 2)));
  for (let cell = 0; cell < cells; cell++) {
    const row = rowOf[cell];
    if (intercept && row % height === 0) columns[cell] = 1;
    for (let j = 0; j < width; j++) columns[(first + j) * cells + cell] = centred[row * width + j];
  }
  return {
    cells,
    cellOf: merged?.of ?? null,
    intercept: 0,
    slopes,
    means,
    columns,
    offset: offset ? Float64Array.from(rowOf, (row) => offset[row]) : null,
  };
}

/** Which of the linear predictors each row of the design is, from 0. */
export function placesOfRows(data: RegressionData): Int32Array {
  const height = predictorsPerRow(data);
  return Int32Array.from({ length: data.predictors.rows }, (_, row) => row % height);
}

/**
 * Share of a column's size: values that are closer than this differ only by rounding. The values of a
 * dummy variable added to 10¹⁰, for example, are much further apart.
 */
export const ROUNDING = 8 * Number.EPSILON;

function centredValues(data: RegressionData): CentredPredictors {
  const { intercept, predictors, parts } = data;
  const { means, centred } = centrePredictors(data);
  // A constant column that is not at its centre adds to the intercept.
  if (!intercept || parts || predictors.centre) return { means, centred };
  const k = means.length;
  // From the values themselves: their mean has a larger rounding error.
  const ranges = rangesOfColumns(predictors.values, k);
  for (let j = 0; j < ordinaryColumns(data); j++) {
    if (ranges.most[j] - ranges.least[j] > ROUNDING * sizeOf(ranges, j)) continue;
    for (let at = j; at < centred.length; at += k) centred[at] = 0;
  }
  return { means, centred };
}

/** The cells of `Outcomes`. */
export function cellsOfDesign(
  { cells, cellOf }: CoefficientDesign,
  data: RegressionData,
): { cells?: Cells } {
  if (cellOf) return { cells: { count: cells, of: cellOf } };
  if (!data.parts) return {};
  return { cells: { count: cells, of: Int32Array.from({ length: cells }, (_, row) => row) } };
}

/** Number of rows examined before deciding if few are equal. */
const LOOK = 1000;
const WORTHWHILE = 0.9;

/** Null if few rows are equal. */
function mergedRows(data: RegressionData): DistinctRows | null {
  const { predictors, offset } = data;
  const { rows } = predictors;
  const blocks: RowBlock[] = [{ values: predictors.values, width: predictors.names.length }];
  if (data.parts) blocks.push({ values: placesOfRows(data), width: 1 });
  if (offset) blocks.push({ values: offset, width: 1 });
  for (const count of rows > LOOK ? [LOOK, rows] : [rows]) {
    const distinct = distinctRows(count, blocks);
    if (distinct.first.length > WORTHWHILE * count) return null;
    if (count === rows) return distinct;
  }
  return null;
}

/** η = α + offset + X β, of parameters that start (α?, β …). */
export function writeEta(
  { cells, intercept, slopes, columns, offset }: CoefficientDesign,
  parameters: Float64Array,
  eta: Float64Array,
): void {
  const start = intercept === 1 ? parameters[0] : 0;
  if (offset) for (let i = 0; i < cells; i++) eta[i] = start + offset[i];
  else eta.fill(start);
  for (let j = 0; j < slopes; j += 2) {
    const first = parameters[intercept + j];
    const second = j + 1 < slopes ? parameters[intercept + j + 1] : 0;
    const a = j * cells;
    const b = a + cells;
    for (let i = 0; i < cells; i++) eta[i] += first * columns[a + i] + second * columns[b + i];
  }
}

/** Xᵀ weights, written to the start of `sums`: (Σ weights?, Σ weights x_j …). */
export function writeColumnSums(
  { cells, intercept, slopes, columns }: CoefficientDesign,
  weights: Float64Array,
  sums: Float64Array,
): void {
  if (intercept === 1) {
    let sum = 0;
    for (let i = 0; i < cells; i++) sum += weights[i];
    sums[0] = sum;
  }
  for (let j = 0; j < slopes; j += 2) {
    const a = j * cells;
    const b = a + cells;
    let first = 0;
    let second = 0;
    for (let i = 0; i < cells; i++) {
      first += weights[i] * columns[a + i];
      second += weights[i] * columns[b + i];
    }
    sums[intercept + j] = first;
    if (j + 1 < slopes) sums[intercept + j + 1] = second;
  }
}

/** Adds the products of a column with up to four others, `cells` apart, the last of them at `last`. */
function addFour(
  weighted: Float64Array,
  count: number,
  columns: Float64Array,
  at: number,
  cells: number,
  last: number,
  sums: Float64Array,
  to: number,
  left: number,
): void {
  const second = Math.min(at + cells, last);
  const third = Math.min(at + 2 * cells, last);
  const fourth = Math.min(at + 3 * cells, last);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < count; i++) {
    const weight = weighted[i];
    s0 += weight * columns[at + i];
    s1 += weight * columns[second + i];
    s2 += weight * columns[third + i];
    s3 += weight * columns[fourth + i];
  }
  sums[to] += s0;
  if (left > 1) sums[to + 1] += s1;
  if (left > 2) sums[to + 2] += s2;
  if (left > 3) sums[to + 3] += s3;
}

/** Xᵀ diag(weights) X, intercept first, as the first block of a row-major matrix. */
export function writeGram(
  design: CoefficientDesign,
  weights: Float64Array,
  matrix: Float64Array,
  dimension: number,
): void {
  const { cells, intercept, slopes, columns } = design;
  const k = intercept + slopes;
  for (let a = 0; a < k; a++) matrix.fill(0, a * dimension, a * dimension + k);
  const weighted = new Float64Array(Math.min(BLOCK, cells));
  // Rows of a block stay in the processor's cache from pair to pair.
  for (let from = 0; from < cells; from += BLOCK) {
    const count = Math.min(BLOCK, cells - from);
    for (let a = 0; a < k; a++) {
      const column = (a - intercept) * cells + from;
      let sum = 0;
      for (let i = 0; i < count; i++) {
        weighted[i] = a < intercept ? weights[from + i] : weights[from + i] * columns[column + i];
        sum += weighted[i];
      }
      const row = a * dimension;
      if (a < intercept) matrix[row] += sum;
      for (let b = Math.max(a, intercept); b < k; b += 4) {
        // Four at a time; the last column stands for those that are missing.
        const last = (k - 1 - intercept) * cells + from;
        const at = (b - intercept) * cells + from;
        addFour(weighted, count, columns, at, cells, last, matrix, row + b, k - b);
      }
    }
  }
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < a; b++) matrix[a * dimension + b] = matrix[b * dimension + a];
  }
}

/**
 * Linear independence of a design's columns, found from XᵀX: the pivot of the Cholesky
 * factorization is the squared length of a column after projecting out the columns before it.
 */

/** A remainder below this share of a column's length is rounding error. */
const LEAST_REMAINDER = 1e-6;

/**
 * Places, ascending, of the columns that are not (to a millionth of their length) combinations of
 * columns before them.
 *
 * @param gram XᵀX, row-major
 * @param held columns whose coefficients have a proper prior: always kept
 */
export function independentColumns(
  gram: Float64Array,
  dimension: number,
  held: readonly boolean[] = [],
): number[] {
  const lower = new Float64Array(dimension * dimension);
  const kept: number[] = [];
  for (let i = 0; i < dimension; i++) {
    const square = gram[i * (dimension + 1)];
    // A proper prior acts like an observation of the coefficient alone.
    let pivot = square + (held[i] ? Math.max(square, 1) : 0);
    for (const j of kept) {
      let sum = gram[i * dimension + j];
      for (const l of kept) {
        if (l < j) sum -= lower[i * dimension + l] * lower[j * dimension + l];
      }
      lower[i * dimension + j] = sum / lower[j * (dimension + 1)];
      pivot -= lower[i * dimension + j] ** 2;
    }
    if (!(pivot > LEAST_REMAINDER ** 2 * square)) continue;
    lower[i * (dimension + 1)] = Math.sqrt(pivot);
    kept.push(i);
  }
  return kept;
}
