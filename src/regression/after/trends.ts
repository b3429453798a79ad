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

import type { LinkName } from '../../../models/families/family.js';
import { nameOf } from '../../../models/families/family.js';
import { responseDistribution } from '../../../models/families/index.js';
import { isOrdinal } from '../../../models/families/thresholds.js';
import { listed } from '../../checks/names.js';
import { requireOneOf, requireProbability, textsOf } from '../../checks/options.js';
import { badArgument, described, isRecord } from '../../checks/values.js';
import type { Cell } from '../../formula/table.js';
import { hpdInterval } from '../../posterior/intervals.js';
import { fixed, type Printable, printable, textTable } from '../../posterior/printable.js';
import { median } from '../../posterior/quantiles.js';
import type { FittedRegression } from '../fitted-regression.js';
import {
  cellText,
  crossedRows,
  factorColumns,
  type GridRow,
  gridColumn,
  populationColumns,
  requireColumn,
} from './grid.js';
import { linearPredictor } from './linear-predictor.js';
import { predictedData } from './new-data.js';
import { eachRow, meanOutcomes } from './predictions.js';
import { refuseChoices, refuseNominal } from './refusals.js';

export interface MarginalOptions {
  /** Predictors with one result per value. @default none: one result, averaged over all */
  readonly by?: string | readonly string[];
  /** Values of predictors, instead of the default reference values. */
  readonly at?: Readonly<Record<string, Cell | readonly Cell[]>>;
  /** Probability of the intervals, in (0, 1). @default 0.95 */
  readonly mass?: number;
}

export interface TrendsOptions extends MarginalOptions {
  /** The numeric predictor along which η changes. */
  readonly of: string;
}

export interface MeansOptions extends MarginalOptions {
  /** Scale of the results: the linear predictor, or the response. @default 'linear' */
  readonly scale?: 'linear' | 'response';
}

export interface MarginalRow {
  /** Values of the predictors in `by`. */
  readonly at: GridRow;
  /** Median of the draws. */
  readonly median: number;
  /** Ends of the HPD interval. */
  readonly lower: number;
  readonly upper: number;
}

export interface ContrastRow extends Omit<MarginalRow, 'at'> {
  /** In emmeans' notation: `a - b`. */
  readonly contrast: string;
}

export interface Marginal {
  readonly by: readonly string[];
  readonly mass: number;
  readonly rows: readonly MarginalRow[];
  /** All pairs, the earlier minus the later, always on the scale of the linear predictor. */
  readonly contrasts: readonly ContrastRow[];
  /** What was averaged over, and on which scale the numbers are, in emmeans' words. */
  readonly notes: readonly string[];
}

/** emmeans' `cov.keep`: numbers with at most this many distinct values are treated as levels. */
const KEPT_VALUES = 2;

/** emmeans' `rg.limit`, the most rows of a grid. */
const MOST_ROWS = 10_000;

/** emmeans' `delta.var`: step, as a fraction of the predictor's range in the data. */
const STEP = 0.001;

/**
 * Slopes of the linear predictor along a numeric predictor, as `emtrends` with its defaults: the
 * difference quotient over a step of a thousandth of the predictor's range, upwards. For terms
 * linear in the predictor, this is the derivative. Offsets are ignored.
 *
 * @throws WeighbridgeError `bad-argument`
 */
