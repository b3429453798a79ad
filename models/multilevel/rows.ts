/**
 * The rows of a multilevel regression as its density takes them: in the order of the levels of the
 * last factor, with rows that have the same linear predictor merged into one cell, and with the
 * population's columns parted into those that are constant within a level, which cost a product a
 * level, and the others, stored by column.
 */
import type { Cells } from '../families/family.js';
import { centrePredictors } from '../predictors.js';
import type { RegressionData, RegressionSpecification } from '../regression-data.js';
import { type GroupFactor, groupFactors } from './factors.js';

export interface MultilevelRows {
  /** Cells: linear predictors to be computed. */
  readonly rows: number;
  /** Of each row of the data. */
  readonly cells: Cells;
  readonly offset: Float64Array | null;
  /** By cell. */
  readonly factors: readonly GroupFactor[];
  /** Subtracted from the predictors. */
  readonly means: Float64Array;
  readonly byLevel: LevelColumns;
  readonly byRow: RowColumns;
}

/** Columns that are constant within the levels of the last factor. */
export interface LevelColumns {
  /** Row-major (level, column). */
  readonly values: Float64Array;
  /** Of each column among the coefficients. */
  readonly places: Int32Array;
}

/** The others. */
export interface RowColumns {
  /** Column-major (cell, column). */
  readonly values: Float64Array;
  readonly places: Int32Array;
}

export function multilevelRows({ family, data }: RegressionSpecification): MultilevelRows {
  const given = groupFactors(data.groups, data.rows);
  const last = given[given.length - 1];
  // What is not of an exponential family has no sums to be merged into.
  const { of, first } = cellsOf(data, given, family.family !== 'student');
  const order = first
    .map((row, cell) => ({ row, cell }))
    .sort((a, b) => last.levelOf[a.row] - last.levelOf[b.row] || a.row - b.row);
  const rank = new Int32Array(order.length);
  order.forEach(({ cell }, place) => {
    rank[cell] = place;
  });
  const rowOf = order.map(({ row }) => row);
  const factors = given.map((factor) => factorOfCells(factor, rowOf));
  const { offset } = data;
  return {
    rows: rowOf.length,
    cells: { count: rowOf.length, of: of.map((cell) => rank[cell]) },
    offset: offset && Float64Array.from(rowOf, (row) => offset[row]),
    factors,
    ...columnsOf(data, rowOf, factors[factors.length - 1]),
  };
}

/** A place for each row among those that differ, and a row of each. */
function cellsOf(
  { rows, predictors, offset }: RegressionData,
  factors: readonly GroupFactor[],
  merging: boolean,
): { of: Int32Array; first: number[] } {
  const k = predictors.names.length;
  const first: number[] = [];
  const places = new Map<string, number>();
  const of = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const parts = [predictors.values.subarray(i * k, (i + 1) * k).join(), offset?.[i]];
    for (const { levelOf, values, size } of factors) {
      parts.push(levelOf[i], values.subarray(i * size, (i + 1) * size).join());
    }
    const key = merging ? parts.join(';') : String(i);
    const place = places.get(key) ?? first.length;
    if (place === first.length) {
      places.set(key, place);
      first.push(i);
    }
    of[i] = place;
  }
  return { of, first };
}

function factorOfCells(factor: GroupFactor, rowOf: readonly number[]): GroupFactor {
  const { size, levelOf } = factor;
  const values = new Float64Array(rowOf.length * size);
  rowOf.forEach((row, i) => {
    values.set(factor.values.subarray(row * size, (row + 1) * size), i * size);
  });
  return { ...factor, values, levelOf: Int32Array.from(rowOf, (row) => levelOf[row]) };
}

function columnsOf(
  data: RegressionData,
  rowOf: readonly number[],
  last: GroupFactor,
): Pick<MultilevelRows, 'means' | 'byLevel' | 'byRow'> {
  const { predictors, intercept } = data;
  const slopes = predictors.names.length;
  // brms centres the predictors only where there is an intercept to move.
  const { means, centred } = intercept
    ? centrePredictors(predictors)
    : { means: new Float64Array(slopes), centred: predictors.values };
  const columns =
    means.length === 0
      ? []
      : Array.from(means, (_, j) => Float64Array.from(rowOf, (row) => centred[row * slopes + j]));
  if (intercept) columns.unshift(new Float64Array(rowOf.length).fill(1));
  const places = columns.map((_, place) => place);
  const constant = places.filter((place) => isConstantByLevel(columns[place], last));
  const varying = places.filter((place) => !constant.includes(place));
  const byLevel = new Float64Array(last.levels * constant.length);
  constant.forEach((place, c) => {
    last.levelOf.forEach((level, i) => {
      byLevel[level * constant.length + c] = columns[place][i];
    });
  });
  const byRow = new Float64Array(rowOf.length * varying.length);
  varying.forEach((place, c) => {
    byRow.set(columns[place], c * rowOf.length);
  });
  return {
    means,
    byLevel: { values: byLevel, places: Int32Array.from(constant) },
    byRow: { values: byRow, places: Int32Array.from(varying) },
  };
}

