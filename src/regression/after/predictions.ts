/**
 * Predictions for rows, those of the fit or new ones: linear predictor, mean outcome, and outcome.
 * The summaries are brms' `fitted` and `predict`; the draws are its `posterior_linpred`,
 * `posterior_epred` and `posterior_predict`.
 *
 * Summaries process one row at a time and hold its draws only; the draw functions return all of
 * them in one array.
 */
import {
  auxiliaryOf,
  type Cells,
  nameOf,
  withoutPredicted,
} from '../../../models/families/family.js';
import { responseDistribution, truncatedFamily } from '../../../models/families/index.js';
import { isNominal, mostThresholds } from '../../../models/families/thresholds.js';
import type { Bounds } from '../../../models/families/truncated.js';
import { auxiliaryOfRows } from '../../../models/reported-parameters.js';
import { listed } from '../../checks/names.js';
import { requireOneOf, requireProbability, requireSeed } from '../../checks/options.js';
import { badArgument, described } from '../../checks/values.js';
import { WeighbridgeError } from '../../errors.js';
import { type WatchableOf, watchable } from '../../fit/watched.js';
import type { Encoded } from '../../formula/design.js';
import type { OutcomeBounds } from '../../formula/limits.js';
import type { DataInput } from '../../formula/table.js';
import type { Draws } from '../../posterior/draws.js';
import {
  estimateLines,
  type PointSummary,
  type PointSummaryOptions,
  pointSummary,
} from '../../posterior/point-summary.js';
import { fixed, type Printable, printable, textTable } from '../../posterior/printable.js';
import { finished, type Steps } from '../../posterior/steps.js';
import { quickStream } from '../../random/quick-stream.js';
import type { FittedRegression } from '../fitted-regression.js';
import { categoriesOf, requireCategories } from './categories.js';
import { choiceShares, isChoice, simulatedChoices } from './choices.js';
import { integratedMeans } from './integrated-means.js';
import {
  type LinearPredictor,
  type LinearPredictorOptions,
  linearPredictor,
  madeForRows,
} from './linear-predictor.js';
import { predictedData } from './new-data.js';
import { refuseNominal } from './refusals.js';

export interface PredictionOptions extends LinearPredictorOptions {
  /** Rows to predict, with the columns that the formula uses. @default those of the fit */
  readonly data?: DataInput;
}

/** A parameter in place of the mean: one with a formula, such as `sigma`, or another of the family. */
export interface ParameterOptions {
  /** Its value on its own scale in `fitted`, its linear predictor in `linpred`. @default the mean */
  readonly dpar?: string;
}

export interface PredictionSummaryOptions extends PredictionOptions, PointSummaryOptions {}

/** A row's prediction. */
export interface Prediction extends PointSummary {
  /** Outcomes of an ordinal family only: the category that most draws have. */
  readonly category?: string;
  /** Outcomes of an ordinal family only: the share of the draws that each category has, in order. */
  readonly shares?: readonly number[];
}

/** One entry per row, in order; prints as brms' matrix. */
export type Predictions = readonly Prediction[] & Printable;

/** The probability of a category in a row. */
export interface CategoryProbability extends PointSummary {
  /** Number of the row, from 1. */
  readonly row: number;
  readonly category: string;
}

/** Row after row, categories in order. */
export type CategoryProbabilities = readonly CategoryProbability[] & Printable;

export interface FittedOptions extends PredictionSummaryOptions, ParameterOptions {
  /** `response` (default): the mean of the outcome; `linear`: the linear predictor. */
  readonly scale?: 'response' | 'linear';
}

type OfFit<Options, Result> = WatchableOf<FittedRegression, Options, Result>;

/**
 * The mean of each row's outcome, its uncertainty that of the parameters alone: brms' `fitted`. Of
 * a binomial it is trials times the probability; of an ordinal family the expected category, counted from 1; of
 * choices the probability that the option is chosen from its set.
 *
 * @throws WeighbridgeError `bad-argument` for an option out of range, `bad-data` for a row that
 *   cannot be predicted, `interrupted` if `signal` is aborted
 */
