/**
 * Calibration curves of probabilities: of the rows for which a fit predicts an event with probability
 * p, how many have it? The curve is the isotonic regression of the events on the predictions (CORP:
 * Dimitriadis, Gneiting & Jordan 2021), which needs no bins. Each row is predicted without itself, by
 * the Pareto-smoothed weights of LOO.
 */
import { nameOf, traitsOf } from '../../../models/families/family.js';
import { responseDistribution } from '../../../models/families/index.js';
import { requireProbability, requireSeed } from '../../checks/options.js';
import { badArgument } from '../../checks/values.js';
import { type Printable, printable, rounded, textTable } from '../../posterior/printable.js';
import { quantileOfSorted } from '../../posterior/quantiles.js';
import {
  discriminationOf,
  miscalibrationOf,
  type Recalibration,
  recalibration,
} from '../../posterior/recalibration.js';
import { quickStream } from '../../random/quick-stream.js';
import type { FittedRegression } from '../fitted-regression.js';
import { looWeights } from '../validation/loo-weights.js';
import { categoriesOf } from './categories.js';
import { categoryProbabilities, eachRow, meanOutcomes } from './predictions.js';
import { refuseCensored } from './refusals.js';

export interface CalibrationCurvesOptions {
  /** Probability of the band at each prediction, in (0, 1). @default 0.9 */
  readonly mass?: number;
  /** Seed of the simulated events of the band. @default the seed of the fit */
  readonly seed?: number | string;
}

/** Predicted and observed shares of an event. */
export interface CalibrationCurve extends Recalibration {
  /** `1`; for categories `good or higher`. */
  readonly event: string;
  /** Where recalibrated predictions of calibrated ones are with the given probability, at each one. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Mean squared distance of the predictions from the events, per trial: the Brier score. */
  readonly score: number;
  /** score = miscalibration − discrimination + uncertainty. */
  readonly miscalibration: number;
  readonly discrimination: number;
  readonly uncertainty: number;
}

/** One curve; for K categories K − 1. Prints a line a curve. */
export interface CalibrationCurves extends Printable {
  readonly curves: readonly CalibrationCurve[];
  readonly mass: number;
  /** If any row's predictions without itself are not reliable. */
  readonly warnings: readonly string[];
}

/** @throws WeighbridgeError `bad-argument` for outcomes that are neither 0/1, successes nor ordered categories */
export function calibrationCurves(
  fit: FittedRegression,
  { mass = 0.9, seed: asked }: CalibrationCurvesOptions = {},
): CalibrationCurves {
  requireProbability('mass', mass);
  refuseCensored(fit, 'calibrationCurves');
  const seed = requireSeed(asked ?? fit.settings.seed);
  const { predicted, warnings } = withoutEachRow(fit);
  const outcomes = fit.frame.response.values;
  const { trials } = fit.specification.data;
  const categories = categoriesOf(fit);
  const events = categories
    ? categories.slice(1).map((category, k) => ({
        event: `${category} or higher`,
        happened: outcomes.map((outcome) => Number(outcome >= k + 2)),
      }))
    : [{ event: '1', happened: outcomes }];
  const curves = events.map(({ event, happened }, k) => {
    const probabilities = predicted[k];
    const recalibrated = recalibration(probabilities, trials);
    const found = recalibrated(happened);
    const rows = { probabilities, trials, mass, seed: `${seed} ${k}` };
    return {
      event,
      ...found,
      ...consistencyBand(rows, recalibrated),
      ...scores(happened, rows, found),
    };
  });
  return printable({ curves, mass, warnings }, () => curvesText(curves, warnings));
}

