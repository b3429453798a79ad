/**
 * Moment matching for importance sampling (Paananen, Piironen, Bürkner & Vehtari 2021, Statistics and Computing
 * 31, arXiv 1906.08850), as `loo_moment_match` of the R package loo 2.10. Draws θ of the posterior q are moved by
 * an affine map T until the weights of the posterior without an observation,
 *
 *     w_s ∝ q(T θ_s) / p(y_i | T θ_s) / q(θ_s),
 *
 * have no heavy tail. T matches means, then marginal variances too, then the covariance to the weighted ones, as
 * long as k̂ falls. At the end the first half of the draws is moved and the other is not, and weights are to the mixture
 * of both,
 *
 *     w ∝ q(θ) / p(y_i | θ) / (q(θ) + q(T⁻¹ θ) / |T|),
 *
 * so that the mean of the likelihood, whose mass is where the draws were, is estimated well, too. loo 2.10 subtracts
 * the shift from T⁻¹ θ without scaling it back; here T⁻¹ is the inverse of T.
 */
import { cholesky, invertLower } from '../linear-algebra/cholesky.js';
import { estimateByWeights, type ObservationEstimate } from './loo.js';
import { psis, relativeEfficiency } from './psis.js';

/** A posterior whose density is known up to a factor, with draws. */
export interface DrawnPosterior {
  /** Number of unconstrained coordinates. */
  readonly dimension: number;
  readonly chains: number;
  /** Row-major (draw, coordinate), chain after chain. */
  readonly positions: Float64Array;
  /** log q at each draw. */
  readonly logDensity: Float64Array;
  /** log q, and the log likelihood of an observation, 0-based, at other positions. */
  evaluate(positions: Float64Array, observation: number): DensitiesAt;
}

export interface DensitiesAt {
  readonly logDensity: Float64Array;
  readonly logLikelihood: Float64Array;
}

/** An affine map T θ = M S (θ − m) + m + t; S is diagonal. */
interface AffineMap {
  readonly shift: Float64Array;
  readonly scaling: Float64Array;
  /** M, row-major and lower triangular; null for the identity. */
  readonly mapping: Float64Array | null;
}

interface Weighted {
  readonly positions: Float64Array;
  readonly logLikelihood: Float64Array;
  readonly weights: Float64Array;
  readonly paretoK: number;
}

const MOST_STEPS = 30;

/**
 * The numbers of an observation by draws that were moved; null if no move lowers its k̂.
 *
 * @param logLikelihood of the observation, at the draws
 * @param threshold k̂ at which the moves end
 */
export function momentMatched(
  posterior: DrawnPosterior,
  observation: number,
  logLikelihood: Float64Array,
  threshold: number,
): ObservationEstimate | null {
  const { dimension, chains, positions } = posterior;
  const draws = logLikelihood.length;
  const efficiency = relativeEfficiency(likelihoodOf(logLikelihood), chains);
  const first = psis(
    logLikelihood.map((value) => -value),
    efficiency,
  );
  let now: Weighted = { positions, logLikelihood, weights: first.weights, paretoK: first.paretoK };
  let total: AffineMap = identity(dimension);
  // Fewer draws do not hold a covariance.
  const moves = draws >= 10 * dimension ? [shifted, scaled, mapped] : [shifted, scaled];
  let steps = 0;
  while (steps < MOST_STEPS && now.paretoK > threshold) {
    let next: Weighted | null = null;
    for (const move of moves) {
      const step = move(now, dimension);
      if (!step) continue;
      const moved = transformed(now.positions, dimension, step);
      const found = weigh(posterior, observation, moved, efficiency);
      if (!(found.paretoK < now.paretoK)) continue;
      next = found;
      total = composed(total, step, dimension);
      break;
    }
    if (!next) break;
    now = next;
    steps++;
  }
  if (steps === 0) return null;
  return { ...split(posterior, observation, total, efficiency), paretoK: now.paretoK };
}

/** Relative to the greatest. */
function likelihoodOf(logLikelihood: Float64Array): Float64Array {
  const greatest = logLikelihood.reduce((most, value) => Math.max(most, value));
  return logLikelihood.map((value) => Math.exp(value - greatest));
}

function weigh(
  posterior: DrawnPosterior,
  observation: number,
  positions: Float64Array,
  efficiency: number,
): Weighted {
  const { logDensity, logLikelihood } = posterior.evaluate(positions, observation);
  const ratios = logDensity.map((value, s) => value - logLikelihood[s] - posterior.logDensity[s]);
  const { weights, paretoK } = psis(withFloor(ratios), efficiency);
  return { positions, logLikelihood, weights, paretoK };
}

