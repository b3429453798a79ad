/**
 * What a worker thread does: a batch of whole fits, or one chain of a fit. Errors go back as values:
 * a message between threads keeps an error's text and loses its class and code.
 */
import { type ErrorCode, WeighbridgeError } from '../errors.js';
import { type FitJob, type FitResult, runJob, runJobChain } from '../regression/job.js';
import type { Chain } from '../sampler/chain.js';
import type { SamplerSettings } from '../sampler/settings.js';

export interface BatchTask {
  readonly jobs: readonly FitJob[];
  readonly settings: SamplerSettings;
}

export interface ChainTask {
  readonly job: FitJob;
  readonly settings: SamplerSettings;
  readonly chain: number;
}

/** What came of a task: its value, or the error that a user can mend. */
export type Outcome<T> =
  | { readonly value: T }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } };

/** Draws go back as copies, as moving them away would slow down this thread's next fits. */
export function runBatch({ jobs, settings }: BatchTask): Outcome<FitResult[]> {
  return outcomeOf(() => jobs.map((job) => runJob(job, settings)));
}

export function runChain({ job, settings, chain }: ChainTask): Outcome<Chain> {
  return outcomeOf(() => runJobChain(job, settings, chain));
}

function outcomeOf<T>(task: () => T): Outcome<T> {
  try {
    return { value: task() };
  } catch (error) {
    if (!(error instanceof WeighbridgeError)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}