export const fitted: OfFit<FittedOptions, Predictions> = watchable((fit, options) => {
  const { scale = 'response', dpar, ...others } = options;
  requireOneOf('scale', scale, ['response', 'linear']);
  const isMean = scale === 'response';
  return summarizeRows(fit, isMean ? meanOf(dpar) : linearPredictorOf(dpar), others);
});

/** The linear predictor of each row, offset included: brms' `fitted` with `scale = "linear"`. */
export const linpred: OfFit<PredictionSummaryOptions & ParameterOptions, Predictions> = watchable(
  (fit, { dpar, ...options }) => summarizeRows(fit, linearPredictorOf(dpar), options),
);

/**
 * Outcomes that the fit expects of each row, with the noise of the family: brms' `predict`. The same
 * seed predicts the same outcome of a row, whatever other rows there are. For an ordinal family with the
 * share of each category among the draws.
 */
export const predict: OfFit<PredictionSummaryOptions, Predictions> = watchable((fit, options) =>
  summarizeRows(fit, simulatedOutcomes, options, categoriesOf(fit)),
);

/**
 * Probabilities of each row's categories, their uncertainty that of the parameters alone: brms' `fitted` of
 * an ordinal family. One row is in memory at a time.
 *
 * @throws WeighbridgeError `bad-argument` for a family without categories, and as `fitted`
 */
export const probabilities: OfFit<PredictionSummaryOptions, CategoryProbabilities> = watchable(
  function* (fit, options) {
    const categories = requireCategories(fit, 'probabilities');
    const { mass = 0.95, robust = false } = options;
    requireProbability('mass', mass);
    const found: CategoryProbability[] = [];
    const rows = prepare(fit, categoryProbabilities, options, categories.length);
    yield* rowsInSteps(rows, (place, values) => {
      const category = categories[place % categories.length];
      const row = Math.floor(place / categories.length) + 1;
      found.push({ row, category, ...pointSummary(values, { mass, robust }) });
    });
    return printable(found, () => probabilityLines(found, mass).join('\n'));
  },
);

/** Draws of `linpred`; each row is a "parameter", named from `1`. */
export const posteriorLinpred: OfFit<PredictionOptions & ParameterOptions, Draws> = watchable(
  (fit, { dpar, ...options }) => drawsOfRows(fit, linearPredictorOf(dpar), options),
);

/**
 * Draws of `probabilities`: brms' `posterior_epred` of an ordinal family. Each category of each row is a
 * "parameter", named `1[low]`, row after row.
 *
 * @throws WeighbridgeError `bad-argument` for a family without categories
 */
export const posteriorProbabilities: OfFit<PredictionOptions, Draws> = watchable((fit, options) =>
  drawsOfRows(
    fit,
    categoryProbabilities,
    options,
    requireCategories(fit, 'posteriorProbabilities'),
  ),
);

/** Draws of `fitted`; each row is a "parameter", named from `1`. */
export const posteriorEpred: OfFit<PredictionOptions & ParameterOptions, Draws> = watchable(
  (fit, { dpar, ...options }) => drawsOfRows(fit, meanOf(dpar), options),
);

/** Draws of `predict`; each row is a "parameter", named from `1`. */
export const posteriorPredict: OfFit<PredictionOptions, Draws> = watchable((fit, options) =>
  drawsOfRows(fit, simulatedOutcomes, options),
);

/** Writes what is predicted of a row, at all draws. */
export type RowWriter = (row: number, target: Float64Array) => void;
type Predictor = (prepared: PreparedRows) => RowWriter;

export interface PreparedRows {
  readonly fit: FittedRegression;
  readonly encoded: Encoded;
  readonly predictor: LinearPredictor;
  /** Trials of each row. Throws for new rows without trials. */
  readonly trials: () => Float64Array;
  /** Known standard errors of each row, or null. Throws for new rows without them. */
  readonly errors: () => Float64Array | null;
  /** Bounds of truncated outcomes, or null. Throws for new rows without them. */
  readonly bounds: () => OutcomeBounds | null;
  /** The choice set of each row; null for a family without sets. */
  readonly sets: () => Cells | null;
  readonly seed: number | string;
}

