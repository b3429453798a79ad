/**
 * The chains of a fit on worker threads, beside one another.
 */
import { MessageChannel } from 'node:worker_threads';
import type { Tinypool } from 'tinypool';
import {
  type ChainJob,
  type ChainRunner,
  type FinishedChain,
  progressOfFit,
  stoppedOnRequest,
  whole,
} from '../regression/chains.js';
import type { ChainProgress } from '../sampler/chain.js';
import { type Outcome, unwrapped } from './outcome.js';

/** What a worker is sent: progress goes back by the port. */
export interface PausingChainTask {
  readonly job: ChainJob;
  readonly port: MessageChannel['port1'];
}

/** A fit that is cancelled takes its threads with it; the pool starts others when they are needed. */
export function chainRunner(pool: Tinypool): ChainRunner {
  return async (jobs, { onProgress, signal }) => {
    const told = progressOfFit(jobs, onProgress);
    const stopping = new AbortController();
    const stop = () => stopping.abort();
    if (signal?.aborted) throw stoppedOnRequest(signal);
    signal?.addEventListener('abort', stop);
    try {
      return await Promise.all(
        jobs.map((job, index) =>
          sampledBy(pool, job, stopping.signal, (progress) => told(index, progress)),
        ),
      );
    } catch (error) {
      // One chain that fails takes the others with it.
      stopping.abort();
      throw signal?.aborted ? stoppedOnRequest(signal) : error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  };
}

async function sampledBy(
  pool: Tinypool,
  job: ChainJob,
  signal: AbortSignal,
  onProgress: (progress: ChainProgress) => void,
): Promise<FinishedChain> {
  const { port1: ours, port2: port } = new MessageChannel();
  ours.on('message', onProgress);
  // Progress alone keeps no process alive.
  ours.unref();
  try {
    const task: PausingChainTask = { job, port };
    const outcome: Outcome<FinishedChain> = await pool.run(task, {
      name: 'runPausingChain',
      transferList: [port],
      signal,
    });
    const finished = unwrapped(outcome);
    onProgress(whole(finished, job));
    return finished;
  } finally {
    ours.close();
  }
}
