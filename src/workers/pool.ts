/**
 * Fits on worker threads. The threads live as long as the pool. Many fits go out in batches, so that
 * messages do not dominate; fewer fits than threads go out chain by chain.
 */
import { setMaxListeners } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import { badArgument, described } from '../checks/values.js';
import {
  deliver,
  type FitJob,
  type FitResult,
  type FitRunner,
  type RunnerOptions,
  requireJobs,
  requireRunning,
  stoppedOnRequest,
} from '../fit/job.js';
import {
  type ChainTask,
  type FinishedChain,
  fitByChains,
  type RunChains,
  runHere,
} from '../fit/run.js';
import type { ChainProgress } from '../sampler/chain.js';
import type { SamplerSettings } from '../sampler/settings.js';
import { type Outcome, unwrapOutcome } from './protocol.js';
import type { BatchTask, ThreadChainTask } from './thread.js';

export interface WorkerPool {
  /** For the `runner` option of `regression`, `reproduce` and others. */
  readonly runner: FitRunner;
  close(): Promise<void>;
}

/** Small enough that workers end together and progress is seen, large enough to cost no messages. */
const LARGEST_BATCH = 8;

const YOUNG_MEGABYTES = 16;

/**
 * A pool of `workers` threads; one worker is this thread, without a pool.
 *
 * @throws WeighbridgeError `bad-argument` if `workers` is not a positive whole number
 */
export function workerPool(workers: number): WorkerPool {
  if (!Number.isSafeInteger(workers) || workers < 1) {
    throw badArgument(`workers is ${workers}, but must be a whole number of at least 1`, {
      option: 'workers',
      found: workers,
    });
  }
  if (workers === 1) return { runner: runHere, close: async () => {} };
  const pool = new Tinypool({
    filename: new URL('./thread.js', import.meta.url).href,
    runtime: 'worker_threads',
    // They load while the caller reads the data.
    minThreads: workers,
    maxThreads: workers,
    // The next batch is ready when one ends.
    concurrentTasksPerWorker: 2,
    idleTimeout: 60_000,
    // Arrays of draws are dead as soon as they are reduced: collected often, they cost no memory.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    // Flags of this process, --eval for example, are not for its workers.
    execArgv: [],
  });
  const runChains = chainsOnThreads(pool);
  const runner: FitRunner = async (jobs, given, options = {}) => {
    const settings = requireJobs(jobs, given);
    requirePlainData(jobs);
    if (jobs.length >= workers) return runInBatches(pool, jobs, settings, workers, options);
    return stoppable(options.signal, (signal) =>
      Promise.all(jobs.map((job) => fitByChains(job, settings, runChains, { ...options, signal }))),
    );
  };
  return { runner, close: () => pool.destroy() };
}

/** A task that cannot be sent would break the pool. @throws WeighbridgeError `bad-argument` */
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

async function runInBatches(
  pool: Tinypool,
  jobs: readonly FitJob[],
  settings: SamplerSettings,
  workers: number,
  options: RunnerOptions,
): Promise<FitResult[]> {
  const size = Math.max(1, Math.min(LARGEST_BATCH, Math.floor(jobs.length / (4 * workers))));
  const batches: BatchTask[] = [];
  for (let start = 0; start < jobs.length; start += size) {
    batches.push({ jobs: jobs.slice(start, start + size), settings });
  }
  const runBatch = async (batch: BatchTask, signal: AbortSignal | undefined) => {
    // A task with a signal is not queued on a thread that is busy.
    const sent = { name: 'runBatch', ...(signal && { signal }) };
    const outcome: Outcome<FitResult[]> = await pool.run(batch, sent);
    const done = unwrapOutcome(outcome);
    return batch.jobs.flatMap((job, i) => {
      const result = done[i];
      if (!result) return [];
      const kept = deliver(job, result, options);
      if (!kept.draws && result.draws) release(result.draws.values.buffer);
      return [kept];
    });
  };
  const results = options.signal
    ? await stoppable(options.signal, (signal) =>
        Promise.all(batches.map((batch) => runBatch(batch, signal))),
      )
    : await Promise.all(batches.map((batch) => runBatch(batch, undefined)));
  return results.flat();
}

function chainsOnThreads(pool: Tinypool): RunChains {
  return (tasks, { onProgress, signal }) =>
    stoppable(signal, (stopping) =>
      Promise.all(
        tasks.map((task, chain) =>
          chainOnThread(pool, task, stopping, (progress) => onProgress(chain, progress)),
        ),
      ),
    );
}

/**
 * Runs `work` with a signal that is given on request and if `work` fails. A task that is stopped
 * takes its thread with it; the pool starts another when it is needed.
 */
async function stoppable<T>(
  signal: RunnerOptions['signal'],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  requireRunning(signal);
  const stopping = new AbortController();
  // Each task listens; more than ten are no leak.
  setMaxListeners(0, stopping.signal);
  const stop = () => stopping.abort();
  signal?.addEventListener('abort', stop);
  try {
    return await work(stopping.signal);
  } catch (error) {
    stopping.abort();
    throw signal?.aborted ? stoppedOnRequest(signal) : error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

async function chainOnThread(
  pool: Tinypool,
  task: ChainTask,
  signal: AbortSignal,
  onProgress: (progress: ChainProgress) => void,
): Promise<FinishedChain> {
  const { port1: ours, port2: port } = new MessageChannel();
  ours.on('message', onProgress);
  // Progress alone keeps no process alive.
  ours.unref();
  try {
    const sent: ThreadChainTask = { task, port };
    const outcome: Outcome<FinishedChain> = await pool.run(sent, {
      name: 'runChain',
      transferList: [port],
      signal,
    });
    return unwrapOutcome(outcome);
  } finally {
    ours.close();
  }
}

const { port1: closedPort, port2: otherEnd } = new MessageChannel();
otherEnd.close();
closedPort.close();

/**
 * Frees the memory of a large array at once, by moving it to a closed port; its views are empty from
 * then on. The collector does not see how much an ArrayBuffer holds until tens of megabytes of them
 * are dead. Not for a thread that samples: V8 runs typed arrays more slowly in a thread that has
 * moved one away.
 */
export function release(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer) closedPort.postMessage(null, [buffer]);
}
