/**
 * Whether ranks are uniform, as those of prior draws among posterior draws must be (Talts,
 * Betancourt, Simpson, Vehtari & Gelman 2018, arXiv 1804.06788): by the largest excursion of their
 * empirical distribution function, against a band that it leaves nowhere with a given probability
 * (Säilynoja, Bürkner & Vehtari 2022, Statistics and Computing 32, arXiv 2103.10522), and by the
 * chi-square test of their histogram.
 *
 * N ranks from 0 to L. At z_k = k / (L + 1) the number of ranks below k is binomial(N, z_k). All of
 * these numbers together form a chain, whose steps are those of Poisson(N Δz) variates of which the
 * sum is known to be N; so the probability of a path within bounds is a sum over counts, point
 * after point, and exact.
 */
import gammaln from '@stdlib/math-base-special-gammaln';
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import gammaCdf from '@stdlib/stats-base-dists-gamma-cdf';
import { sumOf } from '../linear-algebra/sums.js';
import type { Interval } from './intervals.js';

/** The band for N ranks from 0 to L; computed once for all parameters. */
export interface UniformBand {
  /** N. */
  readonly count: number;
  /** L + 1. */
  readonly possible: number;
  /** Probability that uniform ranks stay within the band everywhere. */
  readonly coverage: number;
  /** z_k, k = 1 … L. */
  readonly z: Float64Array;
  /** Tails of the count of ranks below k. */
  readonly tails: readonly BinomialTails[];
  /** The band: least and greatest count of ranks below k. */
  readonly bounds: readonly Interval[];
}

export interface RankHistogram {
  /** First rank of each bin, and L + 1 at the end. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  /** Expected count of each bin if ranks are uniform. */
  readonly expected: number;
  /** 99% interval of a bin's count, pointwise. */
  readonly band: Interval;
}

/** Differences of the empirical distribution function of rank / (L + 1) from the uniform one. */
export interface EcdfDifference {
  readonly z: Float64Array;
  readonly difference: Float64Array;
  /** The band, which uniform ranks leave nowhere with probability `coverage`. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly coverage: number;
}

export interface Uniformity {
  /** Exact probability that uniform ranks make an excursion as unlikely as the largest one. */
  readonly pValue: number;
  readonly chiSquare: { readonly statistic: number; readonly df: number; readonly pValue: number };
  readonly histogram: RankHistogram;
  readonly ecdf: EcdfDifference;
}

/**
 * @param count N, the number of ranks
 * @param possible L + 1, the number of values that a rank can have; at least 2
 * @param coverage in (0, 1)
 */
export function uniformBand(count: number, possible: number, coverage = 0.95): UniformBand {
  const z = Float64Array.from({ length: possible - 1 }, (_, i) => (i + 1) / possible);
  const tails = Array.from(z, (at) => binomialTails(count, at));
  const boundsOf = (outside: number) => tails.map((each) => countsWithin(each, outside));
  // The widest excursion that is still too likely, and the narrowest one that is not.
  let least = 0;
  let most = 1 - coverage;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (least + most) / 2;
    if (coverageOf(boundsOf(middle), count, possible) >= coverage) least = middle;
    else most = middle;
  }
  return { count, possible, coverage, z, tails, bounds: boundsOf(least) };
}

const BISECTIONS = 30;

/** The probability that the counts of uniform ranks below k = 1 … L stay within their bounds. */
export function coverageOf(bounds: readonly Interval[], count: number, possible: number): number {
  const steps = poissonProbabilities(count, count / possible);
  let reached = Float64Array.of(1);
  let [least, most] = [0, 0];
  for (const [low, high] of bounds) {
    const next = new Float64Array(high - low + 1);
    for (let from = least; from <= most; from++) {
      const weight = reached[from - least];
      for (let to = Math.max(low, from); to <= high; to++) {
        next[to - low] += weight * steps[to - from];
      }
    }
    [reached, least, most] = [next, low, high];
  }
  // The last step leads to N.
  const ends = reached.map((weight, i) => weight * steps[count - least - i]);
  return sumOf(ends) / Math.exp(-count + count * Math.log(count) - gammaln(count + 1));
}

function poissonProbabilities(most: number, mean: number): Float64Array {
  return Float64Array.from({ length: most + 1 }, (_, k) =>
    Math.exp(k * Math.log(mean) - mean - gammaln(k + 1)),
  );
}

/** @param ranks N whole numbers from 0 to L */
export function uniformity(ranks: ArrayLike<number>, band: UniformBand): Uniformity {
  const { count, possible, z, tails, bounds, coverage } = band;
  const below = countsBelow(ranks, possible);
  let likeliest = 1;
  tails.forEach(({ upTo, from }, i) => {
    likeliest = Math.min(likeliest, 2 * upTo[below[i]], 2 * from[below[i]]);
  });
  const asLikely = tails.map((each) => countsWithin(each, likeliest));
  const histogram = rankHistogram(ranks, possible);
  return {
    pValue: likeliest === 1 ? 1 : clamp(1 - coverageOf(asLikely, count, possible)),
    chiSquare: chiSquare(histogram),
    histogram,
    ecdf: {
      z,
      difference: z.map((at, i) => below[i] / count - at),
      low: z.map((at, i) => bounds[i][0] / count - at),
      high: z.map((at, i) => bounds[i][1] / count - at),
      coverage,
    },
  };
}

const clamp = (probability: number) => Math.min(1, Math.max(0, probability));

/** How many ranks are below k, k = 1 … L. */
function countsBelow(ranks: ArrayLike<number>, possible: number): Int32Array {
  const below = new Int32Array(possible);
  for (let i = 0; i < ranks.length; i++) below[ranks[i]]++;
  for (let k = 1; k < possible; k++) below[k] += below[k - 1];
  return below.subarray(0, possible - 1);
}

/** Ranks a bin, about (Talts et al. 2018, section 4.1); fewer make the bars too restless. */
const RANKS_A_BIN = 20;

function rankHistogram(ranks: ArrayLike<number>, possible: number): RankHistogram {
  const bins = divisorUpTo(possible, ranks.length / RANKS_A_BIN);
  const width = possible / bins;
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < ranks.length; i++) counts[Math.floor(ranks[i] / width)]++;
  return {
    edges: Array.from({ length: bins + 1 }, (_, bin) => bin * width),
    counts,
    expected: ranks.length / bins,
    band: countsWithin(binomialTails(ranks.length, 1 / bins), 0.01),
  };
}

/** The largest divisor up to a bound, but 2 at least: equal bins have equal chances. */
function divisorUpTo(whole: number, bound: number): number {
  for (let divisor = Math.floor(bound); divisor > 1; divisor--) {
    if (whole % divisor === 0) return divisor;
  }
  return whole % 2 === 0 ? 2 : whole;
}

function chiSquare({ counts, expected }: RankHistogram): Uniformity['chiSquare'] {
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const df = counts.length - 1;
  return { statistic, df, pValue: clamp(1 - gammaCdf(statistic, df / 2, 0.5)) };
}

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
interface BinomialTails {
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
function countsWithin({ upTo, from }: BinomialTails, outside: number): Interval {
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
