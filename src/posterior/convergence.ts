/**
 * Convergence of chains, by Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021 (Bayesian Analysis
 * 16(2), arXiv 1903.08008), with the details of the R package posterior: chains are split in
 * halves, ranks become normal scores, and the ESS is Geyer's initial monotone sequence.
 *
 * Every function takes one parameter's draws, chain after chain, and the number of chains.
 * Constant or non-finite draws, and chains too short to split, give NaN.
 */
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import { dot, meanAndSquares } from '../linear-algebra/sums.js';
import { median, normalScores, quantileOfSorted, sorted } from './order.js';
import { foldedOrdering, type Ordering, orderingOf } from './ordering.js';
import { scratch } from './scratch.js';

/** Draws of one parameter cut into 2 · chains halves; the middle draw of an odd chain is left out. */
function splitChains(values: Float64Array, chains: number): Float64Array {
  const length = values.length / chains;
  if (length % 2 === 0) return values;
  const half = (length - 1) / 2;
  const split = new Float64Array(2 * chains * half);
  for (let chain = 0; chain < chains; chain++) {
    const start = chain * length;
    split.set(values.subarray(start, start + half), 2 * chain * half);
    split.set(values.subarray(start + half + 1, start + length), (2 * chain + 1) * half);
  }
  return split;
}

function isDegenerate(values: Float64Array): boolean {
  let constant = true;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) return true;
    if (values[i] !== values[0]) constant = false;
  }
  return constant;
}

interface Moments {
  readonly means: Float64Array;
  /** Mean over chains of the sample variance (n - 1) within a chain. */
  readonly within: number;
  /** Sample variance of the chain means. */
  readonly between: number;
}

function chainMoments(values: Float64Array, chains: number): Moments {
  const length = values.length / chains;
  const means = new Float64Array(chains);
  let within = 0;
  for (let chain = 0; chain < chains; chain++) {
    const { mean, squares } = meanAndSquares(values, chain * length, length);
    means[chain] = mean;
    within += squares / (length - 1) / chains;
  }
  return { means, within, between: chains > 1 ? sampleMoments(means).variance : 0 };
}

/** Mean and sample variance (n - 1), in two passes. */
export function sampleMoments(values: ArrayLike<number>): { mean: number; variance: number } {
  const { mean, squares } = meanAndSquares(values);
  return { mean, variance: squares / (values.length - 1) };
}

/** Potential scale reduction of chains as they are (Vehtari et al. 2021, eq. 1 to 4). */
function basicRhat(values: Float64Array, chains: number): number {
  const length = values.length / chains;
  const { within, between } = chainMoments(values, chains);
  return Math.sqrt((length * between) / within / length + (length - 1) / length);
}

/**
 * Rank-normalized split R-hat: the larger of the one of location (bulk) and the one of scale
 * (folded). 1 at convergence; above 1.01 the chains disagree.
 */
export function rhat(values: Float64Array, chains: number): number {
  const split = splitChains(values, chains);
  if (isDegenerate(split)) return Number.NaN;
  const ordering = orderingOf(split);
  return rhatOfScores(ordering, normalScores(split, ordering), median(values), chains);
}

function rhatOfScores(
  ordering: Ordering,
  scores: Float64Array,
  centre: number,
  chains: number,
): number {
  const bulk = basicRhat(scores, 2 * chains);
  const folded = foldedOrdering(ordering, centre);
  const foldedScores = normalScores(folded.ascending, folded);
  const scale = isDegenerate(foldedScores) ? Number.NaN : basicRhat(foldedScores, 2 * chains);
  return Number.isNaN(scale) ? bulk : Math.max(bulk, scale);
}

/**
 * Effective sample size of the mean of chains as they are: n / τ with the autocorrelation time τ
 * by Geyer's (1992) initial monotone sequence over all chains (Vehtari et al. 2021, eq. 10 to 13),
 * at most n · log10(n). Autocovariances are computed lag by lag and only as far as needed, which
 * beats a Fourier transform for all but hopeless chains.
 */
function basicEss(values: Float64Array, chains: number): number {
  const length = values.length / chains;
  if (length < 3 || isDegenerate(values)) return Number.NaN;
  const { means, within, between } = chainMoments(values, chains);
  const total = (within * (length - 1)) / length + between;
  const centred = deviations(values, means, length);

  const correlation = (lag: number): number => {
    let sum = 0;
    for (let chain = 0; chain < chains; chain++) {
      const start = chain * length;
      sum += dot(centred, start, centred, start + lag, length - lag);
    }
    return 1 - (within - sum / length / chains) / total;
  };

  const draws = values.length;
  const tau = Math.max(autocorrelationTime(correlation, length), 1 / Math.log10(draws));
  return draws / tau;
}

