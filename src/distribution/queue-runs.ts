/** The runs and workers of a queue, to be looked at and removed. */
import { WeighbridgeError } from '../errors.js';
import { packageVersion } from '../package-info.js';
import { QueueStore, type RunRecord, type WorkerRecord } from './queue-store.js';
import { connect, DEFAULT_PREFIX, loadBullmq, type QueueAddress, requireAddress } from './redis.js';

/** Milliseconds after the last sign of a run after which it counts as stopped. */
const SILENT = 15_000;

export interface QueueRuns {
  /** All runs of the last week, the latest first. */
  runs(): Promise<readonly RunRecord[]>;
  /** @throws WeighbridgeError `bad-argument` if there is no such run */
  run(name: string): Promise<RunRecord>;
  /** Workers that are alive. */
  workers(): Promise<readonly WorkerRecord[]>;
  /**
   * Removes a run: what waits, and the results that it has received.
   *
   * @throws WeighbridgeError `bad-argument` if there is no such run, `locked` if it is running
   */
  remove(name: string): Promise<void>;
  close(): void;
}

/** @throws WeighbridgeError as `bullmqRunner` */
export async function openQueueRuns(address: QueueAddress): Promise<QueueRuns> {
  requireAddress(address);
  const { Queue } = await loadBullmq();
  const redis = await connect(address);
  const store = new QueueStore(redis, address.prefix ?? DEFAULT_PREFIX, packageVersion);
  try {
    await store.claim();
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  const runs = async () => {
    const found = await store.runs();
    return found.map(withSilence).toSorted((one, other) => other.changed - one.changed);
  };
  const run = async (name: string) => {
    const found = (await runs()).find((one) => one.name === name);
    if (found) return found;
    throw new WeighbridgeError(
      'bad-argument',
      `the queue has no run named '${name}': weighbridge jobs list names them`,
      { details: { found: name } },
    );
  };
  return {
    runs,
    run,
    workers: () => store.workers(),
    remove: async (name) => {
      const found = await run(name);
      if (found.state === 'running') {
        throw new WeighbridgeError('locked', `${name} is running: stop it before it is removed`);
      }
      const { prefix } = store;
      const queue = new Queue(`fits-${found.version}`, { connection: redis, prefix });
      for (const job of await queue.getWaiting()) {
        if (job.data.run === name) await job.remove();
      }
      await store.forgetRun(name);
    },
    close: () => redis.disconnect(),
  };
}

/** A run whose process was killed is not running. */
function withSilence(run: RunRecord): RunRecord {
  const isSilent = run.state === 'running' && Date.now() - run.changed > SILENT;
  return isSilent ? { ...run, state: 'stopped' } : run;
}
