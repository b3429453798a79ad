/**
 * The measures of ../convergence.ts, computed fast: one sort per parameter instead of five, reused
 * buffers, and indicators as lists of indices. A property test holds both equal to 1e-12.
 */

import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { areInKernel, drawsKernel, smallNumbers } from '../../../models/kernels/draws-kernel.js';
import { squaresOf } from '../../linear-algebra/sums.js';
import { sampleMoments } from '../convergence.js';
import { quantileOfSorted } from '../quantiles.js';
import { indexBuffer, numberBuffer } from './buffers.js';
import {
  centreChains,
  essOfChains,
  essOfMembers,
  OF_CHAINS,
  type Spread,
  spreadOf,
  varianceOf,
} from './effective-size.js';
import { foldedOrdering, type Ordering, orderingOf } from './ordering.js';

/** Splits each chain in halves, without the middle draw of an odd chain; a copy only if needed. */
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

/** Ordering of all draws: that of the halves, unless the length of the chains is odd. */
function fullOrdering(values: Float64Array, ofHalves: Ordering): Ordering {
  return values.length === ofHalves.order.length ? ofHalves : orderingOf(values);
}

/** Whether draws are constant, non-finite or empty; sorting puts non-finite draws at the ends. */
function isDegenerate({ ascending }: Ordering): boolean {
  const least = ascending[0];
  const greatest = ascending[ascending.length - 1];
  return !(least < greatest && Number.isFinite(least) && Number.isFinite(greatest));
}

/** Potential scale reduction of chains as they are (Vehtari et al. 2021, eq. 1 to 4). */
function basicRhat({ length, within, between }: Spread): number {
  return Math.sqrt((length * between) / within / length + (length - 1) / length);
}

function rhatOfScores(scores: Spread, ordering: Ordering, centre: number): number {
  const bulk = basicRhat(scores);
  const n = ordering.order.length;
  const quick = foldedSpread(scores, ordering, centre);
  if (quick) return Math.max(bulk, basicRhat(quick));
  const folded = foldedOrdering(ordering, centre, {
    ascending: numberBuffer('ascending distances', n),
    order: indexBuffer('order of distances', n),
  });
  if (isDegenerate(folded)) return bulk;
  const foldedScores = normalScores(folded.ascending, folded, numberBuffer('scores', n));
  const scale = basicRhat(centreChains(foldedScores, scores.chains));
  return Number.isNaN(scale) ? bulk : Math.max(bulk, scale);
}

/**
 * Variances of the scores of the distances from `centre`: these go outwards from it, and only sums over
 * chains are needed.
 *
 * @returns null without the kernel, where distances are equal that are not the first two: draws next to the
 *   median of an even number
 */
function foldedSpread(
  { chains, length }: Spread,
  ordering: Ordering,
  centre: number,
): Spread | null {
  const sums = foldedSumsInKernel(ordering, centre, chains) ?? foldedSums(ordering, centre, chains);
  if (sums === null) return null;
  const means = sums.subarray(0, chains).map((sum) => sum / length);
  let within = sums[chains];
  for (const mean of means) within -= length * mean ** 2;
  return spreadOf(means, within, length);
}

/** The sums over chains, and the sum of squares. */
function foldedSumsInKernel(
  { ascending, order }: Ordering,
  centre: number,
  chains: number,
): Float64Array | null {
  const n = order.length;
  const { whole, half } = blomScores(n);
  const sums = smallNumbers(OF_CHAINS, chains + 1);
  const run = indexBuffer('places', n);
  if (!drawsKernel || !sums || !areInKernel(ascending, order, whole, half, run)) return null;
  drawsKernel.foldedSums(
    ...([ascending.byteOffset, order.byteOffset, n, centre] as const),
    ...([countUpTo(ascending, centre), whole.byteOffset, half.byteOffset] as const),
    ...([chains, run.byteOffset, sums.byteOffset] as const),
  );
  return sums.slice();
}

/** The same without the kernel; null if distances other than the first two are equal. */
function foldedSums(
  { ascending, order }: Ordering,
  centre: number,
  chains: number,
): Float64Array | null {
  const n = order.length;
  const { whole, half, squares } = blomScores(n);
  let above = n >>> 1;
  if (n % 2 !== 0 || !(ascending[above - 1] <= centre && centre < ascending[above])) return null;
  const tied = centre - ascending[above - 1] === ascending[above] - centre;
  const sums = new Float64Array(chains + 1);
  sums[chains] = squares;
  if (tied) sums[chains] += 2 * half[0] ** 2 - whole[0] ** 2 - whole[1] ** 2;
  const perChain = chains / n;
  let below = above - 1;
  let last = -1;
  for (let i = 0; i < n; i++) {
    const down = below >= 0 ? centre - ascending[below] : Number.POSITIVE_INFINITY;
    const up = above < n ? ascending[above] - centre : Number.POSITIVE_INFINITY;
    const nearest = down <= up ? down : up;
    if (nearest === last && !(i === 1 && tied)) return null;
    last = nearest;
    const draw = down <= up ? order[below--] : order[above++];
    // Half a draw, so that rounding does not move a draw to another chain.
    sums[Math.floor((draw + 0.5) * perChain)] += tied && i < 2 ? half[0] : whole[i];
  }
  return sums;
}