function isConstantByLevel(column: Float64Array, { levelOf }: GroupFactor): boolean {
  // Rows are in the order of the levels.
  return levelOf.every(
    (level, i) => i === 0 || level !== levelOf[i - 1] || column[i] === column[i - 1],
  );
}

/** η_i = offset_i + Σ_j x_ij coefficients_j. `scratch` has a number a level. */
export function writePopulation(
  { rows, offset, factors, byLevel, byRow }: MultilevelRows,
  coefficients: Float64Array,
  scratch: Float64Array,
  eta: Float64Array,
): void {
  const { levelOf } = factors[factors.length - 1];
  const width = byLevel.places.length;
  for (let level = 0, at = 0; level < scratch.length; level++) {
    let sum = 0;
    for (let c = 0; c < width; c++) sum += byLevel.values[at++] * coefficients[byLevel.places[c]];
    scratch[level] = sum;
  }
  if (offset) for (let i = 0; i < rows; i++) eta[i] = offset[i] + scratch[levelOf[i]];
  else for (let i = 0; i < rows; i++) eta[i] = scratch[levelOf[i]];
  const { values, places } = byRow;
  for (let c = 0; c < places.length; c++) {
    const coefficient = coefficients[places[c]];
    const column = c * rows;
    for (let i = 0; i < rows; i++) eta[i] += coefficient * values[column + i];
  }
}

/** sums_j += Σ_i weights_i x_ij: the adjoint. */
export function addColumnSums(
  { rows, factors, byLevel, byRow }: MultilevelRows,
  weights: Float64Array,
  scratch: Float64Array,
  sums: Float64Array,
): void {
  const { levelOf } = factors[factors.length - 1];
  const width = byLevel.places.length;
  scratch.fill(0);
  for (let i = 0; i < rows; i++) scratch[levelOf[i]] += weights[i];
  for (let level = 0, at = 0; level < scratch.length; level++) {
    const weight = scratch[level];
    for (let c = 0; c < width; c++) sums[byLevel.places[c]] += weight * byLevel.values[at++];
  }
  const { values, places } = byRow;
  for (let c = 0; c < places.length; c++) {
    const column = c * rows;
    let even = 0;
    let odd = 0;
    let i = 0;
    for (; i + 1 < rows; i += 2) {
      even += weights[i] * values[column + i];
      odd += weights[i + 1] * values[column + i + 1];
    }
    if (i < rows) even += weights[i] * values[column + i];
    sums[places[c]] += even + odd;
  }
}

/** η_i += z_i·u[level]. */
export function addEffects(
  { size, levelOf, values }: GroupFactor,
  effects: Float64Array,
  eta: Float64Array,
): void {
  const rows = eta.length;
  if (size === 1) {
    for (let i = 0; i < rows; i++) eta[i] += values[i] * effects[levelOf[i]];
    return;
  }
  for (let i = 0, at = 0; i < rows; i++) {
    const level = levelOf[i] * size;
    let sum = 0;
    for (let c = 0; c < size; c++) sum += values[at++] * effects[level + c];
    eta[i] += sum;
  }
}

/** sums[level] += sign Σ_i numbers_i vectors_i, vectors of the factor's coefficients by row. */
export function addByLevel(
  { size, levelOf }: GroupFactor,
  vectors: Float64Array,
  numbers: Float64Array,
  sign: 1 | -1,
  sums: Float64Array,
): void {
  const rows = numbers.length;
  if (size === 1) {
    for (let i = 0; i < rows; i++) sums[levelOf[i]] += sign * numbers[i] * vectors[i];
    return;
  }
  for (let i = 0, at = 0; i < rows; i++) {
    const level = levelOf[i] * size;
    const number = sign * numbers[i];
    for (let c = 0; c < size; c++) sums[level + c] += number * vectors[at++];
  }
}

/** numbers_i −= vectors_i·byLevel[level]. */
export function subtractOfRows(
  { size, levelOf }: GroupFactor,
  vectors: Float64Array,
  byLevel: Float64Array,
  numbers: Float64Array,
): void {
  const rows = numbers.length;
  if (size === 1) {
    for (let i = 0; i < rows; i++) numbers[i] -= vectors[i] * byLevel[levelOf[i]];
    return;
  }
  for (let i = 0, at = 0; i < rows; i++) {
    const level = levelOf[i] * size;
    let sum = 0;
    for (let c = 0; c < size; c++) sum += vectors[at++] * byLevel[level + c];
    numbers[i] -= sum;
  }
}
