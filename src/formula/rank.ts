/**
 * Finds linearly dependent columns of a design as R's `lm` does: by a QR factorization that skips a
 * column if less than 1e-7 of its length remains after projection on the earlier columns. With an
 * intercept, columns are centred first.
 *
 * Most designs have none. A Cholesky factorization of the sums of products confirms this at a
 * fraction of the cost if a large part of every column remains; of many rows, some are enough.
 */
import { cholesky, mirrorLower } from '../linear-algebra/cholesky.js';
import {
  type ColumnRanges,
  rangesOfColumns,
  sizeOf,
  unitToSquare,
} from '../linear-algebra/powers-of-two.js';
import { norm } from '../linear-algebra/sums.js';
import type { DependentColumn, DesignMatrix } from './design.js';

const TOLERANCE = 1e-7;

interface RankFacts {
  readonly constantColumns: readonly string[];
  readonly dependentColumns: readonly DependentColumn[];
}

export function rankFacts(given: DesignMatrix, intercept: boolean): RankFacts {
  const { matrix, ranges } = squarable(given);
  const { names } = matrix;
  const isConstant = (j: number) => intercept && ranges.least[j] === ranges.most[j];
  const constantColumns = names.filter((_, j) => isConstant(j));
  const others = names.flatMap((_, j) => (isConstant(j) ? [] : [j]));
  if (
    independentInSome(matrix, ranges, others, intercept) ||
    remainders(matrix, others, intercept) !== null
  ) {
    return { constantColumns, dependentColumns: [] };
  }
  const dependentColumns: DependentColumn[] = [];
  const basis: Basis = { names: [], vectors: [], coefficients: [] };
  for (const j of others) {
    const column = columnOf(matrix, j);
    if (intercept) centre(column);
    const of = addOrExplain(basis, names[j], column);
    if (of !== null) dependentColumns.push({ column: names[j], of });
  }
  return { constantColumns, dependentColumns };
}

/** Rescales columns whose squares would overflow or underflow. */
function squarable(given: DesignMatrix): { matrix: DesignMatrix; ranges: ColumnRanges } {
  const { names, values } = given;
  const k = names.length;
  const ranges = rangesOfColumns(values, k);
  const units = names.map((_, j) => unitToSquare(sizeOf(ranges, j)));
  if (units.every((unit) => unit === 1)) return { matrix: given, ranges };
  const matrix = { ...given, values: values.map((value, at) => value / units[at % k]) };
  return { matrix, ranges: rangesOfColumns(matrix.values, k) };
}

/** Rows that decide for all: so many, and so many more for each column. */
const SOME_ROWS = 1000;
const ROWS_A_COLUMN = 20;
/** The share of a column's length that must remain in them: a hundred times what counts as dependent. */
const LEFT_IN_SOME = 100 * TOLERANCE;
const GOLDEN = 0.5 * (Math.sqrt(5) - 1);

/**
 * Whether some rows prove independence. What remains of a column in all rows is at least what remains in
 * some of them, and its length at most √rows times its largest distance from the middle, or from zero.
 */
function independentInSome(
  { names, rows, values }: DesignMatrix,
  ranges: ColumnRanges,
  columns: readonly number[],
  intercept: boolean,
): boolean {
  const k = names.length;
  const count = SOME_ROWS + ROWS_A_COLUMN * k;
  if (2 * count > rows) return false;
  const some = new Float64Array(count * k);
  for (let i = 0; i < count; i++) {
    // Spread evenly, but without a period.
    const row = Math.floor(((i + ((i * GOLDEN) % 1)) * rows) / count);
    some.set(values.subarray(row * k, (row + 1) * k), i * k);
  }
  const left = remainders({ names, rows: count, values: some }, columns, intercept);
  if (left === null) return false;
  return columns.every((j, a) => {
    const extent = intercept ? 0.5 * (ranges.most[j] - ranges.least[j]) : sizeOf(ranges, j);
    return left[a] > LEFT_IN_SOME * Math.sqrt(rows) * extent;
  });
}

/** The share of a column's length that must remain, far above rounding errors. */
const PLAINLY_LEFT = 1e-3;

