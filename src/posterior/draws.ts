/**
 * Draws from a posterior.
 */
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
