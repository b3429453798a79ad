/**
 * Grids of hypothetical rows: some columns run through their values; all others are at a typical
 * value, as in brms' `conditional_effects`: the mean for numbers, the first level for factors,
 * false for booleans.
 */
import { didYouMean, listed } from '../../checks/names.js';
import { badArgument } from '../../checks/values.js';
import { additionOf, argumentOf } from '../../formula/additions.js';
import {
  columnsUsed,
  expandFormula,
  hasReservedIntercept,
  RESERVED_INTERCEPT,
  usedByAll,
} from '../../formula/columns-used.js';
import type { Design } from '../../formula/design.js';
import { partDesigns } from '../../formula/encode.js';
import { namesIn } from '../../formula/evaluate.js';
import { formatNumber } from '../../formula/format.js';
import type { Expression } from '../../formula/formula.js';
import { factorFunctions, latentCall } from '../../formula/functions.js';
import { roundTo } from '../../formula/rounding.js';
import { type Cell, columnOf, levelsOf, selectRows } from '../../formula/table.js';
import { specialCall } from '../../formula/terms.js';
import { meanAndSquares } from '../../linear-algebra/sums.js';
import { median } from '../../posterior/quantiles.js';
import type { FittedRegression } from '../fitted-regression.js';

/** A row of the grid, keyed by column. */
export type GridRow = Readonly<Record<string, Cell>>;

interface GridColumn {
  readonly name: string;
  readonly kind: 'numeric' | 'boolean' | 'factor';
  readonly typical: Cell;
  /** Levels that occur in the data of the fit, in order; empty for numbers. */
  readonly levels: readonly (string | boolean | number)[];
  /** Statistics of the non-missing numbers in the data of the fit; null for other kinds. */
  readonly numbers: Described | null;
}

interface Described {
  readonly mean: number;
  readonly sd: number;
  readonly min: number;
  readonly max: number;
  /** Distinct values, ascending. */
  readonly values: readonly number[];
}

/**
 * A column of the data of the fit; a numeric column used as `factor(x)` in the formula is a factor, and so are groups of
 * thresholds, and one in `mo(x)`, with all whole numbers of its range; as in brms, its typical value is the rounded
 * median. Standard errors of noisy predictors are 0: along a grid, these are what they would be without noise.
 */
export function gridColumn(fit: FittedRegression, name: string): GridColumn {
  const { table, copied } = fit.frame;
  if (noiseColumns(fit.frame.design).includes(name)) {
    return {
      name,
      kind: 'numeric',
      typical: 0,
      levels: [],
      numbers: described(Float64Array.of(0)),
    };
  }
  const own = columnOf(table, name);
  const column = copied ? selectRows(own, copied) : own;
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
      const isGroup = design.thresholds?.groups?.column === name;
      if (isGroup || (hasFactors && leveledColumns(design).includes(name))) {
        const levels = levelsOf(column).map(Number);
        return { name, kind: 'factor', typical: levels[0] ?? null, levels, numbers: null };
      }
      const numbers = described(column.values);
      if (steppedColumns(design).includes(name)) {
        const levels = Array.from(
          { length: numbers.max - numbers.min + 1 },
          (_, l) => numbers.min + l,
        );
        const typical = roundTo(median(column.values), 0);
        return { name, kind: 'factor', typical, levels, numbers: null };
      }
      return { name, kind: 'numeric', typical: numbers.mean, levels: [], numbers };
    }
  }
}

function described(given: Float64Array): Described {
  // Those of mi(x) may be missing.
  const values = given.filter((value) => !Number.isNaN(value));
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

/** Evenly spaced numbers, both ends included. */
export function spaced(from: number, to: number, count: number): number[] {
  if (count === 1 || from === to) return [from];
  const step = (to - from) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? to : from + i * step));
}

