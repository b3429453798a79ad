/**
 * Intervals of parameters, probability of direction, and region of practical equivalence, as in
 * bayestestR.
 */

import { didYouMean, listed } from '../checks/names.js';
import { requireOneOf, requireProbability, textsOf } from '../checks/options.js';
import { badArgument, described } from '../checks/values.js';
import { type Draws, parameterDraws } from '../posterior/draws.js';
import { mcseEti, mcseHdi } from '../posterior/interval-errors.js';
import { eti, hdi, type Interval, pd, type RopeInterval, rope } from '../posterior/intervals.js';
import { fixed, type Printable, printable, textTable } from '../posterior/printable.js';
import { type HdiMethod, hdiByScore } from './score-intervals.js';

export interface ParameterChoice {
  /**
   * Names of parameters; coefficients with or without `b_`.
   *
   * @default all population-level coefficients; for a custom model, all parameters
   */
  readonly parameters?: string | readonly string[];
}

export interface IntervalOptions extends ParameterChoice {
  /** Probability of the interval, in (0, 1). @default 0.95 */
  readonly mass?: number;
}

export interface IntervalRow {
  readonly name: string;
  readonly mass: number;
  readonly lower: number;
  readonly upper: number;
  /** Monte Carlo standard errors of `lower` and `upper`. */
  readonly mcse: Interval;
}

/** Draws, and the names of the default parameters. */
export interface NamedDraws {
  readonly draws: Draws;
  readonly names: readonly string[];
}

export interface HdiOptions extends IntervalOptions {
  /**
   * `draws`: the narrowest window of the draws, as bayestestR. `score`: from the gradients at the draws, with a
   * fraction of the Monte Carlo error; parameters that it does not suit are estimated from the draws.
   *
   * @default 'draws'
   */
  readonly method?: HdiMethod;
}

export interface HdiRow extends IntervalRow {
  /** How the interval was estimated. */
  readonly method: HdiMethod;
}

/** Highest-density intervals. */
export function hdiRows(
  from: NamedDraws,
  { mass = 0.95, method = 'draws', ...choice }: HdiOptions = {},
): readonly HdiRow[] & Printable {
  requireProbability('mass', mass);
  requireOneOf('method', method, ['draws', 'score']);
  const { draws } = from;
  const rows = eachParameter(from, choice, (name, values): HdiRow => {
    if (method === 'score') {
      const { interval, mcse, method: used } = hdiByScore(draws, name, mass);
      return { name, mass, lower: interval[0], upper: interval[1], mcse, method: used };
    }
    const [lower, upper] = hdi(values, mass);
    return { name, mass, lower, upper, mcse: mcseHdi(values, draws.chains, mass), method };
  });
  const columns = intervalColumns<HdiRow>();
  return printedRows(
    rows,
    method === 'score' ? [...columns, ['Method', (row) => row.method]] : columns,
  );
}

/** Equal-tailed intervals. */
export function etiRows(
  from: NamedDraws,
  { mass = 0.95, ...choice }: IntervalOptions = {},
): readonly IntervalRow[] & Printable {
  requireProbability('mass', mass);
  const rows = eachParameter(from, choice, (name, draws): IntervalRow => {
    const [lower, upper] = eti(draws, mass);
    return { name, mass, lower, upper, mcse: mcseEti(draws, from.draws.chains, mass) };
  });
  return printedRows(rows, intervalColumns());
}

function intervalColumns<Row extends IntervalRow>(): readonly (readonly [
  head: string,
  cell: (row: Row) => string,
])[] {
  return [
    ['Lower', (row) => fixed(row.lower, 2)],
    ['Upper', (row) => fixed(row.upper, 2)],
    ['MCSE of ends', ({ mcse: [lower, upper] }) => `${fixed(lower, 3)} ${fixed(upper, 3)}`],
  ];
}

export interface PdOptions extends ParameterChoice {
  /** The value that draws are compared with; bayestestR's `null`. @default 0 */
  readonly reference?: number;
}

