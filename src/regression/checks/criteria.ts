/** How well a fitted regression predicts what it has not seen: LOO and WAIC of a fit. */
import { type Loo, loo } from '../../posterior/loo.js';
import { printable } from '../../posterior/printable.js';
import { type Waic, waic } from '../../posterior/waic.js';
import type { FittedRegression } from '../fitted-regression.js';
import { logLikelihoodOfFit } from './log-likelihood-of-fit.js';

/** With the outcomes, so that a comparison of fits to other data is noticed. */
export interface WithOutcomes {
  readonly outcomes: Float64Array;
}

/**
 * Leave-one-out cross-validation by Pareto-smoothed importance sampling, as `loo(fit)` of brms. A
 * row is left out alone: its group effects are known from the other rows of the group.
 *
 * @throws WeighbridgeError `bad-data` where a row's log likelihood is not finite at some draw
 */
export function looOf(fit: FittedRegression): Loo & WithOutcomes {
  return withOutcomes(loo(logLikelihoodOfFit(fit)), fit);
}

/**
 * The widely applicable information criterion, as `waic(fit)` of brms.
 *
 * @throws WeighbridgeError `bad-data` where a row's log likelihood is not finite at some draw
 */
export function waicOf(fit: FittedRegression): Waic & WithOutcomes {
  return withOutcomes(waic(logLikelihoodOfFit(fit)), fit);
}

function withOutcomes<T extends Loo | Waic>(
  criterion: T,
  { specification }: FittedRegression,
): T & WithOutcomes {
  const { outcomes } = specification.data;
  return printable({ ...criterion, outcomes }, () => String(criterion));
}
