/**
 * The marginal density of a parameter from the gradients at its draws, and from it a highest-density
 * interval and a mode with a fraction of the Monte Carlo error of those from the draws alone.
 *
 * Let y = aᵀx be linear in the unconstrained position x, with gradient g of the log density. For any fixed
 * c, integration by parts gives the score of the marginal density p of y as a regression:
 *
 *     E[cᵀg | y] = aᵀc · d/dy log p(y)
 *
 * so that s = cᵀg / aᵀc has conditional mean d/dy log p. Of all c, Cov(g)⁻¹ Cov(g, y) has the least
 * noise: for a normal posterior s is −(y − mean) / variance without any, from any draws. s is
 * regressed on a polynomial of y, integrated and normalized. (Densities from scores: Hyvärinen
 * 2005, JMLR 6; the projection is that of control variates, Mira, Solgi & Imparato 2013.) The log density
 * of a parameter whose logarithm is linear, such as an sd, is that of the logarithm minus log y.
 */
import { cholesky, solveLower, solveLowerTransposed } from '../linear-algebra/cholesky.js';
import { projection } from './control-variates.js';
import type { Interval } from './intervals.js';

/** Degree of the polynomial of the score; the log density has one more. */
const DEGREE = 5;
const TERMS = DEGREE + 1;
/** Blocks of successive draws that the jackknife leaves out one at a time. */
const BLOCKS = 20;
/** Least share of the variance of s that the polynomial explains. */
const LEAST_EXPLAINED = 0.5;
/** Standard deviations beyond the draws to which the density is continued. */
const BEYOND = 2;
/** Points at which the density is computed. */
const POINTS = 401;

interface ScoreInterval {
  readonly interval: Interval;
  /** Monte Carlo standard errors of its ends. */
  readonly mcse: Interval;
  readonly mode: number;
  readonly mcseMode: number;
}

/** How a parameter follows the coordinates of the gradients: it, or its logarithm, is linear in them. */
export interface LinearResponse {
  readonly scale: 'identity' | 'log';
  readonly derivatives: Float64Array;
}

/**
 * Highest-density interval and mode of a parameter by its score.
 *
 * @param values draws of the parameter
 * @param gradients row-major (draw, unconstrained parameter), in the same order of draws
 * @param mass in (0, 1)
 * @returns null if the score does not describe the density: a polynomial of degree 5 explains less than
 *   half of its variance, or the density has no interior mode
 */
export function scoreInterval(
  values: Float64Array,
  gradients: Float64Array,
  { scale, derivatives }: LinearResponse,
  mass = 0.95,
): ScoreInterval | null {
  const isLog = scale === 'log';
  const score = scoreOf(isLog ? values.map(Math.log) : values, gradients, derivatives);
  return score && summaryOf(score, isLog, mass);
}

interface Score {
  /** Centre and scale of y: the polynomial is of z = (y − centre) / scale. */
  readonly centre: number;
  readonly scale: number;
  /** Range of z in each block. */
  readonly ranges: readonly Interval[];
  /** Σ z^k, k to 2 DEGREE, and Σ s z^k, k to DEGREE, a row for each block. */
  readonly powers: readonly Float64Array[];
  readonly products: readonly Float64Array[];
  /** Σ s². */
  readonly squares: number;
}

function scoreOf(
  values: Float64Array,
  gradients: Float64Array,
  derivatives: Float64Array,
): Score | null {
  const n = values.length;
  const width = derivatives.length;
  const direction = projection(values, gradients);
  if (direction === null) return null;
  const centre = values.reduce((sum, value) => sum + value, 0) / n;
  const scale = Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / n);
  const along = direction.reduce((sum, value, j) => sum + value * derivatives[j], 0);
  if (!(scale > 0 && Number.isFinite(scale) && along !== 0)) return null;
  const z = values.map((value) => (value - centre) / scale);
  const s = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += direction[j] * gradients[i * width + j];
    s[i] = (scale * sum) / along;
  }
  const powers = Array.from({ length: BLOCKS }, () => new Float64Array(2 * DEGREE + 1));
  const products = Array.from({ length: BLOCKS }, () => new Float64Array(TERMS));
  for (let i = 0; i < n; i++) {
    const block = Math.floor((i * BLOCKS) / n);
    let power = 1;
    for (let k = 0; k <= 2 * DEGREE; k++) {
      powers[block][k] += power;
      if (k <= DEGREE) products[block][k] += power * s[i];
      power *= z[i];
    }
  }
  return {
    centre,
    scale,
    ranges: powers.map((_, block) => {
      const own = z.subarray(
        Math.ceil((block * n) / BLOCKS),
        Math.ceil(((block + 1) * n) / BLOCKS),
      );
      return [
        own.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
        own.reduce((greatest, value) => Math.max(greatest, value), Number.NEGATIVE_INFINITY),
      ];
    }),
    powers,
    products,
    squares: s.reduce((sum, value) => sum + value * value, 0),
  };
}

