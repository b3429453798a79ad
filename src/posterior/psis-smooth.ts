/**
 * Pareto-smoothed importance sampling (Vehtari, Simpson, Gelman, Yao & Gabry 2024, JMLR 25, arXiv
 * 1507.02646) as the R package loo 2.5.1 does it: the largest of S importance ratios are replaced
 * by the expected order statistics of the generalized Pareto distribution fitted to them, and none
 * stays above the largest raw one.
 */
import { sumOf } from '../linear-algebra/sums.js';
import { type Ordering, orderingOf } from './ordering.js';
import { fitGeneralizedPareto } from './psis.js';

export interface SmoothedWeights {
  /** Logarithms of the weights, which add up to 1; in the order of the draws. */
  readonly logWeights: Float64Array;
  readonly weights: Float64Array;
  /**
   * Shape k̂ of the tail: below 0.5 the weights have a variance, above 0.7 they are not to be
   * trusted. Infinity where no Pareto distribution could be fitted: fewer than 5 ratios in the
   * tail, or all of them the same.
   */
  readonly paretoK: number;
  /** Effective number of draws under the weights: r_eff / Σ w². */
  readonly ess: number;
}

/** Fewer tell nothing of a shape. */
const LEAST_TAIL = 5;
/** Log ratios of a tail that are nearer to each other than this are the same. */
const NO_SPREAD = Number.EPSILON / 100;

/**
 * @param logRatios logarithms of importance ratios, up to a constant; finite, one a draw
 * @param relativeEfficiency ESS of the ratios' mean by their number of draws, r_eff: dependent
 *   draws say less of the tail, which is taken the longer
 */
export function psis(logRatios: Float64Array, relativeEfficiency = 1): SmoothedWeights {
  const logWeights = new Float64Array(logRatios.length);
  const paretoK = smoothTail(logRatios, relativeEfficiency, logWeights);
  // None is above 1, and one is 1: the sum neither overflows nor vanishes.
  const weights = logWeights.map(Math.exp);
  const total = sumOf(weights);
  const logTotal = Math.log(total);
  let squares = 0;
  for (let i = 0; i < weights.length; i++) {
    weights[i] /= total;
    logWeights[i] -= logTotal;
    squares += weights[i] * weights[i];
  }
  return { logWeights, weights, paretoK, ess: relativeEfficiency / squares };
}

/** Largest ratios that are smoothed, of `draws` (Vehtari et al. 2024, eq. 12). */
export function tailLength(draws: number, relativeEfficiency: number): number {
  return Math.ceil(Math.min(0.2 * draws, 3 * Math.sqrt(draws / relativeEfficiency)));
}

/** Writes the smoothed log ratios, the largest raw one moved to 0; returns k̂. */
function smoothTail(
  logRatios: Float64Array,
  relativeEfficiency: number,
  smoothed: Float64Array,
): number {
  const draws = logRatios.length;
  const ordering = orderingOf(logRatios);
  const largest = ordering.ascending[draws - 1];
  for (let i = 0; i < draws; i++) smoothed[i] = logRatios[i] - largest;
  const length = tailLength(draws, relativeEfficiency);
  const first = draws - length;
  const spread = largest - ordering.ascending[first];
  // Written so that NaN has no tail either; nor have ratios without one below their tail.
  if (!(length >= LEAST_TAIL && first > 0 && spread >= NO_SPREAD)) return Number.POSITIVE_INFINITY;
  return replaceTail(ordering, first, smoothed);
}

/** The tail's values by rank p = (i − ½) / n: cutoff + σ ((1 − p)^(−k) − 1) / k, at most 1. */
function replaceTail({ ascending, order }: Ordering, first: number, smoothed: Float64Array) {
  const draws = ascending.length;
  const largest = ascending[draws - 1];
  const cutoff = Math.exp(ascending[first - 1] - largest);
  const exceedances = ascending
    .subarray(first)
    .map((logRatio) => Math.exp(logRatio - largest) - cutoff);
  const { k, sigma } = fitGeneralizedPareto(exceedances);
  if (!Number.isFinite(k)) return Number.POSITIVE_INFINITY;
  const length = exceedances.length;
  for (let i = 0; i < length; i++) {
    const p = (i + 0.5) / length;
    const quantile = sigma > 0 ? (sigma * Math.expm1(-k * Math.log1p(-p))) / k : Number.NaN;
    smoothed[order[first + i]] = Math.min(0, Math.log(quantile + cutoff));
  }
  return k;
}

/** log Σ exp(values), without overflow. */
export function logSumExp(values: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i] > largest) largest = values[i];
  // All impossible, or one beyond all others.
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(sumOf(values.map((value) => Math.exp(value - largest))));
}