/** All combinations; the first column changes slowest. */
export function crossedRows(columns: readonly (readonly [string, readonly Cell[]])[]): GridRow[] {
  return columns.reduce<GridRow[]>(
    (rows, [name, values]) =>
      rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
}

/** @throws WeighbridgeError `bad-argument` if the name is not in `known` */
export function requireColumn(name: string, known: readonly string[], what: string): string {
  if (known.includes(name)) return name;
  throw badArgument(
    `${what} '${name}' is no predictor of this fit${didYouMean(name, known)}: it has ${listed(known) || 'none'}`,
  );
}

/** Text of a cell: booleans as in R, numbers with at most seven digits. */
export function cellText(cell: Cell): string {
  if (typeof cell === 'number') return formatNumber(Number(cell.toPrecision(7)));
  return typeof cell === 'boolean' ? String(cell).toUpperCase() : String(cell);
}

/** Columns of the population-level terms and offsets, in order of first appearance. */
export function populationColumns(design: Design): string[] {
  return predictorColumns(design, []);
}

/** The designs of all linear predictors, that of the mean first. */
function designsOf(design: Design): Design[] {
  return [design, ...partDesigns(design).map((part) => part.design)];
}

/** The terms of all linear predictors. */
function termsOf(design: Design) {
  return designsOf(design).map(({ formula, dot }) => expandFormula(formula, dot).terms);
}

/** The columns of population terms and of the groups asked for, over all linear predictors. */
function columnsOf(design: Design, groups?: readonly string[]): ReturnType<typeof columnsUsed> {
  return usedByAll(
    designsOf(design).map(({ formula, dot }) => {
      const { terms } = expandFormula(formula, dot);
      const kept = terms.groups.filter(({ group }) => groups?.includes(group) ?? true);
      return columnsUsed(formula, { ...terms, groups: kept });
    }),
  );
}

/**
 * Columns of population and group terms, or of those of some groups only, predictors first; and that of the groups of
 * thresholds.
 */
export function predictorColumns(design: Design, groups?: readonly string[]): string[] {
  const used = columnsOf(design, groups);
  const ofThresholds = design.thresholds?.groups ? [design.thresholds.groups.column] : [];
  return [...new Set([...used.predictors.keys(), ...used.grouping.keys(), ...ofThresholds])];
}

/** Columns of population terms and of what varies by groups, without those that say the group. */
export function effectColumns(design: Design): string[] {
  return [...columnsOf(design).predictors.keys()];
}

/** Grouping columns of all groups or of some. */
export function groupingColumns(design: Design, groups?: readonly string[]): string[] {
  return [...columnsOf(design, groups).grouping.keys()];
}

/** Columns that the formula converts to a factor: x of `factor(x)`, `cut(x, 3)`. */
export function factorColumns(design: Design): string[] {
  return termsOf(design)
    .flatMap(({ population, specific }) => [
      ...population.variables,
      ...(specific?.terms.variables ?? []),
    ])
    .filter((variable) => variable.kind === 'call' && factorFunctions.includes(variable.function))
    .flatMap(columnsIn);
}

/**
 * Columns whose values are levels: x of `factor(x)` and `interaction(x, f)`, but not of `cut(x,
 * 3)`.
 */
function leveledColumns(design: Design): string[] {
  const variables = termsOf(design).flatMap(({ population, specific, groups }) => [
    population,
    ...(specific ? [specific.terms] : []),
    ...groups.map(({ varying }) => varying),
  ]);
  return variables.flatMap((terms) => terms.variables.flatMap(leveledIn));
}

const leveling: readonly string[] = ['factor', 'as.factor', 'as.character', 'interaction'];

/** Columns x of `mo(x)`. */
function steppedColumns(design: Design): string[] {
  return termsOf(design).flatMap(({ population }) =>
    population.variables.flatMap((variable) => {
      const call = specialCall(variable);
      return call
        ? call.arguments.flatMap(({ value }) => (value.kind === 'name' ? [value.name] : []))
        : [];
    }),
  );
}

function leveledIn(expression: Expression): string[] {
  if (expression.kind !== 'call') return [];
  const values = expression.arguments.map(({ value }) => value);
  const names = values.flatMap((value) => (value.kind === 'name' ? [value.name] : []));
  const own = leveling.includes(expression.function) ? names : [];
  return [...own, ...values.flatMap(leveledIn)];
}

/** Columns that a mean outcome depends on beside its linear predictor. */
export function outcomeColumns(design: Design): string[] {
  return [...trialsColumns(design), ...boundsColumns(design)];
}

/** Columns of the bounds of truncated outcomes. */
export function boundsColumns({ formula }: Design): string[] {
  const bounds = additionOf(formula, 'trunc')?.arguments ?? [];
  return bounds.flatMap(({ value }) => columnsIn(value));
}

/** Columns with a binomial's numbers of trials. */
export function trialsColumns({ formula }: Design): string[] {
  const trials = argumentOf(formula, 'trials');
  return trials === null ? [] : columnsIn(trials);
}

/** Columns of each population-level or smooth term: [x], [f] and [x, f] for `x * f`; of all linear predictors. */
export function termColumns(design: Design): string[][] {
  const whole = termsOf(design);
  const all = whole.flatMap(({ population, specific }) => [
    population,
    ...(specific ? [specific.terms] : []),
  ]);
  const ofSmooths = whole.flatMap(({ smooths }) =>
    smooths.map(({ x, by }) => [...columnsIn(x), ...(by ? [by.name] : [])]),
  );
  const ofPopulation = all.flatMap((population) => {
    const reserved = hasReservedIntercept(population) ? RESERVED_INTERCEPT : null;
    return population.terms.map((term) =>
      [...new Set(term.flatMap((variable) => columnsIn(population.variables[variable])))].filter(
        (name) => name !== reserved,
      ),
    );
  });
  return [...ofPopulation, ...ofSmooths];
}

/** Columns with the standard errors of noisy predictors, s of `me(x, s)` and of `x | mi(s)`. */
function noiseColumns(design: Design): string[] {
  const errors = latentCalls(design).flatMap((call) => (call.kind === 'noisy' ? [call.error] : []));
  const { missing = [] } = design.formula;
  return [...errors, ...missing.flatMap(({ error }) => error ?? [])].flatMap((expression) => [
    ...namesIn(expression).keys(),
  ]);
}

/** Columns of predictors that are observed with noise, x of `me(x, s)`. */
export function noisyColumns(design: Design): string[] {
  return latentCalls(design).flatMap((call) =>
    call.kind === 'noisy' ? [...namesIn(call.value).keys()] : [],
  );
}

function latentCalls(design: Design) {
  return termsOf(design).flatMap(({ population }) =>
    population.variables.flatMap((variable) => latentCall(variable) ?? []),
  );
}

/** Columns of an expression; a noisy predictor counts as its own column, without that of its errors. */
function columnsIn(expression: Expression): string[] {
  const call = latentCall(expression);
  if (call?.kind === 'noisy') return columnsIn(call.value);
  return [...namesIn(expression).keys()];
}
