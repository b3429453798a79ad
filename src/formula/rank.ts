/**
 * Columns of a design that say what other columns say, found as R's `lm` finds them: by a QR
 * factorization that passes over a column of which less than 1e-7 of its length is left when the
 * columns before it are taken out. With an intercept, columns are centred first.
 */
import type { DependentColumn, DesignMatrix } from './design.js';

const TOLERANCE = 1e-7;

export interface RankFacts {
  readonly constantColumns: readonly string[];
  readonly dependentColumns: readonly DependentColumn[];
}

export function rankFacts(matrix: DesignMatrix, intercept: boolean): RankFacts {
  const { names } = matrix;
  const constantColumns: string[] = [];
  const dependentColumns: DependentColumn[] = [];
  const basis: Basis = { names: [], vectors: [], coefficients: [] };
  names.forEach((name, j) => {
    const column = columnOf(matrix, j);
    if (intercept) {
      if (column.every((value) => value === column[0])) {
        constantColumns.push(name);
        return;
      }
      centre(column);
    }
    const of = addOrExplain(basis, name, column);
    if (of !== null) dependentColumns.push({ column: name, of });
  });
  return { constantColumns, dependentColumns };
}

function columnOf({ names, rows, values }: DesignMatrix, j: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => values[row * names.length + j]);
}

function centre(column: Float64Array): void {
  const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
  for (let i = 0; i < column.length; i++) column[i] -= mean;
}

/** Orthonormal vectors, each with the multiples of the columns (each of length 1) that it is. */
interface Basis {
  readonly names: string[];
  readonly vectors: Float64Array[];
  readonly coefficients: Float64Array[];
}

/** Adds a column to the basis and returns null, or returns the columns that make it up. */
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

function norm(vector: Float64Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}
