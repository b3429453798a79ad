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
import gammaCdf from '@stdlib/stats-base-dists-gamma-cdf';
import { sumOf } from '../linear-algebra/sums.js';
import { type BinomialTails, binomialTails, countsWithin } from './binomial.js';
import type { Interval } from './hdi.js';

/** What N ranks from 0 to L are held against; made once for all parameters. */
export interface UniformBand {
  /** N. */
  readonly count: number;
  /** L + 1. */
  readonly possible: number;
  /** Probability that uniform ranks stay within the band everywhere. */
  readonly coverage: number;
  /** z_k, k = 1 … L. */
  readonly z: Float64Array;
  /** Of the count of ranks below k. */
  readonly tails: readonly BinomialTails[];
  /** The band: least and greatest count of ranks below k. */
  readonly bounds: readonly Interval[];
}

export interface RankHistogram {
  /** First rank of each bin, and L + 1 at the end. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  /** Of each bin, where ranks are uniform. */
  readonly expected: number;
  /** Where a bin's count lies with a probability of 99%, each bin for itself. */
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
  /** Of the largest excursion: the probability that uniform ranks make one as unlikely, exact. */
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
