/**
 * Chooses how a fit is sampled, before its chains start: by split HMC from the mode if the target is
 * close to normal in whitened coordinates, otherwise by NUTS or static HMC after a warm-up. All chains
 * of a fit follow one plan, and the same seed and fit give the same plan.
 */
import { WeighbridgeError } from '../errors.js';
import { studentTKernel } from '../linear-algebra/student-t.js';
import { squaresOf } from '../linear-algebra/sums.js';
import { quickStream } from '../random/quick-stream.js';
import type { RandomStream } from '../random/stream.js';
import type { EvaluatedPoint } from './hamiltonian.js';
import type { Model } from './model.js';
import {
  asItIs,
  type NormalApproximation,
  normalApproximation,
  type WhitenedModel,
  whitened,
} from './normal-approximation.js';
import { recentred } from './recentred.js';
import type { SamplerSettings } from './settings.js';
import { findSteps, settledOrigins } from './split-hmc.js';
import type { WarmupStage } from './warm-up.js';

export interface GeneralPlan {
  readonly algorithm: 'nuts' | 'hmc';
  /** The model in whitened coordinates, if its mode is known; the units of the data then do not matter. */
  readonly target?: WhitenedModel;
  /** Stages of the warm-up. @default Stan's, of `settings.warmup` transitions */
  readonly warmup?: readonly WarmupStage[];
}

export interface SplitPlan {
  readonly algorithm: 'split-hmc';
  /** Null for a model that is sampled in its own coordinates. */
  readonly approximation: NormalApproximation | null;
  /** The model in whitened coordinates. */
  readonly target: WhitenedModel;
  /** Steps per trajectory. */
  readonly steps: number;
  /** Points near typical ones, if no mode is known; a pilot starts from them. */
  readonly origins: readonly EvaluatedPoint[];
  /**
   * Log importance weights of the target against a Student-t around the mode, for a check that is
   * independent of HMC.
   */
  readonly logWeights: Float64Array;
}

export type Plan = GeneralPlan | SplitPlan;

const generalPlan: GeneralPlan = { algorithm: 'nuts' };

/**
 * @throws WeighbridgeError if the algorithm is `split-hmc`: `bad-argument` for a model without a
 *   Hessian, `improper-posterior` for a density that is not close to normal at a peak.
 */
export function planSampling(model: Model, settings: SamplerSettings, fit: string): Plan {
  const { algorithm } = settings;
  if (algorithm === 'nuts' || algorithm === 'hmc') return { algorithm };
  const plan = planFromMode(model, settings, fit);
  if (plan.algorithm === 'split-hmc' || algorithm === 'auto') return plan;
  if (!model.hessian) {
    throw new WeighbridgeError(
      'bad-argument',
      "algorithm is split-hmc, but the model has no 'hessian': expected one, or algorithm nuts",
    );
  }
  throw new WeighbridgeError(
    'improper-posterior',
    'algorithm is split-hmc, but the density is not near normal at a peak: expected algorithm auto or nuts',
  );
}

function planFromMode(model: Model, settings: SamplerSettings, fit: string): Plan {
  const random = quickStream(settings.seed, fit, 'plan');
  if (model.whitened) return planFromTrials(asItIs(model), null, random);
  const approximation = normalApproximation(model);
  if (!approximation) return generalPlan;
  // NUTS starts its chains at random points: if there are several peaks, the chains may disagree.
  if (model.severalPeaks && hasAnotherPeak(model, approximation, random)) return generalPlan;
  return planFromTrials(whitened(model, approximation), approximation, random);
}

function planFromTrials(
  given: WhitenedModel,
  approximation: NormalApproximation | null,
  random: RandomStream,
): Plan {
  const { target, origins } = approximation
    ? { target: given, origins: [] }
    : recentred(given, settledOrigins(given, random), random);
  const steps = findSteps(target, random, origins);
  if (steps === null) return generalPlan;
  const logWeights = importanceLogWeights(target, random);
  return { algorithm: 'split-hmc', approximation, target, steps, origins, logWeights };
}

/** The plan with NUTS instead of split HMC, for a target that is not near normal. */
export function fallbackPlan({ target }: SplitPlan): GeneralPlan {
  return { algorithm: 'nuts', target };
}

/**
 * Importance weights of a whitened target against a Student-t around its mode. They reveal mass that
 * the normal approximation misses, without a Markov chain.
 *
 * The spread of the weights grows with the dimension, until they look hopeless for targets that HMC
 * samples with ease. Beyond twenty dimensions the weights are therefore for ten coordinates chosen at
 * random, with the others at the mode.
 */

/** Enough for k̂: the shape of the tail is fitted to the largest 60 weights. */
const DRAWS = 400;
/**
 * Heavier tails than a normal, as posteriors with few data have. In the paper's weight regressions
 * k̂ is below 0.25 with it, and up to 0.74 with a normal (docs/performance.md).
 */
