/** What a map of group effects (group-map.ts) is to the density, and the numbers that it keeps. */
export interface GroupMap {
  /** Length of z, u and b: row-major (level, coefficient). */
  readonly length: number;
  /** H of each level: row-major (level, coefficient, coefficient), symmetric. */
  readonly information: Float64Array;
  /** b of each level; may change from one evaluation to the next. */
  readonly pull: Float64Array;
  readonly effects: Float64Array;
  /** ū: the caller's, before `backward`. */
  readonly effectGradient: Float64Array;
  /** b̄, after `backward`. */
  readonly pullGradient: Float64Array;
  /** Writes the effects; the log density of z under the prior of the effects, constants aside. */
  forward(loadings: Float64Array, position: Float64Array, start: number): number;
  /** Adds Λ̄ to `loadingGradient`, writes z̄ to `gradient` at `start`. */
  backward(
    loadings: Float64Array,
    loadingGradient: Float64Array,
    gradient: Float64Array,
    start: number,
  ): void;
}

export function buffersOf(levels: number, size: number) {
  const length = levels * size;
  return {
    length,
    information: new Float64Array(length * size),
    pull: new Float64Array(length),
    effects: new Float64Array(length),
    effectGradient: new Float64Array(length),
    pullGradient: new Float64Array(length),
  };
}
