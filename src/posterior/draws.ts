/**
 * Draws from a posterior.
 */
import { badArgument, described } from '../checks/values.js';

export interface Draws {
  readonly parameterNames: readonly string[];
  readonly chains: number;
  /** Draws per chain. */
  readonly drawsPerChain: number;
  /** Row-major (chain, draw, parameter). */
  readonly values: Float64Array;
}

/** Joins chains of equal length; each holds row-major (draw, parameter). */
export function joinChains(
  parameterNames: readonly string[],
  chains: readonly Float64Array[],
): Draws {
  const length = chains[0].length;
  if (chains.some((chain) => chain.length !== length)) {
    throw new RangeError(
      `chains of unequal length: ${chains.map((chain) => chain.length).join(', ')}`,
    );
  }
  const values = new Float64Array(chains.length * length);
  chains.forEach((chain, index) => {
    values.set(chain, index * length);
  });
  return {
    parameterNames,
    chains: chains.length,
    drawsPerChain: length / parameterNames.length,
    values,
  };
}

/** All draws of one parameter, chain after chain. */
export function parameterDraws(draws: Draws, parameter: string | number): Float64Array {
  const { parameterNames, chains, drawsPerChain } = draws;
  const index = typeof parameter === 'number' ? parameter : parameterNames.indexOf(parameter);
  if (index < 0 || index >= parameterNames.length) {
    throw new RangeError(
      `no parameter '${parameter}' in these draws: they have ${parameterNames.join(', ')}`,
    );
  }
  const column = new Float64Array(chains * drawsPerChain);
  copyParameter(draws, index, column);
  return column;
}

/** Writes all draws of one parameter to `column`. */
export function copyParameter(
  { parameterNames, values }: Draws,
  parameter: number,
  column: Float64Array,
): void {
  const width = parameterNames.length;
  for (let row = 0; row < column.length; row++) column[row] = values[row * width + parameter];
}

/**
 * Indices of all draws, or of evenly spaced ones; deterministic.
 *
 * @param option name of `wanted`, for messages
 * @throws WeighbridgeError `bad-argument` for a number that is not from 1 to that of the draws
 */
export function chooseDraws(draws: Draws, wanted: 'all' | number, option = 'draws'): Uint32Array {
  const total = draws.chains * draws.drawsPerChain;
  const count = wanted === 'all' ? total : wanted;
  if (!Number.isSafeInteger(count) || count < 1 || count > total) {
    const allowed = option === 'draws' ? "'all' or a whole number" : 'a whole number';
    throw badArgument(
      `${option} is ${described(wanted)}, but must be ${allowed} from 1 to ${total}`,
    );
  }
  return Uint32Array.from({ length: count }, (_, i) => Math.floor((i * total) / count));
}
