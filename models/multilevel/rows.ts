/**
 * Group terms by their grouping factor. Terms over one factor, `(1 | g) + (0 + x | g)`, vary by the
 * same levels: their coefficients are concatenated in one factor with a block-diagonal
 * covariance.
 */
import { distinctRows, type RowBlock } from '../../src/linear-algebra/distinct-rows.js';
import { type Cells, type ResponseFamily, traitsOf } from '../families/family.js';
import { placesOfRows } from '../generalized-linear/coefficient-design.js';
import {
  centrePredictors,
  type GroupEffects,
  type Membership,
  membersOf,
  predictorsPerRow,
  type RegressionData,
  type RegressionSpecification,
} from '../regression-data.js';

/** A term's place in its factor. */
export interface FactorTerm {
  /** Index among the terms of the regression. */
  readonly term: number;
  /** Position of its first coefficient among those of the factor. */
  readonly start: number;
  /** Number of its coefficients. */
  readonly size: number;
}

export interface GroupFactor extends Membership {
  readonly group: string;
  readonly terms: readonly FactorTerm[];
  /** Coefficients per level. */
  readonly size: number;
  readonly levels: number;
  /** The further members of each row; the last factor has none. */
  readonly further: readonly Membership[];
}

/**
 * The factors of the terms. The factor with the most effects is last: its effects are computed given
 * all other parameters, level by level. Those of multi-membership terms meet within a row, so that such a
 * factor is never last: if there is no other, the last one is a single level without coefficients.
 */
export function groupFactors(groups: readonly GroupEffects[], rows: number): GroupFactor[] {
  const together: number[][] = [];
  groups.forEach((group, term) => {
    const known = together.find(([first]) => sameLevels(groups[first], group));
    if (known) known.push(term);
    else together.push([term]);
  });
  const factors = together.map((terms) => factorOf(groups, terms, rows));
  if (factors.every(hasMembers)) factors.push(withoutEffects(rows));
  return factors.sort(
    (a, b) =>
      Number(hasMembers(b)) - Number(hasMembers(a)) || a.levels * a.size - b.levels * b.size,
  );
}

function hasMembers({ further }: GroupFactor): boolean {
  return further.length > 0;
}

function withoutEffects(rows: number): GroupFactor {
  return {
    group: '',
    terms: [],
    size: 0,
    levels: 1,
    levelOf: new Int32Array(rows),
    values: new Float64Array(0),
    further: [],
  };
}

function sameLevels(a: GroupEffects, b: GroupEffects): boolean {
  const others = membersOf(b);
  return (
    a.group === b.group &&
    a.levels.length === b.levels.length &&
    membersOf(a).every(({ levelOf }, m) =>
      levelOf.every((level, row) => level === others[m]?.levelOf[row]),
    )
  );
}

function factorOf(
  groups: readonly GroupEffects[],
  terms: readonly number[],
  rows: number,
): GroupFactor {
  const places: FactorTerm[] = [];
  let size = 0;
  for (const term of terms) {
    const count = groups[term].coefficients.length;
    places.push({ term, start: size, size: count });
    size += count;
  }
  const first = groups[terms[0]];
  const [only, ...further] = membersOf(first).map(({ levelOf }, member): Membership => {
    const values = new Float64Array(rows * size);
    for (const { term, start, size: count } of places) {
      const own = membersOf(groups[term])[member].values;
      for (let i = 0; i < rows; i++) {
        for (let c = 0; c < count; c++) values[i * size + start + c] = own[i * count + c];
      }
    }
    return { levelOf, values };
  });
  const { group, levels } = first;
  return { group, terms: places, size, levels: levels.length, ...only, further };
}

/**
 * The rows of a multilevel regression in the layout of its density: ordered by the levels of the
 * last factor, with rows of equal linear predictors merged into one cell. Population-level columns
 * are split into those that are constant within a level, which cost one product per level, and the
 * others, stored by column.
 */