/**
 * The linear predictor of the mean, or of a parameter that has one.
 *
 * @throws WeighbridgeError `bad-argument`
 */
export const linearPredictorOf =
  (dpar?: string): Predictor =>
  ({ fit, predictor }) => {
    const { predicted = [] } = fit.specification.family;
    if (dpar === undefined && isNominal(fit.family)) {
      throw badArgument(
        `a categorical regression has a linear predictor for each category but the first: expected dpar, one of ${listed(predicted)}`,
      );
    }
    const names: readonly (string | undefined)[] = predicted;
    const of = 1 + names.indexOf(dpar);
    if (dpar !== undefined && of === 0) {
      const known = predicted.length === 0 ? 'the mean alone' : `the mean, ${listed(predicted)}`;
      throw badArgument(`dpar is ${described(dpar)}, but there are linear predictors of ${known}`);
    }
    return (row, target) => predictor.eta(row, target, of);
  };

/** The mean outcome, or a parameter of the family in its place. @throws WeighbridgeError `bad-argument` */
export const meanOf =
  (dpar?: string): Predictor =>
  (prepared) => {
    if (dpar === undefined) return meanOutcomes(prepared);
    const { fit, predictor } = prepared;
    const { family } = fit.specification;
    const names: readonly string[] = [
      ...auxiliaryOf(withoutPredicted(family)),
      ...(family.predicted?.includes('disc') ? ['disc'] : []),
    ];
    const place = names.indexOf(dpar);
    if (place < 0) {
      throw badArgument(
        `dpar is ${described(dpar)}, but the family ${nameOf(family)} has the parameters ${listed(names) || 'of the mean alone'}`,
      );
    }
    const own = mostThresholds(family) + place;
    return (row, target) => target.set(predictor.auxiliaryDraws(row)[own]);
  };

/** E(y) of each row; of a truncated one, of the outcomes within its bounds. */
export const meanOutcomes: Predictor = (prepared) => {
  const { fit, predictor, trials } = prepared;
  if (isChoice(fit)) return choiceShares(prepared);
  refuseNominal(fit, 'mean outcome');
  const { writeInverse } = responseDistribution(fit.specification.family);
  const writeMeans = meansOfRows(prepared);
  const counts = trials();
  return (row, target) => {
    predictor.eta(row, target);
    writeInverse(target);
    writeMeans(row, target, counts[row]);
  };
};

/**
 * Overwrites each inverse link of a row by the mean of an outcome.
 *
 * @throws WeighbridgeError `bad-argument` for truncated outcomes of a family without a formula of their mean
 */
export function meansOfRows({
  fit,
  predictor,
  bounds,
}: Pick<PreparedRows, 'fit' | 'predictor' | 'bounds'>): (
  row: number,
  locations: Float64Array,
  trials: number,
) => void {
  const { family } = fit.specification;
  const within = bounds();
  if (within === null) {
    const writeMeans = madeForRows(predictor, responseDistribution(family).means);
    return (row, locations, trials) => writeMeans(row)(locations, trials);
  }
  const { means } = truncatedFamily(family);
  if (!means) {
    throw badArgument(
      `the mean of truncated outcomes is not available for the family ${family.family}: ask for predict or posteriorPredict`,
    );
  }
  const writeMeans = madeForRows(predictor, means);
  return (row, locations, trials) => writeMeans(row)(locations, trials, boundsOfRow(within, row));
}

function boundsOfRow({ after, upTo }: OutcomeBounds, row: number): Bounds {
  return { after: after[row], upTo: upTo[row] };
}

