/**
 * How the outcome changes with one or two predictors while all others are held constant, as brms'
 * `conditional_effects`: predictions over the range of the first predictor; a numeric second
 * predictor is at its mean and one standard deviation to both sides. Estimates are medians. Unlike
 * in brms, no grid leaves the range of the data, and points for which the formula is undefined,
 * such as `log(x)` at a negative x, are left out with a note. Trials that are also a predictor are
 * whole numbers.
 */

import { requireOneOf, requireProbability, textsOf } from '../../checks/options.js';
import { badArgument, described, isRecord } from '../../checks/values.js';
import { isWeighbridgeError } from '../../errors.js';
import type { Cell } from '../../formula/table.js';
import { estimateLines, type PointSummary, pointSummary } from '../../posterior/point-summary.js';
import { type Printable, printable } from '../../posterior/printable.js';
import type { FittedRegression } from '../fitted-regression.js';
import { requireCategories } from './categories.js';
import {
  boundsColumns,
  cellText,
  crossedRows,
  type GridRow,
  gridColumn,
  groupingColumns,
  predictorColumns,
  requireColumn,
  spaced,
  termColumns,
  trialsColumns,
} from './grid.js';
import { checkGroups, type GroupChoice, type LinearPredictorOptions } from './linear-predictor.js';
import { predictedData } from './new-data.js';
import {
  categoryProbabilities,
  eachRow,
  linearPredictorOf,
  meanOf,
  type ParameterOptions,
  simulatedOutcomes,
} from './predictions.js';
import { refuseChoices } from './refusals.js';

export interface ConditionalEffectsOptions extends LinearPredictorOptions, ParameterOptions {
  /** Values of the other predictors, by column, instead of their typical values. */
  readonly conditions?: GridRow;
  /**
   * `fitted`: the expected outcome, which is the expected category, counted from 1, of an ordinal family;
   * `linpred`: the linear predictor; `predict`: new outcomes; `probability`: the probability of each
   * category of an ordinal family, brms' `categorical = TRUE`.
   *
   * @default 'fitted'
   */
  readonly method?: 'fitted' | 'linpred' | 'predict' | 'probability';
  /** Probability of the intervals, in (0, 1). @default 0.95 */
  readonly mass?: number;
  /**
   * If true, medians and median absolute deviations, else means and standard deviations. @default
   * true
   */
  readonly robust?: boolean;
  /** Number of points over the range of a numeric predictor, from 2 to 10,000. @default 100 */
  readonly resolution?: number;
}

export interface ConditionalEffectRow extends PointSummary {
  /** Values of all predictors in the row, constant ones included. */
  readonly at: GridRow;
  /** Method `probability` only: a row for each category, in order. */
  readonly category?: string;
}

export interface ConditionalEffect {
  /** The predictors of the effect: `['x']` or `['x1', 'x2']`. */
  readonly effects: readonly string[];
  /** The outcome, as in the formula, or the parameter `dpar`. */
  readonly response: string;
  /** Sorted by the first predictor, then by the second. */
  readonly rows: readonly ConditionalEffectRow[];
  /** Deviations from the requested grid: points left out, values moved to the ends of the data. */
  readonly notes: readonly string[];
}

/** The effects, and notes on those that cannot be shown. */
export type ConditionalEffects = readonly (ConditionalEffect & Printable)[] &
  Printable & { readonly notes: readonly string[] };

const MOST_POINTS = 10_000;

/**
 * @param effects predictors such as `x` or `x1:x2`, each an effect. Default: all terms of the
 *   formula with one or two predictors, numeric ones first; those that cannot be shown are left out
 *   with a note
 * @param options group effects are left out unless set by `groups`; trials are 1
 * @throws WeighbridgeError `bad-argument` for a name that is not a predictor of the fit
 */
