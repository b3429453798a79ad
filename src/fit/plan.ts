/**
 * How a fit is sampled: by split HMC if the posterior is near normal, otherwise by NUTS. The choice is
 * made before the first draw of the fit. A choice by the draws themselves would favour those that
 * missed a tail, and thereby bias the posterior.
 *
 *  - Trial trajectories explore the density near their start (sampler/plan.ts); importance weights
 *    explore it further out.
 *  - Where the weights leave doubt, a pilot shows how split HMC mixes.
 *
 * All of it follows from the seed and the fit, so that every worker makes the same plan.
 */
import { essBulk, essTail } from '../posterior/fast/convergence.js';
import { paretoK } from '../posterior/psis.js';
import { THRESHOLDS } from '../posterior/thresholds.js';
import type { Model } from '../sampler/model.js';
import { pilotDraws } from '../sampler/pilot.js';
import {
  fallbackPlan,
  type Plan,
  planSampling,
  type SplitPlan,
  weighsAllCoordinates,
} from '../sampler/plan.js';
import type { SamplerSettings } from '../sampler/settings.js';

interface FitPlan {
  readonly plan: Plan;
  /** k̂ of importance weights from a Student-t around the mode; null if no mode was found. */
  readonly paretoK: number | null;
}

/** Plans a fit; the plan depends on the model, the algorithm, the seed and the name of the fit only. */
export function planFit(model: Model, settings: SamplerSettings, fit: string): FitPlan {
  const plan = planSampling(model, settings, fit);
  if (plan.algorithm !== 'split-hmc') return { plan, paretoK: null };
  const k = paretoK(plan.logWeights);
  const near = settings.algorithm === 'split-hmc' || isNearNormal(plan, k, settings, fit);
  return { plan: near ? plan : fallbackPlan(plan), paretoK: k };
}

/**
 * Up to this k̂ of weights of all coordinates, split HMC is used without a pilot. The weight
 * regressions of the paper are below it.
 */
const CLEARLY_NEAR = 0.25;
/**
 * Above this k̂ of weights of all coordinates their variance is infinite: there is mass, perhaps a small
 * second peak, that the normal approximation misses and that a pilot may miss too.
 */
const MOST_OF_ALL = 0.5;

function isNearNormal(plan: SplitPlan, k: number, settings: SamplerSettings, fit: string): boolean {
  const ofAll = weighsAllCoordinates(plan.target);
  if (!(k <= (ofAll ? MOST_OF_ALL : THRESHOLDS.paretoK))) return false;
  if (k <= CLEARLY_NEAR && ofAll) return true;
  return mixesWell(plan, settings, fit);
}

/** 140 transitions: with the default settings 3.4% of those of the fit, and 14% of those of a chain. */
const PILOT = { chains: 4, warmup: 5, draws: 30 };

/**
 * Least accepted ratio of ESS to draws. On a near-normal target, half the draws are effective even
 * for tails. NUTS needs about 30 gradients for an effective draw, which at this ratio is what split HMC
 * needs with two steps per trajectory.
 */
const LEAST_EFFECTIVE_SHARE = 0.15;

/** Share of parameters that may fall short: 30 draws a chain estimate ESS roughly, and some of thousands fall short by chance. */
const MAY_BE_LESS = 0.02;

/** No parameter is below half of the least ratio, and all but one in fifty reach it. */
function mixesWell(plan: SplitPlan, { seed }: SamplerSettings, fit: string): boolean {
  const { chains, parameters } = pilotDraws(plan, seed, fit, PILOT);
  const needed = LEAST_EFFECTIVE_SHARE * PILOT.chains * PILOT.draws;
  const varying = parameters.filter((draws) => draws.some((draw) => draw !== draws[0]));
  if (varying.length === 0) return false;
  const sizes = varying.map((draws) => Math.min(essBulk(draws, chains), essTail(draws, chains)));
  const less = sizes.filter((size) => !(size >= needed)).length;
  return sizes.every((size) => size >= 0.5 * needed) && less <= MAY_BE_LESS * sizes.length;
}
