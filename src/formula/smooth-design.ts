/** The columns of smooth terms, in the basis of the fit. */
import { badData } from '../checks/values.js';
import type { DesignMatrix, SpecialColumns } from './design.js';
import { evaluate } from './evaluate.js';
import { formatExpression, formatName } from './format.js';
import { hilbertBasis, hilbertColumns, hilbertFrequencies } from './hilbert-space.js';
import type { Scope } from './scope.js';
import { type SmoothTerm, shortestLength } from './smooth-terms.js';
import { labelsOf, levelsOf } from './table.js';
import { thinPlateBasis, thinPlateColumns } from './thin-plate.js';

/** One term, or one for each level of the term's `by` column. */
export function smoothColumns(term: SmoothTerm, scope: Scope): SpecialColumns[] {
  const x = evaluate(term.x, scope);
  const levels = levelsOfBy(term, scope);
  return levels.map((level) =>
    term.kind === 'spline'
      ? splineDesign(term, x, level, scope)
      : processDesign(term, x, level, scope),
  );
}

/** A curve of its own for some of the rows. */
interface Level {
  /** The column and the level, `ga`; null without `by`. */
  readonly name: string | null;
  has(row: number): boolean;
}

function levelsOfBy({ by, place, text }: SmoothTerm, scope: Scope): readonly Level[] {
  if (by === null) return [{ name: null, has: () => true }];
  const column = scope.column(by.name, by.place);
  if (column.kind === 'numeric') {
    return scope.fail(
      by.place ?? place,
      `by = ${formatName(by.name)} holds numbers, expected a column of text, whose levels have a curve each`,
    );
  }
  const labels = labelsOf(column);
  return scope
    .levels(`levels of ${text}`, () => levelsOf(column))
    .map((level) => ({
      name: `${by.name}${level}`,
      has: (row) => labels[row] === level,
    }));
}

/** Splines of all levels have the basis of all rows, as in mgcv. */
function splineDesign(
  term: SmoothTerm,
  x: Float64Array,
  level: Level,
  scope: Scope,
): SpecialColumns {
  const { text, k, label } = term;
  const basis = scope.constants(text, () => {
    requireDistinct(term, x, k, scope);
    return thinPlateBasis(x, k);
  });
  const columns = thinPlateColumns(x, basis);
  const name = level.name === null ? label : `${label}:${level.name}`;
  return {
    term: { kind: 'spline', text, name, columns: columns.length },
    values: ofLevel(columns, level, scope.rows),
    notes: [],
  };
}

/** The processes of levels have bases of their own, each of its level's rows, as in brms. */
function processDesign(
  term: Extract<SmoothTerm, { readonly kind: 'process' }>,
  x: Float64Array,
  level: Level,
  scope: Scope,
): SpecialColumns {
  const { text, k, c, isScaled, covariance } = term;
  const name = `${term.label}${level.name ?? ''}`;
  const [unit, mean, boundary, leastGap, range] = scope.constants(
    `${text}${level.name ?? ''}`,
    () => {
      const own = x.filter((_, row) => level.has(row));
      requireDistinct(term, own, 2, scope, level.name);
      return hilbertBasis(own, { c, isScaled });
    },
  );
  const basis = [unit, mean, boundary, leastGap, range] as const;
  const beyond = x.findIndex(
    (value, row) => level.has(row) && Math.abs(value / unit - mean) > boundary,
  );
  if (beyond >= 0) {
    const ends = [mean - boundary, mean + boundary].map((end) =>
      Number((end * unit).toPrecision(4)),
    );
    throw badData(
      `row ${scope.rowNumber(beyond)}: ${formatExpression(term.x)} is ${x[beyond]}, expected a value from ${ends.join(' to ')}, where ${text} is defined; a larger c widens it`,
      { row: scope.rowNumber(beyond), found: x[beyond], expected: ends.join(' to ') },
    );
  }
  return {
    term: {
      kind: 'process',
      name,
      columns: k,
      kernel: covariance,
      frequencies: [...hilbertFrequencies(basis, k)],
      leastGap,
      range,
      shortest: shortestLength(covariance, boundary, k),
    },
    values: ofLevel(hilbertColumns(x, basis, k), level, scope.rows),
    notes: [],
  };
}

function requireDistinct(
  term: SmoothTerm,
  x: Float64Array,
  least: number,
  { fail }: Scope,
  level: string | null = null,
): void {
  const found = new Set(x).size;
  if (found >= least) return;
  const where = level === null ? '' : ` in the rows of ${level}`;
  const values = `${found} distinct value${found === 1 ? '' : 's'}${where}`;
  const remedy =
    term.kind === 'spline' && found >= 3
      ? `: write s(${formatExpression(term.x)}, k = ${found})`
      : '';
  fail(
    term.place,
    `${term.text}: ${formatExpression(term.x)} has ${values}, expected ${least} or more${remedy}`,
  );
}

/** Columns as rows, with zeros in the rows of other levels. */
function ofLevel(columns: readonly Float64Array[], level: Level, rows: number): Float64Array {
  const width = columns.length;
  const values = new Float64Array(rows * width);
  columns.forEach((column, j) => {
    for (let row = 0; row < rows; row++) if (level.has(row)) values[row * width + j] = column[row];
  });
  return values;
}

/** Columns whose coefficients may have flat priors: these, and the first of each spline. */
export function withoutPenalty(
  population: DesignMatrix,
  special: readonly SpecialColumns[],
): DesignMatrix {
  const splines = special.filter(({ term }) => term.kind === 'spline');
  if (splines.length === 0) return population;
  const { rows } = population;
  const own = population.names.length;
  const width = own + splines.length;
  const values = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    values.set(population.values.subarray(row * own, (row + 1) * own), row * width);
    splines.forEach(({ term, values: columns }, s) => {
      values[row * width + own + s] = columns[row * term.columns];
    });
  }
  return {
    names: [...population.names, ...splines.map(({ term }) => `${term.name}_1`)],
    rows,
    values,
  };
}
