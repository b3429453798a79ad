/**
 * Rows that nobody observed, to look at a fit by: some columns go through their values, all others
 * stand at what is typical of them, as in brms' `conditional_effects`: numbers at their mean, factors
 * at their first level, booleans at false.
 */
import { formatNumber } from '../../formula/format.js';
import { didYouMean, listed } from '../../formula/names.js';
import { type Cell, columnOf, levelsOf } from '../../formula/table.js';
import { meanAndSquares } from '../../linear-algebra/sums.js';
import { badArgument } from '../check-options.js';
import type { FittedRegression } from '../fitted-regression.js';
import { leveledColumns } from './formula-parts.js';

/** A row of the grid, by column. */
export type GridRow = Readonly<Record<string, Cell>>;

export interface GridColumn {
  readonly name: string;
  readonly kind: 'numeric' | 'boolean' | 'factor';
  readonly typical: Cell;
  /** Those that occur in the data of the fit, in the order of levels; empty of numbers. */
  readonly levels: readonly (string | boolean | number)[];
  /** Of numbers that are not missing: how they lie in the data of the fit. */
  readonly numbers: Described | null;
}

export interface Described {
  readonly mean: number;
  readonly sd: number;
  readonly min: number;
  readonly max: number;
  /** Each value once, by size. */
  readonly values: readonly number[];
}

/** A column of the data of the fit; a numeric one that the formula takes as `factor(x)` is a factor */
export function gridColumn(fit: FittedRegression, name: string): GridColumn {
  const column = columnOf(fit.frame.table, name);
  switch (column.kind) {
    case 'factor': {
      const levels = levelsOf(column);
      return { name, kind: 'factor', typical: levels[0] ?? null, levels, numbers: null };
    }
    case 'boolean': {
      const levels = levelsOf(column).map((level) => level === 'TRUE');
      return { name, kind: 'boolean', typical: levels[0] ?? null, levels, numbers: null };
    }
    case 'numeric': {
      const { design } = fit.frame;
      const hasFactors = Object.keys(design.factorLevels).length > 0;
      if (hasFactors && leveledColumns(design).includes(name)) {
        const levels = levelsOf(column).map(Number);
        return { name, kind: 'factor', typical: levels[0] ?? null, levels, numbers: null };
      }
      const numbers = described(column.values);
      return { name, kind: 'numeric', typical: numbers.mean, levels: [], numbers };
    }
  }
}

function described(values: Float64Array): Described {
  const { mean, squares } = meanAndSquares(values);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const distinct = [...Float64Array.from(new Set(values)).sort()];
  return { mean, sd: Math.sqrt(squares / (values.length - 1)), min, max, values: distinct };
}

/** Evenly spaced, both ends among them. */
export function spaced(from: number, to: number, count: number): number[] {
  if (count === 1 || from === to) return [from];
  const step = (to - from) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? to : from + i * step));
}

/** All combinations, the first column changing slowest. */
export function crossedRows(columns: readonly (readonly [string, readonly Cell[]])[]): GridRow[] {
  return columns.reduce<GridRow[]>(
    (rows, [name, values]) =>
      rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
}

/** @throws WeighbridgeError `bad-argument` for a name that is not among those known */
export function requireColumn(name: string, known: readonly string[], what: string): string {
  if (known.includes(name)) return name;
  throw badArgument(
    `${what} '${name}' is no predictor of this fit${didYouMean(name, known)}: it has ${listed(known) || 'none'}`,
  );
}

/** A cell in print: booleans as R writes them, numbers with at most seven digits. */
export function cellText(cell: Cell): string {
  if (typeof cell === 'number') return formatNumber(Number(cell.toPrecision(7)));
  return typeof cell === 'boolean' ? String(cell).toUpperCase() : String(cell);
}
