/**
 * The population-level columns of a regression as its likelihoods take them: centred where there is
 * an intercept, as brms does, stored by column, and with rows that are the same in all columns and
 * in the offset merged into one.
 *
 * Columns are taken two at a time, which halves the passes over η; an odd number of them is padded
 * with one of zeros.
 */
import type { Cells } from '../families/family.js';
import { type CentredPredictors, centrePredictors } from '../predictors.js';
import type { RegressionData } from '../regression-data.js';

export interface CoefficientDesign {
  /** Rows that differ: linear predictors to be computed. */
  readonly cells: number;
  /** Of each row of the data; null where no two rows are the same. */
  readonly cellOf: Int32Array | null;
  /** 1 with an intercept, 0 without. */
  readonly intercept: number;
  /** Number of slopes. */
  readonly slopes: number;
  /** Subtracted from each column: the column means, or zeros where there is no intercept. */
  readonly means: Float64Array;
  /** Column-major (cell, slope), padded to an even number of columns. */
  readonly columns: Float64Array;
  /** One a cell, or null. */
  readonly offset: Float64Array | null;
}

/** @param merging whether rows that are the same may share a linear predictor */
export function coefficientDesign(
  data: RegressionData,
  merging: 'merged' | 'by-row',
): CoefficientDesign {
  const { rows, predictors, offset } = data;
  const slopes = predictors.names.length;
  const { means, centred } = centredValues(data);
  const cellOf = merging === 'merged' ? cellsOf(data) : null;
  const rowOf = cellOf ? firstRows(cellOf) : Int32Array.from({ length: rows }, (_, i) => i);
  const cells = rowOf.length;
  const columns = new Float64Array(cells * (slopes + (slopes % 2)));
  for (let cell = 0; cell < cells; cell++) {
    for (let j = 0; j < slopes; j++) {
      columns[j * cells + cell] = centred[rowOf[cell] * slopes + j];
    }
  }
  return {
    cells,
    cellOf,
    intercept: data.intercept ? 1 : 0,
    slopes,
    means,
    columns,
    offset: offset ? Float64Array.from(rowOf, (row) => offset[row]) : null,
  };
}

/**
 * Of a column's size: values no further apart are the same but for the rounding of whoever computed
 * them. A dummy variable on top of 10¹⁰, say, is far above it.
 */
export const ROUNDING = 8 * Number.EPSILON;

function centredValues({ intercept, predictors }: RegressionData): CentredPredictors {
  if (!intercept) {
    return { means: new Float64Array(predictors.names.length), centred: predictors.values };
  }
  const { means, centred } = centrePredictors(predictors);
  const k = means.length;
  const { values } = predictors;
  for (let j = 0; j < k; j++) {
    // Of the values as they are: the mean of many rounds by more than they do.
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let at = j; at < values.length; at += k) {
      least = Math.min(least, values[at]);
      most = Math.max(most, values[at]);
    }
    if (most - least > ROUNDING * Math.max(Math.abs(least), Math.abs(most))) continue;
    for (let at = j; at < centred.length; at += k) centred[at] = 0;
  }
  return { means, centred };
}

/** The cells of outcomes, as a family wants them. */
export function cellsOfDesign({ cells, cellOf }: CoefficientDesign): { cells?: Cells } {
  return cellOf ? { cells: { count: cells, of: cellOf } } : {};
}

/** Rows looked at before it is clear that few are the same. */
const LOOK = 1000;
const WORTHWHILE = 0.9;

/** The place of each row among the rows that differ; null where few are the same. */
function cellsOf({ rows, predictors, offset }: RegressionData): Int32Array | null {
  const k = predictors.names.length;
  const places = new Map<string, number>();
  const cellOf = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    if (i === LOOK && places.size > WORTHWHILE * LOOK) return null;
    const values = predictors.values.subarray(i * k, (i + 1) * k).join();
    const key = offset ? `${values};${offset[i]}` : values;
    const place = places.get(key) ?? places.size;
    places.set(key, place);
    cellOf[i] = place;
  }
  return places.size <= WORTHWHILE * rows ? cellOf : null;
}

/** A row of each cell. */
function firstRows(cellOf: Int32Array): Int32Array {
  const rows: number[] = [];
  cellOf.forEach((cell, row) => {
    if (cell === rows.length) rows.push(row);
  });
  return Int32Array.from(rows);
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

/** Xᵀ diag(weights) X, intercept first, as the first block of a row-major matrix. */
export function writeGram(
  design: CoefficientDesign,
  weights: Float64Array,
  matrix: Float64Array,
  dimension: number,
): void {
  const { cells, intercept, slopes, columns } = design;
  const weighted = new Float64Array(cells);
  const sums = new Float64Array(intercept + slopes);
  for (let a = 0; a < intercept + slopes; a++) {
    const column = (a - intercept) * cells;
    const isIntercept = a < intercept;
    for (let i = 0; i < cells; i++) {
      weighted[i] = isIntercept ? weights[i] : weights[i] * columns[column + i];
    }
    writeColumnSums(design, weighted, sums);
    for (let b = 0; b < sums.length; b++) matrix[a * dimension + b] = sums[b];
  }
}
