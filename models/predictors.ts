/**
 * The predictors of a regression, and brms' centring of them: the intercept that is sampled
 * stands at the predictors' means, where it is least correlated with the slopes.
 */
export interface Predictors {
  /** One name per column, without brms' prefix `b_`. */
  readonly names: readonly string[];
  readonly rows: number;
  /** Row-major (row, predictor), no column of ones. */
  readonly values: Float64Array;
}

export interface CentredPredictors {
  /** Column means. */
  readonly means: Float64Array;
  /** Row-major, as the predictors. */
  readonly centred: Float64Array;
}

export function centrePredictors({ names, rows, values }: Predictors): CentredPredictors {
  const columns = names.length;
  const means = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) means[j] += values[i * columns + j] / rows;
  }
  const centred = values.map((value, index) => value - means[index % columns]);
  return { means, centred };
}

/** The intercept where all predictors are zero, of a position that starts (α, β_1 … β_k). */
export function interceptAtZero(position: Float64Array, means: Float64Array): number {
  let intercept = position[0];
  for (let j = 0; j < means.length; j++) intercept -= position[j + 1] * means[j];
  return intercept;
}
