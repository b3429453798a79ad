/**
 * Sums over ranges of long vectors, each in several independent partial sums, so that additions
 * can overlap instead of waiting for one another.
 */

/** Σ of the values from `start` on. */
export function sumOf(values: ArrayLike<number>, start = 0, length = values.length): number {
  const end = start + length;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = start;
  for (; i + 3 < end; i += 4) {
    s0 += values[i];
    s1 += values[i + 1];
    s2 += values[i + 2];
    s3 += values[i + 3];
  }
  for (; i < end; i++) s0 += values[i];
  return s0 + s1 + (s2 + s3);
}

export interface Moments {
  readonly mean: number;
  /** Σ of squared deviations from the mean. */
  readonly squares: number;
}

/** Two passes, so that no digits are lost if the mean is large compared with the deviations. */
export function meanAndSquares(values: ArrayLike<number>): Moments {
  const n = values.length;
  const mean = sumOf(values) / n;
  let s0 = 0;
  let s1 = 0;
  let i = 0;
  for (; i + 1 < n; i += 2) {
    const first = values[i] - mean;
    const second = values[i + 1] - mean;
    s0 += first * first;
    s1 += second * second;
  }
  if (i < n) s0 += (values[i] - mean) * (values[i] - mean);
  return { mean, squares: s0 + s1 };
}

/** The mean in two passes, as in R: accurate to the last digit. NaN for no values. */
export function meanOf(values: ArrayLike<number>): number {
  const n = values.length;
  const first = sumOf(values) / n;
  if (!Number.isFinite(first)) return first;
  let left = 0;
  for (let i = 0; i < n; i++) left += values[i] - first;
  return first + left / n;
}

/** Pearson's r, in two passes. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const ofX = meanAndSquares(x);
  const ofY = meanAndSquares(y);
  let products = 0;
  for (let i = 0; i < x.length; i++) products += (x[i] - ofX.mean) * (y[i] - ofY.mean);
  return products / Math.sqrt(ofX.squares * ofY.squares);
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Σ of squares. */
export function squaresOf(vector: Float64Array): number {
  return dot(vector, vector);
}

/** The Euclidean length. */
export function norm(vector: Float64Array): number {
  return Math.sqrt(dot(vector, vector));
}

interface RunningMoments {
  readonly means: Float64Array;
  /** Σ of squared deviations from the mean. */
  readonly squares: Float64Array;
  /** Adds a row, one number per column. */
  add(values: Float64Array): void;
}

/** Uses the updates of Welford (1962), which lose no digits if the means are large. */
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
