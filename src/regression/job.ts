/**
 * Fits as work to be handed out: what a job is, what comes back, and the shape of whoever does
 * it, on this thread or on others. Results do not depend on who that is.
 */
import { WeighbridgeError } from '../errors.js';
import type { ControlledMean } from '../posterior/control-variates.js';
import type { Draws } from '../posterior/draws.js';
import type { Diagnostics, ParameterSummary } from '../posterior/summary.js';
import { type Chain, sampleChain } from '../sampler/chain.js';
import { completeSettings, type SamplerSettings, settingNames } from '../sampler/settings.js';
import { badArgument, described, isRecord, requireNames } from './check-options.js';
import { controlledMeans, planFit, type SampledFit, sampleFit, soundFit } from './fit.js';
import { modelOf, type Specification } from './specification.js';

export interface FitJob {
  /** Unique in a run; the streams of random numbers are derived from it. */
  readonly name: string;
  readonly specification: Specification;
  /**
   * Draws come back with the summary; otherwise they are dropped where they were made. 'to-show':
   * `onFit` sees them as long as it runs, and the result comes back without, so that draws of many
   * fits are never held together.
   */
  readonly keepDraws?: boolean | 'to-show';
  /** Means with control variates come back beside the summary's plain ones. */
  readonly controlMeans?: boolean;
}

export interface FitResult {
  readonly name: string;
  /** How its chains were sampled. */
  readonly algorithm: Chain['algorithm'];
  readonly summary: readonly ParameterSummary[];
  readonly diagnostics: Diagnostics;
  readonly warnings: readonly string[];
  readonly draws?: Draws;
  /** In the order of the summary. */
  readonly controlledMeans?: readonly ControlledMean[];
}

/** Results in the order of the jobs; `onFit` is called with each fit as soon as it is done. */
export type FitRunner = (
  jobs: readonly FitJob[],
  settings: SamplerSettings,
  onFit?: (result: FitResult) => void,
) => Promise<FitResult[]>;

/**
 * What a runner was given, checked before any of it is sent anywhere.
 *
 * @returns the settings, complete
 * @throws WeighbridgeError `bad-argument`
 */
export function requireJobs(jobs: unknown, settings: Partial<SamplerSettings>): SamplerSettings {
  if (!Array.isArray(jobs)) throw badArgument(`jobs are ${described(jobs)}, expected an array`);
  jobs.forEach((job: unknown, i) => {
    if (isRecord(job) && typeof job.name === 'string' && isRecord(job.specification)) return;
    throw badArgument(
      `job ${i + 1} is ${isRecord(job) ? 'incomplete' : described(job)}, expected a record with a name (a text) and a specification`,
    );
  });
  requireNames(settings, settingNames, 'the settings of a run');
  return completeSettings(settings);
}

export function runJob(job: FitJob, settings: SamplerSettings): FitResult {
  return namingTheFit(job, () => {
    const model = modelOf(job.specification);
    return resultOf(job, sampleFit(model, settings, job.name));
  });
}

/** Chain number `chain` (from 0) of a job alone. */
export function runJobChain(job: FitJob, settings: SamplerSettings, chain: number): Chain {
  return namingTheFit(job, () => {
    const model = modelOf(job.specification);
    const { plan } = planFit(model, settings, job.name);
    return sampleChain(model, settings, job.name, chain, plan);
  });
}

/** The fit of a job from chains that were sampled elsewhere. */
export function joinJobChains(
  job: FitJob,
  settings: SamplerSettings,
  chains: readonly Chain[],
): FitResult {
  const model = modelOf(job.specification);
  const planned = planFit(model, settings, job.name);
  return resultOf(job, soundFit(model, settings, job.name, chains, planned));
}

/** Of many fits, an error must tell which one it is about. */
function namingTheFit<T>({ name }: FitJob, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof WeighbridgeError)) throw cause;
    throw new WeighbridgeError(cause.code, `${name}: ${cause.message}`, { cause });
  }
}

/** What of a fit goes back to whoever ordered the job. */
function resultOf(
  { name, keepDraws, controlMeans }: FitJob,
  { fit: { summary, diagnostics, warnings, draws }, chains }: SampledFit,
): FitResult {
  return {
    name,
    algorithm: chains[0].algorithm,
    summary,
    diagnostics,
    warnings,
    ...(keepDraws && { draws }),
    ...(controlMeans && { controlledMeans: controlledMeans(draws, chains) }),
  };
}

/** Shows a fit that is done; draws that were made to be shown go no further. */
export function showFit(
  { keepDraws }: FitJob,
  result: FitResult,
  onFit?: (result: FitResult) => void,
): FitResult {
  onFit?.(result);
  if (keepDraws !== 'to-show') return result;
  const { draws: _shown, ...kept } = result;
  return kept;
}

/** Runs jobs one after another on this thread. */
export const runHere: FitRunner = async (jobs, given, onFit) => {
  const settings = requireJobs(jobs, given);
  return jobs.map((job) => showFit(job, runJob(job, settings), onFit));
};
