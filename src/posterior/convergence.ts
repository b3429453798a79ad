/**
 * R-hat, effective sample size (ESS) and Monte Carlo standard error (MCSE), by Vehtari, Gelman,
 * Simpson, Carpenter & Bürkner 2021 (Bayesian Analysis 16(2), arXiv 1903.08008), with the details of
 * the R package posterior. These are the definitions; `summarize` uses the equal but faster code of
 * fast/convergence.ts.
 *
 * Every function takes one parameter's draws, chain after chain, and the number of chains.
 * Constant or non-finite draws, and chains too short to split, give NaN.
 */
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { badArgument } from '../checks/values.js';
import { meanAndSquares } from '../linear-algebra/sums.js';
import { eachRun, median, quantileOfSorted, sorted } from './quantiles.js';

/**
 * Rank-normalized split R-hat: the larger of the one for location (bulk) and the one for scale
 * (folded). 1 at convergence; above 1.01 the chains disagree.
 */
export function rhat(values: Float64Array, chains: number): number {
  const bulk = basicRhat(rankNormalize(split(values, chains)));
  const scale = basicRhat(rankNormalize(split(fold(values), chains)));
  return Number.isNaN(scale) ? bulk : Math.max(bulk, scale);
}

/**
 * Nested R-hat of many short chains, of which groups (superchains) started at one point (Margossian,
 * Hoffman, Sountsov, Riou-Durand, Vehtari & Gelman 2024, Bayesian Analysis, arXiv 2110.13017, eq. 4 to 8;
 * posterior's `rhat_nested`):
 *
 *     √(1 + B / W),   B the variance of the means of superchains, W the mean over superchains of the
 *     variance of their chains' means and the mean variance within their chains
 *
 * At least 1; draws are neither split nor ranked.
 *
 * @param superchains of each chain, its superchain's name or number: at least two, of as many chains each
 * @throws WeighbridgeError `bad-argument` for other superchains
 */
export function nestedRhat(
  values: Float64Array,
  chains: number,
  superchains: readonly (number | string)[],
): number {
  const names = [...new Set(superchains)];
  const members = names.map((name) =>
    Array.from(superchains.keys()).filter((chain) => superchains[chain] === name),
  );
  const size = chains / names.length;
  if (superchains.length !== chains || names.length < 2 || members.some((m) => m.length !== size)) {
    throw badArgument(
      `superchains are ${superchains.length} of sizes ${members.map((m) => m.length).join(', ')} for ${chains} chains, expected at least two, of as many chains each`,
      { option: 'superchains', found: superchains },
    );
  }
  const length = values.length / chains;
  const moments = Array.from({ length: chains }, (_, chain) =>
    sampleMoments(values.subarray(chain * length, (chain + 1) * length)),
  );
  const meanOf = (numbers: readonly number[]) => sampleMoments(numbers).mean;
  const means = members.map((m) => meanOf(m.map((chain) => moments[chain].mean)));
  const within = meanOf(
    members.map((m) => {
      const between = size > 1 ? sampleMoments(m.map((chain) => moments[chain].mean)).variance : 0;
      const inside = length > 1 ? meanOf(m.map((chain) => moments[chain].variance)) : 0;
      return between + inside;
    }),
  );
  return Math.sqrt(1 + sampleMoments(means).variance / within);
}

/** ESS for the location of the draws. */
export function essBulk(values: Float64Array, chains: number): number {
  return ess(rankNormalize(split(values, chains)));
}

/** ESS for the tails: the smaller of the ESS of the 5% and the 95% quantile. */
export function essTail(values: Float64Array, chains: number): number {
  return Math.min(essQuantile(values, chains, 0.05), essQuantile(values, chains, 0.95));
}

/** ESS of the mean. */
export function essMean(values: Float64Array, chains: number): number {
  return ess(split(values, chains));
}

/** ESS of the standard deviation: the ESS of the mean distance from the mean. */
export function essSd(values: Float64Array, chains: number): number {
  const { mean } = sampleMoments(values);
  return essMean(
    values.map((value) => Math.abs(value - mean)),
    chains,
  );
}

/** ESS of the median. */
export function essMedian(values: Float64Array, chains: number): number {
  return essQuantile(values, chains, 0.5);
}

/** ESS of the quantile at `probability`: the ESS of the share of draws up to that quantile. */
export function essQuantile(values: Float64Array, chains: number, probability: number): number {
  const ascending = sorted(values);
  if (isDegenerate(ascending)) return Number.NaN;
  // No draw is above the largest one, so take half a draw less, as the R package posterior does.
  const asked = probability === 1 ? 1 - 0.5 / values.length : probability;
  const bound = quantileOfSorted(ascending, asked);
  return essMean(
    values.map((value) => (value <= bound ? 1 : 0)),
    chains,
  );
}

/** Monte Carlo standard error of the mean: sd / √ESS. */
export function mcseMean(values: Float64Array, chains: number): number {
  return Math.sqrt(sampleMoments(values).variance / essMean(values, chains));
}

