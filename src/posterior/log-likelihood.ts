/**
 * Log likelihoods by draw and observation, from which LOO and WAIC are made. They are asked for in
 * blocks of observations: 4,000 draws of 10,000 rows would be 320 MB at once.
 */
import { WeighbridgeError } from '../errors.js';

export interface LogLikelihood {
  /** Observations. */
  readonly rows: number;
  readonly chains: number;
  /** Draws a chain. */
  readonly drawsPerChain: number;
  /**
   * Writes log p(y_i | θ_s) of `count` observations i from `first` on, row-major (observation,
   * draw): all draws of an observation together, chain after chain.
   */
  block(first: number, count: number, target: Float64Array): void;
}

/**
 * A matrix that is there already.
 *
 * @param values row-major (draw, observation), draws chain after chain
 * @throws WeighbridgeError `bad-argument` where the numbers do not fit together
 */
export function logLikelihoodOf(values: Float64Array, rows: number, chains: number): LogLikelihood {
  const draws = values.length / rows;
  const drawsPerChain = draws / chains;
  if (!Number.isInteger(drawsPerChain)) {
    throw new WeighbridgeError(
      'bad-argument',
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

/** 32 MB a block. */
const NUMBERS_A_BLOCK = 2 ** 22;

/**
 * Calls back with the draws of every observation in turn; the array is good until the next call.
 *
 * @throws WeighbridgeError `bad-data` for a log likelihood that is not finite, with its observation
 *   and draw, and for none at all
 */
export function eachObservation(
  logLikelihood: LogLikelihood,
  onObservation: (draws: Float64Array, observation: number) => void,
): void {
  const { rows, chains, drawsPerChain } = logLikelihood;
  const draws = chains * drawsPerChain;
  if (!(rows >= 1 && draws >= 1)) {
    throw new WeighbridgeError(
      'bad-data',
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
  }
}

function requireFinite(column: Float64Array, observation: number): void {
  const bad = column.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new WeighbridgeError(
    'bad-data',
    `observation ${observation + 1}: its log likelihood is ${column[bad]} at draw ${bad + 1}, expected a finite number`,
  );
}
