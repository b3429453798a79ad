/**
 * Pareto-smoothed importance sampling (Vehtari, Simpson, Gelman, Yao & Gabry 2024, JMLR 25, arXiv
 * 1507.02646): the shape k̂ of the generalized Pareto distribution fitted to the largest weights, as
 * the R package posterior computes it, and the smoothed weights, as the R package loo 2.10 does.
 *
 * For weights of a posterior against its approximation, k̂ measures how close the two are: below
 * 0.5 the weights have finite variance; up to `paretoKThreshold` importance sampling is reliable; above it the
 * approximation misses mass.
 */
import { columnKernel, PARETO_BLOCK } from '../../models/kernels/columns-kernel.js';
import { writeExp } from '../../models/kernels/elementary-kernel.js';
import { meanAndSquares, sumOf } from '../linear-algebra/sums.js';
import { indexBuffer, numberBuffer } from './fast/buffers.js';
import { essMean } from './fast/convergence.js';
import { type Ordering, orderingOf } from './fast/ordering.js';

/** k̂ of importance weights given as logarithms; NaN for fewer than 25, or if any is not finite. */
export function paretoK(logWeights: ArrayLike<number>): number {
  const ascending = Float64Array.from(logWeights).sort();
  const n = ascending.length;
  const largest = ascending[n - 1];
  if (n < 25 || !Number.isFinite(ascending[0]) || !Number.isFinite(largest)) return Number.NaN;
  const tail = unweightedTail(n);
  const cutoff = Math.exp(ascending[n - tail - 1] - largest);
  const exceedances = ascending
    .subarray(n - tail)
    .map((logWeight) => Math.exp(logWeight - largest) - cutoff);
  // All equal: no tail.
  if (exceedances[tail - 1] - exceedances[0] < 1e-15) return Number.NEGATIVE_INFINITY;
  return fitGeneralizedPareto(exceedances).k;
}

/** Tail length for S weights: 3 √S, or a fifth of S if that is fewer. */
function unweightedTail(count: number): number {
  return count > 225 ? Math.ceil(3 * Math.sqrt(count)) : Math.floor(count / 5);
}

interface GeneralizedPareto {
  /** Shape: moments of order below 1/k exist. */
  readonly k: number;
  /** Scale. */
  readonly sigma: number;
}

/** Lengths of tails of which something is remembered: r_eff, and with it the length, varies by row. */
const MOST_LENGTHS = 1000;

/**
 * Minimum number of candidates for θ = −k/σ in addition to √n, and the prior's weight, by Zhang &
 * Stephens.
 */
const LEAST_CANDIDATES = 30;
const PRIOR = 3;
/** Weakly informative prior of k: as if ten more values had k = 0.5 (Vehtari et al. 2024, app. G). */
const PRIOR_VALUES = 10;
const PRIOR_K = 0.5;

/**
 * The empirical Bayes estimate of Zhang & Stephens (2009, Technometrics 51): the profile likelihood
 * of θ = −k/σ averaged over a grid.
 *
 * @param ascending positive values in ascending order
 */
export function fitGeneralizedPareto(ascending: Float64Array): GeneralizedPareto {
  const n = ascending.length;
  const candidates = LEAST_CANDIDATES + Math.floor(Math.sqrt(n));
  const quartile = ascending[Math.floor(n / 4 + 0.5) - 1];
  // A quarter of ties, or fewer than seven values: far from a Pareto distribution (posterior 1.7).
  if (!(quartile > ascending[0])) return { k: Number.POSITIVE_INFINITY, sigma: Number.NaN };
  const { steps, thetas, weights } = gridOf(candidates);
  for (let j = 0; j < candidates; j++) thetas[j] = 1 / ascending[n - 1] + steps[j] / quartile;
  writeShapes(thetas, ascending, weights);
  let most = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < candidates; j++) {
    const shape = weights[j];
    weights[j] = n * (Math.log(-thetas[j] / shape) - shape - 1);
    // Also NaN, which then is the result.
    if (!(weights[j] <= most)) most = weights[j];
  }
  let sum = 0;
  let theta = 0;
  for (let j = 0; j < candidates; j++) {
    const behind = weights[j] - most;
    if (behind < NEGLIGIBLE) continue;
    const weight = Math.exp(behind);
    sum += weight;
    theta += weight * thetas[j];
  }
  theta /= sum;
  const k = shapeGiven(theta, ascending);
  const shrunk = (k * n + PRIOR_K * PRIOR_VALUES) / (n + PRIOR_VALUES);
  return { k: Number.isNaN(shrunk) ? Number.POSITIVE_INFINITY : shrunk, sigma: -k / theta };
}

