/**
 * Chains in web workers: a page stays responsive while they are sampled, several at a time. This
 * file is the entry `weighbridge/web-workers`.
 */
import { badArgument } from '../checks/values.js';
import { type FitRunner, requireRunning, stoppedOnRequest } from '../fit/job.js';
import {
  type ChainRunOptions,
  type ChainTask,
  type FinishedChain,
  runnerByChains,
} from '../fit/run.js';
import type { ChainProgress } from '../sampler/chain.js';
import { type FromWorker, type ToWorker, unwrapOutcome } from './protocol.js';

/** The part of a `Worker` that is used. */
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
  /** Workers at a time. @default the number of processors */
  readonly workers?: number;
}

/**
 * A runner for the `runner` option of `regression`. Workers live as long as a fit and end when it is
 * done, has failed or was stopped.
 *
 * @throws WeighbridgeError `bad-argument` if `workers` is not a positive whole number
 */
export function webWorkers({ create, workers = processors() }: WebWorkerOptions): FitRunner {
  if (!Number.isSafeInteger(workers) || workers < 1) {
    throw badArgument(`workers is ${workers}, but must be a whole number of at least 1`, {
      option: 'workers',
      found: workers,
    });
  }
  return runnerByChains((tasks, options) => runInWorkers(tasks, options, create, workers));
}

/** `navigator` is in every browser, but not in the library of the language. */
function processors(): number {
  const { navigator } = globalThis as { navigator?: { readonly hardwareConcurrency?: number } };
  return navigator?.hardwareConcurrency ?? 1;
}

async function runInWorkers(
  tasks: readonly ChainTask[],
  { onProgress, signal }: ChainRunOptions,
  create: () => WebWorker,
  workers: number,
): Promise<readonly FinishedChain[]> {
  requireRunning(signal);
  const waiting = [...tasks.entries()];
  const finished: FinishedChain[] = [];
  const alive = new Set<WebWorker>();
  let stop: () => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => signal && reject(stoppedOnRequest(signal));
  });
  signal?.addEventListener('abort', stop);

  /** One worker that takes a waiting chain after another. */
  const workThrough = async (): Promise<void> => {
    const worker = create();
    alive.add(worker);
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, task] = next;
      finished[index] = await sampledBy(worker, task, (progress) => onProgress(index, progress));
    }
  };
  try {
    const all = Array.from({ length: Math.min(workers, tasks.length) }, workThrough);
    await Promise.race([Promise.all(all), stopped]);
    return finished;
  } finally {
    signal?.removeEventListener('abort', stop);
    for (const worker of alive) worker.terminate();
  }
}

function sampledBy(
  worker: WebWorker,
  task: ToWorker,
  onProgress: (progress: ChainProgress) => void,
): Promise<FinishedChain> {
  return new Promise((resolve, reject) => {
    const settle = (settled: () => void) => {
      worker.removeEventListener('message', onMessage);
      worker.removeEventListener('error', onError);
      settled();
    };
    const onMessage = ({ data }: { readonly data: unknown }) => {
      const message = data as FromWorker;
      if (message.kind === 'ready') return;
      if (message.kind === 'progress') return onProgress(message.progress);
      settle(() => {
        try {
          resolve(unwrapOutcome(message));
        } catch (error) {
          reject(error);
        }
      });
    };
    const onError = ({ message }: { readonly message?: string }) =>
      settle(() =>
        reject(new Error(`a worker could not be run: ${message || 'its script did not load'}`)),
      );
    worker.addEventListener('message', onMessage);
    worker.addEventListener('error', onError);
    worker.postMessage(task);
  });
}
