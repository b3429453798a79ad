/**
 * The effective sample size of chains as they are, neither split nor ranked: of draws, and of
 * indicators, of which it is enough to know where they are 1.
 */

import { areInKernel, drawsKernel, smallNumbers } from '../../../models/kernels/draws-kernel.js';
import { meanAndSquares, sumOf } from '../../linear-algebra/sums.js';
import { indexBuffer, numberBuffer } from './buffers.js';

/**
 * Effective sample size of the mean of chains as they are: n / τ with the autocorrelation time τ
 * by Geyer's (1992) initial monotone sequence over all chains (Vehtari et al. 2021, eq. 10 to 13),
 * at most n · log10(n). Autocovariances are computed only as far as needed, which beats a Fourier
 * transform for all but hopeless chains.
 *
 * @param nextProduct Σ over chains of products of deviations, of lags 1, 2, 3, … one a call
 */
function basicEss({ chains, length, within, between }: Spread, nextProduct: () => number): number {
  const total = (within * (length - 1)) / length + between;
  // Draws that are not finite have no variance either.
  if (length < 3 || !(total > 0)) return Number.NaN;
  const nextCorrelation = () => 1 - (within - nextProduct() / length / chains) / total;
  const draws = chains * length;
  const tau = Math.max(autocorrelationTime(nextCorrelation, length), 1 / Math.log10(draws));
  return draws / tau;
}

export function essOfChains(centred: CentredChains): number {
  const { deviations, firstProducts, chains, length } = centred;
  return essByProducts(centred, (lag) =>
    lag === 0 ? firstProducts : lagProducts(deviations, chains, length, lag),
  );
}

/** @param productsFrom Σ of products of deviations of four lags, from a lag on that four divides */
export function essByProducts(spread: Spread, productsFrom: (lag: number) => Float64Array): number {
  let lag = 0;
  let products = productsFrom(0);
  return basicEss(spread, () => {
    lag++;
    if (lag % LAGS === 0) products = productsFrom(lag);
    return products[lag % LAGS];
  });
}

/**
 * τ = -1 + 2 Σ of the sums of pairs of neighbouring lags, while these are positive, and made to
 * decrease. The last pair looked at counts only by its even lag, where that is positive, which
 * lowers the variance of the estimate for antithetic chains.
 */
function autocorrelationTime(nextCorrelation: () => number, length: number): number {
  let even = 1;
  let pair = even + nextCorrelation();
  let least = pair;
  let sum = 0;
  let lag = 0;
  while (lag < length - 5 && pair > 0) {
    sum += least;
    lag += 2;
    even = nextCorrelation();
    pair = even + nextCorrelation();
    least = Math.min(least, pair);
  }
  // Chains that are too short: the convention of posterior.
  if (lag === 0) return 2;
  return -1 + 2 * sum + (pair >= 0 ? even : Math.max(even, 0));
}

/**
 * ESS of indicators: 1 for the draws numbered in `members`, which are the share p of their chain,
 * and 0 for all others. In a chain of n draws the products of deviations from p that are k draws
 * apart add up to
 *
 *     pairs of members k apart + p · (members among the first k and the last k) − (n + k) p²
 *
 * so that only members are looked at, and counts are exact.
 */
export function essOfMembers(members: Uint32Array, chains: number, length: number): number {
  if (members.length === 0) return Number.NaN;
  // The chain of each member, from 1; one more chain is empty.
  const chainOf = indexBuffer('chains of members', (chains + 1) * length).fill(0);
  const shares = new Float64Array(chains);
  for (let i = 0; i < members.length; i++) {
    const chain = Math.floor(members[i] / length);
    chainOf[members[i]] = chain + 1;
    shares[chain]++;
  }
  for (let chain = 0; chain < chains; chain++) shares[chain] /= length;
  const sharesSquared = shares.reduce((sum, share) => sum + share * share, 0);

  let lag = 0;
  let edges = 0;
  const spread = spreadOf(shares, members.length - length * sharesSquared, length);
  return basicEss(spread, () => {
    lag++;
    for (let chain = 0; chain < chains; chain++) {
      const first = chain * length;
      const joining = +(chainOf[first + lag - 1] > 0) + +(chainOf[first + length - lag] > 0);
      edges += shares[chain] * joining;
    }
    return pairsApart(members, chainOf, lag) + edges - (length + lag) * sharesSquared;
  });
}

/** How many members have another of the same chain so many draws behind them. */
function pairsApart(members: Uint32Array, chainOf: Uint32Array, lag: number): number {
  let pairs = 0;
  for (let i = 0; i < members.length; i++) {
    const member = members[i];
    if (chainOf[member + lag] === chainOf[member]) pairs++;
  }
  return pairs;
}

/** Variances within and between chains, for R-hat and the ESS. */
export interface Spread {
  readonly chains: number;
  readonly length: number;
  /** Mean over chains of the sample variance (n - 1) within a chain. */
  readonly within: number;
  /** Sample variance of the chain means. */
  readonly between: number;
}

