/**
 * How the outcome changes with one or two predictors while all others stand still, as brms'
 * `conditional_effects`: predictions over the range of the first, at the mean and one standard
 * deviation to both sides of a second that is numeric. Estimates are medians.
 */
import type { Cell } from '../../formula/table.js';
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
import { checkGroups, type LinearPredictorOptions } from './linear-predictor.js';
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
  /** Points over the range of a numeric predictor; default 100. */
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
}

/**
 * @param effects predictors such as `x` or `x1:x2`, each an effect; default all terms of the formula
 *   that have one or two predictors, numeric ones first
 * @param options group effects are left out unless `groups` says otherwise; trials are 1
 * @throws WeighbridgeError `bad-argument` for what is no predictor of the fit
 */
export function conditionalEffects(
  fit: FittedRegression,
  effects?: string | readonly string[],
  options: ConditionalEffectsOptions = {},
): readonly (ConditionalEffect & Printable)[] & Printable {
  const {
    prob = 0.95,
    robust = true,
    method = 'fitted',
    conditions = {},
    resolution = 100,
  } = options;
  checkProbability('prob', prob);
  const prediction = predictions[checkOneOf('method', method, ['fitted', 'linpred', 'predict'])];
  if (!Number.isSafeInteger(resolution) || resolution < 2) {
    throw badArgument(
      `resolution is ${described(resolution)}, but must be a whole number of at least 2`,
    );
  }
  const columns = columnsOf(fit, options);
  if (!isRecord(conditions)) {
    throw badArgument(
      `conditions is ${described(conditions)}, expected values by column, { x: 1 } say`,
    );
  }
  for (const name of Object.keys(conditions)) requireColumn(name, columns.known, 'the condition');
  const made = chosenEffects(fit, effects, columns.known).map((names) => {
    const still = columns.needed.filter((name) => !names.includes(name));
    const fixed = Object.fromEntries(still.map((name) => [name, standing(fit, name, conditions)]));
    const grid = crossedRows(names.map((name, i) => [name, valuesOf(fit, name, i, resolution)]));
    const data = grid.map((row) => ({ ...row, ...fixed }));
    const rows: ConditionalEffectRow[] = [];
    eachRow(fit, prediction, { groups: 'none', ...options, data }, (row, values) => {
      rows.push({ at: data[row], ...pointSummary(values, { prob, robust }) });
    });
    const effect: ConditionalEffect = { effects: names, response: fit.frame.response.name, rows };
    return printable(effect, () => effectText(effect, prob));
  });
  return printable(made, () => made.map(String).join('\n\n'));
}

/** Rows in print: the rest of a curve is better seen in a plot. */
const ROWS_PRINTED = 10;

function effectText({ effects, response, rows }: ConditionalEffect, prob: number): string {
  const lines = estimateLines({
    rows,
    prob,
    label: () => '',
    leading: (shown) =>
      effects.map((name) => ({ head: name, cells: shown.map(({ at }) => cellText(at[name])) })),
    most: ROWS_PRINTED,
  });
  return [`${response} by ${effects.join(' and ')}:`, ...lines].join('\n');
}

const predictions = {
  fitted: meanOutcomes,
  linpred: linearPredictors,
  predict: simulatedOutcomes,
} as const;

/** Columns that may be named, and those that a row must have. */
function columnsOf(
  { frame: { design } }: FittedRegression,
  { groups: choice = 'none' }: ConditionalEffectsOptions,
): { readonly known: readonly string[]; readonly needed: readonly string[] } {
  const trials = trialsColumns(design);
  const known = [...new Set([...predictorColumns(design), ...trials])];
  const groups = checkGroups(choice);
  const asked = groups === 'all' ? undefined : groups === 'none' ? [] : groups;
  return { known, needed: [...new Set([...predictorColumns(design, asked), ...trials])] };
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

function standing(fit: FittedRegression, name: string, conditions: GridRow): Cell {
  if (Object.hasOwn(conditions, name)) return conditions[name];
  const { design } = fit.frame;
  if (trialsColumns(design).includes(name)) return 1;
  if (groupingColumns(design).includes(name)) {
    throw badArgument(
      `no level of ${name} is typical: set one in conditions, or leave group effects out by groups: 'none'`,
    );
  }
  return gridColumn(fit, name).typical;
}

function valuesOf(
  fit: FittedRegression,
  name: string,
  place: number,
  resolution: number,
): readonly Cell[] {
  const { numbers, levels } = gridColumn(fit, name);
  if (numbers === null) return levels;
  const { mean, sd, min, max } = numbers;
  return place === 0 ? spaced(min, max, resolution) : [mean - sd, mean, mean + sd];
}