export const simulatedOutcomes: Predictor = (prepared) => {
  const { fit, predictor, trials, errors, bounds, seed } = prepared;
  if (isChoice(fit)) return simulatedChoices(prepared);
  const { family } = fit.specification;
  const { writeInverse, outcomes } = responseDistribution(family);
  const within = bounds();
  const writeOutcomes = madeForRows(predictor, outcomes);
  const writeWithin = within && madeForRows(predictor, truncatedFamily(family).outcomes);
  const counts = trials();
  const known = errors();
  const auxOf = auxiliaryOfRows(known, known ? predictor.auxiliaryDraws(0) : []);
  return (row, target) => {
    predictor.eta(row, target);
    writeInverse(target);
    const n = counts[row];
    // A row with a missing predictor, or without trials, has no outcome.
    if (Number.isNaN(n)) return;
    const random = quickStream(seed, 'predict', row);
    if (within && writeWithin) {
      writeWithin(row)(target, n, boundsOfRow(within, row), random);
      return;
    }
    const write = known ? outcomes(auxOf(row)) : writeOutcomes(row);
    write(target, n, random);
  };
};

/** Probabilities of all categories of a row, one after another: of K categories, row i is K i to K i + K − 1. */
export const categoryProbabilities: Predictor = ({ fit, predictor }) => {
  const { categories } = responseDistribution(fit.specification.family);
  if (!categories) throw new RangeError('a family without categories');
  const { count, writeProbabilities } = categories;
  const parameters = madeForRows(predictor, (aux) => aux);
  const own = new Float64Array(parameters(0).length);
  const one = new Float64Array(count);
  const draws = predictor.drawsUsed.length;
  const eta = new Float64Array(draws);
  const all = new Float64Array(count * draws);
  let known = -1;
  return (place, target) => {
    const row = Math.floor(place / count);
    if (row !== known) {
      predictor.eta(row, eta);
      const ofRow = parameters(row);
      for (let s = 0; s < draws; s++) {
        for (let k = 0; k < own.length; k++) own[k] = ofRow[k][s];
        writeProbabilities(eta[s], own, one);
        for (let c = 0; c < count; c++) all[c * draws + s] = one[c];
      }
      known = row;
    }
    const start = (place % count) * draws;
    target.set(all.subarray(start, start + draws));
  };
};

/**
 * Calls back with each row and its predictions at all draws, in one array that is reused.
 *
 * @param perRow numbers that are predicted of a row: as many calls, one after another
 */
export function eachRow(
  fit: FittedRegression,
  prediction: Predictor,
  options: PredictionOptions,
  onRow: (row: number, values: Float64Array) => void,
  perRow = 1,
): void {
  finished(rowsInSteps(prepare(fit, prediction, options, perRow), onRow));
}

/**
 * Calls back with each row and its mean outcomes at all draws, in one array that is reused.
 *
 * @param integrated group terms, by index, over whose distribution the means are averaged
 */
export function eachMean(
  fit: FittedRegression,
  options: PredictionOptions,
  integrated: readonly number[],
  onRow: (row: number, values: Float64Array) => void,
): void {
  const prediction: Predictor =
    integrated.length === 0 ? meanOutcomes : (prepared) => integratedMeans(prepared, integrated);
  eachRow(fit, prediction, options, onRow);
}

/** Predicted numbers between two pauses: about a millisecond. */
const NUMBERS_A_STEP = 2 ** 15;

function* rowsInSteps(
  { rows, draws, write }: ReturnType<typeof prepare>,
  onRow: (row: number, values: Float64Array) => void,
): Steps<void> {
  const values = new Float64Array(draws);
  const rowsAStep = Math.max(1, Math.floor(NUMBERS_A_STEP / draws));
  for (let row = 0; row < rows; ) {
    for (const end = Math.min(rows, row + rowsAStep); row < end; row++) {
      write(row, values);
      onRow(row, values);
    }
    yield { done: row, total: rows };
  }
}

/** @param perRow numbers that are predicted of a row, at each draw */
function prepare(
  fit: FittedRegression,
  prediction: Predictor,
  options: PredictionOptions,
  perRow = 1,
) {
  const { encoded, trials, errors, bounds, sets } = predictedData(
    fit,
    options.data,
    options.groups ?? 'all',
  );
  const predictor = linearPredictor(fit, encoded, options);
  const seed = requireSeed(options.seed ?? fit.settings.seed);
  const write = prediction({ fit, encoded, predictor, trials, errors, bounds, sets, seed });
  return { rows: perRow * predictor.rows, draws: predictor.drawsUsed.length, write };
}

