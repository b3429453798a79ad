/**
 * Marginal trends and means as emmeans gives them for Bayesian fits (Lenth, R package emmeans 1.8): at
 * a grid of reference rows — factors at all levels, numbers at their mean, or at both values where
 * they have two (its `cov.keep = 2`) — averaged with equal weights over what is not asked for.
 * Summaries are medians and coda's HPD intervals.
 *
 * All is linear in the coefficients: a mean is a row of weights times the draws of the
 * coefficients, a trend the difference of two such rows over a short step of the predictor, and a
 * contrast the difference of two results. Group effects are left out.
 */
import { responseDistribution } from '../../../models/families/index.js';
import { listed } from '../../formula/names.js';
import type { Cell } from '../../formula/table.js';
import { hpdInterval } from '../../posterior/hdi.js';
import { median } from '../../posterior/order.js';
import { type Printable, printable } from '../../posterior/printable.js';
import {
  badArgument,
  checkOneOf,
  checkProbability,
  described,
  isRecord,
  textsOf,
} from '../check-options.js';
import type { FittedRegression } from '../fitted-regression.js';
import { factorColumns, populationColumns } from './formula-parts.js';
import { cellText, crossedRows, type GridRow, gridColumn, requireColumn } from './grid.js';
import { linearPredictor } from './linear-predictor.js';
import { predictedData } from './new-data.js';
import { type MarginalScale, marginalNotes, marginalText } from './print-marginal.js';

export interface MarginalOptions {
  /** Predictors whose values are told apart; default none: one result, averaged over all. */
  readonly by?: string | readonly string[];
  /** Values of predictors, in place of all levels, of both values of two, and of means. */
  readonly at?: Readonly<Record<string, Cell | readonly Cell[]>>;
  /** Probability of the intervals, in (0, 1); default 0.95. */
  readonly prob?: number;
}

export interface TrendsOptions extends MarginalOptions {
  /** The numeric predictor along which η changes. */
  readonly of: string;
}

export interface MeansOptions extends MarginalOptions {
  /** `linear` (default): of the linear predictor; `response`: taken back through the link. */
  readonly scale?: 'linear' | 'response';
}

export interface MarginalRow {
  /** Values of the predictors in `by`. */
  readonly at: GridRow;
  /** Median of the draws. */
  readonly estimate: number;
  /** Ends of the HPD interval. */
  readonly lower: number;
  readonly upper: number;
}

export interface ContrastRow extends Omit<MarginalRow, 'at'> {
  /** As emmeans writes it: `a - b`. */
  readonly contrast: string;
}

export interface Marginal {
  readonly by: readonly string[];
  readonly prob: number;
  readonly rows: readonly MarginalRow[];
  /** All pairs, the earlier less the later, always of the linear predictor. */
  readonly contrasts: readonly ContrastRow[];
  /** What was averaged over, and on which scale the numbers are, in emmeans' words. */
  readonly notes: readonly string[];
}

/** emmeans' `cov.keep`: numbers of so few values stand at each of them, as levels do. */
const KEPT_VALUES = 2;

/** emmeans' `rg.limit`, the most rows of a grid. */
const MOST_ROWS = 10_000;

/** emmeans' `delta.var`: of the range of the predictor in the data. */
const STEP = 0.001;

/**
 * Slopes of the linear predictor along a numeric predictor, as `emtrends` with its defaults: the
 * difference quotient over a thousandth of the predictor's range, upwards from where it stands. Of
 * terms that are linear in it this is the derivative. An offset has no part in it.
 *
 * @throws WeighbridgeError `bad-argument`
 */
export function trends(fit: FittedRegression, options: TrendsOptions): Marginal & Printable {
  const of: unknown = options?.of;
  if (typeof of !== 'string') {
    throw badArgument(
      `of is ${described(of)}, expected the predictor along which there is a trend: trends({ of: 'x' }) say`,
    );
  }
  requireColumn(of, populationColumns(fit.frame.design), 'the predictor');
  const { numbers } = gridColumn(fit, of);
  if (numbers === null) {
    throw badArgument(`'${of}' is no numeric predictor: a trend is along numbers; see means`);
  }
  const step = STEP * (numbers.max - numbers.min);
  if (!(step > 0)) throw badArgument(`'${of}' is constant in the data: it has no trend`);
  const slope = (rows: readonly GridRow[]) => {
    const there = averageEta(fit, rows, 'without offset');
    const moved = rows.map((row) => ({ ...row, [of]: Number(row[of]) + step }));
    const beyond = averageEta(fit, moved, 'without offset');
    return there.map((value, s) => (beyond[s] - value) / step);
  };
  return marginal(fit, options, {
    name: `${of}.trend`,
    averageOf: slope,
    shown: (value) => value,
    scale: 'trend',
  });
}

/**
 * Marginal means of the linear predictor, as `emmeans`; with `scale: 'response'` each draw is taken
 * back through the link after averaging, as its `type = "response"`.
 *
 * @throws WeighbridgeError `bad-argument`
 */
export function means(fit: FittedRegression, options: MeansOptions = {}): Marginal & Printable {
  const { scale = 'linear' } = options;
  checkOneOf('scale', scale, ['linear', 'response']);
  const { inverseLink } = responseDistribution(fit.specification.family);
  return marginal(fit, options, {
    name: scale === 'response' ? 'response' : 'emmean',
    averageOf: (rows) => averageEta(fit, rows, 'with offset'),
    shown: scale === 'response' ? inverseLink : (value) => value,
    scale,
  });
}

