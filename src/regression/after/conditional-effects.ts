/**
 * How the outcome changes with one or two predictors while all others stand still, as brms'
 * `conditional_effects`: predictions over the range of the first, at the mean and one standard
 * deviation to both sides of a second that is numeric. Estimates are medians. Unlike brms, no grid
 * leaves the range of the data, and points where the formula has no value, as `log(x)` of a
 * negative x, are left out with a note. Trials that are also a predictor are whole numbers.
 */
import type { Cell } from '../../formula/table.js';
import { undefinedRowOf } from '../../formula/undefined-row.js';
import { type PointSummary, pointSummary } from '../../posterior/point-summary.js';
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
import { groupingColumns, predictorColumns, termColumns, trialsColumns } from './formula-parts.js';
import { cellText, crossedRows, type GridRow, gridColumn, requireColumn, spaced } from './grid.js';
import { checkGroups, type GroupChoice, type LinearPredictorOptions } from './linear-predictor.js';
import { predictedData } from './new-data.js';
import { eachRow, linearPredictors, meanOutcomes, simulatedOutcomes } from './predictions.js';
import { estimateLines } from './print-estimates.js';

export interface ConditionalEffectsOptions extends LinearPredictorOptions {
  /** Where the other predictors stand, by column, in place of what is typical. */
  readonly conditions?: GridRow;
  /** `fitted` (default), the expected outcome; `linpred`, the linear predictor; `predict`, outcomes. */
  readonly method?: 'fitted' | 'linpred' | 'predict';
  /** Probability of the intervals, in (0, 1); default 0.95. */
  readonly prob?: number;
  /** Medians and median absolute deviations (default true), or means and standard deviations. */
  readonly robust?: boolean;
  /** Points over the range of a numeric predictor, from 2 to 10,000; default 100. */
  readonly resolution?: number;
}

export interface ConditionalEffectRow extends PointSummary {
  /** All predictors of the row, those that stand still among them. */
  readonly at: GridRow;
}

export interface ConditionalEffect {
  /** Of which predictors: `['x']` or `['x1', 'x2']`. */
  readonly effects: readonly string[];
  /** The outcome, as the formula has it. */
  readonly response: string;
  /** By the first predictor, and within it by the second. */
  readonly rows: readonly ConditionalEffectRow[];
  /** What of the grid is not as asked: points left out, values moved to the ends of the data. */
  readonly notes: readonly string[];
}

/** With notes on the effects that cannot be shown. */
export type ConditionalEffects = readonly (ConditionalEffect & Printable)[] &
  Printable & { readonly notes: readonly string[] };

const MOST_POINTS = 10_000;

/**
 * @param effects predictors such as `x` or `x1:x2`, each an effect; default all terms of the formula
 *   that have one or two predictors, numeric ones first, of which those that cannot be shown are
 *   left out with a note
 * @param options group effects are left out unless `groups` says otherwise; trials are 1
 * @throws WeighbridgeError `bad-argument` for what is no predictor of the fit
 */
export function conditionalEffects(
  fit: FittedRegression,
  effects?: string | readonly string[],
  options: ConditionalEffectsOptions = {},
): ConditionalEffects {
  const {
    prob = 0.95,
    robust = true,
    method = 'fitted',
    conditions = {},
    resolution = 100,
  } = options;
  checkProbability('prob', prob);
  const prediction = predictions[checkOneOf('method', method, ['fitted', 'linpred', 'predict'])];
  if (!Number.isSafeInteger(resolution) || resolution < 2 || resolution > MOST_POINTS) {
    throw badArgument(
      `resolution is ${described(resolution)}, but must be a whole number from 2 to ${MOST_POINTS}`,
    );
  }
  const columns = columnsOf(fit, options);
  if (!isRecord(conditions)) {
    throw badArgument(
      `conditions is ${described(conditions)}, expected values by column, { x: 1 } say`,
    );
  }
  for (const name of Object.keys(conditions)) requireColumn(name, columns.known, 'the condition');
  const made: (ConditionalEffect & Printable)[] = [];
  const missing: { readonly note: string; readonly error: unknown }[] = [];
  for (const names of chosenEffects(fit, effects, columns.known)) {
    try {
      const { data, notes } = gridOf(fit, names, columns, { ...options, conditions, resolution });
      const rows: ConditionalEffectRow[] = [];
      eachRow(fit, prediction, { groups: 'none', ...options, data }, (row, values) => {
        rows.push({ at: data[row], ...pointSummary(values, { prob, robust }) });
      });
      const response = fit.frame.response.name;
      const effect: ConditionalEffect = { effects: names, response, rows, notes };
      made.push(printable(effect, () => effectText(effect, prob)));
    } catch (error) {
      const undefinedAt = undefinedRowOf(error);
      const isAsked = effects !== undefined || Object.keys(conditions).length > 0;
      if (isAsked || undefinedAt === null) throw error;
      missing.push({ note: `${names.join(':')} is not shown: ${undefinedAt.problem}`, error });
    }
  }
  if (made.length === 0 && missing.length > 0) throw missing[0].error;
  const notes = missing.map(({ note }) => note);
  const result = Object.assign(made, { notes });
  return printable(result, () => [...made.map(String), ...notes].join('\n\n'));
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
 * Those for which the formula has a value. They are looked for by halves: many points may lack one.
 *
 * @throws WeighbridgeError where it has none for any
 */
function definedRows(fit: FittedRegression, data: readonly GridRow[], groups: GroupChoice): Grid {
  const found: { readonly problem: string; readonly error: unknown }[] = [];
  const definedOf = (rows: readonly GridRow[]): readonly GridRow[] => {
    try {
      predictedData(fit, rows, groups);
      return rows;
    } catch (error) {
      const undefinedAt = undefinedRowOf(error);
      if (undefinedAt === null) throw error;
      found.push({ problem: undefinedAt.problem, error });
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

/** Rows in print: the rest of a curve is better seen in a plot. */
const ROWS_PRINTED = 10;

function effectText({ effects, response, rows, notes }: ConditionalEffect, prob: number): string {
  const lines = estimateLines({
    rows,
    prob,
    label: () => '',
    leading: (shown) =>
      effects.map((name) => ({ head: name, cells: shown.map(({ at }) => cellText(at[name])) })),
    most: ROWS_PRINTED,
  });
  return [`${response} by ${effects.join(' and ')}:`, ...lines, ...notes].join('\n');
}

const predictions = {
  fitted: meanOutcomes,
  linpred: linearPredictors,
  predict: simulatedOutcomes,
} as const;

interface EffectColumns {
  /** Columns that may be named. */
  readonly known: readonly string[];
  /** Columns that a row must have. */
  readonly needed: readonly string[];
  /** Columns whose value decides which group effects are added. */
  readonly grouped: readonly string[];
  /** Columns of the trials of a binomial. */
  readonly trials: readonly string[];
  /** Those of them that are predictors, too: their grids hold whole numbers. */
  readonly countedPredictors: readonly string[];
}

function columnsOf(
  { frame: { design } }: FittedRegression,
  { groups: choice = 'none' }: ConditionalEffectsOptions,
): EffectColumns {
  const trials = trialsColumns(design);
  const predictors = predictorColumns(design);
  const known = [...new Set([...predictors, ...trials])];
  const groups = checkGroups(choice);
  const asked = groups === 'all' ? undefined : groups === 'none' ? [] : groups;
  return {
    known,
    needed: [...new Set([...predictorColumns(design, asked), ...trials])],
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
    // A column whose name has a colon is taken for itself.
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

/** Each term's columns once: brms leaves out those of more than two. */
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

/** One value, where a column stands still. */
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
