/**
 * Weights of the draws of a fit for predicting each row without itself: 1 / p(y_i | θ_s), Pareto-smoothed
 * (Vehtari et al. 2024).
 */
import { numbered } from '../../checks/names.js';
import { shownThreshold } from '../../posterior/loo.js';
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
  const unreliable = new Set<number>();
  return {
    rows,
    of(row) {
      likelihood.block(row, 1, column);
      // Equal likelihoods, as of 0 trials, have no tail.
      const isConstant = column.every((value) => value === column[0]);
      const { weights, paretoK } = psis(column.map((value) => -value));
      if (!isConstant && paretoK > threshold) unreliable.add(row);
      return weights;
    },
    warnings: () =>
      unreliable.size > 0
        ? [
            `${unreliable.size} of ${rows} rows have a Pareto k above ${shownThreshold(threshold)} (${numbered([...unreliable].sort((a, b) => a - b))}): their predictions without themselves are not to be trusted`,
          ]
        : [],
  };
}