/** Probabilities of each event (per trial), one number per row. */
function withoutEachRow(fit: FittedRegression): {
  readonly predicted: readonly Float64Array[];
  readonly warnings: readonly string[];
} {
  const { outcome } = traitsOf(fit.family);
  if (outcome !== 'binary' && outcome !== 'binomial' && outcome !== 'ordinal') {
    throw badArgument(
      `calibrationCurves is of probabilities, which a ${nameOf(fit.family)} regression does not predict: expected outcomes of 0 and 1, successes of trials or ordered categories`,
    );
  }
  const loo = looWeights(fit);
  const count = responseDistribution(fit.specification.family).categories?.count ?? 1;
  const { trials } = fit.specification.data;
  const predicted = Array.from(
    { length: Math.max(1, count - 1) },
    () => new Float64Array(loo.rows),
  );
  let weights: Float64Array = new Float64Array();
  const mean = (values: Float64Array) =>
    values.reduce((sum, value, s) => sum + value * weights[s], 0);
  if (count === 1) {
    eachRow(fit, meanOutcomes, {}, (row, means) => {
      weights = loo.of(row);
      predicted[0][row] = mean(means) / (trials ? trials[row] || 1 : 1);
    });
  } else {
    eachRow(
      fit,
      categoryProbabilities,
      {},
      (place, values) => {
        const row = Math.floor(place / count);
        const category = place % count;
        if (category === 0) weights = loo.of(row);
        // The event of threshold k is a category above it.
        const share = mean(values);
        for (let k = 0; k < category; k++) predicted[k][row] += share;
      },
      count,
    );
  }
  return { predicted, warnings: loo.warnings() };
}

interface PredictedRows {
  readonly probabilities: Float64Array;
  readonly trials: Float64Array | null;
  readonly mass: number;
  readonly seed: string;
}

/** Simulated outcomes for the band, and the most numbers that they may be. */
const MOST_SIMULATIONS = 500;
const LEAST_SIMULATIONS = 100;
const MOST_NUMBERS = 2e7;

/** Recalibrates events simulated by the predictions, which they are calibrated for. */
function consistencyBand(
  { probabilities, trials, mass, seed }: PredictedRows,
  recalibrated: (outcomes: Float64Array) => Recalibration,
): Pick<CalibrationCurve, 'low' | 'high'> {
  const affordable = Math.floor(MOST_NUMBERS / probabilities.length);
  const count = Math.max(LEAST_SIMULATIONS, Math.min(MOST_SIMULATIONS, affordable));
  const random = quickStream(seed, 'calibration band');
  const successes = (p: number, n: number) => {
    let sum = 0;
    for (let t = 0; t < n; t++) sum += random.uniform() < p ? 1 : 0;
    return sum;
  };
  const curves = Array.from({ length: count }, () => {
    const events = probabilities.map((p, row) => successes(p, trials ? trials[row] : 1));
    return recalibrated(events).recalibrated;
  });
  const places = curves[0].length;
  const low = new Float64Array(places);
  const high = new Float64Array(places);
  const at = new Float64Array(count);
  for (let place = 0; place < places; place++) {
    for (let i = 0; i < count; i++) at[i] = curves[i][place];
    at.sort();
    low[place] = quantileOfSorted(at, (1 - mass) / 2);
    high[place] = quantileOfSorted(at, (1 + mass) / 2);
  }
  return { low, high };
}

function scores(
  outcomes: Float64Array,
  { probabilities, trials }: PredictedRows,
  found: Recalibration,
): Pick<CalibrationCurve, 'score' | 'miscalibration' | 'discrimination' | 'uncertainty'> {
  let [sum, mass, events] = [0, 0, 0];
  outcomes.forEach((outcome, row) => {
    const n = trials ? trials[row] : 1;
    const p = probabilities[row];
    // `outcome` of the n trials have the event.
    sum += outcome * (1 - p) ** 2 + (n - outcome) * p ** 2;
    mass += n;
    events += outcome;
  });
  const share = events / mass;
  return {
    score: sum / mass,
    miscalibration: miscalibrationOf(found),
    discrimination: discriminationOf(found),
    uncertainty: share * (1 - share),
  };
}

function curvesText(curves: readonly CalibrationCurve[], warnings: readonly string[]): string {
  const column = (head: string, value: (curve: CalibrationCurve) => number) => ({
    head,
    cells: curves.map((curve) => rounded(value(curve), 4)),
  });
  const lines = textTable(
    curves.map(({ event }) => event),
    [
      column('Brier', ({ score }) => score),
      column('Miscalibration', ({ miscalibration }) => miscalibration),
      column('Discrimination', ({ discrimination }) => discrimination),
      column('Uncertainty', ({ uncertainty }) => uncertainty),
    ],
    'event',
  );
  return [...lines, ...warnings].join('\n');
}
