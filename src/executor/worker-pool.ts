/**
 * Fits on worker threads. The workers live as long as the pool; many fits go out in batches, so
 * that messages do not dominate, and fewer fits than workers go out chain by chain.
 */
import { setImmediate } from 'node:timers/promises';
import { Tinypool } from 'tinypool';
import { WeighbridgeError } from '../errors.js';
import { type ChainRunner, runChainsHere } from '../regression/chains.js';
import { badArgument, described } from '../regression/check-options.js';
import {
  type FitJob,
  type FitResult,
  type FitRunner,
  joinJobChains,
  requireJobs,
  runHere,
  showFit,
} from '../regression/job.js';
import type { Chain } from '../sampler/chain.js';
import type { SamplerSettings } from '../sampler/settings.js';
import { chainRunner } from './chain-runner.js';
import { unwrapped } from './outcome.js';
import { release } from './release.js';
import type { BatchTask, ChainTask } from './worker.js';

export interface WorkerPool {
  /** Many fits of the paper's two regressions. */
  readonly run: FitRunner;
  /** The chains of one fit: the `runner` of `regression`. */
  readonly runChains: ChainRunner;
  close(): Promise<void>;
}

/** Small enough that workers end together and progress is seen, large enough to cost no messages. */
const LARGEST_BATCH = 8;

const YOUNG_MEGABYTES = 16;

/** A pool of `workers` threads; one worker means this thread, and no pool at all. */
export function workerPool(workers: number): WorkerPool {
  if (!Number.isSafeInteger(workers) || workers < 1) {
    throw new WeighbridgeError(
      'bad-argument',
      `workers is ${workers}, but must be a whole number of at least 1`,
    );
  }
  if (workers === 1) {
    return { run: runOneByOne, runChains: runChainsHere, close: async () => {} };
  }
  const pool = new Tinypool({
    filename: new URL('./worker.js', import.meta.url).href,
    runtime: 'worker_threads',
    // They load while the caller reads the data.
    minThreads: workers,
    maxThreads: workers,
    // The next batch lies ready where one ends.
    concurrentTasksPerWorker: 2,
    idleTimeout: 60_000,
    // Arrays of draws are dead as soon as they are reduced: collected often, they cost no memory.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    // Flags that this process was started with, --eval say, are not for its workers.
    execArgv: [],
  });
  const run: FitRunner = async (jobs, given, onFit) => {
    const settings = requireJobs(jobs, given);
    requirePlainData(jobs);
    return jobs.length < workers
      ? runByChain(pool, jobs, settings, onFit)
      : runInBatches(pool, jobs, settings, workers, onFit);
  };
  return { run, runChains: chainRunner(pool), close: () => pool.destroy() };
}

/** A pool does not get over a task that cannot be sent. @throws WeighbridgeError `bad-argument` */
function requirePlainData(jobs: readonly FitJob[]): void {
  for (const job of jobs) {
    try {
      structuredClone(job);
    } catch (cause) {
      const found = described(cause instanceof Error ? cause.message : cause);
      throw badArgument(
        `${job.name}: cannot be sent to a worker thread, expected plain data, found ${found}`,
      );
    }
  }
}

type OnFit = Parameters<FitRunner>[2];

/** On this thread, which listens between fits: to signals, say. */
const runOneByOne: FitRunner = async (jobs, given, onFit) => {
  const settings = requireJobs(jobs, given);
  const results: FitResult[] = [];
  for (const job of jobs) {
    await setImmediate();
    results.push(...(await runHere([job], settings, onFit)));
  }
  return results;
};

async function runInBatches(
  pool: Tinypool,
  jobs: readonly FitJob[],
  settings: SamplerSettings,
  workers: number,
  onFit: OnFit,
): Promise<FitResult[]> {
  const size = Math.max(1, Math.min(LARGEST_BATCH, Math.floor(jobs.length / (4 * workers))));
  const batches: BatchTask[] = [];
  for (let start = 0; start < jobs.length; start += size) {
    batches.push({ jobs: jobs.slice(start, start + size), settings });
  }
  const results = await Promise.all(
    batches.map(async (batch): Promise<FitResult[]> => {
      const done = unwrapped<FitResult[]>(await pool.run(batch, { name: 'runBatch' }));
      return batch.jobs.flatMap((job, i) => {
        const result = done[i];
        if (!result) return [];
        const kept = showFit(job, result, onFit);
        // A copy that the worker sent, of which nobody has a need any more.
        if (!kept.draws && result.draws) release(result.draws.values.buffer);
        return [kept];
      });
    }),
  );
  return results.flat();
}

function runByChain(
  pool: Tinypool,
  jobs: readonly FitJob[],
  settings: SamplerSettings,
  onFit: OnFit,
): Promise<FitResult[]> {
  return Promise.all(
    jobs.map(async (job) => {
      const chains = await Promise.all(
        Array.from({ length: settings.chains }, async (_, chain) => {
          const task: ChainTask = { job, settings, chain };
          return unwrapped<Chain>(await pool.run(task, { name: 'runChain' }));
        }),
      );
      return showFit(job, joinJobChains(job, settings, chains), onFit);
    }),
  );
}