function* summarizeRows(
  fit: FittedRegression,
  prediction: Predictor,
  options: PredictionSummaryOptions,
  categories: readonly string[] | null = null,
): Steps<Predictions> {
  const { mass = 0.95, robust = false } = options;
  requireProbability('mass', mass);
  const summaries: Prediction[] = [];
  yield* rowsInSteps(prepare(fit, prediction, options), (_, values) => {
    const shares = categories && sharesOf(values, categories.length);
    summaries.push({
      ...pointSummary(values, { mass, robust }),
      ...(shares && { category: categories[largestOf(shares)], shares }),
    });
  });
  return printable(summaries, () =>
    (categories
      ? shareLines(summaries, categories)
      : estimateLines({ rows: summaries, mass })
    ).join('\n'),
  );
}

/** Shares of categories 1, 2, … among the draws; NaN for a row that cannot be predicted. */
function sharesOf(outcomes: Float64Array, count: number): number[] {
  const counts = new Array<number>(count).fill(outcomes.some(Number.isNaN) ? Number.NaN : 0);
  for (const outcome of outcomes) if (outcome >= 1) counts[outcome - 1]++;
  return counts.map((n) => n / outcomes.length);
}

function largestOf(shares: readonly number[]): number {
  return shares.reduce((best, share, c) => (share > shares[best] ? c : best), 0);
}

const MOST_ROWS = 100;

/** As brms prints `predict` of an ordinal family. */
function shareLines(rows: readonly Prediction[], categories: readonly string[]): string[] {
  const shown = rows.slice(0, MOST_ROWS);
  const lines = textTable(
    shown.map((_, row) => `[${row + 1},]`),
    categories.map((category, c) => ({
      head: `P(Y = ${category})`,
      cells: shown.map(({ shares = [] }) => fixed(shares[c], 4)),
    })),
  );
  const hidden = rows.length - shown.length;
  return hidden === 0 ? lines : [...lines, `… and ${hidden} more rows`];
}

function probabilityLines(rows: readonly CategoryProbability[], mass: number): string[] {
  return estimateLines({
    rows,
    mass,
    label: ({ row }) => `[${row},]`,
    leading: (shown) => [{ head: 'Category', cells: shown.map(({ category }) => category) }],
  });
}

/** Two gigabytes. */
const MOST_VALUES = 2 ** 28;

function* drawsOfRows(
  fit: FittedRegression,
  prediction: Predictor,
  options: PredictionOptions,
  categories: readonly string[] = [],
): Steps<Draws> {
  const prepared = prepare(fit, prediction, options, Math.max(1, categories.length));
  const { rows, draws } = prepared;
  if (rows * draws > MOST_VALUES) {
    throw new WeighbridgeError(
      'bad-argument',
      `${draws} draws of ${rows} rows are ${rows * draws} numbers, more than ${MOST_VALUES}: ` +
        `ask for fewer by draws: ${Math.max(1, Math.floor(MOST_VALUES / rows))}, or for summaries`,
    );
  }
  const values = new Float64Array(draws * rows);
  yield* rowsInSteps(prepared, (row, ofRow) => {
    for (let s = 0; s < draws; s++) values[s * rows + row] = ofRow[s];
  });
  const parameterNames =
    categories.length === 0 ? rowNames(rows) : categoryNames(rows / categories.length, categories);
  return { parameterNames, ...chainsOf(fit, options), values };
}

function categoryNames(rows: number, categories: readonly string[]): string[] {
  return rowNames(rows).flatMap((row) => categories.map((category) => `${row}[${category}]`));
}

/** A subset of the draws is one chain. */
function chainsOf(
  fit: FittedRegression,
  { draws = 'all' }: PredictionOptions,
): Pick<Draws, 'chains' | 'drawsPerChain'> {
  if (draws !== 'all') return { chains: 1, drawsPerChain: draws };
  const { chains, drawsPerChain } = fit.draws;
  return { chains, drawsPerChain };
}

function rowNames(rows: number): string[] {
  return Array.from({ length: rows }, (_, row) => String(row + 1));
}
