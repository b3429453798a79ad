/**
 * A worker of a queue: takes batches of fits, runs them on its threads, and stores their results by the
 * ids of the fits. A batch of a worker that is killed goes to another when its lock has run out.
 */
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { Job, Worker } from 'bullmq';
import { onOneLine } from '../checks/names.js';
import { requireNames } from '../checks/options.js';
import { badArgument, described } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';
import type { FitJob, FitRunner } from '../fit/job.js';
import { packageVersion } from '../package-info.js';
import type { SamplerSettings } from '../sampler/settings.js';
import { workerPool } from '../workers/pool.js';
import { outcomeOfAsync } from '../workers/protocol.js';
import { encodeOutcome, type FitOutcome, openJobs } from './codec.js';
import { machineName, machineProbe } from './probe.js';
import { type DataPlace, folderData } from './queue-data.js';
import {
  type BatchData,
  type BatchReport,
  batchData,
  QueueStore,
  type WorkerRecord,
} from './queue-store.js';
import {
  connect,
  DEFAULT_PREFIX,
  isFull,
  loadBullmq,
  type QueueAddress,
  requireAddress,
  shownAddress,
  unreachable,
} from './redis.js';

export interface QueueWorkerOptions extends QueueAddress {
  /** Threads for fits. @default 1, this thread */
  readonly threads?: number;
  /**
   * Seconds after which a batch goes to another worker if this one no longer answers, 1 to 3600.
   *
   * @default 20
   */
  readonly lockSeconds?: number;
  /**
   * A folder that the one who asks sees too, for arrays that are not in Redis (`dataFolder` of
   * `bullmqRunner`).
   *
   * @default no folder
   */
  readonly dataFolder?: string | undefined;
  /** Receives one line for each event that a person should know of. */
  readonly onNotice?: (line: string) => void;
}

export interface QueueWorker {
  readonly name: string;
  /** Fits that this worker has made, and those of them that failed. */
  counts(): { readonly fits: number; readonly failed: number };
  /**
   * Rejects if the worker cannot go on: the queue asks for another version, or for a data folder that
   * the worker does not see.
   */
  readonly ended: Promise<void>;
  /** Ends what is begun, for a few seconds, and takes nothing more; what is left goes to other workers. */
  close(): Promise<void>;
}

/** One batch is worked on, the next is ready. */
const BATCHES = 2;

/** Milliseconds between signs of life. */
const SIGN = 3000;

/** Milliseconds for which a run without a sign counts as running; clocks of machines differ. */
const RECENT = 300_000;

/** Milliseconds that a worker takes at most for what is begun, when it is asked to end. */
const LAST_WORK = 5000;

/** Milliseconds for the connections to end after that. */
const LAST_BREATH = 500;

/** Largest result of one fit in Redis, bytes. */
const LARGEST_RESULT = 2 ** 28;

const LOST_LOCK =
  'a batch went to another worker, for this one was busy or cut off: a longer --lock-seconds helps';

/** Bytes of data that a worker keeps. */
const CACHE = 2 ** 28;

/** @throws WeighbridgeError `server`, `wrong-format`, `wrong-version`, `missing-package`, `bad-argument` */
export async function startQueueWorker(options: QueueWorkerOptions): Promise<QueueWorker> {
  return startWorkerOf(packageVersion, options);
}

