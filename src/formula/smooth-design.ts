/** The columns of smooth terms, in the basis of the fit. */
import { badData } from '../checks/values.js';
import type { DesignMatrix, SmoothDesign } from './design.js';
import { evaluate } from './evaluate.js';
import { formatExpression, formatName } from './format.js';
import { hilbertBasis, hilbertColumns, hilbertFrequencies } from './hilbert-space.js';
import type { Scope } from './scope.js';
import { type SmoothTerm, shortestLength } from './smooth-terms.js';
import { labelsOf, levelsOf } from './table.js';
import { thinPlateBasis, thinPlateColumns } from './thin-plate.js';

/** A smooth term with its columns. */
export interface EncodedSmooth extends SmoothDesign {
  readonly matrix: DesignMatrix;
}

/** One term, or one for each level of the term's `by` column. */
export function encodedSmooths(term: SmoothTerm, scope: Scope): EncodedSmooth[] {
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
  /** What is added to the term's label: `:ga`; empty without `by`. */
  readonly suffix: string;
  /** The level, for messages; null without `by`. */
  readonly name: string | null;
  has(row: number): boolean;
}

function levelsOfBy({ by, place, text }: SmoothTerm, scope: Scope): readonly Level[] {
  if (by === null) return [{ suffix: '', name: null, has: () => true }];
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
    .map((name) => ({
      suffix: `:${by.name}${name}`,
      name,
      has: (row) => labels[row] === name,
    }));
}

/** Splines of all levels have the basis of all rows, as in mgcv. */
function splineDesign(
  term: SmoothTerm,
  x: Float64Array,
  level: Level,
  scope: Scope,
): EncodedSmooth {
  const { text, k, label } = term;
  const basis = scope.constants(text, () => {
    requireDistinct(term, x, k, scope);
    return thinPlateBasis(x, k);
  });
  const columns = thinPlateColumns(x, basis);
  const own = `${label}${level.suffix}`;
  return {
    ...{ kind: 'spline', text, label: own, columns: columns.length, process: null },
    matrix: matrixOf(
      columns,
      [`${own}_1`, ...numbered(own, columns.length - 1)],
      level,
      scope.rows,
    ),
  };
}

/** The processes of levels have bases of their own, each of its level's rows, as in brms. */
function processDesign(
  term: Extract<SmoothTerm, { readonly kind: 'process' }>,
  x: Float64Array,
  level: Level,
  scope: Scope,
): EncodedSmooth {
  const { text, k, c, isScaled, covariance } = term;
  const label = `${term.label}${level.suffix}`;
  const [unit, mean, boundary, leastGap, range] = scope.constants(`${text}${level.suffix}`, () => {
    const own = x.filter((_, row) => level.has(row));
    requireDistinct(term, own, 2, scope, level.name);
    return hilbertBasis(own, { c, isScaled });
  });
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
    kind: 'process',
    text,
    label,
    columns: k,
    matrix: matrixOf(hilbertColumns(x, basis, k), numbered(label, k), level, scope.rows),
    process: {
      kernel: covariance,
      frequencies: [...hilbertFrequencies(basis, k)],
      leastGap,
      range,
      shortest: shortestLength(covariance, boundary, k),
    },
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
  const where = level === null ? '' : ` of the level '${level}'`;
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

function matrixOf(
  columns: readonly Float64Array[],
  names: readonly string[],
  level: Level,
  rows: number,
): DesignMatrix {
  const width = columns.length;
  const values = new Float64Array(rows * width);
  columns.forEach((column, j) => {
    for (let row = 0; row < rows; row++) if (level.has(row)) values[row * width + j] = column[row];
  });
  return { names, rows, values };
}

function numbered(label: string, count: number): string[] {
  return Array.from({ length: count }, (_, j) => `${label}[${j + 1}]`);
}

/** Columns whose coefficients may have flat priors: those of the linear predictor, and the first of each spline. */
export function columnsWithoutPenalty(
  population: DesignMatrix,
  smooths: readonly EncodedSmooth[],
): DesignMatrix {
  const splines = smooths.filter(({ kind }) => kind === 'spline');
  if (splines.length === 0) return population;
  const { rows } = population;
  const own = population.names.length;
  const width = own + splines.length;
  const values = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    values.set(population.values.subarray(row * own, (row + 1) * own), row * width);
    splines.forEach(({ matrix, columns }, s) => {
      values[row * width + own + s] = matrix.values[row * columns];
    });
  }
  return {
    names: [...population.names, ...splines.map(({ matrix }) => matrix.names[0])],
    rows,
    values,
  };
}
