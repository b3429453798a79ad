/**
 * Fits on worker threads. The workers live as long as the pool; many fits go out in batches, so
 * that messages do not dominate, and fewer fits than workers go out chain by chain.
 */
import { Tinypool } from 'tinypool';
import { WeighbridgeError } from '../errors.js';
import {
  type FitJob,
  type FitResult,
  type FitRunner,
  resultOf,
  runHere,
} from '../regression/job.js';
import { modelOf } from '../regression/specification.js';
import type { Chain } from '../sampler/chain.js';
import type { SamplerSettings } from '../sampler/settings.js';
import type { BatchTask, ChainTask } from './worker.js';

export interface WorkerPool {
  readonly run: FitRunner;
  close(): Promise<void>;
}

/** Small enough that workers end together and progress is seen, large enough to cost no messages. */
const LARGEST_BATCH = 8;

/** A pool of `workers` threads; one worker means this thread, and no pool at all. */
export function workerPool(workers: number): WorkerPool {
  if (!Number.isSafeInteger(workers) || workers < 1) {
    throw new WeighbridgeError(
      'bad-argument',
      `workers is ${workers}, but must be a whole number of at least 1`,
    );
  }
  if (workers === 1) return { run: runHere, close: async () => {} };
  const pool = new Tinypool({
    filename: new URL('./worker.js', import.meta.url).href,
    runtime: 'worker_threads',
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: 60_000,
    // Flags that this process was started with, --eval say, are not for its workers.
    execArgv: [],
  });
  const run: FitRunner = (jobs, settings, onFit) =>
    jobs.length < workers
      ? runByChain(pool, jobs, settings, onFit)
      : runInBatches(pool, jobs, settings, workers, onFit);
  return { run, close: () => pool.destroy() };
}

async function runInBatches(
  pool: Tinypool,
  jobs: readonly FitJob[],
  settings: SamplerSettings,
  workers: number,
  onFit?: () => void,
): Promise<FitResult[]> {
  const size = Math.max(1, Math.min(LARGEST_BATCH, Math.floor(jobs.length / (4 * workers))));
  const batches: BatchTask[] = [];
  for (let start = 0; start < jobs.length; start += size) {
    batches.push({ jobs: jobs.slice(start, start + size), settings });
  }
  const results = await allOrFirstError(
    batches.map(async (batch): Promise<FitResult[]> => {
      const done: FitResult[] = await pool.run(batch, { name: 'runBatch' });
      for (const _ of done) onFit?.();
      return done;
    }),
  );
  return results.flat();
}

function runByChain(
  pool: Tinypool,
  jobs: readonly FitJob[],
  settings: SamplerSettings,
  onFit?: () => void,
): Promise<FitResult[]> {
  return allOrFirstError(
    jobs.map(async (job) => {
      const chains: Chain[] = await allOrFirstError(
        Array.from({ length: settings.chains }, (_, chain) => {
          const task: ChainTask = { job, settings, chain };
          return pool.run(task, { name: 'runChain' });
        }),
      );
      onFit?.();
      return resultOf(job, modelOf(job.specification).parameterNames, chains);
    }),
  );
}

/** An error keeps its class and code on its way from a worker, where a copy of it would lose them. */
async function allOrFirstError<T>(work: readonly Promise<T>[]): Promise<T[]> {
  try {
    return await Promise.all(work);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.name === 'WeighbridgeError') {
      throw new WeighbridgeError(cause.code as WeighbridgeError['code'], cause.message, { cause });
    }
    throw cause;
  }
}
