/**
 * Chooses how a fit is sampled, before its chains start: by split HMC from the mode if the target is
 * close to normal in whitened coordinates, otherwise by NUTS or static HMC after a warm-up. All chains
 * of a fit follow one plan, and the same seed and fit give the same plan.
 */
import { WeighbridgeError } from '../errors.js';
import { quickStream } from '../random/quick-stream.js';
import { importanceLogWeights } from './importance.js';
import type { Model } from './model.js';
import {
  type NormalApproximation,
  normalApproximation,
  type WhitenedModel,
  whitened,
} from './normal-approximation.js';
import { hasAnotherPeak } from './other-peaks.js';
import type { SamplerSettings } from './settings.js';
import { findSteps } from './split-hmc.js';
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
  readonly approximation: NormalApproximation;
  /** The model in whitened coordinates. */
  readonly target: WhitenedModel;
  /** Steps per trajectory. */
  readonly steps: number;
  /**
   * Log importance weights of the target against a Student-t around the mode, for a check that is
   * independent of HMC.
   */
  readonly logWeights: Float64Array;
}

export type Plan = GeneralPlan | SplitPlan;

export const generalPlan: GeneralPlan = { algorithm: 'nuts' };

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
  const approximation = normalApproximation(model);
  if (!approximation) return generalPlan;
  const random = quickStream(settings.seed, fit, 'plan');
  // NUTS starts its chains at random points: if there are several peaks, the chains may disagree.
  if (model.severalPeaks && hasAnotherPeak(model, approximation, random)) return generalPlan;
  const target = whitened(model, approximation);
  const steps = findSteps(target, random);
  if (steps === null) return generalPlan;
  const logWeights = importanceLogWeights(target, random);
  return { algorithm: 'split-hmc', approximation, target, steps, logWeights };
}

/** NUTS in place of split HMC, which was planned or tried and did not mix well. */
export function insteadOf({ target }: SplitPlan): GeneralPlan {
  return { algorithm: 'nuts', target };
}
