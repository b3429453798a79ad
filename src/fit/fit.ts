/** A fit: the chains of a model, their draws, summary and diagnostics. */

import type { ControlBlock } from '../../models/regression-model.js';
import { didYouMean, listed } from '../checks/names.js';
import { badArgument } from '../checks/values.js';
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
import { type Chain, type ChainProgress, chainInSteps } from '../sampler/chain.js';
import type { Model } from '../sampler/model.js';
import { fallbackPlan, type Plan, planSampling } from '../sampler/plan.js';
import type { SamplerSettings } from '../sampler/settings.js';
import type { WarmupStage } from '../sampler/warm-up.js';
import type { FitGradients } from './score-intervals.js';

/** A fit as plain data. */
export interface FitData {
  readonly draws: Draws;
  /** One row per reported parameter, in the order of `draws.parameterNames`. */
  readonly parameters: readonly ParameterSummary[];
  readonly diagnostics: Diagnostics;
  /** One sentence per problem, with a remedy; empty if there are none. */
  readonly warnings: readonly string[];
  /** Sampling details of each chain. */
  readonly chains: readonly ChainRecord[];
}

export type ChainRecord = Omit<Chain, 'draws' | 'gradients' | 'responses'>;

/** A fit with its chains, gradients included. */
export interface SampledFit {
  readonly fit: FitData;
  readonly chains: readonly Chain[];
}