export function conditionalEffects(
  fit: FittedRegression,
  effects?: string | readonly string[],
  options: ConditionalEffectsOptions = {},
): ConditionalEffects {
  const {
    mass = 0.95,
    robust = true,
    method = 'fitted',
    conditions = {},
    resolution = 100,
  } = options;
  requireProbability('mass', mass);
  refuseChoices(fit, 'conditionalEffects', 'ask for fitted({ data }) of whole sets');
  const prediction = predictionOf(requireOneOf('method', method, methods), options.dpar);
  const categories =
    method === 'probability' ? requireCategories(fit, "method 'probability'") : [''];
  if (!Number.isSafeInteger(resolution) || resolution < 2 || resolution > MOST_POINTS) {
    throw badArgument(
      `resolution is ${described(resolution)}, but must be a whole number from 2 to ${MOST_POINTS}`,
    );
  }
  const columns = columnsOf(fit, options);
  if (!isRecord(conditions)) {
    throw badArgument(
      `conditions is ${described(conditions)}, expected values by column, for example { x: 1 }`,
    );
  }
  for (const name of Object.keys(conditions)) requireColumn(name, columns.known, 'the condition');
  const made: (ConditionalEffect & Printable)[] = [];
  const missing: { readonly note: string; readonly error: unknown }[] = [];
  for (const names of chosenEffects(fit, effects, columns.known)) {
    try {
      const { data, notes } = gridOf(fit, names, columns, { ...options, conditions, resolution });
      const rows: ConditionalEffectRow[] = [];
      const add = (place: number, values: Float64Array): void => {
        const category = categories[place % categories.length];
        rows.push({
          at: data[Math.floor(place / categories.length)],
          ...(category && { category }),
          ...pointSummary(values, { mass, robust }),
        });
      };
      eachRow(fit, prediction, { groups: 'none', ...options, data }, add, categories.length);
      const response = options.dpar ?? fit.frame.response.name;
      const effect: ConditionalEffect = { effects: names, response, rows, notes };
      made.push(printable(effect, () => effectText(effect, mass)));
    } catch (error) {
      const problem = undefinedProblem(error);
      const isAsked = effects !== undefined || Object.keys(conditions).length > 0;
      if (isAsked || problem === null) throw error;
      missing.push({ note: `${names.join(':')} is not shown: ${problem}`, error });
    }
  }
  if (made.length === 0 && missing.length > 0) throw missing[0].error;
  const notes = missing.map(({ note }) => note);
  const result = Object.assign(made, { notes });
  return printable(result, () => [...made.map(String), ...notes].join('\n\n'));
}

/** The problem with a row for which the formula is undefined; null for any other error. */
function undefinedProblem(error: unknown): string | null {
  if (!isWeighbridgeError(error, 'bad-data') || error.details.expression === undefined) return null;
  return error.details.problem ?? error.message;
}

interface Grid {
  readonly data: readonly GridRow[];
  readonly notes: readonly string[];
}

function gridOf(
  fit: FittedRegression,
  names: readonly string[],
  columns: EffectColumns,
  options: ConditionalEffectsOptions & { conditions: GridRow; resolution: number },
): Grid {
  const still = columns.needed.filter((name) => !names.includes(name));
  const fixed = still.map((name) => standing(fit, name, options.conditions, columns));
  const values = names.map((name, i) => valuesOf(fit, name, i, options.resolution, columns));
  const grid = crossedRows(names.map((name, i) => [name, values[i].values]));
  const stillRow = Object.fromEntries(still.map((name, i) => [name, fixed[i].values[0]]));
  const data = grid.map((row) => ({ ...row, ...stillRow }));
  const defined = definedRows(fit, data, options.groups ?? 'none');
  const notes = [...values, ...fixed, defined].flatMap((part) => part.notes);
  return { data: defined.data, notes };
}

/**
 * The rows for which the formula is defined, found by bisection because many may be undefined.
 *
 * @throws WeighbridgeError if the formula is defined for none
 */
function definedRows(fit: FittedRegression, data: readonly GridRow[], groups: GroupChoice): Grid {
  const found: { readonly problem: string; readonly error: unknown }[] = [];
  const definedOf = (rows: readonly GridRow[]): readonly GridRow[] => {
    try {
      predictedData(fit, rows, groups);
      return rows;
    } catch (error) {
      const problem = undefinedProblem(error);
      if (problem === null) throw error;
      found.push({ problem, error });
    }
    if (rows.length === 1) return [];
    const half = rows.length >> 1;
    return [...definedOf(rows.slice(0, half)), ...definedOf(rows.slice(half))];
  };
  const rows = definedOf(data);
  if (found.length === 0) return { data, notes: [] };
  const [{ problem, error }] = found;
  if (rows.length === 0) throw error;
  const left = data.length - rows.length;
  return { data: rows, notes: [`${left} of ${data.length} points are left out: ${problem}`] };
}

/** Number of printed rows; a plot shows the whole curve. */
const ROWS_PRINTED = 10;

function effectText({ effects, response, rows, notes }: ConditionalEffect, mass: number): string {
  const lines = estimateLines({
    rows,
    mass,
    label: () => '',
    leading: (shown) => [
      ...effects.map((name) => ({ head: name, cells: shown.map(({ at }) => cellText(at[name])) })),
      ...(shown.some(({ category }) => category !== undefined)
        ? [{ head: 'Category', cells: shown.map(({ category = '' }) => category) }]
        : []),
    ],
    most: ROWS_PRINTED,
  });
  return [`${response} by ${effects.join(' and ')}:`, ...lines, ...notes].join('\n');
}

function predictionOf(method: (typeof methods)[number], dpar: string | undefined) {
  switch (method) {
    case 'fitted':
      return meanOf(dpar);
    case 'linpred':
      return linearPredictorOf(dpar);
    default:
      if (dpar !== undefined) {
        throw badArgument(`dpar is ${described(dpar)}, but method ${method} is of outcomes`);
      }
      return method === 'predict' ? simulatedOutcomes : categoryProbabilities;
  }
}

