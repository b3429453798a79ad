/**
 * Fits on the workers of a queue: BullMQ on Redis or Valkey. Fits go out in batches of about a second;
 * a few batches a worker are under way at a time, so that any number of fits takes little memory.
 *
 * BullMQ delivers a batch at least once. Results are stored by the ids of the fits, so that each is
 * delivered once whatever happens to workers, and what was made before is found.
 */
import type { Queue, QueueEvents } from 'bullmq';
import { requireNames } from '../checks/options.js';
import { WeighbridgeError } from '../errors.js';
import { float64Bytes } from '../exchange/bytes.js';
import {
  type CancelSignal,
  deliver,
  type FitJob,
  type FitResult,
  type FitRunner,
  namedError,
  requireJobs,
  stoppedOnRequest,
} from '../fit/job.js';
import { packageVersion } from '../package-info.js';
import { completeSettings, type SamplerSettings } from '../sampler/settings.js';
import { unwrapOutcome } from '../workers/protocol.js';
import { BatchSize, hasRoom } from './batch-size.js';
import { decodeOutcome, encodeJobs } from './codec.js';
import { jobId } from './job-id.js';
import { machineName, machineProbe } from './probe.js';
import { type DataPlace, folderData, hashOf } from './queue-data.js';
import {
  type BatchData,
  batchReport,
  QueueStore,
  type RunRecord,
  type StoredResult,
  type WorkerRecord,
} from './queue-store.js';
import {
  connect,
  DEFAULT_PREFIX,
  fullError,
  isFull,
  loadBullmq,
  type QueueAddress,
  requireAddress,
  shownAddress,
} from './redis.js';

export interface QueueRunnerOptions extends QueueAddress {
  /** Name of the run in `weighbridge jobs`. @default made from the time and the process */
  readonly run?: string;
  /** What is run, for `weighbridge jobs`. @default '' */
  readonly title?: string;
  /**
   * Bytes of results in Redis that were received: the oldest go first. Those that are waited for never
   * go.
   *
   * @default 2^28
   */
  readonly keptBytes?: number;
  /**
   * A folder that the workers see too, for arrays of 32 KB or more: they are files there, by their
   * content, instead of values in Redis. Workers need the same option.
   *
   * @default no folder
   */
  readonly dataFolder?: string | undefined;
  /** Receives the state about once a second, and at the end. */
  readonly onStatus?: (status: QueueStatus) => void;
  /** Receives one line for each event that a person should know of. */
  readonly onNotice?: (line: string) => void;
}

export interface QueueStatus {
  /** Finished fits, failed ones included. */
  readonly done: number;
  readonly failed: number;
  /** Fits whose results were there before. */
  readonly found: number;
  /** Null if unknown. */
  readonly total: number | null;
  readonly fitsPerSecond: number;
  /** Null if unknown. */
  readonly secondsLeft: number | null;
  readonly workersAlive: number;
  /** What each worker has done for this run. */
  readonly workers: Readonly<Record<string, { readonly fits: number; readonly seconds: number }>>;
}

export interface StreamOptions {
  /** Receives each result, with the index of its job; a promise is waited for. */
  readonly onFit: (result: FitResult, index: number) => void | Promise<void>;
  /** Receives the error of each fit that failed. @default the run goes on, and throws at its end */
  readonly onFailure?: (error: unknown, job: FitJob, index: number) => void;
  readonly signal?: CancelSignal | undefined;
  /** Number of jobs, for the progress. @default unknown */
  readonly total?: number | undefined;
}

/** A runner for the `runner` option of `regression`, `reproduce` and others. */
export interface QueueRunner extends FitRunner {
  /**
   * Runs any number of fits in little memory: takes a job when there is room for it, and keeps no
   * result.
   */
  stream(
    jobs: Iterable<FitJob> | AsyncIterable<FitJob>,
    settings: Partial<SamplerSettings>,
    options: StreamOptions,
  ): Promise<QueueStatus>;
}

const optionNames = [
  'connection',
  'prefix',
  'run',
  'title',
  'keptBytes',
  'dataFolder',
  'onStatus',
  'onNotice',
];

