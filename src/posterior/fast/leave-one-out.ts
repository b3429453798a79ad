/**
 * LOO of one observation by the compiled statistics of columns: psis.ts and the general way of loo.ts in one,
 * for the usual case of likelihoods that can be divided by one another. Weights are then w = l_min / l_s, so
 * that neither logarithms nor the order of the draws are needed.
 */
import type { ColumnKernel } from '../../../models/kernels/columns-kernel.js';
import { CUTOFFS, smoothExceedances, tailLength } from '../psis.js';
import { numberBuffer } from './buffers.js';
import { essByProducts, spreadOf } from './effective-size.js';

/** What follows from an observation's likelihoods l_s and normalized weights w. */
interface UsualObservation {
  /** log Σ w l */
  readonly elpd: number;
  /** log of the mean of l */
  readonly lpd: number;
  /** √(Σ w² (l / Σ w l − 1)²) */
  readonly spread: number;
  readonly paretoK: number;
  /** r_eff / Σ w² */
  readonly ess: number;
  readonly efficiency: number;
}

/** Likelihoods between e^−600 and 1 and their quotients are normal numbers. */
const MOST_RANGE = 600;
/** Shortest tail with a shape. */
const LEAST_TAIL = 5;
/** Log likelihoods, or likelihoods in the tail, that differ by a smaller share are not usual. */
const NARROW = 1e-9;

/**
 * @param logLikelihoods finite, chain after chain
 * @param given r_eff, if it is known
 * @returns null for what is not usual
 */
export function usualObservation(
  kernel: ColumnKernel,
  logLikelihoods: Float64Array,
  chains: number,
  given: number | undefined,
): UsualObservation | null {
  const draws = logLikelihoods.length;
  if (given === undefined && draws % (2 * chains) !== 0) return null;
  kernel.load(logLikelihoods);
  const { least, greatest, mean, squares } = kernel.moments();
  const range = greatest - least;
  if (!(range < MOST_RANGE && range > NARROW * Math.max(1, Math.abs(greatest)))) return null;
  const sum = kernel.exponentiate(greatest);
  const efficiency = given ?? efficiencyOf(kernel, chains);
  const length = tailLength(draws, efficiency);
  if (!(length >= LEAST_TAIL && draws > length)) return null;
  const sd = Math.sqrt(squares / draws);
  for (const sds of CUTOFFS) {
    const threshold = Math.exp(mean - sds * sd - greatest);
    const smallest = kernel.sortedExpsBelow(threshold);
    if (smallest.length <= length) continue;
    if (smallest[length - 1] - smallest[0] < NARROW * smallest[0]) return null;
    const found = weigh(kernel, smallest, length, threshold, draws);
    return (
      found && {
        elpd: greatest + Math.log(found.mean),
        lpd: greatest + Math.log(sum / draws),
        spread: found.spread,
        paretoK: found.paretoK,
        ess: efficiency / found.squares,
        efficiency,
      }
    );
  }
  return null;
}

/** `relativeEfficiency` of the exponentials, which are not constant, in chains of an even number of draws. */
function efficiencyOf(kernel: ColumnKernel, chains: number): number {
  const halves = 2 * chains;
  const means = kernel.centreExps(halves);
  const [squares] = kernel.lagProducts(0);
  const spread = spreadOf(means, squares, kernel.draws / halves);
  const ess = essByProducts(spread, (lag) => kernel.lagProducts(lag));
  return Number.isNaN(ess) ? 1 : ess / kernel.draws;
}

/**
 * The sums over smoothed weights.
 *
 * @param candidates likelihoods below the threshold, ascending; the first `length` are the tail
 * @returns mean Σ w l, Σ w², spread and k̂; null if no Pareto distribution can be fitted
 */
function weigh(
  kernel: ColumnKernel,
  candidates: Float64Array,
  length: number,
  threshold: number,
  draws: number,
): { mean: number; squares: number; spread: number; paretoK: number } | null {
  // The kernel may move its memory.
  const smallest = numberBuffer('largest', draws).subarray(0, candidates.length);
  smallest.set(candidates);
  const least = smallest[0];
  const cutoff = least / smallest[length];
  const weights = numberBuffer('weights', draws).subarray(0, length);
  // Likelihoods ascend, weights descend.
  for (let i = 0; i < length; i++) weights[i] = least / smallest[length - 1 - i] - cutoff;
  const paretoK = smoothExceedances(weights);
  if (!Number.isFinite(paretoK) || Number.isNaN(weights[0])) return null;

  let [, sum, squares] = kernel.weightSums(least, threshold);
  for (let i = length; i < smallest.length; i++) {
    const weight = least / smallest[i];
    sum += weight;
    squares += weight * weight;
  }
  // With a raw weight w, w l is the least likelihood.
  let weighted = (draws - length) * least;
  for (let i = 0; i < length; i++) {
    const weight = Math.min(1, weights[i] + cutoff);
    weights[i] = weight;
    sum += weight;
    squares += weight * weight;
    weighted += weight * smallest[length - 1 - i];
  }
  const mean = weighted / sum;
  const rawMean = least / mean;
  let distances = kernel.weightSpread(least, threshold, rawMean);
  for (let i = length; i < smallest.length; i++) {
    const distance = rawMean - least / smallest[i];
    distances += distance * distance;
  }
  for (let i = 0; i < length; i++) {
    const distance = weights[i] * (smallest[length - 1 - i] / mean - 1);
    distances += distance * distance;
  }
  return {
    mean,
    squares: squares / (sum * sum),
    spread: Math.sqrt(distances) / sum,
    paretoK,
  };
}
