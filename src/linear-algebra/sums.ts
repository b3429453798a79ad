/**
 * Sums over stretches of long vectors, in several partial sums each: an addition waits for the one
 * before it, four do not wait for one another.
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

/** In two passes: no digits are lost where the mean is large beside the deviations. */
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