export function trends(fit: FittedRegression, options: TrendsOptions): Marginal & Printable {
  refuseNominal(fit, 'trends of one linear predictor');
  const of: unknown = options?.of;
  if (typeof of !== 'string') {
    throw badArgument(
      `of is ${described(of)}, expected the predictor along which there is a trend: for example trends({ of: 'x' })`,
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
  requireOneOf('scale', scale, ['linear', 'response']);
  refuseNominal(fit, 'means of one linear predictor');
  if (scale === 'response') requireMeans(fit);
  const { inverseLink } = responseDistribution(fit.specification.family);
  return marginal(fit, options, {
    name: scale === 'response' ? 'response' : 'emmean',
    averageOf: (rows) => averageEta(fit, rows, 'with offset'),
    shown: scale === 'response' ? inverseLink : (value) => value,
    scale,
  });
}

/** Throws for categories: an average of linear predictors has no category. */
function requireMeans(fit: FittedRegression): void {
  const { family } = fit;
  refuseChoices(fit, "scale 'response' of means", 'ask for shares');
  if (!isOrdinal(family)) return;
  throw badArgument(
    `scale is response, but a ${nameOf(family)} regression has its means on the linear scale only: fitted and conditionalEffects have the expected category`,
  );
}

/** The quantity that is averaged over the grid. */
interface Quantity {
  /** Heading of its column, as in emmeans. */
  readonly name: string;
  /** Average over the rows, at all draws. */
  readonly averageOf: (rows: readonly GridRow[]) => Float64Array;
  /** Converts an average to the reported value. */
  readonly shown: (value: number) => number;
  readonly scale: MarginalScale;
}

/** Averages over the grid, one for each combination of the values of `by`. */
interface GridAverages {
  readonly asked: readonly string[];
  /** Predictors that the averages are over, with their values. */
  readonly standing: readonly (readonly [string, readonly Cell[]])[];
  readonly results: readonly GridRow[];
  /** For each result, its value at all draws. */
  readonly averaged: readonly Float64Array[];
}

function gridAverages(
  fit: FittedRegression,
  { by = [], at = {} }: MarginalOptions,
  averageOf: Quantity['averageOf'],
): GridAverages {
  const columns = populationColumns(fit.frame.design);
  const asked = [...new Set(textsOf('by', by, 'f'))];
  if (!isRecord(at)) {
    throw badArgument(
      `at is ${described(at)}, expected values by predictor, for example { x: [0, 1] }`,
    );
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
  return { asked, standing, results, averaged };
}

/** The draws of a marginal mean on the scale of the response. */
interface MeanDraws {
  /** Values of the predictors in `by`. */
  readonly at: GridRow;
  readonly draws: Float64Array;
}

/**
 * The draws behind `means({ by, scale: 'response' })`; of an ordinal family the expected categories, averaged
 * over the grid (emmeans' `mode = "mean.class"`).
 *
 * @throws WeighbridgeError `bad-argument`
 */
export function meanDraws(fit: FittedRegression, by: string): MeanDraws[] {
  refuseChoices(fit, "scale 'response' of means", 'ask for shares');
  refuseNominal(fit, 'mean outcome');
  if (isOrdinal(fit.family)) {
    const { results, averaged } = gridAverages(fit, { by }, (rows) => averageMean(fit, rows));
    return results.map((at, i) => ({ at, draws: averaged[i] }));
  }
  const { inverseLink } = responseDistribution(fit.specification.family);
  const { results, averaged } = gridAverages(fit, { by }, (rows) =>
    averageEta(fit, rows, 'with offset'),
  );
  return results.map((at, i) => ({ at, draws: averaged[i].map(inverseLink) }));
}

function marginal(
  fit: FittedRegression,
  options: MarginalOptions,
  { name, averageOf, shown, scale }: Quantity,
): Marginal & Printable {
  const { mass = 0.95 } = options;
  requireProbability('mass', mass);
  const { asked, standing, results, averaged } = gridAverages(fit, options, averageOf);
  const result: Marginal = {
    by: asked,
    mass,
    rows: averaged.map((draws, i) => ({ at: results[i], ...summarized(draws.map(shown), mass) })),
    contrasts: pairs(averaged.length).map(([i, j]) => ({
      contrast: `${label(results[i])} - ${label(results[j])}`,
      ...summarized(
        averaged[i].map((value, s) => value - averaged[j][s]),
        mass,
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

function averageMean(fit: FittedRegression, data: readonly GridRow[]): Float64Array {
  const sum = new Float64Array(fit.draws.chains * fit.draws.drawsPerChain);
  eachRow(fit, meanOutcomes, { data, groups: 'none' }, (_, means) => {
    for (let s = 0; s < sum.length; s++) sum[s] += means[s] / data.length;
  });
  return sum;
}

function summarized(draws: Float64Array, mass: number) {
  const [lower, upper] = hpdInterval(draws, mass);
  return { median: median(draws), lower, upper };
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

/** Kind of the reported numbers: slopes, the linear predictor, or the response. */
type MarginalScale = 'trend' | 'linear' | 'response';

interface MarginalFacts {
  /** Predictors with several values that results are averaged over. */
  readonly averaged: readonly string[];
  readonly by: readonly string[];
  /** True if there are contrasts. */
  readonly contrasts: boolean;
  readonly scale: MarginalScale;
  readonly link: LinkName;
}

function marginalNotes({ averaged, by, contrasts, scale, link }: MarginalFacts): readonly string[] {
  const over = averaged.length > 0;
  const crossed = by.length > 1 && contrasts;
  return [
    ...(over ? [`Results are averaged over the levels of: ${averaged.join(', ')}`] : []),
    ...(crossed ? [`Contrasts are of all pairs over ${by.join(' and ')}.`] : []),
    ...(link === 'identity' ? [] : scaleNotes(scale, link, contrasts)),
  ];
}

function scaleNotes(scale: MarginalScale, link: LinkName, contrasts: boolean): readonly string[] {
  const onLink = `given on the ${link} (not the response) scale.`;
  if (scale === 'trend') return [`Trends are ${onLink}`];
  if (scale === 'linear') return [`Results are ${onLink}`];
  return [
    `Intervals are back-transformed from the ${link} scale.`,
    ...(contrasts ? [`Contrasts are ${onLink}`] : []),
  ];
}

/** @param name of the column of results */
function marginalText({ by, mass, rows, contrasts, notes }: Marginal, name: string): string {
  const numbers = (head: string, of: readonly Omit<MarginalRow, 'at'>[]) => [
    { head, cells: of.map((row) => fixed(row.median, 3)) },
    { head: 'lower.HPD', cells: of.map((row) => fixed(row.lower, 3)) },
    { head: 'upper.HPD', cells: of.map((row) => fixed(row.upper, 3)) },
  ];
  const levels = by.map((column) => ({
    head: column,
    cells: rows.map((row) => cellText(row.at[column])),
  }));
  const ofContrasts = textTable(
    contrasts.map(({ contrast }) => contrast),
    numbers('estimate', contrasts),
  );
  return [
    ...textTable(
      rows.map(() => ''),
      [...levels, ...numbers(name, rows)],
    ),
    ...(contrasts.length === 0 ? [] : ['', ...ofContrasts]),
    '',
    ...notes,
    `Point estimate displayed: median; HPD interval probability: ${mass}`,
  ].join('\n');
}
