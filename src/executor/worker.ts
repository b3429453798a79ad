/** What a worker thread does: a batch of whole fits, or one chain of a fit. */
import { type FitJob, type FitResult, runJob } from '../regression/job.js';
import { modelOf } from '../regression/specification.js';
import { type Chain, sampleChain } from '../sampler/chain.js';
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

export function runBatch({ jobs, settings }: BatchTask): FitResult[] {
  return jobs.map((job) => runJob(job, settings));
}

export function runChain({ job, settings, chain }: ChainTask): Chain {
  return sampleChain(modelOf(job.specification), settings, job.name, chain);
}
