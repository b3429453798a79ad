/**
 * Predictions for rows, those of the fit or new ones: linear predictor, mean outcome, and outcome.
 * The summaries are brms' `fitted` and `predict`; the draws are its `posterior_linpred`,
 * `posterior_epred` and `posterior_predict`.
 *
 * Summaries process one row at a time and hold its draws only; the draw functions return all of
 * them in one array.
 */
import { responseDistribution } from '../../../models/families/index.js';
import { requireOneOf, requireProbability, requireSeed } from '../../checks/options.js';
import { WeighbridgeError } from '../../errors.js';
import { type WatchableOf, watchable } from '../../fit/watched.js';
import type { DataInput } from '../../formula/table.js';
import type { Draws } from '../../posterior/draws.js';
import {
  estimateLines,
  type PointSummary,
  type PointSummaryOptions,
  pointSummary,
} from '../../posterior/point-summary.js';
import { type Printable, printable } from '../../posterior/printable.js';
import { finished, type Steps } from '../../posterior/steps.js';
import { quickStream } from '../../random/quick-stream.js';
import type { FittedRegression } from '../fitted-regression.js';
import {
  type LinearPredictor,
  type LinearPredictorOptions,
  linearPredictor,
} from './linear-predictor.js';
import { predictedData } from './new-data.js';

export interface PredictionOptions extends LinearPredictorOptions {
  /** Rows to predict, with the columns that the formula uses. @default those of the fit */
  readonly data?: DataInput;
}

export interface PredictionSummaryOptions extends PredictionOptions, PointSummaryOptions {}

/** One entry per row, in order; prints as brms' matrix. */
export type Predictions = readonly PointSummary[] & Printable;

export interface FittedOptions extends PredictionSummaryOptions {
  /** `response` (default): the mean of the outcome; `linear`: the linear predictor. */
  readonly scale?: 'response' | 'linear';
}

type OfFit<Options, Result> = WatchableOf<FittedRegression, Options, Result>;

/**
 * The mean of each row's outcome, its uncertainty that of the parameters alone: brms' `fitted`. Of
 * a binomial it is trials times the probability.
 *
 * @throws WeighbridgeError `bad-argument` for an option out of range, `bad-data` for a row that
 *   cannot be predicted, `interrupted` if `signal` is aborted
 */
export const fitted: OfFit<FittedOptions, Predictions> = watchable((fit, options) => {
  const { scale = 'response', ...others } = options;
  requireOneOf('scale', scale, ['response', 'linear']);
  return summarizeRows(fit, scale === 'response' ? meanOutcomes : linearPredictors, others);
});

/** The linear predictor of each row, offset included: brms' `fitted` with `scale = "linear"`. */
export const linpred: OfFit<PredictionSummaryOptions, Predictions> = watchable((fit, options) =>
  summarizeRows(fit, linearPredictors, options),
);

/**
 * Outcomes that the fit expects of each row, with the noise of the family: brms' `predict`. The same
 * seed predicts the same outcome of a row, whatever other rows there are.
 */
export const predict: OfFit<PredictionSummaryOptions, Predictions> = watchable((fit, options) =>
  summarizeRows(fit, simulatedOutcomes, options),
);

/** Draws of `linpred`; each row is a "parameter", named from `1`. */
export const posteriorLinpred: OfFit<PredictionOptions, Draws> = watchable((fit, options) =>
  drawsOfRows(fit, linearPredictors, options),
);

/** Draws of `fitted`; each row is a "parameter", named from `1`. */
export const posteriorEpred: OfFit<PredictionOptions, Draws> = watchable((fit, options) =>
  drawsOfRows(fit, meanOutcomes, options),
);

/** Draws of `predict`; each row is a "parameter", named from `1`. */
export const posteriorPredict: OfFit<PredictionOptions, Draws> = watchable((fit, options) =>
  drawsOfRows(fit, simulatedOutcomes, options),
);

/** Turns η of a row at all draws, in place, into what is predicted. */
type RowWriter = (row: number, target: Float64Array) => void;
type Prediction = (prepared: PreparedRows) => RowWriter;

interface PreparedRows {
  readonly fit: FittedRegression;
  readonly predictor: LinearPredictor;
  /** Trials of each row. Throws for new rows without trials. */
  readonly trials: () => Float64Array;
  readonly seed: number | string;
}

export const linearPredictors: Prediction =
  ({ predictor }) =>
  (row, target) =>
    predictor.eta(row, target);

export const meanOutcomes: Prediction = ({ fit, predictor, trials }) => {
  const { writeInverse, means } = responseDistribution(fit.specification.family);
  const writeMeans = means(predictor.auxiliaryDraws());
  const counts = trials();
  return (row, target) => {
    predictor.eta(row, target);
    writeInverse(target);
    writeMeans(target, counts[row]);
  };
};

export const simulatedOutcomes: Prediction = ({ fit, predictor, trials, seed }) => {
  const { writeInverse, outcomes } = responseDistribution(fit.specification.family);
  const writeOutcomes = outcomes(predictor.auxiliaryDraws());
  const counts = trials();
  return (row, target) => {
    predictor.eta(row, target);
    writeInverse(target);
    const n = counts[row];
    // A row with a missing predictor, or without trials, has no outcome.
    if (!Number.isNaN(n)) writeOutcomes(target, n, quickStream(seed, 'predict', row));
  };
};

/** Calls back with each row and its predictions at all draws, in one array that is reused. */
export function eachRow(
  fit: FittedRegression,
  prediction: Prediction,
  options: PredictionOptions,
  onRow: (row: number, values: Float64Array) => void,
): void {
  finished(rowsInSteps(prepare(fit, prediction, options), onRow));
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

function prepare(fit: FittedRegression, prediction: Prediction, options: PredictionOptions) {
  const { encoded, trials } = predictedData(fit, options.data, options.groups ?? 'all');
  const predictor = linearPredictor(fit, encoded, options);
  const seed = requireSeed(options.seed ?? fit.settings.seed);
  const write = prediction({ fit, predictor, trials, seed });
  return { rows: predictor.rows, draws: predictor.drawsUsed.length, write };
}

function* summarizeRows(
  fit: FittedRegression,
  prediction: Prediction,
  options: PredictionSummaryOptions,
): Steps<Predictions> {
  const { mass = 0.95, robust = false } = options;
  requireProbability('mass', mass);
  const summaries: PointSummary[] = [];
  yield* rowsInSteps(prepare(fit, prediction, options), (_, values) => {
    summaries.push(pointSummary(values, { mass, robust }));
  });
  return printable(summaries, () => estimateLines({ rows: summaries, mass }).join('\n'));
}

/** Two gigabytes. */
const MOST_VALUES = 2 ** 28;

function* drawsOfRows(
  fit: FittedRegression,
  prediction: Prediction,
  options: PredictionOptions,
): Steps<Draws> {
  const prepared = prepare(fit, prediction, options);
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
  return { parameterNames: rowNames(rows), ...chainsOf(fit, options), values };
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
