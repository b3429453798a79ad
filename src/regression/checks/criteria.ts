/** How well a fitted regression predicts what it has not seen: LOO and WAIC of a fit. */
import { type Loo, loo } from '../../posterior/loo.js';
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
  return { ...loo(logLikelihoodOfFit(fit)), outcomes: fit.specification.data.outcomes };
}

/**
 * The widely applicable information criterion, as `waic(fit)` of brms.
 *
 * @throws WeighbridgeError `bad-data` where a row's log likelihood is not finite at some draw
 */
export function waicOf(fit: FittedRegression): Waic & WithOutcomes {
  return { ...waic(logLikelihoodOfFit(fit)), outcomes: fit.specification.data.outcomes };
}