/** From the mean of each chain. */
function deviations(values: Float64Array, means: Float64Array, length: number): Float64Array {
  const centred = scratch('deviations', values.length);
  for (let chain = 0; chain < means.length; chain++) {
    const mean = means[chain];
    const end = (chain + 1) * length;
    for (let i = chain * length; i < end; i++) centred[i] = values[i] - mean;
  }
  return centred;
}

/**
 * τ = -1 + 2 Σ of the sums of pairs of neighbouring lags, while these are positive, and made to
 * decrease. The last pair looked at counts only by its even lag, where that is positive, which
 * lowers the variance of the estimate for antithetic chains.
 */
function autocorrelationTime(correlation: (lag: number) => number, length: number): number {
  let even = 1;
  let pair = even + correlation(1);
  let least = pair;
  let sum = 0;
  let lag = 0;
  while (lag < length - 5 && pair > 0) {
    sum += least;
    lag += 2;
    even = correlation(lag);
    pair = even + correlation(lag + 1);
    least = Math.min(least, pair);
  }
  // Chains too short to tell: posterior's convention.
  if (lag === 0) return 2;
  return -1 + 2 * sum + (pair >= 0 ? even : Math.max(even, 0));
}

/** ESS for the location of the draws: of their normal scores. */
export function essBulk(values: Float64Array, chains: number): number {
  const split = splitChains(values, chains);
  if (isDegenerate(split)) return Number.NaN;
  return basicEss(normalScores(split), 2 * chains);
}

/** ESS of the estimate of the quantile at `probability`. */
export function essQuantile(values: Float64Array, chains: number, probability: number): number {
  if (isDegenerate(values)) return Number.NaN;
  return essBelow(values, chains, quantileOfSorted(sorted(values), probability));
}

function essBelow(values: Float64Array, chains: number, bound: number): number {
  const split = splitChains(values, chains);
  const below = scratch('indicators', split.length);
  for (let i = 0; i < split.length; i++) below[i] = split[i] <= bound ? 1 : 0;
  return basicEss(below, 2 * chains);
}

/** ESS for the tails: the smaller of those of the 5% and the 95% quantile. */
export function essTail(values: Float64Array, chains: number, ascending = sorted(values)): number {
  if (isDegenerate(values)) return Number.NaN;
  return Math.min(
    essBelow(values, chains, quantileOfSorted(ascending, 0.05)),
    essBelow(values, chains, quantileOfSorted(ascending, 0.95)),
  );
}

/** ESS of the plain mean. */
export function essMean(values: Float64Array, chains: number): number {
  return basicEss(splitChains(values, chains), 2 * chains);
}

/** Monte Carlo standard error of the mean: sd / √ESS. */
export function mcseMean(values: Float64Array, chains: number): number {
  return Math.sqrt(sampleMoments(values).variance / essMean(values, chains));
}

/** Monte Carlo standard error of the standard deviation, by the fourth moment. */
export function mcseSd(values: Float64Array, chains: number): number {
  const { mean } = sampleMoments(values);
  const squares = values.map((value) => (value - mean) ** 2);
  const variance = sampleMoments(squares).mean;
  const fourth = sampleMoments(squares.map((square) => square * square)).mean;
  const varianceOfVariance = (fourth - variance * variance) / essMean(squares, chains);
  return Math.sqrt(varianceOfVariance / variance / 4);
}

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

export interface Convergence {
  readonly rhat: number;
  readonly essBulk: number;
  readonly essTail: number;
  readonly mcseMean: number;
}

/** The measures of a summary at once, which share the sorting and the ranking. */
export function convergence(
  values: Float64Array,
  chains: number,
  ordering = orderingOf(values),
): Convergence {
  const { ascending } = ordering;
  const split = splitChains(values, chains);
  if (isDegenerate(split)) {
    return { rhat: Number.NaN, essBulk: Number.NaN, essTail: Number.NaN, mcseMean: Number.NaN };
  }
  const splitOrdering = split === values ? ordering : orderingOf(split);
  const scores = normalScores(split, splitOrdering);
  return {
    rhat: rhatOfScores(splitOrdering, scores, quantileOfSorted(ascending, 0.5), chains),
    essBulk: basicEss(scores, 2 * chains),
    essTail: essTail(values, chains, ascending),
    mcseMean: mcseMean(values, chains),
  };
}

/**
 * Energy Bayesian fraction of missing information of one chain (Betancourt 2016, arXiv
 * 1604.00695): below 0.3 the momentum resampling is too slow for the energy's spread.
 */
export function ebfmi(energy: Float64Array): number {
  let steps = 0;
  for (let i = 1; i < energy.length; i++) steps += (energy[i] - energy[i - 1]) ** 2;
  return steps / (sampleMoments(energy).variance * (energy.length - 1));
}
