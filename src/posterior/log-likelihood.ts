/**
 * Pointwise log likelihoods, the input of LOO and WAIC. Computed in blocks of observations, because
 * 4,000 draws of 10,000 rows need 320 MB.
 */
import { badArgument, badData } from '../checks/values.js';
import { meanAndSquares } from '../linear-algebra/sums.js';
import { rounded, textTable } from './printable.js';
import type { Steps } from './steps.js';

export interface LogLikelihood {
  /** Number of observations. */
  readonly rows: number;
  readonly chains: number;
  /** Draws per chain. */
  readonly drawsPerChain: number;
  /**
   * Writes log p(y_i | θ_s) of `count` observations starting at index `first`, row-major
   * (observation, draw); draws are ordered chain after chain.
   */
  block(first: number, count: number, target: Float64Array): void;
}

/**
 * Wraps an existing log-likelihood matrix.
 *
 * @param values row-major (draw, observation), draws chain after chain
 * @throws WeighbridgeError `bad-argument` if the dimensions are inconsistent
 */
export function logLikelihoodOf(values: Float64Array, rows: number, chains: number): LogLikelihood {
  const draws = values.length / rows;
  const drawsPerChain = draws / chains;
  if (!Number.isInteger(drawsPerChain)) {
    throw badArgument(
      `${values.length} log likelihoods are not a number for each of ${rows} observations and each draw of ${chains} chains`,
    );
  }
  return {
    rows,
    chains,
    drawsPerChain,
    block(first, count, target) {
      for (let i = 0; i < count; i++) {
        for (let s = 0; s < draws; s++) target[i * draws + s] = values[s * rows + first + i];
      }
    },
  };
}

/** A megabyte per block, which stays in the processor's cache. */
const NUMBERS_A_BLOCK = 2 ** 17;

/**
 * Calls back with the draws of each observation in turn; the array is valid until the next call. Pauses
 * after each block.
 *
 * @throws WeighbridgeError `bad-data` if a log likelihood is not finite (with its observation and
 * draw), or if there are none
 */
export function* eachObservation(
  logLikelihood: LogLikelihood,
  onObservation: (draws: Float64Array, observation: number) => void,
): Steps<void> {
  const { rows, chains, drawsPerChain } = logLikelihood;
  const draws = chains * drawsPerChain;
  if (!(rows >= 1 && draws >= 1)) {
    throw badData(
      `there are ${draws} draws of ${rows} observations: expected at least one of each`,
    );
  }
  const size = Math.max(1, Math.min(rows, Math.floor(NUMBERS_A_BLOCK / draws)));
  const block = new Float64Array(size * draws);
  for (let first = 0; first < rows; first += size) {
    const count = Math.min(size, rows - first);
    logLikelihood.block(first, count, block);
    for (let i = 0; i < count; i++) {
      const column = block.subarray(i * draws, (i + 1) * draws);
      requireFinite(column, first + i);
      onObservation(column, first + i);
    }
    yield { done: first + count, total: rows };
  }
}

function requireFinite(column: Float64Array, observation: number): void {
  // Differences of numbers that are not finite are NaN, and stay NaN in a sum.
  let even = 0;
  let odd = 0;
  let s = 0;
  for (; s + 1 < column.length; s += 2) {
    even += column[s] - column[s];
    odd += column[s + 1] - column[s + 1];
  }
  if (s < column.length) even += column[s] - column[s];
  if (even + odd === 0) return;
  const bad = column.findIndex((value) => !Number.isFinite(value));
  throw badData(
    `observation ${observation + 1}: its log likelihood is ${column[bad]} at draw ${bad + 1}, expected a finite number`,
  );
}

export interface Estimate {
  readonly estimate: number;
  /** Standard error from the spread over observations: √(n · variance). */
  readonly se: number;
}

export function sumWithError(pointwise: Float64Array): Estimate {
  const n = pointwise.length;
  const { mean, squares } = meanAndSquares(pointwise);
  return { estimate: n * mean, se: Math.sqrt(n * (squares / (n - 1))) };
}

/** The table of estimates, as R prints it for `loo` and `waic`. */
export function printEstimates(estimates: Readonly<Record<string, Estimate>>): string[] {
  const rows = Object.values(estimates);
  return textTable(Object.keys(estimates), [
    { head: 'Estimate', cells: rows.map(({ estimate }) => rounded(estimate, 1)) },
    { head: 'SE', cells: rows.map(({ se }) => rounded(se, 1)) },
  ]);
}