/**
 * A runner on the workers of a queue (`weighbridge worker`). It connects for each call. A fit that fails
 * does not stop the others; the run throws when all are done.
 *
 * @throws WeighbridgeError `bad-argument`; a run: `missing-package` without bullmq and ioredis, `server`
 *   if Redis does not answer, refuses the password or is full, `wrong-format` for keys of another program
 */
export function bullmqRunner(options: QueueRunnerOptions): QueueRunner {
  requireNames(options, optionNames, 'bullmqRunner');
  requireAddress(options);
  const run = options.run ?? `run-${Date.now().toString(36)}-${process.pid}`;
  const named = { ...options, run, rounds: new Rounds() };
  const stream: QueueRunner['stream'] = (jobs, settings, streamed) =>
    submit(jobs, completeSettings(settings), named, streamed);
  const runner: FitRunner = async (jobs, given, asked = {}) => {
    const settings = requireJobs(jobs, given);
    const results: FitResult[] = [];
    await submit(jobs, settings, named, {
      signal: asked.signal,
      total: jobs.length,
      onFit: (result, index) => {
        const job = jobs[index];
        if (job) results[index] = deliver(job, result, asked);
      },
    });
    return results;
  };
  return Object.assign(runner, { stream });
}

interface NamedOptions extends QueueRunnerOptions {
  readonly run: string;
  readonly rounds: Rounds;
}

async function submit(
  jobs: Iterable<FitJob> | AsyncIterable<FitJob>,
  settings: SamplerSettings,
  options: NamedOptions,
  streamed: StreamOptions,
): Promise<QueueStatus> {
  const { Queue, QueueEvents } = await loadBullmq();
  const folder = options.dataFolder === undefined ? null : await folderData(options.dataFolder);
  const redis = await connect(options);
  const { prefix = DEFAULT_PREFIX, onNotice = () => {} } = options;
  const store = new QueueStore(redis, prefix, packageVersion);
  const closing: (() => Promise<void>)[] = [];
  try {
    await store.claim();
    const queue: Queue = new Queue(store.queue, { connection: redis, prefix });
    queue.on('error', ({ message }) => onNotice(message));
    closing.push(() => queue.close());
    const listening = redis.duplicate();
    listening.on('error', () => {});
    closing.push(async () => listening.disconnect());
    const events = new QueueEvents(store.queue, { connection: listening, prefix });
    events.on('error', ({ message }) => onNotice(message));
    closing.push(() => events.close());
    await events.waitUntilReady();
    const places = { store, data: folder ?? store.data };
    return await new Submission(places, queue, settings, options, streamed).run(jobs, events);
  } catch (error) {
    throw isFull(error) ? fullError(shownAddress(options.connection), error) : error;
  } finally {
    for (const close of closing.reverse()) await close().catch(() => {});
    redis.disconnect();
  }
}

type Totals = Pick<RunRecord, 'done' | 'failed' | 'total' | 'workers'>;
type Shares = RunRecord['workers'];

/** What workers have done in two rounds together. */
export function addedShares(one: Shares, other: Shares): Shares {
  const sum: Shares = { ...one };
  for (const [name, { fits, seconds }] of Object.entries(other)) {
    const before = sum[name] ?? { fits: 0, seconds: 0 };
    sum[name] = { fits: before.fits + fits, seconds: before.seconds + seconds };
  }
  return sum;
}

function added(one: Totals, other: Totals): Totals {
  const isKnown = one.total !== null && other.total !== null;
  return {
    done: one.done + other.done,
    failed: one.failed + other.failed,
    total: isKnown ? one.total + other.total : null,
    workers: addedShares(one.workers, other.workers),
  };
}

/** The rounds of fits of one runner: a command has several, which are one run in `weighbridge jobs`. */
class Rounds {
  /** Lines that were told: once for all rounds. */
  readonly noticed = new Set<string>();
  readonly started = Date.now();
  #ended: Totals = { done: 0, failed: 0, total: 0, workers: {} };
  readonly #running = new Map<object, Totals>();

