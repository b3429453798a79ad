/**
 * Weights by which the predictions of models are averaged (Yao, Vehtari, Simpson & Gelman 2018, Bayesian
 * Analysis 13(3), arXiv 1704.02030), as `loo_model_weights` of the R package loo.
 */
import { requireNames, requireOneOf, requireSeed } from '../checks/options.js';
import { badArgument, described } from '../checks/values.js';
import { cholesky, solveLower, solveLowerTransposed } from '../linear-algebra/cholesky.js';
import { dot, sumOf } from '../linear-algebra/sums.js';
import { quickStream } from '../random/quick-stream.js';
import { type Comparable, elpdOf, otherData, requireComparable } from './comparable.js';
import { type Printable, printable, rounded, textTable } from './printable.js';

export interface LooModelWeightsOptions {
  /**
   * - `stacking`: the weights whose mixture of predictive distributions has the greatest LOO density.
   * - `pseudo-bma+`: weights in proportion to exp(elpd), averaged over Bayesian bootstraps of the
   *   observations.
   * - `pseudo-bma`: without the bootstraps; it ignores that elpd is uncertain.
   *
   * @default 'stacking'
   */
  readonly method?: WeightingMethod;
  /** Number of Bayesian bootstraps of `pseudo-bma+`, at least 1. @default 1000 */
  readonly replications?: number;
  /** Seed of the bootstraps. @default 2025 */
  readonly seed?: number | string;
}

export type WeightingMethod = 'stacking' | 'pseudo-bma+' | 'pseudo-bma';

/** Weights, which add up to 1; the text is the table that R prints. */
export interface LooModelWeights extends Printable {
  readonly method: WeightingMethod;
  /** In the given order. */
  readonly weights: readonly { readonly model: string; readonly weight: number }[];
  /** Reasons to doubt the weights. */
  readonly warnings: readonly string[];
}

const methods = ['stacking', 'pseudo-bma+', 'pseudo-bma'] as const;

/**
 * @param models by name, at least two: results of `loo`, of `waic` or of `kfold`, by the same observations
 * @throws WeighbridgeError `bad-argument`
 */
export function looModelWeights(
  models: Readonly<Record<string, Comparable>>,
  options: LooModelWeightsOptions = {},
): LooModelWeights {
  requireNames(options, ['method', 'replications', 'seed'], 'looModelWeights');
  const { method = 'stacking', replications = 1000, seed = 2025 } = options;
  requireOneOf('method', method, methods);
  requireSeed(seed);
  if (!Number.isSafeInteger(replications) || replications < 1) {
    throw badArgument(
      `replications is ${described(replications)}, but must be a whole number of at least 1`,
    );
  }
  const named = requireComparable(models, 'average');
  const elpd = named.map(([, criterion]) => elpdOf(criterion).pointwise);
  const values =
    method === 'stacking'
      ? stackingWeights(elpd)
      : method === 'pseudo-bma'
        ? softmax(elpd.map((one) => sumOf(one)))
        : bootstrappedWeights(elpd, replications, seed);
  const weights = named.map(([model], k) => ({ model, weight: values[k] }));
  const result = { method, weights, warnings: otherData(named) };
  return printable(result, () => printWeights(result));
}

/** exp(values) in proportion. */
function softmax(values: readonly number[]): Float64Array {
  const largest = values.reduce((most, value) => Math.max(most, value));
  const raw = Float64Array.from(values, (value) => Math.exp(value - largest));
  const total = sumOf(raw);
  return raw.map((value) => value / total);
}

/**
 * Pseudo-BMA+ (section 3.4): the mean over b of softmax(n Σ_i a_ib elpd_i), where a_b is Dirichlet(1, …, 1).
 */
function bootstrappedWeights(
  elpd: readonly Float64Array[],
  replications: number,
  seed: number | string,
): Float64Array {
  const random = quickStream(seed, 'pseudo-bma+');
  const n = elpd[0].length;
  const shares = new Float64Array(n);
  const weights = new Float64Array(elpd.length);
  for (let b = 0; b < replications; b++) {
    random.uniforms(shares);
    // Exponentials, divided by their sum, are Dirichlet.
    for (let i = 0; i < n; i++) shares[i] = -Math.log1p(-shares[i]);
    const scale = n / sumOf(shares);
    softmax(elpd.map((one) => scale * dot(one, shares))).forEach((weight, k) => {
      weights[k] += weight / replications;
    });
  }
  return weights;
}

/** Largest difference of the log score, a sum over observations, from its maximum. */
const LARGEST_GAP = 1e-9;
const MOST_ROUNDS = 1000;

/**
 * Stacking of predictive distributions (section 3.1), with densities p_ik scaled to a largest of 1 for each
 * observation:
 *
 *     maximize f(w) = Σ_i log s_i − n Σ_k w_k  over w ≥ 0,    s_i = Σ_k w_k p_ik
 *
 * which has its maximum where Σ w = 1, so that only the signs are constraints. f is concave, so that at Σ w = 1
 * it is at most max_k ∂f/∂w_k below its maximum. Steps of expectation and maximization, w_k ← w_k Σ_i (p_ik /
 * s_i) / n, never fail; sequential quadratic programming finishes where these are slow (Kim, Carbonetto, Stephens &
 * Anitescu 2020, arXiv 1806.01412).
 */
