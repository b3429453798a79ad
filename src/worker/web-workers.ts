/**
 * Chains in web workers: a page stays alive while they are sampled, and they run beside one
 * another. This file is the entry `weighbridge/web-workers`.
 */
import { WeighbridgeError } from '../errors.js';
import {
  type ChainJob,
  type ChainRunner,
  type FinishedChain,
  progressOfFit,
  type RunOptions,
  stoppedOnRequest,
  whole,
} from '../regression/chains.js';
import type { ChainProgress } from '../sampler/chain.js';
import type { FromWorker, ToWorker } from './protocol.js';

export interface WebWorkerOptions {
  /**
   * Makes a worker that runs `weighbridge/worker`, such as
   * `() => new Worker(new URL('weighbridge/worker', import.meta.url), { type: 'module' })`.
   */
  readonly create: () => Worker;
  /** Workers at a time; as many as the machine has processors where absent. */
  readonly workers?: number;
}

/**
 * A runner for the `runner` option of `regression`. Workers live as long as a fit; when it is done,
 * has failed or was cancelled there is none left.
 *
 * @throws WeighbridgeError `bad-argument` for a number of workers that is none
 */
export function webWorkers({
  create,
  workers = navigator.hardwareConcurrency,
}: WebWorkerOptions): ChainRunner {
  if (!Number.isSafeInteger(workers) || workers < 1) {
    throw new WeighbridgeError(
      'bad-argument',
      `workers is ${workers}, but must be a whole number of at least 1`,
    );
  }
  return (jobs, options) => runInWorkers(jobs, options, create, workers);
}

async function runInWorkers(
  jobs: readonly ChainJob[],
  { onProgress, signal }: RunOptions,
  create: () => Worker,
  workers: number,
): Promise<readonly FinishedChain[]> {
  if (signal?.aborted) throw stoppedOnRequest(signal);
  const told = progressOfFit(jobs, onProgress);
  const waiting = [...jobs.entries()];
  const finished: FinishedChain[] = [];
  const alive = new Set<Worker>();
  let stop: () => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => signal && reject(stoppedOnRequest(signal));
  });
  signal?.addEventListener('abort', stop);

  /** Takes one chain after another from those that wait. */
  const workThrough = async (): Promise<void> => {
    const worker = create();
    alive.add(worker);
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, job] = next;
      finished[index] = await sampledBy(worker, job, (progress) => told(index, progress));
    }
  };
  try {
    const all = Array.from({ length: Math.min(workers, jobs.length) }, workThrough);
    await Promise.race([Promise.all(all), stopped]);
    return finished;
  } finally {
    signal?.removeEventListener('abort', stop);
    for (const worker of alive) worker.terminate();
  }
}

function sampledBy(
  worker: Worker,
  job: ToWorker,
  onProgress: (progress: ChainProgress) => void,
): Promise<FinishedChain> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      switch (data.kind) {
        case 'ready':
          return;
        case 'progress':
          return onProgress(data.progress);
        case 'done':
          onProgress(whole(data.finished, job));
          return resolve(data.finished);
        case 'failed':
          return reject(
            data.code ? new WeighbridgeError(data.code, data.message) : new Error(data.message),
          );
      }
    };
    worker.onerror = ({ message }) =>
      reject(new Error(`a worker could not be run: ${message || 'its script did not load'}`));
    worker.postMessage(job);
  });
}