  /** The run, with what one of its rounds tells. */
  told(round: object, totals: Totals, state: RunRecord['state']): Totals & { state: typeof state } {
    this.#running.set(round, totals);
    const sum = [...this.#running.values()].reduce(added, this.#ended);
    if (state === 'running') return { ...sum, state };
    this.#running.delete(round);
    // What a round that was stopped has made is found by the next one.
    if (state !== 'stopped') this.#ended = added(this.#ended, totals);
    if (this.#running.size > 0) return { ...sum, state: 'running' };
    return { ...sum, state: state === 'done' && sum.failed > 0 ? 'failed' : state };
  }
}

/** A fit on its way. */
interface Sent {
  readonly job: FitJob;
  readonly index: number;
  readonly id: string;
  /** How often its batch of one ended without a result. */
  tries: number;
}

interface Batch {
  readonly id: string;
  readonly fits: readonly Sent[];
  /** Its encoded size. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly sent: number;
}

/**
 * Batches that are sent or received together: with a round trip to Redis for each, a thousand workers would wait for
 * this process.
 */
const AT_ONCE = 32;

/** Bytes of a batch; a larger one is sent in halves. */
const LARGEST_BATCH = 2 ** 22;

/** Bytes of an array that is kept apart, so that many fits share it. */
const LARGE_ARRAY = 2 ** 15;

/** A fit that ended so many workers is given up. */
const MOST_TRIES = 3;

/** Milliseconds between looks at workers and at batches whose event was lost. */
const LOOK = 1000;

/** Milliseconds after which a batch is looked for. */
const LATE = 3000;

/** Milliseconds for which a full Redis is waited for, when there is nothing to receive. */
const FULL = 10_000;

/** Errors of failed fits that are kept for the message. */
const MOST_FAILURES = 5;

class Submission {
  readonly #size = new BatchSize();
  readonly #way = new Map<string, Batch>();
  /** Batches that are to be looked at, with the reason if they failed. */
  readonly #over = new Map<string, string | null>();
  readonly #makers: Record<string, { fits: number; seconds: number }> = {};
  readonly #failures: unknown[] = [];
  readonly #started = Date.now();
  #workers: readonly WorkerRecord[] = [];
  #looked = 0;
  /** Delivered, which Redis does not know yet. */
  readonly #received: { readonly id: string; readonly size: number }[] = [];
  /** Encoded bytes of the batches on their way. */
  #bytes = 0;
  #taken = 0;
  #done = 0;
  #failed = 0;
  #found = 0;
  #fullSince = 0;
  #wake: () => void = () => {};

  private readonly store: QueueStore;

  constructor(
    private readonly places: { readonly store: QueueStore; readonly data: DataPlace },
    private readonly queue: Queue,
    private readonly settings: SamplerSettings,
    private readonly options: NamedOptions,
    private readonly streamed: StreamOptions,
  ) {
    this.store = places.store;
  }

  async run(
    jobs: Iterable<FitJob> | AsyncIterable<FitJob>,
    events: QueueEvents,
  ): Promise<QueueStatus> {
    events.on('completed', ({ jobId: batch, returnvalue }) =>
      this.#isOver(batch, problemOf(returnvalue)),
    );
    events.on('failed', ({ jobId: batch }) => this.#isOver(batch, ENDED_WORKER));
    const { signal } = this.streamed;
    const onAbort = () => this.#wake();
    signal?.addEventListener('abort', onAbort);
    try {
      await this.#through(jobs);
    } catch (error) {
      await this.#leave().catch(() => {});
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
    await this.#tell(this.#failed > 0 ? 'failed' : 'done');
    if (!this.streamed.onFailure) this.#throwFailures();
    return this.#status();
  }

  async #through(jobs: Iterable<FitJob> | AsyncIterable<FitJob>): Promise<void> {
    const { signal } = this.streamed;
    const source =
      Symbol.asyncIterator in jobs ? jobs[Symbol.asyncIterator]() : jobs[Symbol.iterator]();
    let hasEnded = false;
    for (;;) {
      if (signal?.aborted) throw stoppedOnRequest(signal);
      if (Date.now() - this.#looked > LOOK) await this.#look();
      if (this.#over.size > 0) await this.#collect();
      const batches: (readonly Sent[])[] = [];
      while (!hasEnded && batches.length < AT_ONCE && this.#hasRoom(batches.length)) {
        const batch = await this.#take(source);
        hasEnded = batch.hasEnded;
        if (batch.fits.length > 0) batches.push(batch.fits);
      }
      if (batches.length > 0) await this.#sendNew(batches);
      else if (hasEnded && this.#way.size === 0) return;
      else if (this.#over.size === 0) await this.#change();
    }
  }

  #isOver(batch: string, reason: string | null): void {
    if (!this.#way.has(batch)) return;
    this.#over.set(batch, reason);
    this.#wake();
  }

  /** Until something happens, but not for long. */
  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }

  /** @param more batches that are taken, but not sent */
  #hasRoom(more: number): boolean {
    const { size } = this.#way;
    const bytes = this.#bytes * (1 + more / Math.max(1, size));
    return hasRoom(size + more, bytes, this.#workers.length);
  }

  async #take(
    source: Iterator<FitJob> | AsyncIterator<FitJob>,
  ): Promise<{ readonly fits: readonly Sent[]; readonly hasEnded: boolean }> {
    const { total = Number.POSITIVE_INFINITY } = this.streamed;
    const size = this.#size.next(Math.max(1, total - this.#taken), this.#workers.length);
    const fits: Sent[] = [];
    while (fits.length < size) {
      const next = await source.next();
      if (next.done) return { fits, hasEnded: true };
      const job = next.value;
      const id = jobId(job, this.settings, this.store.version);
      fits.push({ job, index: this.#taken++, id, tries: 0 });
    }
    return { fits, hasEnded: false };
  }

  /** Delivers the results that are there, and sends the other fits. */
  async #sendNew(batches: readonly (readonly Sent[])[]): Promise<void> {
    const known = await allOf(batches.map((fits) => this.#results(fits)));
    const left: (readonly Sent[])[] = [];
    for (const [i, fits] of batches.entries()) {
      const rest = await this.#receive(fits, known[i] ?? []);
      this.#found += fits.length - rest.length;
      left.push(rest);
    }
    await this.#noteReceived();
    await allOf(left.map((fits) => this.#send(fits)));
  }

  #results(fits: readonly Sent[]): Promise<(StoredResult | null)[]> {
    return this.store.results(fits.map(({ id }) => id));
  }

  async #send(fits: readonly Sent[]): Promise<void> {
    if (fits.length === 0) return;
    const parts = new Map<string, Uint8Array>();
    const jobs = fits.map(({ job }) => job);
    const bytes = encodeJobs({ settings: this.settings, jobs }, (values) => {
      if (values.byteLength < LARGE_ARRAY) return null;
      const part = float64Bytes(values);
      const hash = hashOf(part);
      parts.set(hash, part);
      return hash;
    });
    if (bytes.length > LARGEST_BATCH && fits.length > 1) return this.#sendHalves(fits);
    const id = hashOf(fits.map((fit) => fit.id).join());
    const { version } = this.store;
    const { run } = this.options;
    const data: BatchData = {
      ...{ version, run, ids: fits.map((fit) => fit.id) },
      jobs: Buffer.from(bytes).toString('base64'),
      isInFolder: this.places.data !== this.store.data,
    };
    // The same fits may be asked for twice.
    const same = this.#way.get(id)?.fits ?? [];
    this.#onItsWay({ id, fits: [...same, ...fits], bytes: bytes.length, sent: Date.now() });
    await this.#whenThereIsRoom(async () => {
      await this.places.data.keep(parts);
      await this.queue.add('fits', data, {
        jobId: id,
        removeOnComplete: true,
        removeOnFail: true,
        attempts: 1,
      });
    });
  }

  #onItsWay(batch: Batch): void {
    this.#arrived(batch.id);
    this.#way.set(batch.id, batch);
    this.#bytes += batch.bytes;
  }

  #arrived(id: string): void {
    this.#bytes -= this.#way.get(id)?.bytes ?? 0;
    this.#way.delete(id);
  }

  async #sendHalves(fits: readonly Sent[]): Promise<void> {
    const middle = Math.ceil(fits.length / 2);
    await this.#send(fits.slice(0, middle));
    await this.#send(fits.slice(middle));
  }

  /** If Redis is full, results that were received make room; then others may. */
  async #whenThereIsRoom(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await work();
        this.#fullSince = 0;
        return;
      } catch (error) {
        if (!isFull(error)) throw error;
        const now = Date.now();
        this.#fullSince ||= now;
        if (now - this.#fullSince > FULL) throw error;
        await this.store.drop(Number.POSITIVE_INFINITY);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  /** Receives the results of batches that are over; what is missing is sent again. */
  async #collect(): Promise<void> {
    const over = [...this.#over].slice(0, AT_ONCE).flatMap(([id, reason]) => {
      this.#over.delete(id);
      const batch = this.#way.get(id);
      return batch ? [{ batch, reason }] : [];
    });
    const found = await allOf(over.map(({ batch }) => this.#results(batch.fits)));
    for (const [i, { batch, reason }] of over.entries()) {
      const left = await this.#receive(batch.fits, found[i] ?? []);
      this.#arrived(batch.id);
      await this.#sendAgain(left, reason);
    }
    await this.#noteReceived();
  }

  /** @param reason why their batch failed, if that is known */
  async #sendAgain(fits: readonly Sent[], reason: string | null): Promise<void> {
    const [only, ...others] = fits;
    if (!only) return;
    if (others.length > 0) return this.#sendHalves(fits);
    only.tries++;
    if (only.tries < MOST_TRIES) return this.#send(fits);
    const why = reason ?? 'it came back without a result';
    const message = `no worker could do this fit in ${MOST_TRIES} tries: ${why}`;
    this.#fail(only, new WeighbridgeError('job-failed', message));
  }

  /** Delivers results. @returns the fits without one */
  async #receive(
    fits: readonly Sent[],
    results: readonly (StoredResult | null)[],
  ): Promise<readonly Sent[]> {
    const left: Sent[] = [];
    let received = 0;
    let seconds = 0;
    for (const [i, fit] of fits.entries()) {
      const stored = results[i];
      if (!stored) left.push(fit);
      else {
        await this.#deliver(fit, stored);
        this.#received.push({ id: fit.id, size: stored.size });
        received++;
        seconds += stored.seconds;
      }
    }
    if (received > 0) this.#size.took(received, seconds);
    return left;
  }

  async #noteReceived(): Promise<void> {
    const received = this.#received.splice(0);
    if (received.length === 0) return;
    const { run, keptBytes = 2 ** 28 } = this.options;
    await this.#whenThereIsRoom(() => this.store.delivered(received, run, keptBytes));
  }

  async #deliver(fit: Sent, { worker, seconds, bytes }: StoredResult): Promise<void> {
    let result: FitResult;
    try {
      result = unwrapOutcome(decodeOutcome(bytes));
    } catch (error) {
      return this.#fail(fit, error);
    }
    this.#makers[worker] ??= { fits: 0, seconds: 0 };
    const maker = this.#makers[worker];
    maker.fits++;
    maker.seconds += seconds;
    this.#done++;
    await this.streamed.onFit(result, fit.index);
  }

  #fail({ job, index }: Sent, error: unknown): void {
    this.#done++;
    this.#failed++;
    const named = failureOf(job, error);
    this.streamed.onFailure?.(named, job, index);
    if (this.#failures.length < MOST_FAILURES) this.#failures.push(named);
  }

  #throwFailures(): void {
    const [first] = this.#failures;
    if (this.#failed === 0) return;
    if (this.#failed === 1) throw first;
    const messages = this.#failures.map((error) => (error instanceof Error ? error.message : ''));
    throw new WeighbridgeError(
      first instanceof WeighbridgeError ? first.code : 'job-failed',
      `${this.#failed} of ${this.#done} fits failed, the others are done: ${messages.join('; ')}${this.#failed > messages.length ? '; …' : ''}`,
      { cause: first },
    );
  }

  /** Looks at the workers, and at batches whose event may be lost. */
  async #look(): Promise<void> {
    this.#looked = Date.now();
    this.#workers = await this.store.workers();
    this.#compareWorkers();
    const late = [...this.#way.values()].filter(({ sent }) => this.#looked - sent > LATE);
    const queued = await this.store.areQueued(late.map(({ id }) => id));
    late.forEach(({ id }, i) => {
      if (!queued[i] && !this.#over.has(id)) this.#over.set(id, null);
    });
    await this.#tell('running');
  }

  #notice(key: string, line: string): void {
    const { noticed } = this.options.rounds;
    if (noticed.has(key)) return;
    noticed.add(key);
    this.options.onNotice?.(line);
  }

  #compareWorkers(): void {
    const { version } = this.store;
    const { connection, dataFolder } = this.options;
    const { node, machine } = machineName();
    const own = this.#workers.filter((worker) => worker.version === version);
    for (const worker of this.#workers) {
      if (worker.version !== version) {
        this.#notice(
          `version ${worker.name}`,
          `the worker ${worker.name} is weighbridge ${worker.version}, these fits are of ${version}: it gets none of them`,
        );
      } else if (worker.probe !== machineProbe()) {
        this.#notice(
          `probe ${worker.name}`,
          `the worker ${worker.name} (Node ${worker.node}, ${worker.machine}) computes other last digits than this machine (Node ${node}, ${machine}): its results may differ from those of this machine`,
        );
      }
    }
    this.#workers = own;
    if (own.length > 0 || Date.now() - this.#started < LATE) return;
    const address = shownAddress(connection);
    const folder = dataFolder === undefined ? '' : ` --data-folder ${dataFolder}`;
    this.#notice(
      'none',
      `no worker is at ${address} yet: weighbridge worker --queue ${address}${folder}`,
    );
  }

  #status(): QueueStatus {
    const { total = null } = this.streamed;
    const seconds = Math.max(1e-3, (Date.now() - this.#started) / 1000);
    const fitsPerSecond = (this.#done - this.#found) / seconds;
    const left = total === null ? null : total - this.#done;
    return {
      done: this.#done,
      failed: this.#failed,
      found: this.#found,
      total,
      fitsPerSecond,
      secondsLeft: left === null || fitsPerSecond <= 0 ? null : left / fitsPerSecond,
      workersAlive: this.#workers.length,
      workers: this.#makers,
    };
  }

  async #tell(state: RunRecord['state']): Promise<void> {
    const status = this.#status();
    this.options.onStatus?.(status);
    const { done, failed, total, workers } = status;
    const { run: name, title = '', rounds } = this.options;
    const times = { started: rounds.started, changed: Date.now() };
    const { version } = this.store;
    const told = rounds.told(this, { done, failed, total, workers }, state);
    const record = { name, version, title, ...times, ...told };
    await this.#whenThereIsRoom(() => this.store.tellOfRun(record));
  }

  /** Takes back what no worker has begun; what is begun is stored, and found by the next run. */
  async #leave(): Promise<void> {
    for (const { id } of this.#way.values()) await this.queue.remove(id).catch(() => 0);
    await this.#tell('stopped');
  }
}

/** Why a batch has no result if BullMQ says that it failed: errors of a worker come back as its value. */
const ENDED_WORKER = 'the last worker that had it ended, or no longer answered';

/** What a worker says of a batch that it could not do; null for one that it did. */
function problemOf(value: unknown): string | null {
  const report = batchReport.safeParse(value);
  return report.success ? report.data.problem : null;
}

/** All values, when nothing is going on any more. @throws the first error */
async function allOf<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** An error with the name of its fit. */
function failureOf(job: FitJob, error: unknown): unknown {
  if (error instanceof WeighbridgeError) return namedError(job, error);
  const message = error instanceof Error ? error.message : String(error);
  return new WeighbridgeError('job-failed', `${job.name}: ${message}`, { cause: error });
}
