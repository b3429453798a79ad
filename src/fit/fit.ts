/** A fit: the chains of a model, their draws, summary and diagnostics. */

import type { ControlBlock } from '../../models/regression-model.js';
import { didYouMean, listed } from '../checks/names.js';
import { badArgument } from '../checks/values.js';
import { type ControlledMean, controlledColumns } from '../posterior/control-variates.js';
import { type Draws, joinChains } from '../posterior/draws.js';
import {
  type Diagnostics,
  diagnose,
  type ParameterSummary,
  shortfalls,
  summarize,
} from '../posterior/summary.js';
import { type Chain, type ChainProgress, chainInSteps } from '../sampler/chain.js';
import type { Model } from '../sampler/model.js';
import type { Plan } from '../sampler/plan.js';
import type { SamplerSettings } from '../sampler/settings.js';
import type { WarmupStage } from '../sampler/warm-up.js';
import { planFit } from './plan.js';
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

/** Index of a chain, from 0, and its number of transitions. */
interface FitStep {
  readonly chain: number;
  readonly progress: ChainProgress;
}

/**
 * Samples the chains one after another, pausing every few transitions and after each chain.
 *
 * @param keepsGradients as for `chainInSteps`. @default true
 */
export function* fitInSteps(
  model: Model,
  settings: SamplerSettings,
  name: string,
  warmupStages?: readonly WarmupStage[],
  keepsGradients = true,
): Generator<FitStep, SampledFit, undefined> {
  const planned = planFit(model, settings, name);
  const plan = withWarmup(planned.plan, warmupStages);
  const chains: Chain[] = [];
  for (let chain = 0; chain < settings.chains; chain++) {
    const steps = chainInSteps(model, settings, name, chain, plan, keepsGradients);
    let step = steps.next();
    for (; !step.done; step = steps.next()) yield { chain, progress: step.value };
    chains.push(step.value);
    yield { chain, progress: finishedProgress(step.value, settings) };
  }
  return { fit: assembleFit(chains, model, planned.paretoK), chains };
}

export function finishedProgress({ warmup }: Chain, { draws }: SamplerSettings): ChainProgress {
  return { done: warmup + draws, total: warmup + draws, phase: 'sampling' };
}

/**
 * Sets the warm-up stages of a plan. Split HMC has no adaptive warm-up, so its plan is unchanged.
 */
function withWarmup(plan: Plan, warmup: readonly WarmupStage[] | undefined): Plan {
  return warmup === undefined || plan.algorithm === 'split-hmc' ? plan : { ...plan, warmup };
}

/**
 * Assembles a fit from chains sampled on this thread or elsewhere.
 *
 * @param paretoK `Diagnostics.paretoK`
 */
export function assembleFit(
  chains: readonly Chain[],
  { parameterNames, constants }: Pick<Model, 'parameterNames' | 'constants'>,
  paretoK: number | null,
): FitData {
  const draws = joinChains(
    parameterNames,
    chains.map((chain) => chain.draws),
  );
  const parameters = summarize(draws);
  const varying = parameters.filter(({ name }) => !constants?.has(name));
  const diagnostics = diagnose(varying, chains, paretoK);
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
