/**
 * Pareto-smoothed importance sampling (Vehtari, Simpson, Gelman, Yao & Gabry 2024, JMLR 25, arXiv
 * 1507.02646): the shape k̂ of the generalized Pareto distribution fitted to the largest weights, as
 * the R package posterior computes it, and the smoothed weights, as the R package loo 2.5.1 does.
 *
 * For weights of a posterior against its approximation, k̂ measures how close the two are: below
 * 0.5 the weights have finite variance; up to 0.7 importance sampling is reliable; above 0.7 the
 * approximation misses mass.
 */
import { sumOf } from '../linear-algebra/sums.js';
import { centreChains, essOfChains } from './fast/effective-size.js';
import { type Ordering, orderingOf } from './fast/ordering.js';

/** k̂ of importance weights given as logarithms; NaN for fewer than 25, or if any is not finite. */
export function paretoK(logWeights: ArrayLike<number>): number {
  const ascending = Float64Array.from(logWeights).sort();
  const n = ascending.length;
  const largest = ascending[n - 1];
  if (n < 25 || !Number.isFinite(ascending[0]) || !Number.isFinite(largest)) return Number.NaN;
  const tail = unweightedTail(n);
  const cutoff = Math.exp(ascending[n - tail - 1] - largest);
  const exceedances = ascending
    .subarray(n - tail)
    .map((logWeight) => Math.exp(logWeight - largest) - cutoff);
  // All equal: no tail.
  if (exceedances[tail - 1] - exceedances[0] < 1e-15) return Number.NEGATIVE_INFINITY;
  return fitGeneralizedPareto(exceedances).k;
}

/** Tail length for S weights: 3 √S, or a fifth of S if that is fewer. */
function unweightedTail(count: number): number {
  return count > 225 ? Math.ceil(3 * Math.sqrt(count)) : Math.floor(count / 5);
}

interface GeneralizedPareto {
  /** Shape: moments of order below 1/k exist. */
  readonly k: number;
  /** Scale. */
  readonly sigma: number;
}

/**
 * Minimum number of candidates for θ = −k/σ in addition to √n, and the prior's weight, by Zhang &
 * Stephens.
 */
const LEAST_CANDIDATES = 30;
const PRIOR = 3;
/** Weakly informative prior of k: as if ten more values had k = 0.5 (Vehtari et al. 2024, app. G). */
const PRIOR_VALUES = 10;
const PRIOR_K = 0.5;

/**
 * The empirical Bayes estimate of Zhang & Stephens (2009, Technometrics 51): the profile likelihood
 * of θ = −k/σ averaged over a grid.
 *
 * @param ascending positive values in ascending order
 */
export function fitGeneralizedPareto(ascending: Float64Array): GeneralizedPareto {
  const n = ascending.length;
  const candidates = LEAST_CANDIDATES + Math.floor(Math.sqrt(n));
  const quartile = ascending[Math.floor(n / 4 + 0.5) - 1];
  const thetas = Float64Array.from(
    { length: candidates },
    (_, j) => 1 / ascending[n - 1] + (1 - Math.sqrt(candidates / (j + 0.5))) / PRIOR / quartile,
  );
  const logLikelihoods = thetas.map((theta) => {
    const shape = shapeGiven(theta, ascending);
    return n * (Math.log(-theta / shape) - shape - 1);
  });
  const most = logLikelihoods.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  let theta = 0;
  logLikelihoods.forEach((value, j) => {
    const weight = Math.exp(value - most);
    sum += weight;
    theta += weight * thetas[j];
  });
  theta /= sum;
  const k = shapeGiven(theta, ascending);
  const shrunk = (k * n + PRIOR_K * PRIOR_VALUES) / (n + PRIOR_VALUES);
  return { k: Number.isNaN(shrunk) ? Number.POSITIVE_INFINITY : shrunk, sigma: -k / theta };
}

/** Factors whose logarithms are added up, and how small θ times the largest value may be for that. */
const FACTORS = 8;
const LEAST_CHANGE = 1e-3;
/** Products of so many factors below this do not overflow. */
const LARGEST_FACTOR = 1e30;

/**
 * Maximum likelihood estimate of k for a given θ: the mean of log(1 − θ x), one logarithm for several
 * factors.
 *
 * @param values in ascending order
 */
