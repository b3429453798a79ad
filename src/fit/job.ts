/**
 * A fit as plain data that can be posted to another thread: the job, its result, and the type of
 * functions that run jobs. Results do not depend on the runner.
 */

import type { ModelSpecification } from '../../models/model-specification.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import type { SpecifiedModel } from '../../models/regression-model.js';
import { requireNames } from '../checks/options.js';
import { badArgument, described, isRecord } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';
import type { ControlledMean } from '../posterior/control-variates.js';
import type { Draws } from '../posterior/draws.js';
import type { Diagnostics, ParameterSummary } from '../posterior/summary.js';
import type { Chain, ChainProgress } from '../sampler/chain.js';
import { completeSettings, type SamplerSettings, settingNames } from '../sampler/settings.js';
import {
  type ChainRecord,
  controlledMeans,
  type FitData,
  gradientsOf,
  type SampledFit,
  sampleFit,
} from './fit.js';
import { integratedMeans, uncertainShares } from './integrated-means.js';
import { type FitGradients, keepGradientsOf } from './score-intervals.js';
import { modelOf } from './specification.js';

export interface FitJob {
  /** Unique per run; random streams are derived from seed, name and chain. */
  readonly name: string;
  readonly specification: ModelSpecification;
  /**
   * If true, the result includes the draws. `for-onFit`: `onFit` receives them, but the returned
   * result does not include them, so that the draws of many fits are never in memory together.
   *
   * @default false
   */
  readonly keepDraws?: boolean | 'for-onFit';
  /** If true, the result includes the record of each chain. @default false */
  readonly keepChains?: boolean;
  /**
   * If true, the result includes means with less Monte Carlo error than those of the draws: by control
   * variates. `scaledTo`: by integration (integrated-means.ts) where the posterior is near normal, so
   * that the means of all parameters but the first, scaled to this largest absolute value, are certain
   * to the integer; by control variates elsewhere.
   *
   * @default false
   */
  readonly controlMeans?: boolean | { readonly scaledTo: number };
  /**
   * If true, the result includes the gradients at the draws, for models of at most 64 coordinates.
   *
   * @default false
   */
  readonly keepGradients?: boolean;
  /** If true, error messages start with the name of the job. @default true */
  readonly nameInErrors?: boolean;
}

/** The job of a regression. */
export interface RegressionJob extends FitJob {
  readonly specification: RegressionSpecification;
}

export interface FitResult {
  readonly name: string;
  readonly algorithm: Chain['algorithm'];
  /** One row per reported parameter. */
  readonly parameters: readonly ParameterSummary[];
  readonly diagnostics: Diagnostics;
  /** One sentence per problem, with a remedy. */
  readonly warnings: readonly string[];
  /** Parametrization used to sample the group effects; absent if there are none. */
  readonly sampledAs?: string;
  readonly draws?: Draws;
  readonly chains?: readonly ChainRecord[];
  readonly gradients?: FitGradients | undefined;
  /** In the order of `parameters`. */
  readonly controlledMeans?: readonly ControlledMean[];
}

export interface FitProgress {
  readonly fit: string;
  /** Number of finished transitions of all chains, warm-up included. */
  readonly done: number;
  readonly total: number;
  /** One entry per chain; null for a chain that has not started. */
  readonly chains: readonly (ChainProgress | null)[];
}

/** The subset of `AbortSignal` that is used; any runtime's `AbortSignal` is compatible. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Progress, cancellation and delivery of the fits of a run. */
export interface RunOptions {
  /** Receives the progress of each fit whose chains report it. */
  readonly onProgress?: ((progress: FitProgress) => void) | undefined;
  /** Cancels the run, which then throws `interrupted`. */
  readonly signal?: CancelSignal | undefined;
}

export interface RunnerOptions extends RunOptions {
  /** Receives each fit as soon as it is finished. */
  readonly onFit?: ((result: FitResult) => void) | undefined;
}

/** Runs fits, on this thread or on others; results are in the order of the jobs. */
export type FitRunner = (
  jobs: readonly FitJob[],
  settings: Partial<SamplerSettings>,
  options?: RunnerOptions,
) => Promise<FitResult[]>;

