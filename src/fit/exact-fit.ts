/**
 * Check whether the predictors explain the outcomes exactly, up to floating-point error. If so, the
 * likelihood is unbounded as σ → 0: with n rows and r linearly independent columns, it grows as
 * σ^−(n−r).
 */
import { meanLink } from '../../models/families/links.js';
import {
  type GroupEffects,
  membersOf,
  type RegressionSpecification,
} from '../../models/regression-data.js';
import { extend, takeOut } from '../linear-algebra/orthonormal.js';
import { largestOf, powerOfTwo } from '../linear-algebra/powers-of-two.js';
import { dot, norm } from '../linear-algebra/sums.js';

/**
 * Tolerance relative to a column's length for linear dependence on the columns before it, as in R's
 * `lm`.
 */
const DEPENDENT = 1e-7;
/** Relative rounding error allowed for a sum of products. */
const LAST_DIGITS = 16 * Number.EPSILON;
/**
 * Number of rows beyond the number of columns that are tried first; few designs explain these by
 * chance.
 */
const FIRST_ROWS = 50;

interface ExactFit {
  /** Number of linearly independent columns, group effects included. */
  readonly rank: number;
}

/**
 * Returns null if the outcomes are not explained exactly.
 *
 * @param group a grouping factor whose effects are included
 * @param rows the rows to explain
 */
export function exactFit(
  specification: Pick<RegressionSpecification, 'family' | 'data'>,
  rows: Int32Array,
  group: string | null,
): ExactFit | null {
  const { predictors } = specification.data;
  const few = 2 * predictors.names.length + FIRST_ROWS;
  if (rows.length > few && !explained(specification, rows.subarray(0, few), group)) return null;
  return explained(specification, rows, group);
}

function explained(
  { family, data }: Pick<RegressionSpecification, 'family' | 'data'>,
  rows: Int32Array,
  group: string | null,
): ExactFit | null {
  const { link } = meanLink(family.link);
  const { outcomes, offset } = data;
  const linked = Float64Array.from(rows, (i) => link(outcomes[i]));
  if (!linked.every(Number.isFinite)) return null;
  const known = Float64Array.from(rows, (i) => (offset ? offset[i] : 0));
  // Scaling by a power of two is exact and keeps squares in the range of floating point.
  const unit = powerOfTwo(Math.max(largestOf(linked), largestOf(known)));
  divide(linked, unit);
  divide(known, unit);
  const wanted = linked.map((value, i) => value - known[i]);
  const grouped = data.groups.filter((term) => term.group === group);
  const terms = grouped.filter(({ further }) => !further);
  let scale = largestOf(linked) + largestOf(known);
  const columns = [
    ...columnsOf(data, rows),
    ...grouped.filter(({ further }) => further).flatMap((term) => columnsOfMembers(term, rows)),
  ];
  for (const column of columns) divide(column, powerOfTwo(largestOf(column)));
  const sizes = columns.map((column) => ({ length: norm(column), most: largestOf(column) }));
  let rank = takeOutLevels(terms, rows, [...columns, wanted]);
  const basis: Float64Array[] = [];
  columns.forEach((column, j) => {
    const { length, most } = sizes[j];
    if (!(norm(column) > DEPENDENT * length) || !extend(basis, column, DEPENDENT)) return;
    rank++;
    // Effect of the rounding of this column on the part that it explains.
    const along = dot(basis[basis.length - 1], wanted);
    scale += (Math.abs(along) * most) / norm(column);
  });
  takeOut(basis, wanted);
  return largestOf(wanted) <= LAST_DIGITS * scale ? { rank } : null;
}

/** The column of ones, if there is an intercept, then the predictors. */
function columnsOf(
  { intercept, predictors }: RegressionSpecification['data'],
  rows: Int32Array,
): Float64Array[] {
  const { names, values } = predictors;
  const columns = names.map((_, j) => Float64Array.from(rows, (i) => values[i * names.length + j]));
  return intercept ? [new Float64Array(rows.length).fill(1), ...columns] : columns;
}

/** A column for each effect of a multi-membership term, which meet within rows. */
function columnsOfMembers(term: GroupEffects, rows: Int32Array): Float64Array[] {
  const width = term.coefficients.length;
  const columns = Array.from(
    { length: term.levels.length * width },
    () => new Float64Array(rows.length),
  );
  for (const { levelOf, values } of membersOf(term)) {
    rows.forEach((row, i) => {
      for (let c = 0; c < width; c++) {
        const column = columns[levelOf[row] * width + c];
        column[i] += values[row * width + c];
      }
    });
  }
  return columns.filter((column) => column.some((value) => value !== 0));
}

/** Projects the effects by level out of vectors, in place; returns the number of effects. */
function takeOutLevels(
  terms: readonly GroupEffects[],
  rows: Int32Array,
  vectors: readonly Float64Array[],
): number {
  const [first] = terms;
  if (first === undefined) return 0;
  const places = new Map<number, number[]>();
  rows.forEach((row, place) => {
    const level = first.levelOf[row];
    const known = places.get(level);
    if (known) known.push(place);
    else places.set(level, [place]);
  });
  let rank = 0;
  for (const ofLevel of places.values()) {
    const basis: Float64Array[] = [];
    for (const { coefficients, values } of terms) {
      const width = coefficients.length;
      for (let c = 0; c < width; c++) {
        const column = Float64Array.from(ofLevel, (place) => values[rows[place] * width + c]);
        divide(column, powerOfTwo(largestOf(column)));
        extend(basis, column, DEPENDENT);
      }
    }
    rank += basis.length;
    for (const vector of vectors) {
      const part = Float64Array.from(ofLevel, (place) => vector[place]);
      takeOut(basis, part);
      ofLevel.forEach((place, i) => {
        vector[place] = part[i];
      });
    }
  }
  return rank;
}

function divide(values: Float64Array, unit: number): void {
  if (unit !== 1) for (let i = 0; i < values.length; i++) values[i] /= unit;
}
