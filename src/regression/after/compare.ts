/**
 * Comparisons of a predictor's values on the scale of the outcome, at every draw: the mean outcomes of the same rows
 * with each value, averaged over the rows (g-computation; marginaleffects' `avg_comparisons`), so that items,
 * clusters and covariates are equal on both sides.
 *
 *     μ_v = mean over rows i of E(y_i | x_i with `of` = v),   compared as μ_a − μ_b, μ_a / μ_b, or odds
 *
 * Rows are streamed: memory holds one number per value and draw.
 */
import { requireOneOf, requireProbability } from '../../checks/options.js';
import { badArgument, described } from '../../checks/values.js';
import { expandFormula } from '../../formula/columns-used.js';
import {
  type Cell,
  columnOf,
  type DataInput,
  hasColumn,
  labelAt,
  labelsOf,
  type Table,
  tableOf,
} from '../../formula/table.js';
import { type HdiSummary, hdiColumns, hdiSummary } from '../../posterior/hdi-summary.js';
import { fixed, type Printable, printable, textTable } from '../../posterior/printable.js';
import type { FittedRegression } from '../fitted-regression.js';
import {
  effectColumns,
  gridColumn,
  groupingColumns,
  noisyColumns,
  outcomeColumns,
  predictorColumns,
  requireColumn,
} from './grid.js';
import type { LinearPredictorOptions } from './linear-predictor.js';
import { eachMean } from './predictions.js';
import { refuseChoices, refuseLatents } from './refusals.js';

const scales = ['difference', 'ratio', 'odds ratio'] as const;
const groupChoices = ['kept', 'zero', 'integrated'] as const;

export interface CompareOptions extends Pick<LinearPredictorOptions, 'draws' | 'seed'> {
  /** The predictor whose values are compared: `model`. */
  readonly of: string;
  /** Its values. @default all levels of a factor; the numbers mean ± sd / 2 of a numeric predictor */
  readonly values?: readonly Cell[];
  /** Rows that the means are over, with the columns of the formula. @default those of the fit */
  readonly data?: DataInput;
  /** A column each of whose values is to count once, by its first row: `item`. @default every row counts */
  readonly pairedBy?: string;
  /**
   * Effects of groups other than those of `of` itself. `kept`: as estimated, for these levels; `zero`: those of an
   * average level; `integrated`: averaged over new levels from their distribution.
   *
   * @default 'kept'
   */
  readonly groups?: (typeof groupChoices)[number];
  /** @default 'difference' */
  readonly scale?: (typeof scales)[number];
  /** Probability of the HDIs, in (0, 1). @default 0.95 */
  readonly mass?: number;
  /** Differences within ± this number, or within these ends, count as none. @default not asked */
  readonly equivalence?: number | readonly [number, number];
}

/** A mean or a comparison at all draws, summarized. */
interface Summarized extends HdiSummary {
  readonly draws: Float64Array;
}

export interface ValueMean extends Summarized {
  /** The value of `of`, as text. */
  readonly value: string;
}

export interface PairComparison extends Summarized {
  readonly a: string;
  readonly b: string;
  /** Posterior probability that the mean of a is above that of b. */
  readonly pGreater: number;
  /** Posterior probability that both are equivalent; absent unless asked. */
  readonly pEquivalent?: number;
}

export interface Comparisons {
  readonly of: string;
  readonly scale: (typeof scales)[number];
  /** What the means are of, in words. */
  readonly estimand: string;
  /** Number of rows that the means are over. */
  readonly rows: number;
  readonly means: readonly ValueMean[];
  /** Each value after another with each before it. */
  readonly comparisons: readonly PairComparison[];
}

/**
 * @throws WeighbridgeError `bad-argument` for a predictor, a column or an option that is not there; `bad-data` for
 *   rows that do not fit the formula
 */