/**
 * Checks the arguments of a runner before anything is sent to another thread.
 *
 * @returns the settings with defaults filled in
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

/** @throws WeighbridgeError `interrupted` if the signal is aborted */
export function requireRunning(signal: CancelSignal | undefined, what = 'sampling'): void {
  if (signal?.aborted) throw stoppedOnRequest(signal, what);
}

export function stoppedOnRequest({ reason }: CancelSignal, what = 'sampling'): WeighbridgeError {
  return new WeighbridgeError('interrupted', `${what} was stopped on request`, { cause: reason });
}

/** Runs a job without pausing. */
export function runJob(job: FitJob, settings: SamplerSettings): FitResult {
  return withName(job, () => {
    const model = modelOf(job.specification);
    return resultOf(job, sampleFit(model, settings, job.name), model);
  });
}

type NamedJob = Pick<FitJob, 'name' | 'nameInErrors'>;

/** Prefixes error messages with the name of the job. */
export function withName<T>(job: NamedJob, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw namedError(job, error);
  }
}

export function namedError({ name, nameInErrors = true }: NamedJob, error: unknown): unknown {
  if (!nameInErrors || !(error instanceof WeighbridgeError) || error.code === 'interrupted') {
    return error;
  }
  const { code, message, details } = error;
  return new WeighbridgeError(code, `${name}: ${message}`, { details, cause: error });
}

/** The parts of a fit that the job requests. */
export function resultOf(
  { name, keepDraws, keepChains, keepGradients, controlMeans = false }: FitJob,
  { fit, chains }: SampledFit,
  model: SpecifiedModel,
): FitResult {
  const { sampledAs } = model;
  const { parameters, diagnostics, warnings, draws } = fit;
  return {
    name,
    algorithm: chains[0].algorithm,
    parameters,
    diagnostics,
    warnings,
    ...(sampledAs && { sampledAs }),
    ...(keepDraws && { draws }),
    ...(keepChains && { chains: fit.chains }),
    ...(keepGradients && { gradients: gradientsOf(chains) }),
    ...meansOf(model, controlMeans, { draws, chains }),
  };
}

function meansOf(
  model: SpecifiedModel,
  controlMeans: NonNullable<FitJob['controlMeans']>,
  { draws, chains }: Pick<SampledFit, 'chains'> & Pick<FitData, 'draws'>,
): Pick<FitResult, 'controlledMeans'> {
  if (controlMeans === false) return {};
  const controlled = () => controlledMeans(draws, chains, model.controlBlocks);
  if (controlMeans === true) return { controlledMeans: controlled() };
  const isCertain = ([, ...slopes]: readonly ControlledMean[]) =>
    uncertainShares(slopes, controlMeans.scaledTo).length === 0;
  const integrated = integratedMeans(model, isCertain);
  if (integrated && isCertain(integrated)) return { controlledMeans: integrated };
  return { controlledMeans: leastError(integrated, controlled()) };
}

/** The means with the smaller sum of errors. */
function leastError(
  one: readonly ControlledMean[] | null,
  other: readonly ControlledMean[],
): readonly ControlledMean[] {
  const errorOf = (means: readonly ControlledMean[]) =>
    means.reduce((sum, { mcse }) => sum + mcse, 0);
  return one && errorOf(one) < errorOf(other) ? one : other;
}

/** The draws of a result. @throws WeighbridgeError `bad-argument` if the runner omitted them */
export function requireDraws(result: FitResult | undefined): Draws {
  if (result?.draws) return result.draws;
  throw badArgument('the runner returned no draws, expected those of the job', {
    option: 'runner',
  });
}

/** @throws WeighbridgeError `bad-argument` if the runner omitted the draws or the chains */
export function fitOfResult(result: FitResult | undefined): FitData {
  const draws = requireDraws(result);
  if (!result?.chains) {
    throw badArgument('the runner returned no chains, expected those of the job', {
      option: 'runner',
    });
  }
  const { parameters, diagnostics, warnings, chains } = result;
  keepGradientsOf(draws, result.gradients);
  return { draws, parameters, diagnostics, warnings, chains };
}

/**
 * Passes a finished fit to `onFit`.
 *
 * @returns the result, without draws that were only for `onFit`
 */
export function deliver(
  { keepDraws }: FitJob,
  result: FitResult,
  { onFit }: RunnerOptions,
): FitResult {
  onFit?.(result);
  if (keepDraws !== 'for-onFit') return result;
  const { draws: _draws, ...kept } = result;
  return kept;
}
