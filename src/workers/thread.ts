/**
 * The script of a worker thread: a batch of whole fits, or one chain of a fit.
 */
import type { MessagePort } from 'node:worker_threads';
import { type FitJob, type FitResult, runJob } from '../fit/job.js';
import type { ChainTask, FinishedChain } from '../fit/run.js';
import type { SamplerSettings } from '../sampler/settings.js';
import { type Outcome, outcomeOf, performChain } from './protocol.js';

export interface BatchTask {
  readonly jobs: readonly FitJob[];
  readonly settings: SamplerSettings;
}

/** Draws go back as copies: moving them away would slow down the next fits of this thread. */
export function runBatch({ jobs, settings }: BatchTask): Outcome<FitResult[]> {
  return outcomeOf(() => jobs.map((job) => runJob(job, settings)));
}

export interface ThreadChainTask {
  readonly task: ChainTask;
  /** Receives the progress. */
  readonly port: MessagePort;
}

export function runChain({ task, port }: ThreadChainTask): Outcome<FinishedChain> {
  return performChain(task, (progress) => port.postMessage(progress));
}