function stackingWeights(elpd: readonly Float64Array[]): Float64Array {
  const densities = scaledDensities(elpd);
  const n = elpd[0].length;
  let weights: Float64Array = new Float64Array(elpd.length).fill(1 / elpd.length);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = gradientAt(weights, densities);
    weights = weights.map((weight, k) => (weight * (before.gradient[k] + n)) / n);
    const at = gradientAt(weights, densities);
    if (at.gradient.every((slope) => slope <= LARGEST_GAP)) break;
    weights = quadraticStep(weights, densities, at);
  }
  const total = sumOf(weights);
  return weights.map((weight) => weight / total);
}

/** One array for each model. */
function scaledDensities(elpd: readonly Float64Array[]): Float64Array[] {
  const largest = elpd[0].map((_, i) =>
    elpd.reduce((most, one) => Math.max(most, one[i]), Number.NEGATIVE_INFINITY),
  );
  return elpd.map((one) => one.map((value, i) => Math.exp(value - largest[i])));
}

function mixtureOf(weights: Float64Array, densities: readonly Float64Array[]): Float64Array {
  const mixture = new Float64Array(densities[0].length);
  densities.forEach((density, k) => {
    for (let i = 0; i < mixture.length; i++) mixture[i] += weights[k] * density[i];
  });
  return mixture;
}

/** f(w) */
function scoreOf(weights: Float64Array, mixture: Float64Array): number {
  return sumOf(mixture.map(Math.log)) - mixture.length * sumOf(weights);
}

interface GradientAt {
  readonly mixture: Float64Array;
  readonly gradient: Float64Array;
}

function gradientAt(weights: Float64Array, densities: readonly Float64Array[]): GradientAt {
  const mixture = mixtureOf(weights, densities);
  const inverse = mixture.map((value) => 1 / value);
  const gradient = Float64Array.from(densities, (one) => dot(one, inverse) - mixture.length);
  return { mixture, gradient };
}

/** Keeps the Hessian of equal models positive definite. */
const RIDGE = 1e-10;
const SHORTEST_STEP = 1e-6;

/**
 * Moves towards the maximum over w ≥ 0 of the quadratic approximation of f at `weights`, with H the negative
 * Hessian, as far as f rises. H w = ∂f + n, so that the approximation is cᵀ w − ½ wᵀ H w with c = 2 ∂f + n.
 */
function quadraticStep(
  weights: Float64Array,
  densities: readonly Float64Array[],
  { mixture, gradient }: GradientAt,
): Float64Array {
  const size = weights.length;
  const relative = densities.map((one) => one.map((value, i) => value / mixture[i]));
  const curvature = new Float64Array(size * size);
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) curvature[a * size + b] = dot(relative[a], relative[b]);
    curvature[a * size + a] *= 1 + RIDGE;
  }
  const linear = gradient.map((slope) => 2 * slope + mixture.length);
  const goal = nonNegativePeak(curvature, linear, weights);
  const score = scoreOf(weights, mixture);
  for (let length = 1; length > SHORTEST_STEP; length /= 2) {
    const moved = weights.map((weight, k) => weight + length * (goal[k] - weight));
    if (scoreOf(moved, mixtureOf(moved, densities)) > score) return moved;
  }
  return weights;
}

/**
 * The maximum of cᵀ x − ½ xᵀ H x over x ≥ 0, by the active set of Lawson & Hanson (1974, chapter 23): the
 * coordinates that are free have the maximum of their own, one that turns negative is held at zero, and one that
 * has a positive slope at zero is freed.
 */
function nonNegativePeak(
  curvature: Float64Array,
  linear: Float64Array,
  start: Float64Array,
): Float64Array {
  const size = start.length;
  const x = start.slice();
  const slopeAt = (k: number) => linear[k] - dot(curvature.subarray(k * size, (k + 1) * size), x);
  let free = Array.from(x.keys()).filter((k) => x[k] > 0);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const peak = peakAmong(free, curvature, linear);
    if (peak === null) return x;
    const negative = free.filter((_, place) => peak[place] <= 0);
    const ownShare = (k: number) => x[k] / (x[k] - peak[free.indexOf(k)]);
    const share = negative.reduce((least, k) => Math.min(least, ownShare(k)), 1);
    const held = negative.filter((k) => ownShare(k) <= share);
    free.forEach((k, place) => {
      x[k] = held.includes(k) ? 0 : x[k] + share * (peak[place] - x[k]);
    });
    free = free.filter((k) => !held.includes(k));
    if (negative.length > 0) continue;
    const others = Array.from(x.keys()).filter((k) => !free.includes(k) && slopeAt(k) > RIDGE);
    if (others.length === 0) return x;
    free.push(others.reduce((best, k) => (slopeAt(k) > slopeAt(best) ? k : best)));
  }
  return x;
}

/** The maximum where all coordinates but these are zero; null if rounding leaves none. */
function peakAmong(
  free: readonly number[],
  curvature: Float64Array,
  linear: Float64Array,
): Float64Array | null {
  const size = linear.length;
  const own = Float64Array.from(free.flatMap((a) => free.map((b) => curvature[a * size + b])));
  const lower = cholesky(own, free.length);
  if (lower === null) return null;
  const peak = Float64Array.from(free, (k) => linear[k]);
  solveLower(lower, peak);
  solveLowerTransposed(lower, peak);
  return peak;
}

const TITLES = {
  stacking: 'stacking',
  'pseudo-bma+': 'pseudo-BMA+ with Bayesian bootstrap',
  'pseudo-bma': 'pseudo-BMA',
} as const;

function printWeights({ method, weights }: Omit<LooModelWeights, 'toString'>): string {
  return [
    `Method: ${TITLES[method]}`,
    '------',
    ...textTable(
      weights.map(({ model }) => model),
      [{ head: 'weight', cells: weights.map(({ weight }) => rounded(weight, 3)), align: 'left' }],
    ),
  ].join('\n');
}
