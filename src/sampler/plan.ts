/**
 * How a fit is to be sampled, found out before its chains start: by split HMC from the mode, where
 * the target is near normal in whitened coordinates, else by the general warm-up with NUTS or
 * static HMC. All chains of a fit follow one plan, and the same seed and fit give the same plan.
 */
import { WeighbridgeError } from '../errors.js';
import { quickStream } from '../random/quick-stream.js';
import type { RandomStream } from '../random/stream.js';
import type { Model } from './model.js';
import {
  type NormalApproximation,
  normalApproximation,
  type WhitenedModel,
  whitened,
} from './normal-approximation.js';
import type { SamplerSettings } from './settings.js';
import { findSteps } from './split-hmc.js';

export interface GeneralPlan {
  readonly algorithm: 'nuts' | 'hmc';
}

export interface SplitPlan {
  readonly algorithm: 'split-hmc';
  readonly approximation: NormalApproximation;
  /** The model in whitened coordinates. */
  readonly target: WhitenedModel;
  /** Steps a trajectory. */
  readonly steps: number;
  /**
   * Log importance weights of the target at independent draws from a Student-t around the mode,
   * up to a constant: for a check that knows nothing of HMC.
   */
  readonly logWeights: Float64Array;
}

export type Plan = GeneralPlan | SplitPlan;

export const generalPlan: GeneralPlan = { algorithm: 'nuts' };

/** Their tail of 60 is enough to tell its shape. */
const IMPORTANCE_DRAWS = 400;
/**
 * Heavier in the tails than a normal, as posteriors of few data are: k̂ of the paper's weight
 * regressions is then below 0.25, of the normal up to 0.55 (docs/performance.md).
 */
const DEGREES_OF_FREEDOM = 7;
/** Those from which trajectories are tried. */
const TRIED_STARTS = 25;

/**
 * @throws WeighbridgeError `bad-argument` where split HMC is asked for and the model has no
 *   Hessian, `improper-posterior` where the model has no peak to start from.
 */
export function planSampling(model: Model, settings: SamplerSettings, fit: string): Plan {
  const { algorithm } = settings;
  if (algorithm === 'nuts' || algorithm === 'hmc') return { algorithm };
  const plan = splitPlan(model, settings, fit);
  if (plan) return plan;
  if (algorithm === 'auto') return generalPlan;
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

function splitPlan(model: Model, settings: SamplerSettings, fit: string): SplitPlan | null {
  const approximation = normalApproximation(model);
  if (!approximation) return null;
  const random = quickStream(settings.seed, fit, 'plan');
  const target = whitened(model, approximation);
  const draws = Array.from({ length: IMPORTANCE_DRAWS }, () =>
    drawStudentT(model.dimension, random),
  );
  const steps = findSteps(target, draws.slice(0, TRIED_STARTS), random);
  if (steps === null) return null;
  const gradient = new Float64Array(model.dimension);
  const logWeights = Float64Array.from(
    draws,
    (x) => target.logDensity(x, gradient) - studentTLogDensity(x),
  );
  return { algorithm: 'split-hmc', approximation, target, steps, logWeights };
}

/** Multivariate, of unit scale: a normal over the root of a mean of ν squared normals. */
function drawStudentT(dimension: number, random: RandomStream): Float64Array {
  let squares = 0;
  for (let i = 0; i < DEGREES_OF_FREEDOM; i++) squares += random.normal() ** 2;
  const scale = Math.sqrt(DEGREES_OF_FREEDOM / squares);
  return new Float64Array(dimension).map(() => scale * random.normal());
}

/** Up to a constant. */
function studentTLogDensity(x: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += x[i] * x[i];
  return -0.5 * (DEGREES_OF_FREEDOM + x.length) * Math.log1p(squares / DEGREES_OF_FREEDOM);
}
