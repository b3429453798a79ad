/**
 * Fits on worker threads. The threads start when the first fit needs them and live as long as the
 * pool. Many fits go out in batches, so that messages do not dominate; fewer fits than threads go out
 * chain by chain. A fit that ends before workers would have helped is sampled on this thread.
 */
import { setMaxListeners } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import { requireNames, requireOneOf } from '../checks/options.js';
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
  runHereWhile,
  type Trial,
} from '../fit/run.js';
import type { ChainProgress } from '../sampler/chain.js';
import type { SamplerSettings } from '../sampler/settings.js';
import { type Outcome, unwrapOutcome } from './protocol.js';
import type { BatchTask, ThreadChainTask } from './thread.js';

export interface WorkerPool {
  /** For the `runner` option of `regression`, `reproduce` and others. */
  readonly runner: FitRunner;
  /** Starts the threads now, so that they load while the caller reads the data of many fits. */
  start(): void;
  close(): Promise<void>;
}

export interface WorkerPoolOptions {
  /**
   * Where fewer fits than workers are sampled. `here`: on this thread, in steps of 30 ms, if they end
   * before workers would; the others on workers. `workers`: always on workers, for a thread that has to
   * answer at once.
   *
   * @default 'here'
   */
  readonly smallFits?: 'here' | 'workers';
}

/** Small enough that workers end together and progress is seen, large enough to cost no messages. */
const LARGEST_BATCH = 8;

const YOUNG_MEGABYTES = 16;

/**
 * A pool of `workers` threads; one worker is this thread, without a pool. Draws do not depend on the
 * number of workers, nor on whether a fit is sampled on this thread.
 *
 * @throws WeighbridgeError `bad-argument` if `workers` is not a positive whole number
 */
export function workerPool(workers: number, options: WorkerPoolOptions = {}): WorkerPool {
  requireNames(options, ['smallFits'], 'workerPool');
  const { smallFits = 'here' } = options;
  requireOneOf('smallFits', smallFits, ['here', 'workers']);
  if (!Number.isSafeInteger(workers) || workers < 1) {
    throw badArgument(`workers is ${workers}, but must be a whole number of at least 1`, {
      option: 'workers',
      found: workers,
    });
  }
  if (workers === 1) return { runner: runHere, start: () => {}, close: async () => {} };
  let threads: Tinypool | null = null;
  const started = (): Tinypool => {
    threads ??= startThreads(workers);
    return threads;
  };
  const runOne = async (job: FitJob, settings: SamplerSettings, run: RunnerOptions) => {
    const here = smallFits === 'here' ? await runIfSmall(job, settings, workers, run) : null;
    return here ?? fitByChains(job, settings, chainsOnThreads(started()), run);
  };
  const runner: FitRunner = async (jobs, given, run = {}) => {
    const settings = requireJobs(jobs, given);
    requirePlainData(jobs);
    if (jobs.length >= workers) return runInBatches(started(), jobs, settings, workers, run);
    return stoppable(run.signal, (signal) =>
      Promise.all(jobs.map((job) => runOne(job, settings, { ...run, signal }))),
    );
  };
  return {
    runner,
    start: () => {
      started();
    },
    close: async () => {
      await threads?.destroy();
    },
  };
}

function startThreads(workers: number): Tinypool {
  return new Tinypool({
    filename: new URL('./thread.js', import.meta.url).href,
    runtime: 'worker_threads',
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
}

/**
 * Samples a job on this thread as long as workers would not end it sooner.
 *
 * @returns null if they would: all chains are then to be sampled on workers, from their start
 */
async function runIfSmall(
  job: FitJob,
  settings: SamplerSettings,
  workers: number,
  options: RunnerOptions,
): Promise<FitResult | null> {
  if (isPlainlyLarge(job, settings)) return null;
  const used = Math.min(workers, settings.chains);
  return runHereWhile(job, settings, options, (trial) =>
    endsHereFirst(trial, settings.chains, used),
  );
}

/** Milliseconds until new workers sample at full speed: they load, and compile the code anew. */
const START = 700;

/**
 * With t milliseconds for the share p of the transitions, all take t/p. Sampling on this thread goes on
 * unless w workers, which begin anew and plan once a chain, would end sooner.
 */
function endsHereFirst({ planning, sampling, share }: Trial, chains: number, workers: number) {
  const all = sampling / share;
  return all - sampling <= START + (planning * chains + all) / workers;
}

/** Row by column by draw: about a nanosecond each in the fastest sampler. */
const MOST_PRODUCTS = 2e9;

/** True if the data alone show that the fit takes longer than workers take to start. */
function isPlainlyLarge({ specification }: FitJob, { chains, draws }: SamplerSettings): boolean {
  if (specification.model !== undefined && specification.model !== 'regression') return false;
  const { rows, predictors, groups } = specification.data;
  const columns = groups.reduce((sum, group) => sum + group.coefficients.length, 1);
  return rows * (columns + predictors.names.length) * chains * draws > MOST_PRODUCTS;
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
          chainOnThread(pool, task, stopping, (progress) => {
            // Messages may still be on their way when a fit is stopped.
            if (!stopping.aborted) onProgress(chain, progress);
          }),
        ),
      ),
    );
}

/**
 * Runs `work` with a signal that is given on request and if `work` fails. A task that is stopped
 * takes its thread with it; the pool starts another when it is needed.
 *
 * @param what is stopped, for the message
 */
export async function stoppable<T>(
  signal: RunnerOptions['signal'],
  work: (signal: AbortSignal) => Promise<T>,
  what = 'sampling',
): Promise<T> {
  requireRunning(signal, what);
  const stopping = new AbortController();
  // Each task listens; more than ten are no leak.
  setMaxListeners(0, stopping.signal);
  const stop = () => stopping.abort();
  signal?.addEventListener('abort', stop);
  try {
    return await work(stopping.signal);
  } catch (error) {
    stopping.abort();
    throw signal?.aborted ? stoppedOnRequest(signal, what) : error;
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
