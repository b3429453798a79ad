/**
 * The effective sample size of chains as they are, neither split nor ranked: of draws, and of
 * indicators, of which it is enough to know where they are 1.
 */
import { type CentredChains, LAGS, lagProducts, type Spread, spreadOf } from './centred-chains.js';
import { scratchIndices } from './scratch.js';

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
  const { deviations, chains, length } = centred;
  let products = centred.firstProducts;
  let lag = 0;
  return basicEss(centred, () => {
    lag++;
    if (lag % LAGS === 0) products = lagProducts(deviations, chains, length, lag);
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
  // Chains too short to tell: posterior's convention.
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
  // Which chain a member is in, from 1; room for one more chain, in which nobody is.
  const chainOf = scratchIndices('chains of members', (chains + 1) * length).fill(0);
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