/** log weights so far below the largest add nothing to a sum. */
const NEGLIGIBLE = -45;

interface Grid {
  /** (1 − √(m / (j + ½))) / 3 */
  readonly steps: Float64Array;
  /** Overwritten each time. */
  readonly thetas: Float64Array;
  readonly weights: Float64Array;
}

/** By the number of candidates, m, which varies little: the length of the tail differs by row. */
const grids = new Map<number, Grid>();

function gridOf(candidates: number): Grid {
  const known = grids.get(candidates);
  if (known) return known;
  const step = (_: unknown, j: number) => (1 - Math.sqrt(candidates / (j + 0.5))) / PRIOR;
  const grid = {
    steps: Float64Array.from({ length: candidates }, step),
    thetas: new Float64Array(candidates),
    weights: new Float64Array(candidates),
  };
  if (grids.size === MOST_LENGTHS) grids.clear();
  grids.set(candidates, grid);
  return grid;
}

/** Up to this, products of 64 factors 1 + u are kept less one, and above 0.1. */
const SMALL_IN_BLOCK = 0.03;
/** The product of 64 of them does not overflow. */
const MOST_IN_BLOCK = 4e4;
const LEAST_PRODUCT = 1e-300;
const MOST_PRODUCT = 1e300;

/** `shapeGiven` of each θ: by the kernel one logarithm serves 64 values. */
function writeShapes(thetas: Float64Array, ascending: Float64Array, shapes: Float64Array): void {
  const n = ascending.length;
  const products = columnKernel()?.paretoProducts(thetas, ascending, SMALL_IN_BLOCK);
  const blocks = Math.ceil(n / PARETO_BLOCK);
  for (let j = 0; j < thetas.length; j++) {
    let sum = products ? 0 : Number.NaN;
    let factor = 1;
    for (let block = 0; products && block < blocks; block++) {
      const size = Math.abs(thetas[j] * ascending[Math.min(n, (block + 1) * PARETO_BLOCK) - 1]);
      const product = products[j * blocks + block];
      if (size <= SMALL_IN_BLOCK) sum += Math.log1p(product);
      else if (!(size <= MOST_IN_BLOCK && product > LEAST_PRODUCT)) sum = Number.NaN;
      else if (factor * product > LEAST_PRODUCT && factor * product < MOST_PRODUCT)
        factor *= product;
      else {
        sum += Math.log(factor);
        factor = product;
      }
    }
    if (factor !== 1) sum += Math.log(factor);
    shapes[j] = Number.isNaN(sum) ? shapeGiven(thetas[j], ascending) : sum / n;
  }
}

/** Up to this, 1 + u of eight u keeps their digits only if the ones are left out. */
const SMALL = 0.25;
/** Eight larger factors might overflow. */
const MOST_FACTOR = 1e30;

/**
 * Maximum likelihood estimate of k for a given θ: the mean of log(1 + u), u = −θ x. One logarithm
 * serves eight values: small u are combined as (1 + u)(1 + v) − 1 = u + v + u v, others multiplied.
 */