/** Bulk ESS. */
export function essBulk(values: Float64Array, chains: number): number {
  const split = splitChains(values, chains);
  const ordering = orderingOf(split);
  if (isDegenerate(ordering)) return Number.NaN;
  return essOfChains(centreChains(normalScores(split, ordering), 2 * chains));
}

/** ESS of the share of draws up to `bound`. */
function essBelow({ ascending, order }: Ordering, chains: number, bound: number): number {
  const below = countUpTo(ascending, bound);
  // The complement has the same autocovariances, so the smaller set is enough.
  const members = 2 * below > order.length ? order.subarray(below) : order.subarray(0, below);
  return essOfMembers(members, chains, order.length / chains);
}

/** Number of values ≤ `bound`. */
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

/** Tail ESS. */
export function essTail(values: Float64Array, chains: number): number {
  const ordering = orderingOf(splitChains(values, chains));
  return essOfTails(ordering, 2 * chains, fullOrdering(values, ordering));
}

/** @param full ordering of all draws; `ordering` lacks the middle draws of odd chains */
function essOfTails(ordering: Ordering, chains: number, full: Ordering): number {
  if (isDegenerate(full)) return Number.NaN;
  return Math.min(
    essBelow(ordering, chains, quantileOfSorted(full.ascending, 0.05)),
    essBelow(ordering, chains, quantileOfSorted(full.ascending, 0.95)),
  );
}

/** For non-constant draws, usually decided by the second draw. */
function isConstant(values: Float64Array): boolean {
  return values.every((value) => value === values[0]);
}

/** ESS of the mean. */
export function essMean(values: Float64Array, chains: number): number {
  const split = splitChains(values, chains);
  return isConstant(split) ? Number.NaN : essOfChains(centreChains(split, 2 * chains));
}

/** Monte Carlo standard error of the mean: sd / √ESS. */
export function mcseMean(values: Float64Array, chains: number): number {
  const split = splitChains(values, chains);
  if (isConstant(split)) return Number.NaN;
  const centred = centreChains(split, 2 * chains);
  const variance = split === values ? varianceOf(centred) : sampleMoments(values).variance;
  return Math.sqrt(variance / essOfChains(centred));
}

interface Convergence {
  readonly rhat: number;
  readonly essBulk: number;
  readonly essTail: number;
  readonly mcseMean: number;
}

/** All measures of a summary, from one sort and one ranking. */
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
  const scores = normalScores(split, splitOrdering, numberBuffer('scores', split.length));
  const bulk = centreChains(scores, halves);
  // Before R-hat, which overwrites the buffer with the deviations of the scores.
  const essBulk = essOfChains(bulk);
  return {
    rhat: rhatOfScores(bulk, splitOrdering, quantileOfSorted(ordering.ascending, 0.5)),
    essBulk,
    essTail: essOfTails(splitOrdering, halves, ordering),
    mcseMean: mcseMean(values, chains),
  };
}

/**
 * Blom scores Φ⁻¹((r - 3/8) / (S + 1/4)) of the ranks (Vehtari et al. 2021, eq. 14).
 *
 * @param scores output buffer
 */
export function normalScores(
  values: Float64Array,
  { ascending, order }: Ordering = orderingOf(values),
  scores: Float64Array = new Float64Array(values.length),
): Float64Array {
  const { whole, half } = blomScores(values.length);
  if (drawsKernel && areInKernel(ascending, order, whole, half, scores)) {
    drawsKernel.scatterScores(
      ...([ascending.byteOffset, order.byteOffset, whole.length] as const),
      ...([whole.byteOffset, half.byteOffset, scores.byteOffset] as const),
    );
    return scores;
  }
  for (let i = 0; i < whole.length; i++) scores[order[i]] = whole[i];
  for (let i = 1; i < whole.length; i++) {
    if (ascending[i] !== ascending[i - 1]) continue;
    // Ties share the average of their ranks.
    const first = i - 1;
    while (ascending[i + 1] === ascending[first]) i++;
    const middle = (first + i) >>> 1;
    const score = (first + i) & 1 ? half[middle] : whole[middle];
    for (let tied = first; tied <= i; tied++) scores[order[tied]] = score;
  }
  return scores;
}

/** Scores for the last length used, at whole ranks and at half ranks, and Σ of squares of the former: Φ⁻¹ costs more than ranking. */
let blomCache: {
  readonly whole: Float64Array;
  readonly half: Float64Array;
  readonly squares: number;
} = { whole: new Float64Array(0), half: new Float64Array(0), squares: 0 };

function blomScores(size: number) {
  if (blomCache.whole.length !== size) {
    const writeFrom = (first: number, scores: Float64Array) => {
      for (let i = 0; i < size; i++) {
        scores[i] = normalQuantile((first + i - 3 / 8) / (size + 1 / 4), 0, 1);
      }
      return scores;
    };
    const whole = writeFrom(1, numberBuffer('scores of ranks', size));
    const half = writeFrom(1.5, numberBuffer('scores of half ranks', size));
    blomCache = { whole, half, squares: squaresOf(whole) };
  }
  return blomCache;
}
