/** Standardization and scaling as in the authors' R code. */
import { sampleMoments } from '../posterior/convergence.js';
import { roundHalfToEven } from '../posterior/intervals.js';

/** Scales to mean 0 and sample standard deviation 1 (n − 1), as R's `scale`. */
export function standardize(values: readonly number[]): number[] {
  const { mean, variance } = sampleMoments(values);
  const sd = Math.sqrt(variance);
  return values.map((value) => (value - mean) / sd);
}

/** Factor to the paper's scale: 100 / (largest absolute value); 1 if all weights are zero. */
export function scaleFactor(weights: readonly (number | null)[]): number {
  const largest = Math.max(0, ...weights.map((weight) => Math.abs(weight ?? 0)));
  return largest > 0 ? 100 / largest : 1;
}

/**
 * Weights on the paper's scale: divided by the largest absolute value, times 100, rounded as in R
 * (halves to even). Zero if all weights are zero.
 */
export function scaleWeights(weights: readonly number[]): number[] {
  const largest = Math.max(...weights.map(Math.abs));
  if (largest === 0) return weights.map(() => 0);
  // + 0 turns −0 into 0.
  return weights.map((weight) => roundHalfToEven((weight / largest) * 100) + 0);
}

/** Pearson correlation. */
export function correlation(x: readonly number[], y: readonly number[]): number {
  const zx = standardize(x);
  const zy = standardize(y);
  return zx.reduce((sum, value, i) => sum + value * (zy[i] ?? 0), 0) / (x.length - 1);
}
