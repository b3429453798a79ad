/**
 * What ArviZ' checks need of each draw and row of the data: log likelihoods, for LOO and WAIC, and
 * outcomes simulated from the posterior, for posterior predictive checks.
 */
import { posteriorPredict } from '../regression/after/predictions.js';
import { logLikelihoodOfFit } from '../regression/checks/log-likelihood-of-fit.js';
import type { FittedRegression } from '../regression/fitted-regression.js';
import { requireFit } from './given-fit.js';

/** Both row-major (chain, draw, row). */
export interface RowDraws {
  readonly logLikelihood: Float64Array;
  readonly posteriorPredictive: Float64Array;
}

/** How many numbers each of `rowDraws` has. */
export function rowDrawsSize({ fit, specification }: FittedRegression): number {
  return fit.draws.chains * fit.draws.drawsPerChain * specification.data.rows;
}

/** Rows that are computed together: few enough that a block stays small. */
const BLOCK = 64;

/** @throws WeighbridgeError `bad-argument` for what is no fit */
export function rowDraws(fitted: FittedRegression): RowDraws {
  requireFit(fitted);
  const { rows, chains, drawsPerChain, block } = logLikelihoodOfFit(fitted);
  const draws = chains * drawsPerChain;
  const logLikelihood = new Float64Array(draws * rows);
  const byRow = new Float64Array(draws * Math.min(BLOCK, rows));
  for (let first = 0; first < rows; first += BLOCK) {
    const count = Math.min(BLOCK, rows - first);
    block(first, count, byRow);
    for (let i = 0; i < count; i++) {
      for (let draw = 0; draw < draws; draw++) {
        logLikelihood[draw * rows + first + i] = byRow[i * draws + draw];
      }
    }
  }
  return { logLikelihood, posteriorPredictive: posteriorPredict(fitted).values };
}