export interface MultilevelRows {
  /** Number of cells, each with one linear predictor. */
  readonly rows: number;
  /** Cell of each row of the data. */
  readonly cells: Cells;
  readonly offset: Float64Array | null;
  /** One row per cell. */
  readonly factors: readonly GroupFactor[];
  /** Means subtracted from the predictors. */
  readonly means: Float64Array;
  readonly byLevel: LevelColumns;
  readonly byRow: RowColumns;
}

/** Columns that are constant within the levels of the last factor. */
interface LevelColumns {
  /** Row-major (level, column). */
  readonly values: Float64Array;
  /** Position of each column among the coefficients. */
  readonly places: Int32Array;
}

/** Columns that vary within levels. */
interface RowColumns {
  /** Column-major (cell, column). */
  readonly values: Float64Array;
  readonly places: Int32Array;
}

export function multilevelRows({ family, data }: RegressionSpecification): MultilevelRows {
  const given = groupFactors(data.groups, data.predictors.rows);
  const last = given[given.length - 1];
  const { of, first } = cellsOf(data, given, traitsOf(family).merges && !data.latents);
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

/** The cell of each row, and the first row of each cell. */
function cellsOf(
  data: RegressionData,
  factors: readonly GroupFactor[],
  merging: boolean,
): { of: Int32Array; first: number[] } {
  const { predictors, offset } = data;
  const { rows } = predictors;
  if (!merging) {
    const each = Int32Array.from({ length: rows }, (_, i) => i);
    return { of: each, first: [...each] };
  }
  const blocks: RowBlock[] = [{ values: predictors.values, width: predictors.names.length }];
  if (data.parts) blocks.push({ values: placesOfRows(data), width: 1 });
  if (offset) blocks.push({ values: offset, width: 1 });
  for (const factor of factors) {
    for (const { levelOf, values } of membersOf(factor)) {
      blocks.push({ values: levelOf, width: 1 }, { values, width: factor.size });
    }
  }
  const { of, first } = distinctRows(rows, blocks);
  return { of, first: [...first] };
}

function factorOfCells(factor: GroupFactor, rowOf: readonly number[]): GroupFactor {
  const { size } = factor;
  const [only, ...further] = membersOf(factor).map((member): Membership => {
    const values = new Float64Array(rowOf.length * size);
    rowOf.forEach((row, i) => {
      values.set(member.values.subarray(row * size, (row + 1) * size), i * size);
    });
    return { values, levelOf: Int32Array.from(rowOf, (row) => member.levelOf[row]) };
  });
  return { ...factor, ...only, further };
}

function columnsOf(
  data: RegressionData,
  rowOf: readonly number[],
  last: GroupFactor,
): Pick<MultilevelRows, 'means' | 'byLevel' | 'byRow'> {
  const { predictors, intercept } = data;
  const slopes = predictors.names.length;
  const height = predictorsPerRow(data);
  const { means, centred } = centrePredictors(data);
  const columns =
    means.length === 0
      ? []
      : Array.from(means, (_, j) => Float64Array.from(rowOf, (row) => centred[row * slopes + j]));
  if (intercept) {
    columns.unshift(Float64Array.from(rowOf, (row) => (row % height === 0 ? 1 : 0)));
  }
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

/**
 * The loops over rows of a density, in the order of its evaluation. They share the linear predictor η
 * and its gradient, which are theirs; arrays by level are row-major (level, coefficient).
 */
export interface RowLoops {
  /** Sets W_i z_i, row-major (row, coefficient of the last factor). */
  linearize(weighted: Float64Array): void;
  /** η_i = offset_i + Σ_j x_ij coefficients_j. */
  writePopulation(coefficients: Float64Array): void;
  /** η_i += z_i·u[level], for factor f. */
  addEffects(f: number, effects: Float64Array): void;
  /** Σ_i η_i W_i z_i for each level of the last factor. */
  writeWeightedSums(sums: Float64Array): void;
  /** Writes ∂ℓ/∂η, which the following loops use, and the gradient by aux; returns ℓ. */
  logLikelihood(aux: Float64Array, auxGradient: Float64Array): number;
  /** Σ_i z_i ∂ℓ/∂η_i for each level of factor f. */
  writeLevelSums(f: number, sums: Float64Array): void;
  /** ∂ℓ/∂η_i += W_i z_i·numbers[level], levels of the last factor. */
  addWeighted(numbers: Float64Array): void;
  /** sums_j += Σ_i x_ij ∂ℓ/∂η_i. */
  addColumnSums(sums: Float64Array): void;
  /** η_i += numbers_i. */
  addRows(numbers: Float64Array): void;
  /** A copy of ∂ℓ/∂η. */
  slopes(): Float64Array;
  /** A copy of η. */
  eta(): Float64Array;
}

/** The loops in JavaScript. */
export class PlainLoops implements RowLoops {
  readonly #rows: MultilevelRows;
  readonly #family: ResponseFamily;
  readonly #eta: Float64Array;
  readonly #slopes: Float64Array;
  readonly #weighted: Float64Array;
  /** One number per level of the last factor. */
  readonly #scratch: Float64Array;

  constructor(rows: MultilevelRows, family: ResponseFamily) {
    const last = rows.factors[rows.factors.length - 1];
    this.#rows = rows;
    this.#family = family;
    this.#eta = new Float64Array(rows.rows);
    this.#slopes = new Float64Array(rows.rows);
    this.#weighted = new Float64Array(rows.rows * last.size);
    this.#scratch = new Float64Array(last.levels);
  }

  linearize(weighted: Float64Array): void {
    this.#weighted.set(weighted);
  }

  writePopulation(coefficients: Float64Array): void {
    const { rows, offset, byLevel, byRow } = this.#rows;
    const { levelOf } = this.#last();
    const eta = this.#eta;
    const scratch = this.#scratch;
    writeByLevel(byLevel, coefficients, scratch.length, scratch, 0);
    if (offset) for (let i = 0; i < rows; i++) eta[i] = offset[i] + scratch[levelOf[i]];
    else for (let i = 0; i < rows; i++) eta[i] = scratch[levelOf[i]];
    const { values, places } = byRow;
    for (let c = 0; c < places.length; c++) {
      const coefficient = coefficients[places[c]];
      const column = c * rows;
      for (let i = 0; i < rows; i++) eta[i] += coefficient * values[column + i];
    }
  }

  addEffects(f: number, effects: Float64Array): void {
    const factor = this.#rows.factors[f];
    for (const { levelOf, values } of membersOf(factor)) {
      addRowProducts(levelOf, factor.size, values, effects, this.#eta);
    }
  }

  writeWeightedSums(sums: Float64Array): void {
    const { levelOf, size } = this.#last();
    sums.fill(0);
    addSums(levelOf, size, this.#weighted, this.#eta, sums);
  }

  logLikelihood(aux: Float64Array, auxGradient: Float64Array): number {
    return this.#family.logLikelihood(this.#eta, aux, this.#slopes, auxGradient);
  }

  writeLevelSums(f: number, sums: Float64Array): void {
    writeSums(this.#rows.factors[f], this.#slopes, sums);
  }

  addWeighted(numbers: Float64Array): void {
    const { levelOf, size } = this.#last();
    addRowProducts(levelOf, size, this.#weighted, numbers, this.#slopes);
  }

  addColumnSums(sums: Float64Array): void {
    addColumnSums(this.#rows, this.#slopes, sums, this.#scratch);
  }

  addRows(numbers: Float64Array): void {
    for (let i = 0; i < numbers.length; i++) this.#eta[i] += numbers[i];
  }

  slopes(): Float64Array {
    return this.#slopes.slice();
  }

  eta(): Float64Array {
    return this.#eta.slice();
  }

  #last(): GroupFactor {
    const { factors } = this.#rows;
    return factors[factors.length - 1];
  }
}

/** Σ_j x_ij coefficients_j of the columns that are constant within levels, for each level, from place `at` on. */
export function writeByLevel(
  { values, places }: LevelColumns,
  coefficients: Float64Array,
  levels: number,
  target: Float64Array,
  at: number,
): void {
  const width = places.length;
  for (let level = 0, from = 0; level < levels; level++) {
    let sum = 0;
    for (let c = 0; c < width; c++) sum += values[from++] * coefficients[places[c]];
    target[at + level] = sum;
  }
}

/** The adjoint: sums_j += Σ x_ij numbers_level. */
export function addByLevel(
  { values, places }: LevelColumns,
  levels: number,
  numbers: Float64Array,
  at: number,
  sums: Float64Array,
): void {
  const width = places.length;
  for (let level = 0, from = 0; level < levels; level++) {
    const number = numbers[at + level];
    for (let c = 0; c < width; c++) sums[places[c]] += number * values[from++];
  }
}

/**
 * sums_j += Σ_i x_ij slopes_i.
 *
 * @param scratch one number per level of the last factor; overwritten
 */
export function addColumnSums(
  { rows, factors, byLevel, byRow }: MultilevelRows,
  slopes: Float64Array,
  sums: Float64Array,
  scratch: Float64Array = new Float64Array(factors[factors.length - 1].levels),
): void {
  const { levelOf } = factors[factors.length - 1];
  scratch.fill(0);
  for (let i = 0; i < rows; i++) scratch[levelOf[i]] += slopes[i];
  addByLevel(byLevel, scratch.length, scratch, 0, sums);
  const { values, places } = byRow;
  for (let c = 0; c < places.length; c++) {
    const column = c * rows;
    let even = 0;
    let odd = 0;
    let i = 0;
    for (; i + 1 < rows; i += 2) {
      even += slopes[i] * values[column + i];
      odd += slopes[i + 1] * values[column + i + 1];
    }
    if (i < rows) even += slopes[i] * values[column + i];
    sums[places[c]] += even + odd;
  }
}

/** numbers_i += vectors_i·byLevel[level]. */
function addRowProducts(
  levelOf: Int32Array,
  size: number,
  vectors: Float64Array,
  byLevel: Float64Array,
  numbers: Float64Array,
): void {
  const rows = numbers.length;
  if (size === 1) {
    for (let i = 0; i < rows; i++) numbers[i] += vectors[i] * byLevel[levelOf[i]];
    return;
  }
  for (let i = 0, at = 0; i < rows; i++) {
    const level = levelOf[i] * size;
    let sum = 0;
    for (let c = 0; c < size; c++) sum += vectors[at++] * byLevel[level + c];
    numbers[i] += sum;
  }
}

/** Σ_i z_i numbers_i for each level of a factor. */
export function writeSums(factor: GroupFactor, numbers: Float64Array, sums: Float64Array): void {
  sums.fill(0);
  for (const { levelOf, values } of membersOf(factor)) {
    addSums(levelOf, factor.size, values, numbers, sums);
  }
}

/** sums[level] += Σ_i numbers_i vectors_i, vectors of coefficients by row. */
function addSums(
  levelOf: Int32Array,
  size: number,
  vectors: Float64Array,
  numbers: Float64Array,
  sums: Float64Array,
): void {
  const rows = numbers.length;
  if (size === 1) {
    for (let i = 0; i < rows; i++) sums[levelOf[i]] += numbers[i] * vectors[i];
    return;
  }
  for (let i = 0, at = 0; i < rows; i++) {
    const level = levelOf[i] * size;
    const number = numbers[i];
    for (let c = 0; c < size; c++) sums[level + c] += number * vectors[at++];
  }
}
