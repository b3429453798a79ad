/**
 * A fit: all chains of a model, their draws, their summary and their verdict.
 */

import { type ControlledMean, controlledMean } from '../posterior/control-variates.js';
import { type Draws, joinChains, parameterDraws } from '../posterior/draws.js';
import {
  type Diagnostics,
  diagnose,
  type ParameterSummary,
  shortfalls,
  summarize,
} from '../posterior/summary.js';
import { type Chain, sampleChain } from '../sampler/chain.js';
import type { Model } from '../sampler/model.js';
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
  const complete = completeSettings(settings);
  const chains = Array.from({ length: complete.chains }, (_, chain) =>
    sampleChain(model, complete, fit, chain),
  );
  return assembleFit(model.parameterNames, chains);
}

/** Joins chains, sampled here or elsewhere. */
export function assembleFit(parameterNames: readonly string[], chains: readonly Chain[]): Fit {
  const draws = joinChains(
    parameterNames,
    chains.map((chain) => chain.draws),
  );
  const summary = summarize(draws);
  const diagnostics = diagnose(summary, chains);
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
  const gradients = new Float64Array(
    chains.reduce((sum, chain) => sum + chain.gradients.length, 0),
  );
  let end = 0;
  for (const chain of chains) {
    gradients.set(chain.gradients, end);
    end += chain.gradients.length;
  }
  return draws.parameterNames.map((_, parameter) =>
    controlledMean(parameterDraws(draws, parameter), gradients, draws.chains),
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