function shapeGiven(theta: number, ascending: Float64Array): number {
  const n = ascending.length;
  let sum = 0;
  let i = 0;
  for (; i + 7 < n; i += 8) {
    const a = -theta * ascending[i];
    const b = -theta * ascending[i + 1];
    const c = -theta * ascending[i + 2];
    const d = -theta * ascending[i + 3];
    const e = -theta * ascending[i + 4];
    const f = -theta * ascending[i + 5];
    const g = -theta * ascending[i + 6];
    const h = -theta * ascending[i + 7];
    const size = Math.abs(h);
    if (size <= SMALL) {
      const ab = a + b + a * b;
      const cd = c + d + c * d;
      const ef = e + f + e * f;
      const gh = g + h + g * h;
      const low = ab + cd + ab * cd;
      const high = ef + gh + ef * gh;
      sum += Math.log1p(low + high + low * high);
    } else if (size <= MOST_FACTOR) {
      const low = (1 + a) * (1 + b) * ((1 + c) * (1 + d));
      sum += Math.log(low * ((1 + e) * (1 + f) * ((1 + g) * (1 + h))));
    } else {
      for (let k = i; k < i + 8; k++) sum += Math.log1p(-theta * ascending[k]);
    }
  }
  for (; i < n; i++) sum += Math.log1p(-theta * ascending[i]);
  return sum / n;
}

export interface SmoothedWeights {
  /** Sum to 1, in the order of the draws. */
  readonly weights: Float64Array;
  /** Their logarithms, also where a weight underflows. */
  readonly logWeights: () => Float64Array;
  /**
   * Shape k̂ of the tail: below 0.5 the weights have finite variance, above 0.7 they are
   * unreliable. Infinity if no Pareto distribution can be fitted: fewer than 5 ratios in the tail,
   * or all equal.
   */
  readonly paretoK: number;
  /** Effective sample size under the weights: r_eff / Σ w². */
  readonly ess: number;
}

/** Minimum number of tail values that determine a shape. */
const LEAST_TAIL = 5;
/** Tail log ratios that differ by less than this count as equal. */
const NO_SPREAD = Number.EPSILON / 100;

/**
 * @param logRatios log importance ratios, up to a constant; finite, one per draw
 * @param relativeEfficiency r_eff, the ESS of the ratios' mean divided by the number of draws:
 * dependent draws carry less information about the tail, so a longer tail is used
 * @param weights array for the result. @default a new array
 */
export function psis(
  logRatios: Float64Array,
  relativeEfficiency = 1,
  weights: Float64Array = new Float64Array(logRatios.length),
): SmoothedWeights {
  const draws = logRatios.length;
  const length = tailLength(draws, relativeEfficiency);
  const tail = largestOf(logRatios, length + 1);
  const largest = tail.ascending[tail.ascending.length - 1];
  // The largest weight is 1, so the sum neither overflows nor underflows.
  for (let i = 0; i < draws; i++) weights[i] = logRatios[i] - largest;
  writeExp(weights);
  const paretoK = smoothTail(tail, length, draws, weights);
  const total = sumOf(weights);
  const inverse = 1 / total;
  let squares = 0;
  for (let i = 0; i < draws; i++) {
    weights[i] *= inverse;
    squares += weights[i] * weights[i];
  }
  const logWeights = () => {
    const logs = logRatios.map((logRatio) => logRatio - largest - Math.log(total));
    if (Number.isFinite(paretoK)) {
      for (const place of tail.order.subarray(-length)) logs[place] = Math.log(weights[place]);
    }
    return logs;
  };
  return { weights, logWeights, paretoK, ess: relativeEfficiency / squares };
}

/** Number of the largest ratios to smooth, out of `draws` (Vehtari et al. 2024, eq. 12). */
export function tailLength(draws: number, relativeEfficiency: number): number {
  return Math.ceil(Math.min(0.2 * draws, 3 * Math.sqrt(draws / relativeEfficiency)));
}

/** Cutoffs in standard deviations, tried in turn: of a normal, 13% and 24% are above. */
export const CUTOFFS = [1.1, 0.7];

/**
 * The ordering of the largest values, at least `count` of them if there are so many. Only values above
 * a cutoff are sorted.
 */
