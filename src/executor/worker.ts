/**
 * What a worker thread does: a batch of whole fits, or one chain of a fit.
 */
import { chainOfFit, type FinishedChain } from '../regression/chains.js';
import { type FitJob, type FitResult, runJob, runJobChain } from '../regression/job.js';
import type { Chain } from '../sampler/chain.js';
import type { SamplerSettings } from '../sampler/settings.js';
import type { PausingChainTask } from './chain-runner.js';
import { type Outcome, outcomeOf } from './outcome.js';

export interface BatchTask {
  readonly jobs: readonly FitJob[];
  readonly settings: SamplerSettings;
}

export interface ChainTask {
  readonly job: FitJob;
  readonly settings: SamplerSettings;
  readonly chain: number;
}

/** Draws go back as copies, as moving them away would slow down this thread's next fits. */
export function runBatch({ jobs, settings }: BatchTask): Outcome<FitResult[]> {
  return outcomeOf(() => jobs.map((job) => runJob(job, settings)));
}

export function runChain({ job, settings, chain }: ChainTask): Outcome<Chain> {
  return outcomeOf(() => runJobChain(job, settings, chain));
}

/** A bar on a terminal moves no more often. */
const MILLISECONDS_BETWEEN_REPORTS = 50;

/** One chain of a fit by a formula; tells how far it is. */
export function runPausingChain({ job, port }: PausingChainTask): Outcome<FinishedChain> {
  return outcomeOf(() => {
    const steps = chainOfFit(job);
    let reported = 0;
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      if (Date.now() - reported < MILLISECONDS_BETWEEN_REPORTS) continue;
      reported = Date.now();
      port.postMessage(step.value);
    }
  });
}
