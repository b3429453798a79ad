/**
 * Monte Carlo standard error of a quantile. In a module of its own because the beta distribution is
 * slow to load and no fit needs it.
 */
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import { essQuantile } from './convergence.js';
import { sorted } from './quantiles.js';

/** Monte Carlo standard error of a quantile, from the beta distribution of its rank. */
export function mcseQuantile(values: Float64Array, chains: number, probability: number): number {
  const ess = essQuantile(values, chains, probability);
  if (Number.isNaN(ess)) return Number.NaN;
  const ascending = sorted(values);
  const a = ess * probability + 1;
  const b = ess * (1 - probability) + 1;
  // One standard deviation either side: Φ(-1) and Φ(1).
  const low = Math.max(Math.floor(betaQuantile(0.1586553, a, b) * values.length), 1);
  const high = Math.min(Math.ceil(betaQuantile(0.8413447, a, b) * values.length), values.length);
  return (ascending[high - 1] - ascending[low - 1]) / 2;
}

/** Monte Carlo standard error of the median. */
export function mcseMedian(values: Float64Array, chains: number): number {
  return mcseQuantile(values, chains, 0.5);
}