/** What is averaged over the grid. */
interface Quantity {
  /** Over its column, as emmeans has it. */
  readonly name: string;
  /** Over these rows, at all draws. */
  readonly averageOf: (rows: readonly GridRow[]) => Float64Array;
  /** What is shown of an average. */
  readonly shown: (value: number) => number;
  readonly scale: MarginalScale;
}

function marginal(
  fit: FittedRegression,
  { by = [], at = {}, prob = 0.95 }: MarginalOptions,
  { name, averageOf, shown, scale }: Quantity,
): Marginal & Printable {
  checkProbability('prob', prob);
  const columns = populationColumns(fit.frame.design);
  const asked = [...new Set(textsOf('by', by, 'f'))];
  if (!isRecord(at)) {
    throw badArgument(`at is ${described(at)}, expected values by predictor, { x: [0, 1] } say`);
  }
  for (const name of asked) requireColumn(name, columns, 'the predictor');
  for (const name of Object.keys(at)) requireColumn(name, columns, 'the predictor');
  const values = (name: string): readonly [string, readonly Cell[]] => [
    name,
    referenceValues(fit, name, at),
  ];
  // As emmeans orders its rows, the first predictor changes fastest.
  const results = crossedRows(asked.toReversed().map(values)).map((row) =>
    Object.fromEntries(asked.map((name) => [name, row[name]])),
  );
  const standing = columns.filter((name) => !asked.includes(name)).map(values);
  requireGridSize(standing, results.length);
  const others = crossedRows(standing);
  const averaged = results.map((row) => averageOf(others.map((other) => ({ ...other, ...row }))));
  const result: Marginal = {
    by: asked,
    prob,
    rows: averaged.map((draws, i) => ({ at: results[i], ...summarized(draws.map(shown), prob) })),
    contrasts: pairs(averaged.length).map(([i, j]) => ({
      contrast: `${label(results[i])} - ${label(results[j])}`,
      ...summarized(
        averaged[i].map((value, s) => value - averaged[j][s]),
        prob,
      ),
    })),
    notes: marginalNotes({
      averaged: standing.filter(([, cells]) => cells.length > 1).map(([column]) => column),
      by: asked,
      contrasts: averaged.length > 1,
      scale,
      link: fit.family.link,
    }),
  };
  return printable(result, () => marginalText(result, name));
}

function requireGridSize(
  standing: readonly (readonly [string, readonly Cell[]])[],
  results: number,
): void {
  const rows = standing.reduce((product, [, cells]) => product * cells.length, results);
  if (rows <= MOST_ROWS) return;
  const names = standing.filter(([, cells]) => cells.length > 1).map(([name]) => name);
  throw badArgument(
    `the grid would have ${rows} rows, more than ${MOST_ROWS}: set values in at of some of ${listed(names)}`,
  );
}

function referenceValues(
  fit: FittedRegression,
  name: string,
  at: NonNullable<MarginalOptions['at']>,
): readonly Cell[] {
  if (Object.hasOwn(at, name)) {
    const values = at[name];
    const list: readonly Cell[] = isList(values) ? values : [values];
    if (list.length === 0) throw badArgument(`no values of '${name}' are given in at`);
    return list;
  }
  const { levels, typical, numbers } = gridColumn(fit, name);
  if (numbers === null) return levels;
  const isFactor = factorColumns(fit.frame.design).includes(name);
  return isFactor || numbers.values.length <= KEPT_VALUES ? numbers.values : [typical];
}

function isList(value: Cell | readonly Cell[]): value is readonly Cell[] {
  return Array.isArray(value);
}

/** The linear predictor averaged over rows, at all draws; group effects are left out. */
function averageEta(
  fit: FittedRegression,
  rows: readonly GridRow[],
  offset: 'with offset' | 'without offset',
): Float64Array {
  const { encoded } = predictedData(fit, rows, 'none');
  const used = offset === 'with offset' ? encoded : { ...encoded, offset: null };
  const predictor = linearPredictor(fit, used, { groups: 'none' });
  const eta = new Float64Array(predictor.drawsUsed.length);
  const sum = new Float64Array(predictor.drawsUsed.length);
  for (let row = 0; row < rows.length; row++) {
    predictor.eta(row, eta);
    for (let s = 0; s < sum.length; s++) sum[s] += eta[s];
  }
  return sum.map((value) => value / rows.length);
}

function summarized(draws: Float64Array, prob: number) {
  const [lower, upper] = hpdInterval(draws, prob);
  return { estimate: median(draws), lower, upper };
}

function pairs(count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: count - i - 1 }, (_, j): [number, number] => [i, i + 1 + j]),
  ).flat();
}

/**
 * `a TRUE`, as emmeans names the sides of a contrast: numbers with the name of their predictor, and
 * in parentheses what could be read as arithmetic.
 */
function label(row: GridRow): string {
  const parts = Object.entries(row).map(([name, cell]) =>
    // With 15 digits, as R writes numbers.
    typeof cell === 'number' ? `${name}${Number(cell.toPrecision(15))}` : cellText(cell),
  );
  const text = parts.join(' ');
  return /[-+*/]/.test(text) ? `(${text})` : text;
}