/** @param squares of deviations from the chains' means, over all chains */
export function spreadOf(means: Float64Array, squares: number, length: number): Spread {
  const chains = means.length;
  return {
    chains,
    length,
    within: squares / (length - 1) / chains,
    between: chains > 1 ? meanAndSquares(means).squares / (chains - 1) : 0,
  };
}

/** Lags whose products are computed together. */
const LAGS = 4;
/** Where the kernel's short vectors have room for a number of each chain. */
export const OF_CHAINS = 4608;
/** Zeros after a chain, for the last lags. */
const PADDING = LAGS;

interface CentredChains extends Spread {
  /**
   * Deviation of every draw from its chain's mean, with PADDING zeros after each chain; a reused
   * buffer, valid until chains are centred again.
   */
  readonly deviations: Float64Array;
  /** Σ of products of deviations, by their lag, from 0 on. */
  readonly firstProducts: Float64Array;
}

export function centreChains(values: Float64Array, chains: number): CentredChains {
  const length = values.length / chains;
  const deviations = numberBuffer('deviations', chains * (length + PADDING));
  const sums = smallNumbers(0, LAGS);
  const inKernel = smallNumbers(OF_CHAINS, chains);
  const given = sums && inKernel && areInKernel(deviations) ? movedToKernel(values) : null;
  if (drawsKernel && sums && inKernel && given) {
    drawsKernel.centreChains(
      ...([given.byteOffset, chains, length, deviations.byteOffset] as const),
      ...([inKernel.byteOffset, sums.byteOffset] as const),
    );
    const products = sums.slice();
    return { ...spreadOf(inKernel, products[0], length), deviations, firstProducts: products };
  }
  const firstProducts = new Float64Array(LAGS);
  const means = new Float64Array(chains);
  for (let chain = 0; chain < chains; chain++) {
    const from = chain * length;
    const to = chain * (length + PADDING);
    const mean = sumOf(values, from, length) / length;
    centreChain(values, from, length, mean, deviations, to, firstProducts);
    deviations.fill(0, to + length, to + length + PADDING);
    means[chain] = mean;
  }
  return { ...spreadOf(means, firstProducts[0], length), deviations, firstProducts };
}

/** So that sums have the same digits wherever the draws lie. */
function movedToKernel(values: Float64Array): Float64Array | null {
  if (areInKernel(values)) return values;
  const copy = numberBuffer('chains to centre', values.length);
  copy.set(values);
  return areInKernel(copy) ? copy : null;
}

/** Writes deviations, and adds their products with the last LAGS, themselves first, in one pass. */
function centreChain(
  values: Float64Array,
  from: number,
  length: number,
  mean: number,
  deviations: Float64Array,
  to: number,
  products: Float64Array,
): void {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let oneAgo = 0;
  let twoAgo = 0;
  let threeAgo = 0;
  for (let i = 0; i < length; i++) {
    const deviation = values[from + i] - mean;
    deviations[to + i] = deviation;
    s0 += deviation * deviation;
    s1 += deviation * oneAgo;
    s2 += deviation * twoAgo;
    s3 += deviation * threeAgo;
    threeAgo = twoAgo;
    twoAgo = oneAgo;
    oneAgo = deviation;
  }
  products[0] += s0;
  products[1] += s1;
  products[2] += s2;
  products[3] += s3;
}

/** Σ over chains of the products of deviations that are `lag` to `lag` + LAGS − 1 apart. */
function lagProducts(
  deviations: Float64Array,
  chains: number,
  length: number,
  lag: number,
): Float64Array {
  const inKernel = smallNumbers(0, LAGS);
  if (drawsKernel && inKernel && areInKernel(deviations)) {
    const { byteOffset } = deviations;
    drawsKernel.lagProducts(byteOffset, chains, length, lag, inKernel.byteOffset);
    return inKernel.slice();
  }
  const sums = new Float64Array(LAGS);
  for (let chain = 0; chain < chains; chain++) {
    const start = chain * (length + PADDING);
    addLagProducts(deviations, start, lag, length, sums);
  }
  return sums;
}

/** Reads each deviation twice instead of once per lag: later ones move through variables. */
function addLagProducts(
  deviations: Float64Array,
  start: number,
  lag: number,
  length: number,
  products: Float64Array,
): void {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let later0 = deviations[start + lag];
  let later1 = deviations[start + lag + 1];
  let later2 = deviations[start + lag + 2];
  const end = start + length - lag;
  for (let i = start; i < end; i++) {
    const deviation = deviations[i];
    const later3 = deviations[i + lag + 3];
    s0 += deviation * later0;
    s1 += deviation * later1;
    s2 += deviation * later2;
    s3 += deviation * later3;
    later0 = later1;
    later1 = later2;
    later2 = later3;
  }
  products[0] += s0;
  products[1] += s1;
  products[2] += s2;
  products[3] += s3;
}

/** Sample variance of the draws of all chains together. */
export function varianceOf({ chains, length, within, between }: Spread): number {
  const squares = chains * (length - 1) * within + (chains - 1) * length * between;
  return squares / (chains * length - 1);
}