/** What remains of each column, or null if it is not a large part of every one. */
function remainders(
  matrix: DesignMatrix,
  columns: readonly number[],
  intercept: boolean,
): readonly number[] | null {
  const k = columns.length;
  const products = intercept
    ? centredProducts(matrix, columns)
    : sumsOfProducts(matrix, columns).products;
  const lengths = columns.map((_, a) => Math.sqrt(products[a * k + a]));
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < k; b++) products[a * k + b] /= lengths[a] * lengths[b];
  }
  const lower = cholesky(products, k);
  if (lower === null) return null;
  const shares = lengths.map((_, a) => lower[a * (k + 1)]);
  if (!shares.every((share) => share > PLAINLY_LEFT)) return null;
  return shares.map((share, a) => share * lengths[a]);
}

/** Σ (x_ia − x̄_a) (x_ib − x̄_b), from sums of values mostly near zero, to avoid cancellation. */
function centredProducts(matrix: DesignMatrix, columns: readonly number[]): Float64Array {
  const k = columns.length;
  const { products, sums } = sumsOfProducts(matrix, columns, originsOf(matrix, columns));
  return products.map(
    (product, at) => product - (sums[Math.floor(at / k)] * sums[at % k]) / matrix.rows,
  );
}

/** An origin near the values of each column: 0 if most are 0, else the first value. */
function originsOf({ names, rows, values }: DesignMatrix, columns: readonly number[]): number[] {
  const zeros = new Int32Array(names.length);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < names.length; j++, at++) if (values[at] === 0) zeros[j]++;
  }
  return columns.map((j) => (2 * zeros[j] > rows ? 0 : values[j]));
}

/**
 * Sums over the non-zero values of each row; only one of a factor's columns is non-zero.
 * @returns also the sums of the columns, each relative to its origin
 */
function sumsOfProducts(
  { names, rows, values }: DesignMatrix,
  columns: readonly number[],
  origins: readonly number[] = columns.map(() => 0),
): { products: Float64Array; sums: Float64Array } {
  const k = columns.length;
  const products = new Float64Array(k * k);
  const sums = new Float64Array(k);
  const row = new Float64Array(k);
  const filled = new Int32Array(k);
  for (let i = 0; i < rows; i++) {
    let count = 0;
    for (let a = 0; a < k; a++) {
      row[a] = values[i * names.length + columns[a]] - origins[a];
      sums[a] += row[a];
      if (row[a] !== 0) filled[count++] = a;
    }
    for (let x = 0; x < count; x++) {
      const a = filled[x];
      const value = row[a];
      for (let y = 0; y <= x; y++) products[a * k + filled[y]] += value * row[filled[y]];
    }
  }
  mirrorLower(products, k);
  return { products, sums };
}

function columnOf({ names, rows, values }: DesignMatrix, j: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => values[row * names.length + j]);
}

function centre(column: Float64Array): void {
  const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
  for (let i = 0; i < column.length; i++) column[i] -= mean;
}

/** Orthonormal vectors, each with its coefficients on the columns (scaled to length 1). */
interface Basis {
  readonly names: string[];
  readonly vectors: Float64Array[];
  readonly coefficients: Float64Array[];
}

/** Adds a column to the basis and returns null, or returns the columns that it depends on. */
function addOrExplain(basis: Basis, name: string, column: Float64Array): readonly string[] | null {
  const length = norm(column);
  if (length === 0) return [];
  const rest = column.map((value) => value / length);
  const along = new Float64Array(basis.vectors.length);
  // Gram–Schmidt twice is enough (Giraud, Langou & Rozložník 2005).
  for (let pass = 0; pass < 2; pass++) {
    basis.vectors.forEach((vector, k) => {
      let product = 0;
      for (let i = 0; i < rest.length; i++) product += vector[i] * rest[i];
      for (let i = 0; i < rest.length; i++) rest[i] -= product * vector[i];
      along[k] += product;
    });
  }
  // The column is Σ multiples · (earlier columns) + rest.
  const multiples = new Float64Array(basis.names.length);
  basis.coefficients.forEach((coefficients, k) => {
    coefficients.forEach((coefficient, i) => {
      multiples[i] += along[k] * coefficient;
    });
  });
  const left = norm(rest);
  if (left < TOLERANCE) return basis.names.filter((_, i) => Math.abs(multiples[i]) > TOLERANCE);
  basis.names.push(name);
  basis.vectors.push(rest.map((value) => value / left));
  basis.coefficients.push(
    Float64Array.from({ length: basis.names.length }, (_, i) =>
      i < multiples.length ? -multiples[i] / left : 1 / left,
    ),
  );
  return null;
}