const methods = ['fitted', 'linpred', 'predict', 'probability'] as const;

interface EffectColumns {
  /** Names of the columns that a caller may use. */
  readonly known: readonly string[];
  /** Columns required in every row. */
  readonly needed: readonly string[];
  /** Grouping columns whose value determines the group effects that are added. */
  readonly grouped: readonly string[];
  /** Columns with a binomial's numbers of trials. */
  readonly trials: readonly string[];
  /** Trials columns that are also predictors; their grids are whole numbers. */
  readonly countedPredictors: readonly string[];
}

function columnsOf(
  { frame: { design } }: FittedRegression,
  { groups: choice = 'none' }: ConditionalEffectsOptions,
): EffectColumns {
  const trials = trialsColumns(design);
  const predictors = predictorColumns(design);
  const bounds = boundsColumns(design);
  const known = [...new Set([...predictors, ...trials, ...bounds])];
  const groups = checkGroups(choice);
  const asked = groups === 'all' ? undefined : groups === 'none' ? [] : groups;
  return {
    known,
    needed: [...new Set([...predictorColumns(design, asked), ...trials, ...bounds])],
    grouped: groupingColumns(design, asked),
    trials,
    countedPredictors: trials.filter((name) => predictors.includes(name)),
  };
}

function chosenEffects(
  fit: FittedRegression,
  effects: string | readonly string[] | undefined,
  known: readonly string[],
): string[][] {
  if (effects === undefined) return defaultEffects(fit);
  return textsOf('an effect', effects, 'x1:x2').map((text) => {
    // A column name that contains a colon is taken literally.
    const names = known.includes(text) ? [text] : text.split(':');
    if (names.length > 2) {
      throw badArgument(
        `the effect '${text}' has more than two predictors: set others in conditions`,
      );
    }
    if (names[0] === names[1]) throw badArgument(`the effect '${text}' has one predictor twice`);
    return names.map((name) => requireColumn(name, known, 'the effect'));
  });
}

/** Distinct columns of each term; terms with more than two are left out, as in brms. */
function defaultEffects(fit: FittedRegression): string[][] {
  const isNumeric = (name: string) => gridColumn(fit, name).kind === 'numeric';
  const seen = new Set<string>();
  return termColumns(fit.frame.design)
    .filter((names) => names.length === 1 || names.length === 2)
    .map((names) => [...names.filter(isNumeric), ...names.filter((name) => !isNumeric(name))])
    .filter((names) => {
      const key = [...names].sort().join('\u001f');
      const isNew = !seen.has(key);
      seen.add(key);
      return isNew;
    });
}

interface GridValues {
  readonly values: readonly Cell[];
  readonly notes: readonly string[];
}

/** A single value for a column that is held constant. */
function standing(
  fit: FittedRegression,
  name: string,
  conditions: GridRow,
  { grouped, trials, countedPredictors }: EffectColumns,
): GridValues {
  if (Object.hasOwn(conditions, name)) return { values: [conditions[name]], notes: [] };
  const { typical, numbers } = gridColumn(fit, name);
  if (numbers !== null && countedPredictors.includes(name)) {
    const values = [Math.round(numbers.mean)];
    const note = `${name} is a predictor and the number of trials: it stands at ${values[0]}`;
    return { values, notes: [note] };
  }
  if (trials.includes(name)) return { values: [1], notes: [] };
  if (grouped.includes(name)) {
    throw badArgument(
      `no level of ${name} is typical: set one in conditions, or leave group effects out by groups: 'none'`,
    );
  }
  return { values: [typical], notes: [] };
}

function valuesOf(
  fit: FittedRegression,
  name: string,
  place: number,
  resolution: number,
  { countedPredictors }: EffectColumns,
): GridValues {
  const { numbers, levels } = gridColumn(fit, name);
  if (numbers === null) return { values: levels, notes: [] };
  const { mean, sd, min, max } = numbers;
  const isCount = countedPredictors.includes(name);
  const wholly = (values: readonly number[]) =>
    isCount ? [...new Set(values.map(Math.round))] : values;
  if (place === 0) return { values: wholly(spaced(min, max, resolution)), notes: [] };
  const moved = [
    ...(mean - sd < min ? [`least, ${cellText(min)},`] : []),
    ...(mean + sd > max ? [`greatest, ${cellText(max)},`] : []),
  ];
  const notes = moved.map(
    (end) =>
      `${name} stands at its ${end} as one standard deviation from its mean is outside of the data`,
  );
  return { values: wholly([Math.max(min, mean - sd), mean, Math.min(max, mean + sd)]), notes };
}
