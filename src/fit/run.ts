/**
 * Runners: fits on this thread, which processes its events in between, and fits whose chains run
 * elsewhere.
 */
import { type Chain, type ChainProgress, chainInSteps } from '../sampler/chain.js';
import type { Model } from '../sampler/model.js';
import { MOST_COORDINATES } from '../sampler/responses.js';
import { completeSettings, type SamplerSettings, settingsAmong } from '../sampler/settings.js';
import { assembleFit, finishedProgress, fitInSteps } from './fit.js';
import {
  deliver,
  type FitJob,
  type FitProgress,
  type FitResult,
  type FitRunner,
  namedError,
  type RunnerOptions,
  type RunOptions,
  requireJobs,
  requireRunning,
  resultOf,
  withName,
} from './job.js';
import { planFit } from './plan.js';
import { modelOf } from './specification.js';

/** `isDue()` returns true at most once per `milliseconds`, for the first time after that delay. */
export class Throttle {
  #last = Date.now();

  constructor(private readonly milliseconds: number) {}

  isDue(): boolean {
    const now = Date.now();
    if (now - this.#last < this.milliseconds) return false;
    this.#last = now;
    return true;
  }
}

/** Every runtime has timers, but the ECMAScript library does not declare them. */
declare const setTimeout: (callback: () => void, milliseconds: number) => unknown;

/** Long enough for a negligible cost, short enough for a page to stay responsive. */
export const MILLISECONDS_BETWEEN_PAUSES = 30;

/** Yields to the event loop. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Runs jobs one after another on this thread, yielding to the event loop in between. */
export const runHere: FitRunner = async (jobs, given, options = {}) => {
  const settings = requireJobs(jobs, given);
  const { signal } = options;
  requireRunning(signal);
  const throttle = new Throttle(MILLISECONDS_BETWEEN_PAUSES);
  const steps = jobsInSteps(jobs, settings, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (!throttle.isDue()) continue;
    step.value();
    await pause();
    requireRunning(signal);
  }
};

/** How far a fit on this thread is. */
export interface Trial {
  /** Milliseconds until the first transition. */
  readonly planning: number;
  /** Milliseconds of the transitions so far. */
  readonly sampling: number;
  /** Share of all transitions that is done, in (0, 1). */
  readonly share: number;
}

/** Milliseconds of transitions before a fit is judged by its speed. */
const LEAST_TRIAL = 100;

/**
 * Runs a job on this thread until `goesOn`, which is asked from time to time, says no.
 *
 * @returns null if the job was given up; progress is reported only after the first yes or at the end
 */
export async function runHereWhile(
  job: FitJob,
  settings: SamplerSettings,
  options: RunnerOptions,
  goesOn: (trial: Trial) => boolean,
): Promise<FitResult | null> {
  const { onProgress, signal } = options;
  requireRunning(signal);
  let latest: FitProgress | null = null;
  let stays = false;
  const steps = jobsInSteps([job], settings, {
    ...options,
    onProgress: (progress) => {
      latest = progress;
      if (stays) onProgress?.(progress);
    },
  });
  const begun = Date.now();
  const throttle = new Throttle(MILLISECONDS_BETWEEN_PAUSES);
  let step = steps.next();
  const planned = Date.now();
  while (!step.done) {
    if (throttle.isDue()) {
      step.value();
      const sampling = Date.now() - planned;
      const share = shareDone(latest);
      if (sampling >= LEAST_TRIAL && share > 0) {
        if (!goesOn({ planning: planned - begun, sampling, share })) return null;
        stays = true;
      }
      await pause();
      requireRunning(signal);
    }
    step = steps.next();
  }
  if (latest && !stays) onProgress?.(latest);
  return step.value[0];
}

function shareDone(progress: FitProgress | null): number {
  return progress ? progress.done / progress.total : 0;
}

/** Settings and runner of one fit. */
export interface SamplingOptions extends Partial<SamplerSettings>, RunOptions {
  /**
   * Runner of the chains. `workerPool(n).runner` of `weighbridge/node` and `webWorkers({...})` of
   * `weighbridge/web-workers` run several at a time; draws do not depend on the runner.
   *
   * @default this thread
   */
  readonly runner?: FitRunner;
}

/**
 * Runs one fit by itself, and keeps its draws and chains.
 *
 * @throws WeighbridgeError `interrupted` if `signal` is aborted
 */
export async function runAlone(
  job: Pick<FitJob, 'name' | 'specification' | 'keepGradients'>,
  options: SamplingOptions,
): Promise<{ readonly settings: SamplerSettings; readonly result: FitResult | undefined }> {
  const { runner = runHere, onProgress, signal } = options;
  const settings = completeSettings(settingsAmong(options));
  const kept = { keepDraws: true, keepChains: true, nameInErrors: false };
  const [result] = await runner([{ ...job, ...kept }], settings, { onProgress, signal });
  requireRunning(signal);
  return { settings, result };
}

/** Steps through the jobs; each step is a function that reports progress. */
function* jobsInSteps(
  jobs: readonly FitJob[],
  settings: SamplerSettings,
  options: RunnerOptions,
): Generator<() => void, FitResult[], undefined> {
  const results: FitResult[] = [];
  for (const job of jobs) {
    try {
      const model = modelOf(job.specification);
      const progress = fitProgress(job, settings, options.onProgress);
      const steps = fitInSteps(model, settings, job.name, undefined, needsGradients(job, model));
      let step = steps.next();
      for (; !step.done; step = steps.next()) {
        const { chain, progress: ofChain } = step.value;
        if (ofChain.done === ofChain.total) progress(chain, ofChain);
        yield () => progress(chain, ofChain);
      }
      const result = resultOf(job, step.value, model);
      results.push(deliver(job, result, options));
    } catch (error) {
      throw namedError(job, error);
    }
  }
  return results;
}

/** One chain of a fit as plain data. */
export interface ChainTask {
  readonly job: FitJob;
  readonly settings: SamplerSettings;
  /** Index of the chain, from 0. */
  readonly chain: number;
}

export interface FinishedChain {
  readonly chain: Chain;
  /** `Diagnostics.paretoK` of the fit. */
  readonly paretoK: number | null;
}

export function* chainTaskInSteps({
  job,
  settings,
  chain,
}: ChainTask): Generator<ChainProgress, FinishedChain, undefined> {
  const model = modelOf(job.specification);
  const { plan, paretoK } = planFit(model, settings, job.name);
  const keepsGradients = needsGradients(job, model);
  const sampled = yield* chainInSteps(model, settings, job.name, chain, plan, keepsGradients);
  return { chain: sampled, paretoK };
}

/** Gradients take memory, and time to post between threads. */
function needsGradients({ controlMeans, keepGradients }: FitJob, { dimension }: Model): boolean {
  return Boolean(controlMeans) || (keepGradients === true && dimension <= MOST_COORDINATES);
}

export interface ChainRunOptions {
  readonly onProgress: (chain: number, progress: ChainProgress) => void;
  readonly signal: RunOptions['signal'];
}

/** Samples the chains of one fit elsewhere. */
export type RunChains = (
  tasks: readonly ChainTask[],
  options: ChainRunOptions,
) => Promise<readonly FinishedChain[]>;

/** Runs jobs one after another, each chain by chain. */
export function runnerByChains(runChains: RunChains): FitRunner {
  return async (jobs, given, options = {}) => {
    const settings = requireJobs(jobs, given);
    const results: FitResult[] = [];
    for (const job of jobs) results.push(await fitByChains(job, settings, runChains, options));
    return results;
  };
}

/** Runs a job; `runChains` samples its chains. */
export async function fitByChains(
  job: FitJob,
  settings: SamplerSettings,
  runChains: RunChains,
  options: RunnerOptions,
): Promise<FitResult> {
  const { signal } = options;
  const progress = fitProgress(job, settings, options.onProgress);
  // Checks the data before anything is sent to another thread.
  const model = withName(job, () => modelOf(job.specification));
  requireRunning(signal);
  const tasks = Array.from({ length: settings.chains }, (_, chain) => ({ job, settings, chain }));
  const finished = await runChains(tasks, { signal, onProgress: progress }).catch(
    (error: unknown) => {
      throw namedError(job, error);
    },
  );
  requireRunning(signal);
  const chains = finished.map(({ chain }) => chain);
  chains.forEach((chain, i) => {
    progress(i, finishedProgress(chain, settings));
  });
  const fit = assembleFit(chains, model, finished[0].paretoK);
  return deliver(job, resultOf(job, { fit, chains }, model), options);
}

/** Sums the progress of all chains. */
function fitProgress(
  { name }: FitJob,
  settings: SamplerSettings,
  onProgress: RunOptions['onProgress'],
): (chain: number, progress: ChainProgress) => void {
  const chains: (ChainProgress | null)[] = Array(settings.chains).fill(null);
  return (chain, progress) => {
    if (!onProgress) return;
    chains[chain] = progress;
    onProgress({
      fit: name,
      done: chains.reduce((sum, one) => sum + (one?.done ?? 0), 0),
      // All chains of a fit have the same length.
      total: progress.total * settings.chains,
      chains: [...chains],
    });
  };
}
