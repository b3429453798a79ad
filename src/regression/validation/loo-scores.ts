/**
 * How well each outcome is predicted without itself, by the weights of LOO:
 *
 *  - PIT values Σ_s w_s [ŷ_s < y] + u Σ_s w_s [ŷ_s = y], u uniform: uniform if the predictions are calibrated
 *    (Gelfand, Dey & Chang 1992; randomized for counts, Czado, Gneiting & Held 2009, Biometrics 65).
 *  - CRPS, E|ŷ − y| − ½ E|ŷ − ŷ′| (Gneiting & Raftery 2007, JASA 102): an absolute error of whole distributions, in
 *    the units of the outcome; the ranked probability score of categories.
 *  - Errors of the mean prediction, the accuracy of the likeliest outcome, and LOO-R² with the uncertainty of a
 *    Bayesian bootstrap of the rows (Gelman et al. 2019; brms' `loo_R2`).
 */
import { traitsOf } from '../../../models/families/family.js';
import { requireProbability, requireSeed } from '../../checks/options.js';
import { meanAndSquares } from '../../linear-algebra/sums.js';
import { type PointSummary, pointSummary } from '../../posterior/point-summary.js';
import { type Printable, printable, rounded, textTable } from '../../posterior/printable.js';
import { quickStream } from '../../random/quick-stream.js';
import { eachRow, meanOutcomes, simulatedOutcomes } from '../after/predictions.js';
import { refuseCensored, refuseChoices } from '../after/refusals.js';
import type { FittedRegression } from '../fitted-regression.js';
import { looWeights } from './loo-weights.js';

export interface LooScoresOptions {
  /** Probability of the interval of LOO-R², in (0, 1). @default 0.95 */
  readonly mass?: number;
  /** Seed of predicted outcomes, of randomized PIT values and of the bootstrap. @default the seed of the fit */
  readonly seed?: number | string;
}

/** A mean over rows. */
interface Score {
  readonly estimate: number;
  /** Standard error from the spread over rows. */
  readonly se: number;
}

export interface LooScores {
  /** Probability integral transform of each outcome, in [0, 1]; input of `plotPit`. */
  readonly pit: Float64Array;
  /** Mean prediction of each outcome without itself. */
  readonly predicted: Float64Array;
  /** Lower is better. */
  readonly crps: Score;
  /** Mean absolute error of `predicted`; absent for categories, as are `rmse` and `r2`. */
  readonly mae?: Score;
  /** Root mean squared error; of 0/1 outcomes the root of the Brier score. */
  readonly rmse?: Score;
  /** Share of outcomes that are the likeliest one; of 0/1 outcomes and categories. */
  readonly accuracy?: Score;
  readonly r2?: PointSummary;
  /** If any row's prediction without itself is not reliable. */
  readonly warnings: readonly string[];
}

/** @throws WeighbridgeError `bad-argument` for choices */
export function looScores(
  fit: FittedRegression,
  options: LooScoresOptions = {},
): LooScores & Printable {
  const { mass = 0.95 } = options;
  requireProbability('mass', mass);
  refuseChoices(fit, 'looScores', 'compare fits by loo');
  refuseCensored(fit, 'looScores');
  const seed = requireSeed(options.seed ?? fit.settings.seed);
  const { pit, predicted, crps, isRight, warnings } = rowScores(fit, seed);
  const outcomes = fit.specification.data.outcomes;
  const errors = outcomes.map((outcome, row) => predicted[row] - outcome);
  const { outcome } = traitsOf(fit.family);
  const isNumber = outcome !== 'ordinal';
  const squared = scoreOf(errors.map((error) => error * error));
  const rmse = Math.sqrt(squared.estimate);
  const scores: LooScores = {
    pit,
    predicted,
    crps: scoreOf(crps),
    ...(isNumber && {
      mae: scoreOf(errors.map(Math.abs)),
      // The delta method.
      rmse: { estimate: rmse, se: squared.se / (2 * rmse) },
      r2: pointSummary(bootstrappedR2(outcomes, errors, seed), { mass }),
    }),
    ...((outcome === 'binary' || outcome === 'ordinal') && { accuracy: scoreOf(isRight) }),
    warnings,
  };
  return printable(scores, () => scoresText(scores));
}

