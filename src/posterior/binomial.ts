/**
 * The binomial distribution, for what a share of so many trials can be.
 */
import gammaln from '@stdlib/math-base-special-gammaln';
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import type { Interval } from './hdi.js';

/** P(X = k), k = 0 … trials. */
export function binomialProbabilities(trials: number, probability: number): Float64Array {
  if (probability === 0 || probability === 1) {
    return new Float64Array(trials + 1).fill(1, probability * trials, probability * trials + 1);
  }
  const logOdds = Math.log(probability) - Math.log1p(-probability);
  const atZero = trials * Math.log1p(-probability) + gammaln(trials + 1);
  return Float64Array.from({ length: trials + 1 }, (_, k) =>
    Math.exp(atZero + k * logOdds - gammaln(k + 1) - gammaln(trials - k + 1)),
  );
}

/** P(X ≤ k) and P(X ≥ k), k = 0 … trials. */
export interface BinomialTails {
  readonly upTo: Float64Array;
  readonly from: Float64Array;
}

export function binomialTails(trials: number, probability: number): BinomialTails {
  const upTo = binomialProbabilities(trials, probability);
  const from = upTo.slice();
  for (let k = 1; k <= trials; k++) upTo[k] = Math.min(1, upTo[k] + upTo[k - 1]);
  for (let k = trials - 1; k >= 0; k--) from[k] = Math.min(1, from[k] + from[k + 1]);
  return { upTo, from };
}

/** The counts whose tails on either side have more than half of `outside`. */
export function countsWithin({ upTo, from }: BinomialTails, outside: number): Interval {
  let low = 0;
  let high = upTo.length - 1;
  while (upTo[low] <= outside / 2) low++;
  while (from[high] <= outside / 2) high--;
  return [low, high];
}

/**
 * Interval of a probability by the tails of the binomial distribution (Clopper & Pearson 1934,
 * Biometrika 26): its coverage is at least `mass`.
 */
export function clopperPearson(successes: number, trials: number, mass = 0.95): Interval {
  const tail = (1 - mass) / 2;
  const failures = trials - successes;
  return [
    successes === 0 ? 0 : betaQuantile(tail, successes, failures + 1),
    failures === 0 ? 1 : betaQuantile(1 - tail, successes + 1, failures),
  ];
}
