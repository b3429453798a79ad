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

/** What of a `Worker` is needed: any page's will do. */
export interface WebWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'error', listener: (event: { readonly message?: string }) => void): void;
  removeEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  removeEventListener(
    type: 'error',
    listener: (event: { readonly message?: string }) => void,
  ): void;
}

export interface WebWorkerOptions {
  /**
   * Makes a worker that runs `weighbridge/worker`, such as
   * `() => new Worker(new URL('weighbridge/worker', import.meta.url), { type: 'module' })`.
   */
  readonly create: () => WebWorker;
  /** Workers at a time; as many as the machine has processors where absent. */
  readonly workers?: number;
}

/**
 * A runner for the `runner` option of `regression`. Workers live as long as a fit; when it is done,
 * has failed or was cancelled there is none left.
 *
 * @throws WeighbridgeError `bad-argument` for a number of workers that is none
 */
export function webWorkers({ create, workers = processors() }: WebWorkerOptions): ChainRunner {
  if (!Number.isSafeInteger(workers) || workers < 1) {
    throw new WeighbridgeError(
      'bad-argument',
      `workers is ${workers}, but must be a whole number of at least 1`,
    );
  }
  return (jobs, options) => runInWorkers(jobs, options, create, workers);
}

/** Every browser says so, though the language's own library does not know of it. */
function processors(): number {
  const { navigator } = globalThis as { navigator?: { readonly hardwareConcurrency?: number } };
  return navigator?.hardwareConcurrency ?? 1;
}

async function runInWorkers(
  jobs: readonly ChainJob[],
  { onProgress, signal }: RunOptions,
  create: () => WebWorker,
  workers: number,
): Promise<readonly FinishedChain[]> {
  if (signal?.aborted) throw stoppedOnRequest(signal);
  const told = progressOfFit(jobs, onProgress);
  const waiting = [...jobs.entries()];
  const finished: FinishedChain[] = [];
  const alive = new Set<WebWorker>();
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
  worker: WebWorker,
  job: ToWorker,
  onProgress: (progress: ChainProgress) => void,
): Promise<FinishedChain> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      worker.removeEventListener('message', hear);
      worker.removeEventListener('error', fail);
    };
    const hear = (event: { readonly data: unknown }) => {
      const told = event.data as FromWorker;
      switch (told.kind) {
        case 'ready':
          return;
        case 'progress':
          return onProgress(told.progress);
        case 'done':
          settle();
          onProgress(whole(told.finished, job));
          return resolve(told.finished);
        case 'failed':
          settle();
          return reject(
            told.code ? new WeighbridgeError(told.code, told.message) : new Error(told.message),
          );
      }
    };
    const fail = ({ message }: { readonly message?: string }) => {
      settle();
      reject(new Error(`a worker could not be run: ${message || 'its script did not load'}`));
    };
    worker.addEventListener('message', hear);
    worker.addEventListener('error', fail);
    worker.postMessage(job);
  });
}
