/**
 * What bayestestR says of a fit's coefficients: intervals, the probability of direction, and the
 * share of the posterior in a region of practical equivalence. All population-level coefficients,
 * unless others are asked for.
 */
import type { Family } from '../../../models/families/family.js';
import { meanAndSquares } from '../../linear-algebra/sums.js';
import { parameterDraws } from '../../posterior/draws.js';
import { eti } from '../../posterior/eti.js';
import { hdi, type Interval } from '../../posterior/hdi.js';
import { pd } from '../../posterior/pd.js';
import { fixed, type Printable, printable, textTable } from '../../posterior/printable.js';
import { type RopeInterval, rope } from '../../posterior/rope.js';
import { badArgument, checkOneOf, checkProbability, described } from '../check-options.js';
import type { FittedRegression } from '../fitted-regression.js';
import { parametersNamed } from '../parameter-names.js';
import { layoutOf } from './layout.js';

export interface ParameterChoice {
  /**
   * Names of parameters, those of coefficients with or without `b_`; default all population-level
   * coefficients.
   */
  readonly parameters?: string | readonly string[];
}

export interface IntervalOptions extends ParameterChoice {
  /** Probability of the interval, in (0, 1); default 0.95. */
  readonly prob?: number;
}

export interface IntervalRow {
  readonly parameter: string;
  readonly prob: number;
  readonly lower: number;
  readonly upper: number;
}

/** Highest-density intervals, as bayestestR's `hdi`. */
export function hdiOf(fit: FittedRegression, options: IntervalOptions = {}) {
  return intervals(fit, options, hdi);
}

/** Equal-tailed intervals, as bayestestR's `eti`. */
export function etiOf(fit: FittedRegression, options: IntervalOptions = {}) {
  return intervals(fit, options, eti);
}

function intervals(
  fit: FittedRegression,
  { prob = 0.95, ...choice }: IntervalOptions,
  intervalOf: (draws: Float64Array, mass: number) => Interval,
): readonly IntervalRow[] & Printable {
  checkProbability('prob', prob);
  const rows = eachParameter(fit, choice, (parameter, draws): IntervalRow => {
    const [lower, upper] = intervalOf(draws, prob);
    return { parameter, prob, lower, upper };
  });
  return printedRows(rows, [
    ['Lower', (row) => fixed(row.lower, 2)],
    ['Upper', (row) => fixed(row.upper, 2)],
  ]);
}

export interface PdOptions extends ParameterChoice {
  /** What the draws are above or below of; default 0. bayestestR's `null`. */
  readonly reference?: number;
}

export interface PdRow {
  readonly parameter: string;
  /** From 0.5 to 1 (less where draws are equal to the reference). */
  readonly pd: number;
}

/** Probabilities of direction, as bayestestR's `p_direction`. */
export function pdOf(
  fit: FittedRegression,
  { reference = 0, ...choice }: PdOptions = {},
): readonly PdRow[] & Printable {
  if (!Number.isFinite(reference)) {
    throw badArgument(`reference is ${described(reference)}, but must be a number`);
  }
  const rows = eachParameter(fit, choice, (parameter, draws) => ({
    parameter,
    pd: pd(draws, reference),
  }));
  return printedRows(rows, [['pd', (row) => `${fixed(100 * row.pd, 2)}%`]]);
}

export interface RopeOptions extends ParameterChoice {
  /** Ends of the region; default `ropeRange` of the fit. */
  readonly range?: Interval;
  /** Probability of the interval whose draws are looked at, in (0, 1]; default 0.95. */
  readonly prob?: number;
  /** Which interval: `eti` (default, as bayestestR), or `hdi`. */
  readonly interval?: RopeInterval;
}

export interface RopeRow {
  readonly parameter: string;
  readonly range: Interval;
  /** Share of the interval's draws in the region, from 0 to 1. */
  readonly inside: number;
}

/** Shares of the posterior in the region of practical equivalence, as bayestestR's `rope`. */
export function ropeOf(
  fit: FittedRegression,
  { range = ropeRange(fit), prob = 0.95, interval = 'eti', ...choice }: RopeOptions = {},
): readonly RopeRow[] & Printable {
  if (prob !== 1) checkProbability('prob', prob);
  checkOneOf('interval', interval, ['hdi', 'eti']);
  const [low, high] = requireRange(range);
  const rows = eachParameter(fit, choice, (parameter, draws) => ({
    parameter,
    range: [low, high] as const,
    inside: rope(draws, range, prob, interval),
  }));
  return printedRows(rows, [
    ['Region', () => `[${fixed(low, 2)}, ${fixed(high, 2)}]`],
    ['Inside', (row) => `${fixed(100 * row.inside, 2)}%`],
  ]);
}

function requireRange(range: Interval): Interval {
  const [low, high] = Array.isArray(range) && range.length === 2 ? range : [];
  if (typeof low === 'number' && typeof high === 'number' && low <= high) return [low, high];
  const found = Array.isArray(range) ? `[${range.join(', ')}]` : described(range);
  throw badArgument(
    `range is ${found}, but must be two numbers, the lesser first: [-0.1, 0.1] say`,
  );
}

/**
 * The default region of bayestestR's `rope_range` (0.13): ±0.1 sd(y) where the link is the identity;
 * ±0.1 π/√3 on the logit scale, where that is the standard deviation of the logistic distribution;
 * ±0.01 for an outcome that is a logarithm, or linear with a log link; ±0.1 for all others.
 */
export function ropeRange(fit: FittedRegression): Interval {
  const half = negligible(fit);
  return [-half, half];
}

const continuous: readonly Family['family'][] = ['gaussian', 'student'];

function negligible({ family: { family, link }, frame }: FittedRegression): number {
  const { name, values } = frame.response;
  if (/log\w*\(/.test(name)) return 0.01;
  if (link === 'log' && continuous.includes(family)) return 0.01;
  if (link === 'identity') {
    return 0.1 * Math.sqrt(meanAndSquares(values).squares / (values.length - 1));
  }
  if (link === 'logit') return (0.1 * Math.PI) / Math.sqrt(3);
  return 0.1;
}

function eachParameter<Row>(
  fit: FittedRegression,
  { parameters }: ParameterChoice,
  row: (parameter: string, draws: Float64Array) => Row,
): Row[] {
  const { draws } = fit.fit;
  const names =
    parameters === undefined
      ? draws.parameterNames.slice(0, layoutOf(fit).coefficients.length)
      : parametersNamed(parameters, draws.parameterNames);
  return names.map((name) => row(name, parameterDraws(draws, name)));
}

function printedRows<Row extends { readonly parameter: string }>(
  rows: readonly Row[],
  columns: readonly [head: string, cell: (row: Row) => string][],
): readonly Row[] & Printable {
  return printable(rows, () =>
    textTable(
      rows.map(({ parameter }) => parameter),
      columns.map(([head, cell]) => ({ head, cells: rows.map(cell) })),
    ).join('\n'),
  );
}
