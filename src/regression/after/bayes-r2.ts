/**
 * Bayesian R²: the explained share of the outcome's variance, one number per draw, as in brms'
 * `bayes_R2` (Gelman, Goodrich, Gabry & Vehtari 2019, "R-squared for Bayesian regression models"):
 *
 *     R²_s = var(μ_s) / (var(μ_s) + v_s),   variances over the rows, μ_s the expected outcomes
 *
 * with the variance v_s that the model gives outcomes around μ_s (eq. 3), σ_s² or the mean of
 * μ_s (1 − μ_s), or that of the observed residuals, v_s = var(y − μ_s) (eq. 2).
 */

import { nameOf } from '../../../models/families/family.js';
import { isOrdinal } from '../../../models/families/thresholds.js';
import { requireOneOf, requireProbability } from '../../checks/options.js';
import { badArgument } from '../../checks/values.js';
import { runningMoments } from '../../linear-algebra/sums.js';
import { chooseDraws, parameterDraws } from '../../posterior/draws.js';
import {
  estimateLines,
  type PointSummary,
  type PointSummaryOptions,
  pointSummary,
} from '../../posterior/point-summary.js';
import { type Printable, printable } from '../../posterior/printable.js';
import type { FittedRegression } from '../fitted-regression.js';
import type { LinearPredictorOptions } from './linear-predictor.js';
import { eachRow, meanOutcomes } from './predictions.js';
import { refuseCensored, refuseChoices } from './refusals.js';

export interface R2Options
  extends PointSummaryOptions,
    Pick<LinearPredictorOptions, 'draws' | 'groups'> {
  /**
   * Variance around the expected outcomes: `model`, that of the family, for gaussian and Bernoulli
   * outcomes; `residual`, that of the observed residuals, for all families.
   *
   * @default 'model' where there is one, as brms 2.23
   */
  readonly method?: 'model' | 'residual';
}

export interface BayesR2 extends PointSummary {
  /** The method that was used. */
  readonly method: 'model' | 'residual';
  /** One value per used draw; NaN if both variances are 0. */
  readonly draws: Float64Array;
}

/** @throws WeighbridgeError `bad-argument` for an ordinal family, or `model` for another than gaussian and bernoulli */
export function bayesR2(fit: FittedRegression, options: R2Options = {}): BayesR2 & Printable {
  const { mass = 0.95, robust = false } = options;
  requireProbability('mass', mass);
  refuseChoices(fit, 'r2', 'compare fits by loo');
  refuseCensored(fit, 'r2');
  if (isOrdinal(fit.family)) {
    throw badArgument(
      `r2 has no meaning for a ${nameOf(fit.family)} regression: its outcomes are categories, which have no variance; compare fits by loo`,
    );
  }
  const method = methodFor(fit, options.method);
  const outcomes = fit.frame.response.values;
  const rows = outcomes.length;
  const drawsUsed = chooseDraws(fit.draws, options.draws ?? 'all');
  const count = drawsUsed.length;
  const explained = runningMoments(count);
  const residual = runningMoments(count);
  /** Σ μ (1 − μ) of each draw. */
  const binary = new Float64Array(count);
  const residuals = new Float64Array(count);
  eachRow(fit, meanOutcomes, options, (row, means) => {
    for (let s = 0; s < count; s++) {
      residuals[s] = outcomes[row] - means[s];
      binary[s] += means[s] * (1 - means[s]);
    }
    explained.add(means);
    residual.add(residuals);
  });
  const sigma = method === 'model' && fit.family.family === 'gaussian' ? sigmaOf(fit) : null;
  const around = (s: number): number => {
    if (method === 'residual') return residual.squares[s] / (rows - 1);
    return sigma ? sigma[drawsUsed[s]] ** 2 : binary[s] / rows;
  };
  const draws = explained.squares.map((squares, s) => {
    const variance = squares / (rows - 1);
    return variance / (variance + around(s));
  });
  const result: BayesR2 = { ...pointSummary(draws, { mass, robust }), method, draws };
  return printable(result, () =>
    estimateLines({ rows: [result], mass, label: () => 'R2' }).join('\n'),
  );
}

function sigmaOf({ draws }: FittedRegression): Float64Array {
  return parameterDraws(draws, 'sigma');
}

function methodFor(
  { family, draws, specification }: FittedRegression,
  asked: R2Options['method'],
): 'model' | 'residual' {
  if (asked !== undefined) requireOneOf('method', asked, ['model', 'residual']);
  // σ² is the variance of outcomes that are not truncated.
  const hasOwn =
    family.family === 'bernoulli' ||
    (family.family === 'gaussian' &&
      !specification.data.limits &&
      draws.parameterNames.includes('sigma'));
  if (asked === 'model' && !hasOwn) {
    throw badArgument(
      `method is 'model', but a ${nameOf(family)} regression has no variance of its own here, expected 'residual'`,
      { option: 'method', found: asked },
    );
  }
  return asked ?? (hasOwn ? 'model' : 'residual');
}