function rowScores(fit: FittedRegression, seed: number | string) {
  const loo = looWeights(fit);
  const { rows } = loo;
  const { outcomes } = fit.specification.data;
  const all = () => new Float64Array(rows);
  const scores = { pit: all(), predicted: all(), crps: all(), isRight: all() };
  const { outcome: kind } = traitsOf(fit.family);
  const randomize = quickStream(seed, 'loo pit');
  let weights: Float64Array = new Float64Array();
  eachRow(
    fit,
    (prepared) => {
      const writeMeans = meanOutcomes(prepared);
      const writeOutcomes = simulatedOutcomes(prepared);
      return (place, target) => (place % 2 === 0 ? writeMeans : writeOutcomes)(place >> 1, target);
    },
    { seed },
    (place, values) => {
      const row = place >> 1;
      if (place % 2 === 0) {
        weights = loo.of(row);
        let mean = 0;
        for (let s = 0; s < values.length; s++) mean += weights[s] * values[s];
        scores.predicted[row] = mean;
        return;
      }
      const outcome = outcomes[row];
      scores.pit[row] = pitOf(outcome, values, weights, randomize.uniform());
      scores.crps[row] = crpsOf(outcome, values, weights);
      const likeliest =
        kind === 'binary'
          ? Number(scores.predicted[row] > 0.5)
          : kind === 'ordinal'
            ? likeliestOf(values, weights)
            : Number.NaN;
      scores.isRight[row] = Number(likeliest === outcome);
    },
    2,
  );
  return { ...scores, warnings: loo.warnings() };
}

function pitOf(outcome: number, values: Float64Array, weights: Float64Array, u: number): number {
  let below = 0;
  let at = 0;
  for (let s = 0; s < values.length; s++) {
    if (values[s] < outcome) below += weights[s];
    else if (values[s] === outcome) at += weights[s];
  }
  return Math.min(1, below + u * at);
}

/** With values ascending and C their cumulative weights, ½ E|ŷ − ŷ′| = Σ w_s ŷ_s (C_{s−1} + C_s − 1). */
function crpsOf(outcome: number, values: Float64Array, weights: Float64Array): number {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  let cumulated = 0;
  let crps = 0;
  for (const s of order) {
    const weight = weights[s];
    // From the outcome, so that no digits are lost far from zero.
    const distance = values[s] - outcome;
    crps += weight * (Math.abs(distance) - distance * (2 * cumulated + weight - 1));
    cumulated += weight;
  }
  return crps;
}

function likeliestOf(values: Float64Array, weights: Float64Array): number {
  const shares = new Map<number, number>();
  values.forEach((value, s) => {
    shares.set(value, (shares.get(value) ?? 0) + weights[s]);
  });
  let best = Number.NaN;
  for (const [value, share] of shares) if (!(share <= (shares.get(best) ?? 0))) best = value;
  return best;
}

function scoreOf(values: Float64Array): Score {
  const { mean, squares } = meanAndSquares(values);
  return { estimate: mean, se: Math.sqrt(squares / (values.length - 1) / values.length) };
}

const BOOTSTRAPS = 4000;

/** 1 − var(errors) / var(outcomes), rows weighted by draws of a flat Dirichlet. */
function bootstrappedR2(
  outcomes: Float64Array,
  errors: Float64Array,
  seed: number | string,
): Float64Array {
  const random = quickStream(seed, 'loo r2');
  const origin = meanAndSquares(outcomes).mean;
  return Float64Array.from({ length: BOOTSTRAPS }, () => {
    let [total, y, yy, e, ee] = [0, 0, 0, 0, 0];
    for (let row = 0; row < outcomes.length; row++) {
      const weight = -Math.log1p(-random.uniform());
      const outcome = outcomes[row] - origin;
      total += weight;
      y += weight * outcome;
      yy += weight * outcome * outcome;
      e += weight * errors[row];
      ee += weight * errors[row] * errors[row];
    }
    const ofErrors = ee / total - (e / total) ** 2;
    return Math.max(-1, 1 - ofErrors / (yy / total - (y / total) ** 2));
  });
}

function scoresText({ crps, mae, rmse, accuracy, r2, warnings }: LooScores): string {
  const rows = Object.entries({
    CRPS: crps,
    MAE: mae,
    RMSE: rmse,
    Accuracy: accuracy,
    'LOO-R2': r2 && { estimate: r2.mean, se: r2.sd },
  }).flatMap(([name, score]) => (score ? [{ name, ...score }] : []));
  return [
    'Predictions of each row without itself:',
    ...textTable(
      rows.map(({ name }) => name),
      [
        { head: 'Estimate', cells: rows.map(({ estimate }) => rounded(estimate, 3)) },
        { head: 'SE', cells: rows.map(({ se }) => rounded(se, 3)) },
      ],
    ),
    ...warnings,
  ].join('\n');
}