/** A worker that says that it is of this version, for tests of workers of other versions. */
export async function startWorkerOf(
  version: string,
  options: QueueWorkerOptions,
): Promise<QueueWorker> {
  requireNames(
    options,
    ['connection', 'prefix', 'threads', 'lockSeconds', 'dataFolder', 'onNotice'],
    'startQueueWorker',
  );
  requireAddress(options);
  const { lockSeconds = 20, threads = 1 } = options;
  if (!(lockSeconds >= 1 && lockSeconds <= 3600)) {
    throw badArgument(`lockSeconds is ${described(lockSeconds)}, expected 1 to 3600`);
  }
  const pool = workerPool(threads);
  const { Worker } = await loadBullmq();
  const folder = options.dataFolder === undefined ? null : await folderData(options.dataFolder);
  const redis = await connect(options);
  const store = new QueueStore(redis, options.prefix ?? DEFAULT_PREFIX, version);
  const work = new BatchWork({ store, folder }, pool.runner, options);
  try {
    await store.claim();
    await work.requireVersion();
    await store.tellOfWorker(work.record());
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  const worker = new Worker(store.queue, (job, token) => work.report(job, token), {
    connection: redis,
    prefix: store.prefix,
    name: work.name,
    concurrency: BATCHES,
    lockDuration: 1000 * lockSeconds,
    stalledInterval: Math.max(500, 250 * lockSeconds),
    // The one who asked sends it again, in halves.
    maxStalledCount: 0,
  });
  work.tellOfErrors(worker);
  try {
    // BullMQ does not try again if the first connection fails.
    await worker.waitUntilReady();
  } catch (error) {
    await Promise.race([worker.close(true).catch(() => {}), wait(LAST_BREATH)]);
    redis.disconnect();
    throw unreachable(shownAddress(options.connection), error);
  }
  work.takeNoMore = () => worker.pause(true);
  const signs = setInterval(() => {
    store
      .tellOfWorker(work.record())
      .then(() => work.requireVersion())
      .catch((error: unknown) => {
        if (error instanceof WeighbridgeError) work.end(error);
        else work.notice(error instanceof Error ? error.message : String(error));
      });
  }, SIGN);
  return {
    name: work.name,
    ended: work.ended,
    counts: work.counts,
    close: async () => {
      clearInterval(signs);
      work.closing = true;
      const closed = worker.close().then(() => store.forgetWorker(work.name));
      // Redis may be gone, and a fit may take hours.
      const isClosed = await Promise.race([closed.then(() => true), wait(LAST_WORK, false)]).catch(
        () => false,
      );
      if (!isClosed) {
        await Promise.race([work.giveBack(), wait(LAST_BREATH)]);
        await Promise.race([worker.close(true).catch(() => {}), wait(LAST_BREATH)]);
      }
      redis.disconnect();
      await pool.close();
    },
  };
}

/** A name that tells two workers of one machine apart. */
function workerName(): string {
  const chance = Math.floor(Math.random() * 36 ** 4).toString(36);
  return `${hostname()}-${process.pid}-${chance}`;
}

class BatchWork {
  readonly name = workerName();
  closing = false;
  #fits = 0;
  #failed = 0;
  #busy = 0;
  readonly #data = new Map<string, Uint8Array>();
  readonly #notices = new Map<string, number>();

  private readonly store: QueueStore;
  readonly ended: Promise<void>;
  end: (error: WeighbridgeError) => void = () => {};
  takeNoMore: () => Promise<void> = async () => {};

  constructor(
    private readonly places: { readonly store: QueueStore; readonly folder: DataPlace | null },
    private readonly runner: FitRunner,
    private readonly options: QueueWorkerOptions,
  ) {
    this.store = places.store;
    this.ended = new Promise<void>((_, reject) => {
      this.end = reject;
    });
    this.ended.catch(() => {});
  }

  readonly counts = () => ({ fits: this.#fits, failed: this.#failed });

  record(): WorkerRecord {
    const { name, store, options } = this;
    return {
      name,
      version: store.version,
      ...machineName(),
      threads: options.threads ?? 1,
      probe: machineProbe(),
      fits: this.#fits,
      failed: this.#failed,
      busy: this.#busy,
    };
  }

  /** Errors of BullMQ have a number as their code if a batch is no longer this worker's. */
  tellOfErrors(worker: Worker): void {
    let unrenewed = 0;
    worker.on('lockRenewalFailed', (batches) => {
      // An error for each of them follows.
      unrenewed = batches.length;
      this.notice(LOST_LOCK);
    });
    worker.on('error', (error) => {
      if (unrenewed > 0) unrenewed--;
      else
        this.notice('code' in error && typeof error.code === 'number' ? LOST_LOCK : error.message);
    });
  }

  /** Passes a line on, but the same one at most every ten seconds. */
  notice(line: string): void {
    const now = Date.now();
    if (now - (this.#notices.get(line) ?? 0) < 10_000) return;
    this.#notices.set(line, now);
    this.options.onNotice?.(line);
  }

  /** @throws WeighbridgeError `wrong-version` if all that is to be done is of other versions */
  async requireVersion(): Promise<void> {
    const { version } = this.store;
    const recent = Date.now() - RECENT;
    const running = (await this.store.runs()).filter(
      ({ state, changed }) => state === 'running' && changed > recent,
    );
    const [other] = running;
    if (!other || running.some((run) => run.version === version)) return;
    throw new WeighbridgeError(
      'wrong-version',
      `this worker is weighbridge ${version}, the fits of ${other.name} are of ${other.version}: expected the same version`,
      { details: { found: version, expected: other.version } },
    );
  }

  readonly #held = new Map<Job, string>();

  /** Does a batch; its results are stored when it returns. */
  async report(task: Job, token = ''): Promise<BatchReport> {
    this.#held.set(task, token);
    try {
      await this.#do(task);
      return { problem: null };
    } catch (error) {
      if (error instanceof FolderUnseen) return await this.#refuse(task, token, error);
      return { problem: error instanceof Error ? onOneLine(error.message) : String(error) };
    } finally {
      this.#held.delete(task);
    }
  }

  /** Leaves the batch to workers that see its data, and ends. */
  async #refuse(task: Job, token: string, { error }: FolderUnseen): Promise<never> {
    await this.takeNoMore();
    this.end(error);
    await task.moveToWait(token);
    const { WaitingError } = await loadBullmq();
    throw new WaitingError();
  }

  /** Gives back what is begun, so that others have it at once. */
  async giveBack(): Promise<void> {
    const held = [...this.#held];
    await Promise.all(held.map(([task, token]) => task.moveToWait(token).catch(() => 0)));
  }

  async #do(task: Job): Promise<void> {
    const { store } = this;
    const data = batchData.safeParse(task.data);
    if (!data.success) throw new Error('the batch is not one of weighbridge');
    if (data.data.version !== store.version) {
      throw new Error(
        `a worker is weighbridge ${store.version}, the fits are of ${data.data.version}`,
      );
    }
    const bytes = Buffer.from(data.data.jobs, 'base64');
    const opened = openJobs(bytes);
    const { jobs, settings } = opened.read(await this.#parts(opened.partsNeeded, data.data));
    const { ids } = data.data;
    if (ids.length !== jobs.length) throw new Error('the batch is not one of weighbridge');
    // All that a result may have: names and draws are for the one who asks.
    const plain = jobs.map((job) => ({
      ...job,
      keepDraws: Boolean(job.keepDraws),
      nameInErrors: false,
    }));
    const isDone = await store.areDone(ids);
    const left = plain.filter((_, i) => !isDone[i]);
    const leftIds = ids.filter((_, i) => !isDone[i]);
    const { outcomes, seconds } = await this.#inTurn(() => this.#outcomes(left, settings));
    this.#fits += left.length;
    this.#failed += outcomes.filter(({ kind }) => kind === 'failed').length;
    this.#busy += seconds;
    const results = outcomes.map((outcome, i) => ({
      id: leftIds[i] ?? '',
      bytes: stored(outcome),
    }));
    await this.#keep(results, seconds / Math.max(1, left.length));
  }

  #turn: Promise<unknown> = Promise.resolve();

  /** One batch after another: all threads work on each. */
  async #inTurn(work: () => Promise<FitOutcome[]>) {
    const before = this.#turn;
    const run = async () => {
      await before;
      const begun = performance.now();
      const outcomes = await work();
      return { outcomes, seconds: (performance.now() - begun) / 1000 };
    };
    const own = run();
    this.#turn = own.catch(() => {});
    return own;
  }

  /** A full Redis is waited for: the results are not made again. */
  async #keep(results: readonly { id: string; bytes: Uint8Array }[], seconds: number) {
    for (;;) {
      try {
        return await this.store.keepResults(results, { worker: this.name, seconds });
      } catch (error) {
        if (!isFull(error) || this.closing) throw error;
        const address = shownAddress(this.options.connection);
        this.notice(`the queue at ${address} is full (maxmemory): waiting for room`);
        await wait(500);
      }
    }
  }

  async #outcomes(jobs: readonly FitJob[], settings: SamplerSettings): Promise<FitOutcome[]> {
    if (jobs.length === 0) return [];
    try {
      const results = await this.runner(jobs, settings);
      return results.map((value) => ({ kind: 'done', value }));
    } catch {
      // One of them fails: each is run by itself.
      const outcomes: FitOutcome[] = [];
      for (const job of jobs) {
        outcomes.push(
          await outcomeOfAsync(async () => {
            const [result] = await this.runner([job], settings);
            if (!result) throw new Error('the runner returned no result');
            return result;
          }),
        );
      }
      return outcomes;
    }
  }

  /** Data that are kept apart, from memory or from their place. */
  async #parts(
    hashes: readonly string[],
    { run, isInFolder }: BatchData,
  ): Promise<ReadonlyMap<string, Uint8Array>> {
    const parts = new Map<string, Uint8Array>();
    const place = isInFolder ? this.places.folder : this.store.data;
    const { dataFolder = null } = this.options;
    for (const hash of hashes) {
      if (place === null) throw new FolderUnseen(run, hash, dataFolder);
      const bytes = this.#data.get(hash) ?? (await place.read(hash));
      if (bytes === null) {
        if (isInFolder) throw new FolderUnseen(run, hash, dataFolder);
        throw new Error(`the data ${hash.slice(0, 12)} of a fit are not there`);
      }
      parts.set(hash, bytes);
      // Last used, last to go.
      this.#data.delete(hash);
      this.#data.set(hash, bytes);
    }
    let size = 0;
    for (const { length } of this.#data.values()) size += length;
    for (const [hash, { length }] of this.#data) {
      if (size <= CACHE) break;
      this.#data.delete(hash);
      size -= length;
    }
    return parts;
  }
}

/** Data that this worker does not see, though others may. */
class FolderUnseen extends Error {
  readonly error: WeighbridgeError<'bad-argument'>;

  constructor(run: string, hash: string, folder: string | null) {
    const message =
      folder === null
        ? `the fits of ${run} have data in a folder, and this worker has none: expected --data-folder`
        : `the data ${hash.slice(0, 12)} of ${run} are not in ${folder}: expected the data folder of the one who asks`;
    super(message);
    this.error = badArgument(message, { option: 'dataFolder', found: folder });
  }
}

function stored(outcome: FitOutcome): Uint8Array {
  const bytes = encodeOutcome(outcome);
  if (bytes.length <= LARGEST_RESULT) return bytes;
  const found = Math.ceil(bytes.length / 2 ** 20);
  return encodeOutcome({
    kind: 'failed',
    message: `its result has ${found} MB, more than a queue carries (${LARGEST_RESULT / 2 ** 20} MB): keep fewer draws`,
    code: 'bad-argument',
    details: {},
    stack: undefined,
  });
}
