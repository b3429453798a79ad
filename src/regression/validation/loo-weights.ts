/**
 * Weights of the draws of a fit for predicting each row without itself: 1 / p(y_i | θ_s), Pareto-smoothed
 * (Vehtari et al. 2024).
 */
import { psis } from '../../posterior/psis.js';
import { paretoKThreshold } from '../../posterior/thresholds.js';
import type { PredictingFit } from '../after/linear-predictor.js';
import { logLikelihoodOfFit } from './criteria.js';

interface LooWeights {
  /** Number of observations. */
  readonly rows: number;
  /** Weights of the draws that sum to 1, for one observation; valid until the next call. */
  of(row: number): Float64Array;
  /** A warning if the weights of any observation asked so far are not reliable. */
  warnings(): readonly string[];
}

export function looWeights(fit: PredictingFit): LooWeights {
  const likelihood = logLikelihoodOfFit(fit);
  const { rows } = likelihood;
  const column = new Float64Array(likelihood.chains * likelihood.drawsPerChain);
  const threshold = paretoKThreshold(column.length);
  let unreliable = 0;
  return {
    rows,
    of(row) {
      likelihood.block(row, 1, column);
      // Equal likelihoods, as of 0 trials, have no tail.
      const isConstant = column.every((value) => value === column[0]);
      const { weights, paretoK } = psis(column.map((value) => -value));
      if (!isConstant && paretoK > threshold) unreliable++;
      return weights;
    },
    warnings: () =>
      unreliable > 0
        ? [
            `${unreliable} of ${rows} rows have a Pareto k above ${threshold.toFixed(2)}: their predictions without themselves are not to be trusted`,
          ]
        : [],
  };
}