export function compare(fit: FittedRegression, options: CompareOptions): Comparisons & Printable {
  const { of, mass = 0.95, pairedBy } = options;
  const scale = requireOneOf('scale', options.scale ?? 'difference', scales);
  const groups = requireOneOf('groups', options.groups ?? 'kept', groupChoices);
  requireProbability('mass', mass);
  refuseChoices(fit, 'compare', 'ask for shares of changed data');
  if (typeof of !== 'string') {
    throw badArgument(`of is ${described(of)}, expected the predictor to compare: { of: 'model' }`);
  }
  requireColumn(of, predictorColumns(fit.frame.design), 'the predictor');
  const values = options.values ?? valuesOf(fit, of);
  if (values.length < 2) {
    throw badArgument(`'${of}' has ${values.length} value to compare, expected two or more`);
  }
  const ends = equivalenceOf(options.equivalence, scale);
  const own = groupsOf(fit, of);
  const rows = rowsToCompare(fit, options, mattering(fit, groups, own));
  const means = values.map((value): ValueMean => {
    const data = { ...rows.columns, [of]: new Array<Cell>(rows.times.length).fill(value) };
    const draws = meanOverRows(fit, { ...options, data }, groups, own, rows);
    return { value: String(value), ...summarized(draws, mass) };
  });
  const comparisons = means.flatMap((b, j) =>
    means.slice(j + 1).map((a): PairComparison => compared(a, b, scale, mass, ends)),
  );
  const result: Comparisons = {
    of,
    scale,
    estimand: estimandOf(groups, rows.count, pairedBy),
    rows: rows.count,
    means,
    comparisons,
  };
  return printable(result, () => comparisonText(result, mass));
}

function valuesOf(fit: FittedRegression, of: string): readonly Cell[] {
  if (noisyColumns(fit.frame.design).includes(of)) {
    refuseLatents(
      fit,
      `compare of the noisy predictor ${of}`,
      'ask for trends or conditionalEffects',
    );
  }
  const { levels, numbers } = gridColumn(fit, of);
  if (!numbers) return levels;
  const { mean, sd } = numbers;
  return numbers.values.length === 2 ? numbers.values : [mean - sd / 2, mean + sd / 2];
}

interface RowsToCompare {
  /** Distinct rows. */
  readonly columns: Readonly<Record<string, Cell[]>>;
  /** How many rows each of them stands for. */
  readonly times: readonly number[];
  /** Number of all rows. */
  readonly count: number;
}

/** The rows, as they were given or as the fit has them; rows that differ in nothing that matters are one. */
function rowsToCompare(
  fit: FittedRegression,
  { of, data, pairedBy }: CompareOptions,
  matters: readonly string[],
): RowsToCompare {
  const table = data === undefined ? fit.frame.table : tableOf(data);
  const { design } = fit.frame;
  const used = [...predictorColumns(design), ...outcomeColumns(design)].filter((name) =>
    hasColumn(table, name),
  );
  // Rows with `freq(n)` count n times.
  const copied = data === undefined ? fit.frame.copied : undefined;
  let rows = copied ? [...copied] : Array.from({ length: table.rows }, (_, row) => row);
  if (pairedBy !== undefined) {
    if (typeof pairedBy !== 'string' || !hasColumn(table, pairedBy)) {
      throw badArgument(
        `pairedBy is ${described(pairedBy)}, expected a column: ${Object.keys(table.columns).join(', ')}`,
      );
    }
    const labels = labelsOf(columnOf(table, pairedBy));
    const seen = new Set<string | null>();
    rows = rows.filter((row) => !seen.has(labels[row]) && seen.add(labels[row]));
  }
  const key = used.filter((name) => name !== of && matters.includes(name));
  const keys = key.map((name) => cellsOf(table, name, rows));
  const places = new Map<string, number>();
  const first: number[] = [];
  const times: number[] = [];
  rows.forEach((row, i) => {
    const text = JSON.stringify(keys.map((cells) => cells[i]));
    const place = places.get(text) ?? first.push(row) - 1;
    places.set(text, place);
    times[place] = (times[place] ?? 0) + 1;
  });
  const columns = Object.fromEntries(
    used.map((name) => [name, cellsOf(table, name, first)] as const),
  );
  return { columns, times, count: rows.length };
}

function cellsOf(table: Table, name: string, rows: readonly number[]): Cell[] {
  const column = columnOf(table, name);
  return rows.map((row) => {
    if (column.kind === 'numeric') return column.values[row];
    if (column.kind === 'boolean') return column.codes[row] < 0 ? null : column.codes[row] === 1;
    return labelAt(column, row);
  });
}

/** The columns on which mean outcomes depend: not those of levels whose effects are left out or integrated. */
function mattering(
  { frame: { design } }: FittedRegression,
  groups: (typeof groupChoices)[number],
  ownGroups: readonly string[],
): readonly string[] {
  const columns =
    groups === 'kept'
      ? predictorColumns(design)
      : [...effectColumns(design), ...groupingColumns(design, ownGroups)];
  return [...columns, ...outcomeColumns(design)];
}