/** Samples a fit without pausing. */
export function sampleFit(
  model: Model,
  settings: SamplerSettings,
  name: string,
  warmupStages?: readonly WarmupStage[],
): SampledFit {
  const steps = fitInSteps(model, settings, name, warmupStages);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Index of a chain, from 0, and its number of transitions in this round. */
interface FitStep {
  readonly chain: number;
  readonly progress: ChainProgress;
  /** True if the chains are sampled by NUTS because split HMC mixed badly. */
  readonly nuts: boolean;
}

/** Samples the chains one after another, pausing every few transitions and after each chain. */
export function* fitInSteps(
  model: Model,
  settings: SamplerSettings,
  name: string,
  warmupStages?: readonly WarmupStage[],
): Generator<FitStep, SampledFit, undefined> {
  const planned = planFit(model, settings, name);
  const rounds = fitRounds(settings);
  let round = rounds.next();
  while (!round.done) {
    const { nuts } = round.value;
    const plan = withWarmup(planOfRound(planned, nuts), warmupStages);
    const chains: Chain[] = [];
    for (let chain = 0; chain < settings.chains; chain++) {
      const steps = chainInSteps(model, settings, name, chain, plan);
      let step = steps.next();
      for (; !step.done; step = steps.next()) yield { chain, progress: step.value, nuts };
      chains.push(step.value);
      yield { chain, progress: finishedProgress(step.value, settings), nuts };
    }
    round = rounds.next({
      chains,
      parameterNames: model.parameterNames,
      paretoK: planned.paretoK,
    });
  }
  return round.value;
}

export function finishedProgress({ warmup }: Chain, { draws }: SamplerSettings): ChainProgress {
  return { done: warmup + draws, total: warmup + draws, phase: 'sampling' };
}

/** The chains of one round of a fit. */
interface FinishedRound {
  readonly chains: readonly Chain[];
  readonly parameterNames: readonly string[];
  /** `Diagnostics.paretoK` */
  readonly paretoK: number | null;
}

/**
 * Generator of the rounds of a fit: the chains of its plan and, if they are not sound, a second
 * round by NUTS. The caller samples the chains.
 */
export function* fitRounds(
  settings: SamplerSettings,
): Generator<{ readonly nuts: boolean }, SampledFit, FinishedRound> {
  const planned = yield { nuts: false };
  const fit = assembleFit(planned);
  if (isSound(fit, settings)) return { fit, chains: planned.chains };
  const byNuts = yield { nuts: true };
  return { fit: assembleFit(byNuts), chains: byNuts.chains };
}

/**
 * Least accepted ratio of ESS to draws. On a near-normal target, half the draws are effective even
 * for tails; a ratio far below that indicates another target. A higher threshold would discard more
 * fits, and favour those whose chains missed a tail.
 */
const LEAST_EFFECTIVE_SHARE = 0.15;

/** False if split HMC was used and mixed worse than on a near-normal target. */
function isSound({ chains, diagnostics }: FitData, settings: SamplerSettings): boolean {
  const tried = settings.algorithm === 'auto' && chains[0].algorithm === 'split-hmc';
  const needed = LEAST_EFFECTIVE_SHARE * settings.chains * settings.draws;
  return !tried || Math.min(diagnostics.minEssBulk, diagnostics.minEssTail) >= needed;
}

/** Threshold of k̂ below which importance weights have a finite variance. */
const NEAR_PARETO_K = 0.5;

interface FitPlan {
  readonly plan: Plan;
  /** k̂ of importance weights from a Student-t around the mode; null if no mode was found. */
  readonly paretoK: number | null;
}

/**
 * Plans a fit. Trial trajectories of the sampler explore the density near their start; importance
 * weights explore it further out. If the weights find mass that the normal approximation misses,
 * the fit is sampled after a general warm-up.
 */
export function planFit(model: Model, settings: SamplerSettings, fit: string): FitPlan {
  const plan = planSampling(model, settings, fit);
  if (plan.algorithm !== 'split-hmc') return { plan, paretoK: null };
  const k = paretoK(plan.logWeights);
  const near = settings.algorithm === 'split-hmc' || k <= NEAR_PARETO_K;
  return { plan: near ? plan : fallbackPlan(plan), paretoK: k };
}

/** The plan of a round; if `nuts`, NUTS replaces split HMC. */
export function planOfRound({ plan }: FitPlan, nuts: boolean): Plan {
  return nuts && plan.algorithm === 'split-hmc' ? fallbackPlan(plan) : plan;
}

/**
 * Sets the warm-up stages of a plan. Split HMC has no adaptive warm-up, so its plan is unchanged.
 */
function withWarmup(plan: Plan, warmup: readonly WarmupStage[] | undefined): Plan {
  return warmup === undefined || plan.algorithm === 'split-hmc' ? plan : { ...plan, warmup };
}

/** Assembles a fit from chains sampled on this thread or elsewhere. */
export function assembleFit({ chains, parameterNames, paretoK }: FinishedRound): FitData {
  const draws = joinChains(
    parameterNames,
    chains.map((chain) => chain.draws),
  );
  const parameters = summarize(draws);
  const diagnostics = diagnose(parameters, chains, paretoK);
  return {
    draws,
    parameters,
    diagnostics,
    warnings: shortfalls(diagnostics),
    chains: chains.map(
      ({ draws: _draws, gradients: _gradients, responses: _responses, ...record }) => record,
    ),
  };
}

/**
 * Means of all reported parameters with control variates, in the order of `draws.parameterNames`.
 *
 * @param blocks each parameter is in one; without blocks, every parameter is controlled by the whole
 *   gradient
 */
export function controlledMeans(
  draws: Draws,
  chains: readonly Chain[],
  blocks?: readonly ControlBlock[],
): ControlledMean[] {
  const parts = chains.map((chain) => chain.gradients);
  const length = parts.reduce((sum, { length }) => sum + length, 0);
  const values = { parts: [draws.values], width: draws.parameterNames.length };
  const gradients = { parts, width: length / (draws.chains * draws.drawsPerChain) };
  if (!blocks) return controlledColumns(values, gradients, draws.chains);
  const means: ControlledMean[] = [];
  for (const { parameters, coordinates } of blocks) {
    const ofBlock = controlledColumns(
      { ...values, columns: parameters },
      { ...gradients, columns: coordinates },
      draws.chains,
    );
    parameters.forEach((parameter, i) => {
      means[parameter] = ofBlock[i];
    });
  }
  return means;
}

/** What `fit.hdi({ method: 'score' })` needs; undefined for models of too many coordinates. */
export function gradientsOf(chains: readonly Chain[]): FitGradients | undefined {
  const [{ responses }] = chains;
  if (responses.length === 0) return undefined;
  const values = new Float64Array(chains.reduce((sum, { gradients }) => sum + gradients.length, 0));
  let at = 0;
  for (const { gradients } of chains) {
    values.set(gradients, at);
    at += gradients.length;
  }
  return { values, responses };
}

/**
 * The summary row of a parameter.
 *
 * @throws WeighbridgeError `bad-argument` if there is no such parameter
 */
export function parameterOf(
  { parameters }: Pick<FitData, 'parameters'>,
  name: string,
): ParameterSummary {
  const row = parameters.find((candidate) => candidate.name === name);
  if (row) return row;
  const names = parameters.map((candidate) => candidate.name);
  throw badArgument(
    `no parameter '${name}' in this fit${didYouMean(name, names)}: it has ${listed(names)}`,
    { option: 'name', found: name },
  );
}
