/**
 * Bayesian R²: the share of an outcome's variance that is explained, a number for each draw, as brms'
 * `bayes_R2` computes it (Gelman, Goodrich, Gabry & Vehtari 2019, "R-squared for Bayesian regression
 * models", with the variance of the residuals that were observed):
 *
 *   R²_s = var(μ_s) / (var(μ_s) + var(y − μ_s)),   variances over the rows, μ_s the expected outcomes
 */
import {
  type PointSummary,
  type PointSummaryOptions,
  pointSummary,
} from '../../posterior/point-summary.js';
import { type Printable, printable } from '../../posterior/printable.js';
import { runningMoments } from '../../posterior/running-moments.js';
import { checkProbability } from '../check-options.js';
import type { FittedRegression } from '../fitted-regression.js';
import { chooseDraws, type LinearPredictorOptions } from './linear-predictor.js';
import { eachRow, meanOutcomes } from './predictions.js';
import { estimateLines } from './print-estimates.js';

export interface R2Options
  extends PointSummaryOptions,
    Pick<LinearPredictorOptions, 'draws' | 'groups'> {}

export interface BayesR2 extends PointSummary {
  /** One a draw that was used; NaN where neither the means nor the residuals vary. */
  readonly draws: Float64Array;
}

export function bayesR2(fit: FittedRegression, options: R2Options = {}): BayesR2 & Printable {
  const { prob = 0.95, robust = false } = options;
  checkProbability('prob', prob);
  const outcomes = fit.frame.response.values;
  const count = chooseDraws(fit.fit.draws, options.draws ?? 'all').length;
  const explained = runningMoments(count);
  const residual = runningMoments(count);
  const residuals = new Float64Array(count);
  eachRow(fit, meanOutcomes, options, (row, means) => {
    for (let s = 0; s < count; s++) residuals[s] = outcomes[row] - means[s];
    explained.add(means);
    residual.add(residuals);
  });
  // Both sums are divided by the same number of rows less one.
  const draws = explained.squares.map((squares, s) => squares / (squares + residual.squares[s]));
  const result: BayesR2 = { ...pointSummary(draws, { prob, robust }), draws };
  return printable(result, () =>
    estimateLines({ rows: [result], prob, label: () => 'R2' }).join('\n'),
  );
}