/** Weights e^−1000 times the largest are zero. */
const NEGLIGIBLE = 1000;

/** Log ratios that are not numbers, of positions that are impossible, become those of weights of zero. */
function withFloor(ratios: Float64Array): Float64Array {
  const greatest = ratios.reduce((most, value) => (value > most ? value : most), -Infinity);
  return ratios.map((value) => (value > greatest - NEGLIGIBLE ? value : greatest - NEGLIGIBLE));
}

function identity(dimension: number): AffineMap {
  return {
    shift: new Float64Array(dimension),
    scaling: new Float64Array(dimension).fill(1),
    mapping: null,
  };
}

/** Steps are maps of the draws as they are. */
function shifted({ positions, weights }: Weighted, dimension: number): AffineMap {
  const mean = meanOf(positions, dimension, null);
  const shift = meanOf(positions, dimension, weights).map((value, i) => value - mean[i]);
  return { ...identity(dimension), shift };
}

function scaled(now: Weighted, dimension: number): AffineMap {
  const { positions, weights } = now;
  const draws = weights.length;
  const mean = meanOf(positions, dimension, null);
  const weighted = meanOf(positions, dimension, weights);
  const variance = new Float64Array(dimension);
  const target = new Float64Array(dimension);
  for (let s = 0; s < draws; s++) {
    for (let i = 0; i < dimension; i++) {
      const x = positions[s * dimension + i];
      variance[i] += (x - mean[i]) ** 2 / (draws - 1);
      target[i] += (weights[s] * (x - weighted[i]) ** 2 * draws) / (draws - 1);
    }
  }
  return {
    ...shifted(now, dimension),
    scaling: target.map((value, i) => (variance[i] > 0 ? Math.sqrt(value / variance[i]) : 1)),
  };
}

/** M = L_w L⁻¹, of the Cholesky factors of the weighted covariance and of the covariance; null if there are none. */
function mapped(now: Weighted, dimension: number): AffineMap | null {
  const { positions, weights } = now;
  const equal = new Float64Array(weights.length).fill(1 / weights.length);
  const target = cholesky(covarianceOf(positions, dimension, weights), dimension);
  const own = cholesky(covarianceOf(positions, dimension, equal), dimension);
  if (!target || !own) return null;
  return {
    ...shifted(now, dimension),
    mapping: product(target, invertLower(own, dimension), dimension),
  };
}

/** Means of the coordinates. @param weights null for equal ones */
function meanOf(
  positions: Float64Array,
  dimension: number,
  weights: Float64Array | null,
): Float64Array {
  const draws = positions.length / dimension;
  const mean = new Float64Array(dimension);
  for (let s = 0; s < draws; s++) {
    const weight = weights ? weights[s] : 1 / draws;
    for (let i = 0; i < dimension; i++) mean[i] += weight * positions[s * dimension + i];
  }
  return mean;
}

/** The unbiased one of R's `cov.wt`, lower triangle. */
function covarianceOf(
  positions: Float64Array,
  dimension: number,
  weights: Float64Array,
): Float64Array {
  const mean = meanOf(positions, dimension, weights);
  const unbiased = 1 / (1 - weights.reduce((sum, weight) => sum + weight * weight, 0));
  const covariance = new Float64Array(dimension * dimension);
  const rest = new Float64Array(dimension);
  weights.forEach((weight, s) => {
    for (let i = 0; i < dimension; i++) rest[i] = positions[s * dimension + i] - mean[i];
    for (let i = 0; i < dimension; i++) {
      const factor = unbiased * weight * rest[i];
      for (let j = 0; j <= i; j++) covariance[i * dimension + j] += factor * rest[j];
    }
  });
  return covariance;
}

/** The product of lower triangular matrices. */
function product(a: Float64Array, b: Float64Array, dimension: number): Float64Array {
  const result = new Float64Array(dimension * dimension);
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = j; k <= i; k++) sum += a[i * dimension + k] * b[k * dimension + j];
      result[i * dimension + j] = sum;
    }
  }
  return result;
}