function summaryOf(score: Score, isLog: boolean, mass: number): ScoreInterval | null {
  const coefficients = coefficientsWithout(score, null);
  if (coefficients === null || explained(score, coefficients) < LEAST_EXPLAINED) return null;
  const all = densitySummary(score, coefficients, null, isLog, mass);
  if (all === null) return null;
  const left = Array.from({ length: BLOCKS }, (_, block) => {
    const without = coefficientsWithout(score, block);
    return without && densitySummary(score, without, block, isLog, mass);
  });
  if (!left.every((one) => one !== null)) return null;
  const [low, high, mode] = all;
  const [lowError, highError, modeError] = [0, 1, 2].map((k) =>
    jackknife(left.map((one) => one[k])),
  );
  return { interval: [low, high], mcse: [lowError, highError], mode, mcseMode: modeError };
}

/** Standard error from the estimates without one block each (Quenouille 1956; Tukey 1958). */
function jackknife(estimates: readonly number[]): number {
  const mean = estimates.reduce((sum, value) => sum + value, 0) / BLOCKS;
  const squares = estimates.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt((squares * (BLOCKS - 1)) / BLOCKS);
}

function sumsWithout(rows: readonly Float64Array[], left: number | null): Float64Array {
  const sums = new Float64Array(rows[0].length);
  rows.forEach((row, block) => {
    if (block !== left) for (let k = 0; k < sums.length; k++) sums[k] += row[k];
  });
  return sums;
}

/** Least squares of s on the powers of z, without one block. */
function coefficientsWithout(score: Score, left: number | null): Float64Array | null {
  const powers = sumsWithout(score.powers, left);
  const normal = new Float64Array(TERMS * TERMS);
  for (let i = 0; i < TERMS; i++) {
    for (let j = 0; j <= i; j++) normal[i * TERMS + j] = powers[i + j];
  }
  const lower = cholesky(normal, TERMS);
  if (lower === null) return null;
  const solution = sumsWithout(score.products, left);
  solveLower(lower, solution);
  solveLowerTransposed(lower, solution);
  return solution;
}

/** Share of Σ s² that the polynomial explains; s has mean zero. */
function explained({ products, squares }: Score, coefficients: Float64Array): number {
  const sums = sumsWithout(products, null);
  return coefficients.reduce((sum, value, k) => sum + value * sums[k], 0) / squares;
}

/** Low end, high end and mode; null without an interior mode and interior ends. */
function densitySummary(
  { centre, scale, ranges }: Score,
  coefficients: Float64Array,
  left: number | null,
  isLog: boolean,
  mass: number,
): readonly [number, number, number] | null {
  // The extremes are of the same draws as the coefficients, so that their noise is in the jackknife.
  const used = ranges.filter((_, block) => block !== left);
  const least = Math.min(...used.map((range) => range[0]));
  const greatest = Math.max(...used.map((range) => range[1]));
  const start = least - BEYOND;
  const step = (greatest - least + 2 * BEYOND) / (POINTS - 1);
  const at = Float64Array.from({ length: POINTS }, (_, i) => start + i * step);
  const toValue = (z: number) => (isLog ? Math.exp(centre + scale * z) : centre + scale * z);
  const scoreAt = (z: number) => coefficients.reduceRight((sum, value) => sum * z + value, 0);
  const logAt = (z: number) =>
    coefficients.reduceRight((sum, value, k) => sum * z + value / (k + 1), 0) * z;
  // Beyond the draws the polynomial says nothing: the tails are exponential.
  if (!(scoreAt(least) > 0 && scoreAt(greatest) < 0)) return null;
  const logs = at.map((z) => {
    const within = Math.max(least, Math.min(greatest, z));
    return logAt(within) + scoreAt(within) * (z - within);
  });
  const highest = logs.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const weights = logs.map((value) => Math.exp(value - highest));
  const cumulative = new Float64Array(POINTS);
  for (let i = 1; i < POINTS; i++) {
    cumulative[i] = cumulative[i - 1] + (step * (weights[i - 1] + weights[i])) / 2;
  }
  const total = cumulative[POINTS - 1];
  // The density of the parameter itself.
  const densities = weights.map((value, i) => (isLog ? value / toValue(at[i]) : value));
  const top = densities.reduce((best, value, i) => (value > densities[best] ? i : best), 0);
  if (top < 2 || top > POINTS - 3) return null;
  const placeOf = (probability: number) => {
    const target = probability * total;
    let low = 0;
    let high = POINTS - 1;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (cumulative[middle] <= target) low = middle;
      else high = middle;
    }
    // The density is linear between points, its integral quadratic.
    const rest = target - cumulative[low];
    const slope = (weights[high] - weights[low]) / step;
    const root = Math.sqrt(Math.max(weights[low] ** 2 + 2 * slope * rest, 0));
    return low + (2 * rest) / (weights[low] + root) / step;
  };
  const densityAt = (place: number) => {
    const low = Math.min(Math.floor(place), POINTS - 2);
    return densities[low] + (place - low) * (densities[low + 1] - densities[low]);
  };
  const difference = (p: number) => densityAt(placeOf(p)) - densityAt(placeOf(p + mass));
  let from = 0;
  let to = 1 - mass;
  if (!(difference(from) < 0 && difference(to) > 0)) return null;
  for (let i = 0; i < 50; i++) {
    const middle = (from + to) / 2;
    if (difference(middle) < 0) from = middle;
    else to = middle;
  }
  const valueAt = (place: number) => toValue(start + place * step);
  const [before, peak, after] = [densities[top - 1], densities[top], densities[top + 1]];
  const offset = (before - after) / (2 * (before - 2 * peak + after));
  return [valueAt(placeOf(from)), valueAt(placeOf(from + mass)), valueAt(top + offset)];
}
