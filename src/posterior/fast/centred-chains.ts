/**
 * Chains about their means: how they spread within and between, which is all that R-hat is made
 * of, and the products of draws some lags apart, which the ESS is made of besides.
 */
import { meanAndSquares, sumOf } from '../../linear-algebra/sums.js';
import { scratchNumbers } from './scratch.js';

/** How chains spread: what R-hat is made of, and where the ESS begins. */
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

/** Products of draws with later ones come four lags at a time, ... */
export const LAGS = 4;
/** ... of which the last may reach so far beyond the end of a chain. */
const PADDING = LAGS - 1;

export interface CentredChains extends Spread {
  /**
   * Of every draw from its chain's mean, with PADDING zeros behind each chain; a scratch buffer,
   * good until chains are centred again.
   */
  readonly deviations: Float64Array;
  /** Σ of products of deviations, by their lag, from 0 on. */
  readonly firstProducts: Float64Array;
}

export function centreChains(values: Float64Array, chains: number): CentredChains {
  const length = values.length / chains;
  const deviations = scratchNumbers('deviations', chains * (length + PADDING));
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
export function lagProducts(
  deviations: Float64Array,
  chains: number,
  length: number,
  lag: number,
): Float64Array {
  const sums = new Float64Array(LAGS);
  for (let chain = 0; chain < chains; chain++) {
    const start = chain * (length + PADDING);
    addLagProducts(deviations, start, lag, length, sums);
  }
  return sums;
}

/** Each deviation is asked for twice, and not once a lag: the later ones move along. */
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
