/**
 * A fit: all chains of a model, their draws, their summary and their verdict.
 */

import { type ControlledMean, controlledColumns } from '../posterior/control-variates.js';
import { type Draws, joinChains } from '../posterior/draws.js';
import { paretoK } from '../posterior/psis.js';
import {
  type Diagnostics,
  diagnose,
  type ParameterSummary,
  shortfalls,
  summarize,
} from '../posterior/summary.js';
import { type Chain, sampleChain } from '../sampler/chain.js';
import type { Model } from '../sampler/model.js';
import { insteadOf, type Plan, planSampling } from '../sampler/plan.js';
import { completeSettings, type SamplerSettings } from '../sampler/settings.js';

export interface Fit {
  readonly draws: Draws;
  /** One row per reported parameter, in the order of `draws.parameterNames`. */
  readonly summary: readonly ParameterSummary[];
  readonly diagnostics: Diagnostics;
  /** What falls short, in words, with what to do about it; empty for a fit to be trusted. */
  readonly warnings: readonly string[];
  /** What each chain told beside its draws. */
  readonly chains: readonly Omit<Chain, 'draws' | 'gradients'>[];
}

/**
 * Samples every chain of a model on this thread.
 *
 * @param fit names the fit: streams of random numbers are derived from seed, fit and chain.
 * @throws WeighbridgeError `bad-argument` for settings out of range, `no-initial-point` where the
 *   density is nowhere finite.
 */
export function sample(model: Model, settings: Partial<SamplerSettings> = {}, fit = 'fit'): Fit {
  return sampleFit(model, completeSettings(settings), fit).fit;
}

/** A fit with the chains that it was made of, gradients included. */
export interface SampledFit {
  readonly fit: Fit;
  readonly chains: readonly Chain[];
}

export function sampleFit(model: Model, settings: SamplerSettings, name: string): SampledFit {
  const planned = planFit(model, settings, name);
  const chains = sampleChains(model, settings, name, planned.plan);
  return soundFit(model, settings, name, chains, planned);
}

function sampleChains(model: Model, settings: SamplerSettings, name: string, plan: Plan): Chain[] {
  return Array.from({ length: settings.chains }, (_, chain) =>
    sampleChain(model, settings, name, chain, plan),
  );
}

/**
 * Of a near-normal target, half the draws are effective even for tails: far fewer tell of another.
 * To throw away more fits than that would favour those whose chains missed a tail.
 */
const LEAST_EFFECTIVE_SHARE = 0.15;

/**
 * The fit that these chains make; where split HMC was tried and mixed worse than it does on a
 * near-normal target, the fit by NUTS instead.
 */
export function soundFit(
  model: Model,
  settings: SamplerSettings,
  name: string,
  chains: readonly Chain[],
  { plan, paretoK }: FitPlan,
): SampledFit {
  const fit = assembleFit(model.parameterNames, chains, paretoK);
  if (isSound(fit, settings)) return { fit, chains };
  const again = sampleChains(model, settings, name, planAgain(plan));
  return { fit: assembleFit(model.parameterNames, again, paretoK), chains: again };
}

/** False where split HMC was tried and mixed worse than it does on a near-normal target. */
export function isSound({ chains, diagnostics }: Fit, settings: SamplerSettings): boolean {
  const tried = settings.algorithm === 'auto' && chains[0].algorithm === 'split-hmc';
  const needed = LEAST_EFFECTIVE_SHARE * settings.chains * settings.draws;
  return !tried || Math.min(diagnostics.minEssBulk, diagnostics.minEssTail) >= needed;
}

/** Weights whose variance is finite. */
const NEAR_PARETO_K = 0.5;

export interface FitPlan {
  readonly plan: Plan;
  /** k̂ of importance weights from a Student-t around the mode, where one was found. */
  readonly paretoK: number | null;
}

/**
 * How to sample a fit. Trial trajectories of the sampler look where they start from; importance
 * weights look further out, and where they find mass that the approximation does not know of,
 * the general warm-up is the safer way.
 */
export function planFit(model: Model, settings: SamplerSettings, fit: string): FitPlan {
  const plan = planSampling(model, settings, fit);
  if (plan.algorithm !== 'split-hmc') return { plan, paretoK: null };
  const k = paretoK(plan.logWeights);
  const near = settings.algorithm === 'split-hmc' || k <= NEAR_PARETO_K;
  return { plan: near ? plan : insteadOf(plan), paretoK: k };
}

/** How to sample a fit again whose chains by this plan were not sound. */
export function planAgain(plan: Plan): Plan {
  return plan.algorithm === 'split-hmc' ? insteadOf(plan) : plan;
}

/** Joins chains, sampled here or elsewhere. */
export function assembleFit(
  parameterNames: readonly string[],
  chains: readonly Chain[],
  paretoK: number | null = null,
): Fit {
  const draws = joinChains(
    parameterNames,
    chains.map((chain) => chain.draws),
  );
  const summary = summarize(draws);
  const diagnostics = diagnose(summary, chains, paretoK);
  return {
    draws,
    summary,
    diagnostics,
    warnings: shortfalls(diagnostics),
    chains: chains.map(({ draws: _draws, gradients: _gradients, ...told }) => told),
  };
}

/** The mean of every reported parameter with control variates, in the order of the draws' names. */
export function controlledMeans(draws: Draws, chains: readonly Chain[]): ControlledMean[] {
  const gradients = chains.map((chain) => chain.gradients);
  const length = gradients.reduce((sum, { length }) => sum + length, 0);
  return controlledColumns(
    { parts: [draws.values], width: draws.parameterNames.length },
    { parts: gradients, width: length / (draws.chains * draws.drawsPerChain) },
    draws.chains,
  );
}

/** The summary row of a parameter; throws RangeError where the fit has none of that name. */
export function parameterOf(fit: Pick<Fit, 'summary'>, name: string): ParameterSummary {
  const row = fit.summary.find((candidate) => candidate.name === name);
  if (!row) {
    const names = fit.summary.map((candidate) => candidate.name).join(', ');
    throw new RangeError(`no parameter '${name}' in this fit: it has ${names}`);
  }
  return row;
}