function shapeGiven(theta: number, values: Float64Array): number {
  const n = values.length;
  const change = Math.abs(theta * values[n - 1]);
  // Factors near 1 lose digits.
  const together = change > LEAST_CHANGE && change < LARGEST_FACTOR;
  let sum = 0;
  let i = 0;
  for (; together && i + FACTORS <= n; i += FACTORS) {
    let product = 1;
    for (let j = i; j < i + FACTORS; j++) product *= 1 - theta * values[j];
    sum += Math.log(product);
  }
  for (; i < n; i++) sum += Math.log1p(-theta * values[i]);
  return sum / n;
}

export interface SmoothedWeights {
  /** Log weights, normalized to sum to 1, in the order of the draws. */
  readonly logWeights: Float64Array;
  readonly weights: Float64Array;
  /**
   * Shape k̂ of the tail: below 0.5 the weights have finite variance, above 0.7 they are
   * unreliable. Infinity if no Pareto distribution can be fitted: fewer than 5 ratios in the tail,
   * or all equal.
   */
  readonly paretoK: number;
  /** Effective sample size under the weights: r_eff / Σ w². */
  readonly ess: number;
}

/** Minimum number of tail values that determine a shape. */
const LEAST_TAIL = 5;
/** Tail log ratios that differ by less than this count as equal. */
const NO_SPREAD = Number.EPSILON / 100;

/**
 * @param logRatios log importance ratios, up to a constant; finite, one per draw
 * @param relativeEfficiency r_eff, the ESS of the ratios' mean divided by the number of draws:
 * dependent draws carry less information about the tail, so a longer tail is used
 */
export function psis(logRatios: Float64Array, relativeEfficiency = 1): SmoothedWeights {
  const logWeights = new Float64Array(logRatios.length);
  const paretoK = smoothTail(logRatios, relativeEfficiency, logWeights);
  // The largest weight is 1, so the sum neither overflows nor underflows.
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

/** Number of the largest ratios to smooth, out of `draws` (Vehtari et al. 2024, eq. 12). */
function tailLength(draws: number, relativeEfficiency: number): number {
  return Math.ceil(Math.min(0.2 * draws, 3 * Math.sqrt(draws / relativeEfficiency)));
}

/** Writes the smoothed log ratios, shifted so that the largest raw one is 0; returns k̂. */
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
  // The negated form also returns for NaN, and if no ratio lies below the tail.
  if (!(length >= LEAST_TAIL && first > 0 && spread >= NO_SPREAD)) return Number.POSITIVE_INFINITY;
  return replaceTail(ordering, first, smoothed);
}

/**
 * Replaces the tail by Pareto quantiles at p = (i − ½) / n: cutoff + σ ((1 − p)^(−k) − 1) / k, at
 * most 1.
 */
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
  // All values are −∞, or one is +∞.
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(sumOf(values.map((value) => Math.exp(value - largest))));
}

/**
 * r_eff as loo 2.5.1's `relative_eff` computes it. loo's autocovariances come from a Fourier
 * transform and keep a factor m / n, where n is the number of draws per chain and m the smallest
 * integer ≥ n with no prime factors other than 2, 3 and 5. The factor is 1 for n such as 1,000; for
 * other n it slightly raises the weight of the variance within chains relative to that between
 * chains.
 *
 * @param values one per draw, chain after chain: for LOO the likelihood, not its logarithm
 */
export function relativeEfficiency(values: Float64Array, chains: number): number {
  const centred = centreChains(values, chains);
  const factor = nextSmooth(centred.length) / centred.length;
  // A common factor in both variances leaves the correlations unchanged.
  const ess = essOfChains({ ...centred, between: centred.between / factor });
  // For constant draws, loo counts every second draw as effective.
  return Number.isNaN(ess) && isConstant(values) ? 0.5 : ess / values.length;
}

function nextSmooth(length: number): number {
  for (let next = Math.max(length, 2); ; next++) {
    let rest = next;
    for (const prime of [2, 3, 5]) while (rest % prime === 0) rest /= prime;
    if (rest === 1) return next;
  }
}

function isConstant(values: Float64Array): boolean {
  return values.every((value) => value === values[0]);
}