/** Grouping factors whose levels are values of the predictor alone: their effects are part of what is compared. */
function groupsOf({ frame }: FittedRegression, of: string): readonly string[] {
  const { formula, dot } = frame.design;
  const { terms } = expandFormula(formula, dot);
  return terms.groups
    .filter(({ columns }) => columns.every(({ name }) => name === of))
    .map(({ group }) => group);
}

/** The mean over rows at each draw. */
function meanOverRows(
  fit: FittedRegression,
  options: CompareOptions,
  groups: (typeof groupChoices)[number],
  ownGroups: readonly string[],
  { times, count }: RowsToCompare,
): Float64Array {
  const names = fit.specification.data.groups.map(({ group }) => group);
  const { draws, seed, data } = options;
  const asked = {
    ...(draws !== undefined && { draws }),
    ...(seed !== undefined && { seed }),
    ...(data !== undefined && { data }),
    groups: groups === 'kept' ? ('all' as const) : ownGroups,
  };
  const integrated =
    groups === 'integrated'
      ? names.flatMap((name, term) => (ownGroups.includes(name) ? [] : [term]))
      : [];
  let mean = new Float64Array();
  eachMean(fit, asked, integrated, (row, means) => {
    if (row === 0) mean = new Float64Array(means.length);
    const weight = times[row] / count;
    for (let s = 0; s < mean.length; s++) mean[s] += weight * means[s];
  });
  return mean;
}

function summarized(draws: Float64Array, mass: number): Summarized {
  return { ...hdiSummary(draws, mass), draws };
}

function compared(
  a: ValueMean,
  b: ValueMean,
  scale: (typeof scales)[number],
  mass: number,
  ends: readonly [number, number] | null,
): PairComparison {
  const odds = (p: number) => p / (1 - p);
  const draws = a.draws.map((value, s) => {
    const other = b.draws[s];
    if (scale === 'difference') return value - other;
    return scale === 'ratio' ? value / other : odds(value) / odds(other);
  });
  const share = (isSo: (value: number, s: number) => boolean) =>
    draws.filter(isSo).length / draws.length;
  return {
    a: a.value,
    b: b.value,
    ...summarized(draws, mass),
    pGreater: share((_, s) => a.draws[s] > b.draws[s]),
    ...(ends && { pEquivalent: share((value) => value >= ends[0] && value <= ends[1]) }),
  };
}

function equivalenceOf(
  asked: CompareOptions['equivalence'],
  scale: (typeof scales)[number],
): readonly [number, number] | null {
  if (asked === undefined) return null;
  if (typeof asked === 'number' && asked > 0) {
    return scale === 'difference' ? [-asked, asked] : [1 / (1 + asked), 1 + asked];
  }
  if (Array.isArray(asked) && asked.length === 2 && asked[0] < asked[1]) {
    return [asked[0], asked[1]];
  }
  throw badArgument(
    `equivalence is ${described(asked)}, expected a number above 0, or two that ascend: [-0.02, 0.02]`,
  );
}

function estimandOf(
  groups: (typeof groupChoices)[number],
  rows: number,
  pairedBy: string | undefined,
): string {
  const over = pairedBy === undefined ? `${rows} rows` : `${rows} values of ${pairedBy}`;
  switch (groups) {
    case 'kept':
      return `mean over these ${over}, with the group effects as estimated`;
    case 'zero':
      return `mean over ${over} with group effects of zero: an average level of each group`;
    case 'integrated':
      return `mean over ${over} with new levels of each group, over their distribution`;
  }
}

function comparisonText({ of, scale, estimand, means, comparisons }: Comparisons, mass: number) {
  const name = ({ a, b }: PairComparison) =>
    scale === 'difference' ? `${a} - ${b}` : `${a} / ${b}`;
  const equivalent = comparisons.some(({ pEquivalent }) => pEquivalent !== undefined);
  return [
    `Mean outcome by ${of}: ${estimand}.`,
    ...textTable(
      means.map(({ value }) => value),
      hdiColumns(means, mass),
    ),
    '',
    `Comparisons (${scale}):`,
    ...textTable(comparisons.map(name), [
      ...hdiColumns(comparisons, mass),
      { head: 'P(a > b)', cells: comparisons.map(({ pGreater }) => fixed(pGreater, 3)) },
      ...(equivalent
        ? [
            {
              head: 'P(equiv)',
              cells: comparisons.map(({ pEquivalent = Number.NaN }) => fixed(pEquivalent, 3)),
            },
          ]
        : []),
    ]),
  ].join('\n');
}