/** The step after the map so far: M₂ S₂ M₁ S₁ = (M₂ S₂ M₁ S₂⁻¹) (S₂ S₁). */
function composed(total: AffineMap, step: AffineMap, dimension: number): AffineMap {
  const carried = total.mapping?.map(
    (value, at) =>
      (value * step.scaling[Math.floor(at / dimension)]) / step.scaling[at % dimension],
  );
  return {
    shift: total.shift.map((value, i) => value + step.shift[i]),
    scaling: total.scaling.map((value, i) => value * step.scaling[i]),
    mapping:
      step.mapping && carried
        ? product(step.mapping, carried, dimension)
        : (step.mapping ?? carried ?? null),
  };
}

/** T of all draws, around their mean. */
function transformed(positions: Float64Array, dimension: number, map: AffineMap): Float64Array {
  const mean = meanOf(positions, dimension, null);
  const { shift, scaling, mapping } = map;
  const rest = new Float64Array(dimension);
  return eachMapped(positions, dimension, (from, to) => {
    for (let i = 0; i < dimension; i++) rest[i] = scaling[i] * (from[i] - mean[i]);
    writeProduct(mapping, rest, to);
    for (let i = 0; i < dimension; i++) to[i] += mean[i] + shift[i];
  });
}

/** T⁻¹ of all draws. */
function inverted(positions: Float64Array, dimension: number, map: AffineMap): Float64Array {
  const mean = meanOf(positions, dimension, null);
  const { shift, scaling, mapping } = map;
  const inverse = mapping && invertLower(mapping, dimension);
  const rest = new Float64Array(dimension);
  return eachMapped(positions, dimension, (from, to) => {
    for (let i = 0; i < dimension; i++) rest[i] = from[i] - mean[i] - shift[i];
    writeProduct(inverse, rest, to);
    for (let i = 0; i < dimension; i++) to[i] = mean[i] + to[i] / scaling[i];
  });
}

/** @param lower lower triangular; null for the identity */
function writeProduct(lower: Float64Array | null, vector: Float64Array, to: Float64Array): void {
  const dimension = vector.length;
  if (!lower) to.set(vector);
  for (let i = 0; lower && i < dimension; i++) {
    let sum = 0;
    for (let j = 0; j <= i; j++) sum += lower[i * dimension + j] * vector[j];
    to[i] = sum;
  }
}

function eachMapped(
  positions: Float64Array,
  dimension: number,
  write: (from: Float64Array, to: Float64Array) => void,
): Float64Array {
  const result = new Float64Array(positions.length);
  for (let at = 0; at < positions.length; at += dimension) {
    write(positions.subarray(at, at + dimension), result.subarray(at, at + dimension));
  }
  return result;
}

/** log |T|. */
function logVolume({ scaling, mapping }: AffineMap, dimension: number): number {
  let sum = 0;
  for (let i = 0; i < dimension; i++)
    sum += Math.log(scaling[i] * (mapping ? mapping[i * (dimension + 1)] : 1));
  return sum;
}

/** By the first half of the draws moved, and the other as it is. */
function split(
  posterior: DrawnPosterior,
  observation: number,
  map: AffineMap,
  efficiency: number,
): ObservationEstimate {
  const { dimension, positions } = posterior;
  const draws = positions.length / dimension;
  const half = Math.floor(draws / 2) * dimension;
  const moved = positions.slice();
  moved.set(transformed(positions, dimension, map).subarray(0, half));
  const back = positions.slice();
  back.set(inverted(positions, dimension, map).subarray(half), half);
  const { logDensity, logLikelihood } = posterior.evaluate(moved, observation);
  const other = posterior.evaluate(back, observation).logDensity;
  const volume = logVolume(map, dimension);
  const ratios = logDensity.map((value, s) => {
    const difference = other[s] - volume - value;
    // q / (q + q′), without overflow.
    return (
      -logLikelihood[s] -
      (difference > 0
        ? difference + Math.log1p(Math.exp(-difference))
        : Math.log1p(Math.exp(difference)))
    );
  });
  const byWeights = psis(withFloor(ratios), efficiency);
  const ofLikelihood = psis(
    withFloor(ratios.map((value, s) => value + logLikelihood[s])),
    efficiency,
  );
  // The halves come from two distributions, without chains.
  const likelihood = likelihoodOf(logLikelihood);
  const middle = half / dimension;
  const least = Math.min(
    relativeEfficiency(likelihood.slice(0, middle), 1),
    relativeEfficiency(likelihood.slice(middle), 1),
  );
  const ess = Math.min(byWeights.ess, ofLikelihood.ess) * (least / efficiency);
  const logWeights = byWeights.logWeights();
  return estimateByWeights({
    observation,
    logLikelihood,
    logWeights,
    efficiency: least,
    ess,
    paretoK: byWeights.paretoK,
  });
}