const DEGREES_OF_FREEDOM = 7;
const MOST_DIMENSIONS = 20;
/** The number of coordinates chosen in higher dimensions. */
const DIMENSIONS_DRAWN = 10;

/** True if the importance weights are of all coordinates at once. */
export function weighsAllCoordinates({ dimension }: Model): boolean {
  return dimension <= MOST_DIMENSIONS;
}

/** Log weights of 400 draws, up to a constant. */
export function importanceLogWeights(target: Model, random: RandomStream): Float64Array {
  const { dimension } = target;
  const block = weighsAllCoordinates(target) ? dimension : DIMENSIONS_DRAWN;
  const chosen = drawWithout(dimension, block, random);
  const gradient = new Float64Array(dimension);
  const x = new Float64Array(dimension);
  const drawn = new Float64Array(block);
  const chi = new Float64Array(DEGREES_OF_FREEDOM);
  return Float64Array.from({ length: DRAWS }, () => {
    // A Student-t is a normal over the root of a mean of ν squared normals.
    random.normals(drawn);
    random.normals(chi);
    const scale = Math.sqrt(DEGREES_OF_FREEDOM / squaresOf(chi));
    for (let i = 0; i < block; i++) {
      drawn[i] *= scale;
      x[chosen[i]] = drawn[i];
    }
    // A point outside the support has weight zero; its log must be finite for the fit of the tail.
    const logDensity = target.logDensity(x, gradient);
    const finite = logDensity > -Number.MAX_VALUE ? logDensity : -Number.MAX_VALUE;
    return finite - studentTKernel(squaresOf(drawn), DEGREES_OF_FREEDOM, block);
  });
}

/** `count` different integers below `below`, in random order (Fisher-Yates). */
function drawWithout(below: number, count: number, random: RandomStream): number[] {
  const numbers = Array.from({ length: below }, (_, i) => i);
  for (let i = 0; i < Math.min(count, below - 1); i++) {
    const j = i + Math.floor(random.uniform() * (below - i));
    [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
  }
  return numbers.slice(0, count);
}

/**
 * A search for other peaks of a density whose first peak is known. Chains that all start at one peak
 * need not find another, and neither R-hat nor importance weights around it would reveal that.
 * Newton's method therefore starts from points all around, near and far in units of the first peak's
 * widths.
 */

/** Distances from the mode, in standard deviations of the normal approximation. */
const DISTANCES = [3, 6, 12, 24, 48, 12, 24, 48];
/** Peaks that are closer than this in all parameters, in standard deviations, are the same. */
const APART = 0.1;
/** A peak with a smaller share of the first one's mass does not show in draws. */
const LEAST_LOG_MASS = Math.log(1e-4);

/** True if a climb from some other point ends at another peak of noticeable mass. */
export function hasAnotherPeak(
  model: Model,
  first: NormalApproximation,
  random: RandomStream,
): boolean {
  const { dimension } = model;
  const deviations = standardDeviations(first);
  const gradient = new Float64Array(dimension);
  const massOf = ({ mode, inverseFactor }: NormalApproximation) => {
    let logVolume = 0;
    for (let i = 0; i < dimension; i++) logVolume += Math.log(inverseFactor[i * (dimension + 1)]);
    return model.logDensity(mode, gradient) + logVolume;
  };
  const firstMass = massOf(first);
  const isAnother = (start: Float64Array) => {
    const found = normalApproximation(model, start);
    if (!found) return false;
    const apart = found.mode.some(
      (value, i) => Math.abs(value - first.mode[i]) > APART * deviations[i],
    );
    return apart && massOf(found) - firstMass > LEAST_LOG_MASS;
  };
  return DISTANCES.some((distance) => oppositePoints(first, distance, random).some(isAnother));
}

/** mode ± L⁻ᵀ x, with x in a random direction and of length `distance`. */
function oppositePoints(
  { mode, inverseFactor }: NormalApproximation,
  distance: number,
  random: RandomStream,
): [Float64Array, Float64Array] {
  const dimension = mode.length;
  const x = Float64Array.from(mode, () => random.normal());
  const length = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
  const step = mode.map((_, i) => {
    let sum = 0;
    for (let k = i; k < dimension; k++) {
      sum += (inverseFactor[k * dimension + i] * x[k] * distance) / length;
    }
    return sum;
  });
  return [mode.map((value, i) => value + step[i]), mode.map((value, i) => value - step[i])];
}

/** Square roots of the diagonal of L⁻ᵀ L⁻¹. */
function standardDeviations({ mode, inverseFactor }: NormalApproximation): Float64Array {
  const dimension = mode.length;
  return mode.map((_, i) => {
    let variance = 0;
    for (let k = i; k < dimension; k++) variance += inverseFactor[k * dimension + i] ** 2;
    return Math.sqrt(variance);
  });
}
