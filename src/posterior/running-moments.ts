/**
 * Moments of many columns at once, a row at a time: what statistics of replicated data are made of
 * without holding the data.
 */

export interface RunningMoments {
  readonly means: Float64Array;
  /** Σ of squared deviations from the mean. */
  readonly squares: Float64Array;
  /** Takes in a row, one number a column. */
  add(values: Float64Array): void;
}

/** By the updates of Welford (1962), which lose no digits where means are large. */
export function runningMoments(columns: number): RunningMoments {
  const means = new Float64Array(columns);
  const squares = new Float64Array(columns);
  let rows = 0;
  const add = (values: Float64Array): void => {
    rows++;
    for (let s = 0; s < columns; s++) {
      const distance = values[s] - means[s];
      means[s] += distance / rows;
      squares[s] += distance * (values[s] - means[s]);
    }
  };
  return { means, squares, add };
}
