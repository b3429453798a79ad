/**
 * Standardization and scaling as the authors did them in R.
 */
import { sampleMoments } from '../posterior/convergence.js';
import { roundHalfToEven } from '../posterior/hdi.js';

/** Mean 0 and sample standard deviation 1 (n − 1), as R's `scale`. */
export function standardize(values: readonly number[]): number[] {
  const { mean, variance } = sampleMoments(values);
  const sd = Math.sqrt(variance);
  return values.map((value) => (value - mean) / sd);
}

/**
 * Weights on the paper's scale: divided by the largest absolute value, times 100, rounded as R
 * does (halves to even). All zero stays zero.
 */
export function scaleWeights(weights: readonly number[]): number[] {
  const largest = Math.max(...weights.map(Math.abs));
  if (largest === 0) return weights.map(() => 0);
  // + 0 turns a negative zero into zero.
  return weights.map((weight) => roundHalfToEven((weight / largest) * 100) + 0);
}

/** Pearson's correlation. */
export function correlation(x: readonly number[], y: readonly number[]): number {
  const zx = standardize(x);
  const zy = standardize(y);
  return zx.reduce((sum, value, i) => sum + value * (zy[i] ?? 0), 0) / (x.length - 1);
}