function largestOf(values: Float64Array, count: number): Ordering {
  const moments = meanAndSquares(values);
  const sd = Math.sqrt(moments.squares / values.length);
  for (const cutoff of CUTOFFS) {
    const numbers = numberBuffer('largest', values.length);
    const places = indexBuffer('places of the largest', values.length);
    const least = moments.mean + cutoff * sd;
    let found = 0;
    for (let i = 0; i < values.length; i++) {
      if (values[i] <= least) continue;
      numbers[found] = values[i];
      places[found++] = i;
    }
    if (found < count) continue;
    const { ascending, order } = orderingOf(numbers.slice(0, found));
    for (let i = 0; i < found; i++) order[i] = places[order[i]];
    return { ascending, order };
  }
  return orderingOf(values, moments);
}

/** Writes the smoothed weights, the largest raw one being 1; returns k̂. */
function smoothTail(
  { ascending, order }: Ordering,
  length: number,
  draws: number,
  weights: Float64Array,
): number {
  const known = ascending.length;
  const first = known - length;
  const spread = ascending[known - 1] - ascending[first];
  // The negated form also returns for NaN, and if no ratio lies below the tail.
  if (!(length >= LEAST_TAIL && draws > length && spread >= NO_SPREAD)) {
    return Number.POSITIVE_INFINITY;
  }
  return replaceTail({ ascending, order }, first, weights);
}

/**
 * Replaces the tail by Pareto quantiles at p = (i − ½) / n: cutoff + σ ((1 − p)^(−k) − 1) / k, at
 * most 1.
 */
function replaceTail({ ascending, order }: Ordering, first: number, weights: Float64Array): number {
  const cutoff = weights[order[first - 1]];
  const length = ascending.length - first;
  const exceedances = new Float64Array(length);
  for (let i = 0; i < length; i++) exceedances[i] = weights[order[first + i]] - cutoff;
  const k = smoothExceedances(exceedances);
  if (!Number.isFinite(k)) return Number.POSITIVE_INFINITY;
  for (let i = 0; i < length; i++) {
    weights[order[first + i]] = Math.min(1, exceedances[i] + cutoff);
  }
  return k;
}

/** Replaces ascending exceedances by the quantiles of the Pareto distribution fitted to them; returns k̂. */
export function smoothExceedances(exceedances: Float64Array): number {
  const { k, sigma } = fitGeneralizedPareto(exceedances);
  if (!Number.isFinite(k)) return k;
  const logSurvivals = survivalsOf(exceedances.length);
  for (let i = 0; i < exceedances.length; i++) {
    exceedances[i] = sigma > 0 ? (sigma * Math.expm1(-k * logSurvivals[i])) / k : Number.NaN;
  }
  return k;
}

const survivals = new Map<number, Float64Array>();

/** log(1 − p) at p = (i − ½) / n. */
function survivalsOf(length: number): Float64Array {
  const known = survivals.get(length);
  if (known) return known;
  const made = Float64Array.from({ length }, (_, i) => Math.log1p(-(i + 0.5) / length));
  if (survivals.size === MOST_LENGTHS) survivals.clear();
  survivals.set(length, made);
  return made;
}

/** log Σ exp(values), without overflow. */
export function logSumExp(values: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i] > largest) largest = values[i];
  // All values are −∞, or one is +∞.
  if (!Number.isFinite(largest)) return largest;
  const shifted = numberBuffer('shifted', values.length);
  for (let i = 0; i < values.length; i++) shifted[i] = values[i] - largest;
  writeExp(shifted);
  return largest + Math.log(sumOf(shifted));
}

/**
 * r_eff: the ESS of the mean of the draws by their number, as loo 2.10 computes it, from chains that are
 * split; 1 for draws whose ESS is unknown because they are constant.
 *
 * @param values one per draw, chain after chain: for LOO the likelihood, not its logarithm
 */
export function relativeEfficiency(values: Float64Array, chains: number): number {
  const ess = essMean(values, chains);
  return Number.isNaN(ess) ? 1 : ess / values.length;
}
