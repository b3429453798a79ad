/**
 * Convergence of chains, by Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021 (Bayesian Analysis
 * 16(2), arXiv 1903.08008), with the details of the R package posterior: chains are split in
 * halves, ranks become normal scores, and the ESS is Geyer's initial monotone sequence.
 *
 * Every function takes one parameter's draws, chain after chain, and the number of chains.
 * Constant or non-finite draws, and chains too short to split, give NaN.
 */
import { meanAndSquares } from '../linear-algebra/sums.js';
import { centreChains, type Spread, varianceOf } from './centred-chains.js';
import { essOfChains, essOfMembers } from './effective-size.js';
import { normalScores, quantileOfSorted } from './order.js';
import { foldedOrdering, type Ordering, orderingOf } from './ordering.js';
import { scratchIndices, scratchNumbers } from './scratch.js';

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

/** The ordering of all draws, given that of the halves: the same unless chains are odd. */
function fullOrdering(values: Float64Array, ofHalves: Ordering): Ordering {
  return values.length === ofHalves.order.length ? ofHalves : orderingOf(values);
}

/** Constant, not finite, or none at all: sorting puts what is not finite at the ends. */
function isDegenerate({ ascending }: Ordering): boolean {
  const least = ascending[0];
  const greatest = ascending[ascending.length - 1];
  return !(least < greatest && Number.isFinite(least) && Number.isFinite(greatest));
}

/** Mean and sample variance (n - 1), in two passes. */
export function sampleMoments(values: ArrayLike<number>): { mean: number; variance: number } {
  const { mean, squares } = meanAndSquares(values);
  return { mean, variance: squares / (values.length - 1) };
}

/** Potential scale reduction of chains as they are (Vehtari et al. 2021, eq. 1 to 4). */
function basicRhat({ length, within, between }: Spread): number {
  return Math.sqrt((length * between) / within / length + (length - 1) / length);
}

/**
 * Rank-normalized split R-hat: the larger of the one of location (bulk) and the one of scale
 * (folded). 1 at convergence; above 1.01 the chains disagree.
 */
export function rhat(values: Float64Array, chains: number): number {
  const split = splitChains(values, chains);
  const ordering = orderingOf(split);
  if (isDegenerate(ordering)) return Number.NaN;
  const centre = quantileOfSorted(fullOrdering(values, ordering).ascending, 0.5);
  return rhatOfScores(centreChains(normalScores(split, ordering), 2 * chains), ordering, centre);
}

function rhatOfScores(scores: Spread, ordering: Ordering, centre: number): number {
  const bulk = basicRhat(scores);
  const n = ordering.order.length;
  const folded = foldedOrdering(ordering, centre, {
    ascending: scratchNumbers('ascending distances', n),
    order: scratchIndices('order of distances', n),
  });
  if (isDegenerate(folded)) return bulk;
  const foldedScores = normalScores(folded.ascending, folded, scratchNumbers('scores', n));
  const scale = basicRhat(centreChains(foldedScores, scores.chains));
  return Number.isNaN(scale) ? bulk : Math.max(bulk, scale);
}

/** ESS for the location of the draws: of their normal scores. */
export function essBulk(values: Float64Array, chains: number): number {
  const split = splitChains(values, chains);
  const ordering = orderingOf(split);
  if (isDegenerate(ordering)) return Number.NaN;
  return essOfChains(centreChains(normalScores(split, ordering), 2 * chains));
}

/** ESS of the estimate of the quantile at `probability`. */
export function essQuantile(values: Float64Array, chains: number, probability: number): number {
  const ordering = orderingOf(splitChains(values, chains));
  const full = fullOrdering(values, ordering);
  if (isDegenerate(full)) return Number.NaN;
  // All draws are up to the largest: posterior asks half a draw below it.
  const asked = probability === 1 ? 1 - 0.5 / values.length : probability;
  return essBelow(ordering, 2 * chains, quantileOfSorted(full.ascending, asked));
}

/** ESS of the median. */
export function essMedian(values: Float64Array, chains: number): number {
  return essQuantile(values, chains, 0.5);
}

/** ESS of the share of draws up to `bound`. */
function essBelow({ ascending, order }: Ordering, chains: number, bound: number): number {
  const below = countUpTo(ascending, bound);
  // Those above have the same autocovariances: the fewer are looked at.
  const members = 2 * below > order.length ? order.subarray(below) : order.subarray(0, below);
  return essOfMembers(members, chains, order.length / chains);
}

/** How many of the values are at most `bound`. */
function countUpTo(ascending: Float64Array, bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** ESS for the tails: the smaller of those of the 5% and the 95% quantile. */
export function essTail(values: Float64Array, chains: number): number {
  const ordering = orderingOf(splitChains(values, chains));
  return essOfTails(ordering, 2 * chains, fullOrdering(values, ordering));
}

/** @param full the ordering of all draws; the other one is of fewer, where chains are odd */
function essOfTails(ordering: Ordering, chains: number, full: Ordering): number {
  if (isDegenerate(full)) return Number.NaN;
  return Math.min(
    essBelow(ordering, chains, quantileOfSorted(full.ascending, 0.05)),
    essBelow(ordering, chains, quantileOfSorted(full.ascending, 0.95)),
  );
}

/** ESS of the plain mean. */
export function essMean(values: Float64Array, chains: number): number {
  const split = splitChains(values, chains);
  return isConstant(split) ? Number.NaN : essOfChains(centreChains(split, 2 * chains));
}

/** ESS of the standard deviation: that of the mean of the distances from the mean. */
export function essSd(values: Float64Array, chains: number): number {
  const { mean } = sampleMoments(values);
  return essMean(
    values.map((value) => Math.abs(value - mean)),
    chains,
  );
}

/** Of draws that differ the second tells, mostly. */
function isConstant(values: Float64Array): boolean {
  return values.every((value) => value === values[0]);
}

/** Monte Carlo standard error of the mean: sd / √ESS. */
export function mcseMean(values: Float64Array, chains: number): number {
  const split = splitChains(values, chains);
  if (isConstant(split)) return Number.NaN;
  const centred = centreChains(split, 2 * chains);
  const variance = split === values ? varianceOf(centred) : sampleMoments(values).variance;
  return Math.sqrt(variance / essOfChains(centred));
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
  const split = splitChains(values, chains);
  const splitOrdering = split === values ? ordering : orderingOf(split);
  if (isDegenerate(splitOrdering)) {
    return { rhat: Number.NaN, essBulk: Number.NaN, essTail: Number.NaN, mcseMean: Number.NaN };
  }
  const halves = 2 * chains;
  const scores = normalScores(split, splitOrdering, scratchNumbers('scores', split.length));
  const bulk = centreChains(scores, halves);
  // First, while the deviations of the scores are those last made.
  const essBulk = essOfChains(bulk);
  return {
    rhat: rhatOfScores(bulk, splitOrdering, quantileOfSorted(ordering.ascending, 0.5)),
    essBulk,
    essTail: essOfTails(splitOrdering, halves, ordering),
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
