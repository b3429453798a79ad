/**
 * Bayesian R²: the explained share of the outcome's variance, one number per draw, as in brms'
 * `bayes_R2` (Gelman, Goodrich, Gabry & Vehtari 2019, "R-squared for Bayesian regression models",
 * with the variance of the observed residuals):
 *
 *     R²_s = var(μ_s) / (var(μ_s) + var(y − μ_s)),   variances over the rows, μ_s the expected outcomes
 */

import { isOrdinal } from '../../../models/families/thresholds.js';
import { requireProbability } from '../../checks/options.js';
import { badArgument } from '../../checks/values.js';
import { runningMoments } from '../../linear-algebra/sums.js';
import {
  estimateLines,
  type PointSummary,
  type PointSummaryOptions,
  pointSummary,
} from '../../posterior/point-summary.js';
import { type Printable, printable } from '../../posterior/printable.js';
import type { FittedRegression } from '../fitted-regression.js';
import { refuseChoices } from './choices.js';
import { chooseDraws, type LinearPredictorOptions } from './linear-predictor.js';
import { eachRow, meanOutcomes } from './predictions.js';

export interface R2Options
  extends PointSummaryOptions,
    Pick<LinearPredictorOptions, 'draws' | 'groups'> {}

export interface BayesR2 extends PointSummary {
  /** One value per used draw; NaN if both the means and the residuals are constant. */
  readonly draws: Float64Array;
}

/** @throws WeighbridgeError `bad-argument` for an ordinal family */
export function bayesR2(fit: FittedRegression, options: R2Options = {}): BayesR2 & Printable {
  const { mass = 0.95, robust = false } = options;
  requireProbability('mass', mass);
  refuseChoices(fit, 'r2', 'compare fits by loo');
  if (isOrdinal(fit.family)) {
    throw badArgument(
      `r2 has no meaning for a ${fit.family.family} regression: its outcomes are categories, which have no variance; compare fits by loo`,
    );
  }
  const outcomes = fit.frame.response.values;
  const count = chooseDraws(fit.draws, options.draws ?? 'all').length;
  const explained = runningMoments(count);
  const residual = runningMoments(count);
  const residuals = new Float64Array(count);
  eachRow(fit, meanOutcomes, options, (row, means) => {
    for (let s = 0; s < count; s++) residuals[s] = outcomes[row] - means[s];
    explained.add(means);
    residual.add(residuals);
  });
  // Both are sums of squares with the same divisor, rows − 1, which cancels.
  const draws = explained.squares.map((squares, s) => squares / (squares + residual.squares[s]));
  const result: BayesR2 = { ...pointSummary(draws, { mass, robust }), draws };
  return printable(result, () =>
    estimateLines({ rows: [result], mass, label: () => 'R2' }).join('\n'),
  );
}