/** Monte Carlo standard error of the standard deviation, from the fourth moment. */
export function mcseSd(values: Float64Array, chains: number): number {
  const { mean } = sampleMoments(values);
  const squares = values.map((value) => (value - mean) ** 2);
  const variance = sampleMoments(squares).mean;
  const fourth = sampleMoments(squares.map((square) => square * square)).mean;
  const varianceOfVariance = (fourth - variance * variance) / essMean(squares, chains);
  return Math.sqrt(varianceOfVariance / variance / 4);
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

/** Mean and sample variance (n - 1), in two passes. */
export function sampleMoments(values: ArrayLike<number>): { mean: number; variance: number } {
  const { mean, squares } = meanAndSquares(values);
  return { mean, variance: squares / (values.length - 1) };
}

/** Splits each chain in half, without the middle draw of an odd chain. */
function split(values: Float64Array, chains: number): Float64Array[] {
  const length = values.length / chains;
  const half = Math.floor(length / 2);
  return Array.from({ length: 2 * chains }, (_, i) => {
    const end = Math.floor(i / 2) * length + (i % 2 === 0 ? half : length);
    return values.slice(end - half, end);
  });
}

/** Distances from the median. */
function fold(values: Float64Array): Float64Array {
  const centre = median(values);
  return values.map((value) => Math.abs(value - centre));
}

/**
 * Draws replaced by normal scores of their ranks among all chains, Φ⁻¹((r - 3/8) / (S + 1/4)), with
 * ties averaged (eq. 14). NaN for degenerate draws.
 */
function rankNormalize(chains: readonly Float64Array[]): Float64Array[] {
  const ascending = sorted(chains.flatMap((chain) => [...chain]));
  if (isDegenerate(ascending)) return chains.map((chain) => chain.map(() => Number.NaN));
  const scores = new Map<number, number>();
  eachRun(ascending, (first, last) => {
    const rank = (first + last) / 2 + 1;
    scores.set(ascending[first], normalQuantile((rank - 3 / 8) / (ascending.length + 1 / 4), 0, 1));
  });
  return chains.map((chain) => chain.map((value) => scores.get(value) ?? Number.NaN));
}

/** Whether draws are constant, non-finite or empty; sorting puts non-finite draws at the ends. */
function isDegenerate(ascending: Float64Array): boolean {
  const least = ascending[0];
  const greatest = ascending[ascending.length - 1];
  return !(least < greatest && Number.isFinite(least) && Number.isFinite(greatest));
}

/** Mean variance within chains, and variance of the chain means (eq. 2 and 1). */
function variances(chains: readonly Float64Array[]): { within: number; between: number } {
  const means = chains.map((chain) => sampleMoments(chain).mean);
  return {
    within: lagProducts(chains, 0) / (chains[0].length - 1) / chains.length,
    between: chains.length > 1 ? sampleMoments(means).variance : 0,
  };
}

/** Potential scale reduction factor of chains that are not split (eq. 3 and 4). */
function basicRhat(chains: readonly Float64Array[]): number {
  const { within, between } = variances(chains);
  const length = chains[0].length;
  return Math.sqrt((length * between) / within / length + (length - 1) / length);
}

/**
 * Effective sample size of the mean of chains that are not split (eq. 10 to 13): n / τ, at most n ·
 * log10(n), where the autocorrelation time τ comes from Geyer's (1992) initial monotone sequence.
 * Only the even lag of the last pair counts, if it is positive; this lowers the variance of the
 * estimate for antithetic chains.
 */
function ess(chains: readonly Float64Array[]): number {
  const length = chains[0].length;
  const draws = chains.length * length;
  const { within, between } = variances(chains);
  const total = (within * (length - 1)) / length + between;
  const constant = chains.every((chain) => chain.every((value) => value === chains[0][0]));
  if (length < 3 || constant || !(total > 0)) return Number.NaN;
  const correlation = (lag: number) =>
    1 - (within - lagProducts(chains, lag) / length / chains.length) / total;

  let lag = 0;
  let even = 1;
  let pair = even + correlation(1);
  let least = pair;
  let sum = 0;
  while (lag < length - 5 && pair > 0) {
    sum += least;
    lag += 2;
    even = correlation(lag);
    pair = even + correlation(lag + 1);
    least = Math.min(least, pair);
  }
  // For chains too short for an estimate, follows posterior's convention.
  const tau = lag === 0 ? 2 : -1 + 2 * sum + (pair >= 0 ? even : Math.max(even, 0));
  return draws / Math.max(tau, 1 / Math.log10(draws));
}

/** Products of deviations from the chain's mean that are `lag` draws apart, summed over all chains. */
function lagProducts(chains: readonly Float64Array[], lag: number): number {
  let total = 0;
  for (const chain of chains) {
    const { mean } = sampleMoments(chain);
    let sum = 0;
    for (let i = lag; i < chain.length; i++) sum += (chain[i] - mean) * (chain[i - lag] - mean);
    total += sum;
  }
  return total;
}