export interface PdRow {
  readonly name: string;
  /** Probability of direction, from 0.5 to 1 (lower if draws equal the reference). */
  readonly pd: number;
}

export function pdRows(
  from: NamedDraws,
  { reference = 0, ...choice }: PdOptions = {},
): readonly PdRow[] & Printable {
  if (!Number.isFinite(reference)) {
    throw badArgument(`reference is ${described(reference)}, but must be a number`, {
      option: 'reference',
      found: reference,
    });
  }
  const rows = eachParameter(from, choice, (name, draws) => ({ name, pd: pd(draws, reference) }));
  return printedRows(rows, [['pd', (row) => `${fixed(100 * row.pd, 2)}%`]]);
}

export interface RopeOptions extends ParameterChoice {
  /** Ends of the region. @default `ropeRange` of the fit; required for a custom model */
  readonly range?: Interval;
  /** Probability of the interval whose draws are counted, in (0, 1]. @default 0.95 */
  readonly mass?: number;
  /** Kind of the interval, as in bayestestR. @default 'eti' */
  readonly interval?: RopeInterval;
}

export interface RopeRow {
  readonly name: string;
  readonly range: Interval;
  /** Share of the interval's draws in the region, from 0 to 1. */
  readonly inside: number;
}

export function ropeRows(
  from: NamedDraws,
  { range, mass = 0.95, interval = 'eti', ...choice }: RopeOptions,
): readonly RopeRow[] & Printable {
  if (mass !== 1) requireProbability('mass', mass);
  requireOneOf('interval', interval, ['hdi', 'eti']);
  const [low, high] = requireRange(range);
  const rows = eachParameter(from, choice, (name, draws) => ({
    name,
    range: [low, high] as const,
    inside: rope(draws, [low, high], mass, interval),
  }));
  return printedRows(rows, [
    ['Region', () => `[${fixed(low, 2)}, ${fixed(high, 2)}]`],
    ['Inside', (row) => `${fixed(100 * row.inside, 2)}%`],
  ]);
}

function requireRange(range: Interval | undefined): Interval {
  const [low, high] = Array.isArray(range) && range.length === 2 ? range : [];
  if (typeof low === 'number' && typeof high === 'number' && low <= high) return [low, high];
  const found = Array.isArray(range) ? `[${range.join(', ')}]` : described(range);
  throw badArgument(
    `range is ${found}, but must be two numbers, the lesser first: for example [-0.1, 0.1]`,
    { option: 'range', found: range },
  );
}

function eachParameter<Row>(
  { draws, names }: NamedDraws,
  { parameters }: ParameterChoice,
  row: (name: string, draws: Float64Array) => Row,
): Row[] {
  const chosen =
    parameters === undefined ? names : parametersNamed(parameters, draws.parameterNames);
  return chosen.map((name) => row(name, parameterDraws(draws, name)));
}

/**
 * Resolves names of parameters; a coefficient may be named without `b_`, as in brms' `hypothesis`.
 *
 * @throws WeighbridgeError `bad-argument` if there is no such parameter
 */
export function parametersNamed(asked: unknown, names: readonly string[]): readonly string[] {
  return textsOf('a parameter', asked, 'b_x').map((name) => {
    const found = [name, `b_${name}`, `bcs_${name}`].find((candidate) => names.includes(candidate));
    if (found !== undefined) return found;
    const short = names.map((one) => one.replace(/^b(?:cs)?_/, ''));
    throw badArgument(
      `no parameter '${name}' in this fit${didYouMean(name, [...names, ...short])}: it has ${listed(names)}`,
      { option: 'parameters', found: name },
    );
  });
}

function printedRows<Row extends { readonly name: string }>(
  rows: readonly Row[],
  columns: readonly (readonly [head: string, cell: (row: Row) => string])[],
): readonly Row[] & Printable {
  return printable(rows, () =>
    textTable(
      rows.map(({ name }) => name),
      columns.map(([head, cell]) => ({ head, cells: rows.map(cell) })),
    ).join('\n'),
  );
}
