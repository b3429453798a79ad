/**
 * What a queue keeps in Redis beside BullMQ's own keys: results by the ids of their fits, data by their
 * content, runs, and workers that are alive.
 *
 *     PREFIX:format            tells this queue from those of other programs
 *     PREFIX:result:ID         who made it and in how many seconds, one line of JSON; then the outcome
 *     PREFIX:delivered         groups of results that somebody has received, by time: the oldest go first. A group
 *                              is the ids, with commas, the bytes in Redis, and the name of the run
 *     PREFIX:delivered-bytes   their size
 *     PREFIX:data:SHA256       float64s, compressed, unless they are in a folder
 *     PREFIX:run:NAME, PREFIX:runs, PREFIX:worker:NAME, PREFIX:workers
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { parseJson } from '../checks/json.js';
import { WeighbridgeError } from '../errors.js';
import { type DataPlace, redisData } from './queue-data.js';

/** Changes if another version of weighbridge could not read the keys. */
const FORMAT = 'weighbridge-queue 2';

/** Seconds for which results, data and runs are kept: a week. */
const KEPT = 7 * 24 * 3600;

/** Seconds after its last sign for which a worker or a run counts as alive. */
const ALIVE = 15;

/** Commands in one message to Redis. */
const MOST_COMMANDS = 500;

const workerSchema = z.object({
  name: z.string(),
  version: z.string(),
  node: z.string(),
  machine: z.string(),
  /** Number of threads. */
  threads: z.number(),
  /** SHA-256 of the results of the probe fits. */
  probe: z.string(),
  fits: z.number(),
  failed: z.number(),
  /** Seconds of work. */
  busy: z.number(),
});

/** A worker as it tells of itself. */
export type WorkerRecord = Readonly<z.output<typeof workerSchema>>;

const runSchema = z.object({
  name: z.string(),
  version: z.string(),
  /** What is run, for people. */
  title: z.string(),
  state: z.enum(['running', 'stopped', 'failed', 'done']),
  /** Finished fits, failed ones included. */
  done: z.number(),
  failed: z.number(),
  /** Null if unknown. */
  total: z.number().nullable(),
  /** Milliseconds since 1970. */
  started: z.number(),
  changed: z.number(),
  /** Fits of each worker. */
  workers: z.record(z.string(), z.object({ fits: z.number(), seconds: z.number() })),
});

/** A run of fits as `weighbridge jobs` shows it. */
export type RunRecord = Readonly<z.output<typeof runSchema>>;

/** What a job of BullMQ holds. */
export const batchData = z.strictObject({
  version: z.string(),
  run: z.string(),
  /** Ids of the fits. */
  ids: z.array(z.string().regex(/^[0-9a-f]{64}$/)).min(1),
  /** Base64 of `encodeJobs`. */
  jobs: z.string(),
  /** Whether the arrays that are kept apart are in the data folder. */
  isInFolder: z.boolean(),
});

export type BatchData = Readonly<z.output<typeof batchData>>;

/** What a worker returns for a batch: null, or why it could not do it. */
export const batchReport = z.object({ problem: z.string().nullable() });

export type BatchReport = Readonly<z.output<typeof batchReport>>;

const makerSchema = z.object({ worker: z.string(), seconds: z.number() });

/** A result as it is stored. */
export interface StoredResult {
  readonly worker: string;
  /** Seconds that the fit took: its share of its batch. */
  readonly seconds: number;
  /** An outcome, encoded. */
  readonly bytes: Uint8Array;
  /** Its size in Redis. */
  readonly size: number;
}

type Pipeline = ReturnType<Redis['pipeline']>;

export class QueueStore {
  /** The large arrays of fits that no folder has. */
  readonly data: DataPlace;

  constructor(
    readonly redis: Redis,
    readonly prefix: string,
    /** Version of weighbridge. */
    readonly version: string,
  ) {
    this.data = redisData(redis, (hash) => this.#key('data', hash), KEPT);
  }

  /** The name of BullMQ's queue: fits of another version are in another. */
  get queue(): string {
    return `fits-${this.version}`;
  }

  #key(...parts: readonly string[]): string {
    return [this.prefix, ...parts].join(':');
  }

  /** @throws WeighbridgeError `wrong-format` if the keys are those of another program */
  async claim(): Promise<void> {
    const key = this.#key('format');
    let found = await this.#format();
    if (found === null) {
      const [, keys] = await this.redis.scan('0', 'MATCH', `${this.prefix}:*`, 'COUNT', 10_000);
      // They may be those of another process that came meanwhile: it writes the format first.
      if (keys.length === 0) await this.redis.set(key, FORMAT, 'NX');
      found = (await this.#format()) ?? keys[0] ?? null;
    }
    if (found === FORMAT) return;
    throw new WeighbridgeError(
      'wrong-format',
      `the queue with the prefix '${this.prefix}' belongs to another program: expected another --prefix`,
      { details: { found, expected: FORMAT } },
    );
  }

  /** Null if there is none. */
  #format(): Promise<string | null> {
    return this.redis.get(this.#key('format')).catch((error: Error) => {
      if (error.message.startsWith('WRONGTYPE')) return 'another';
      throw error;
    });
  }

  async #all<T>(items: readonly T[], add: (pipeline: Pipeline, item: T) => void) {
    const answers: unknown[] = [];
    for (let start = 0; start < items.length; start += MOST_COMMANDS) {
      const pipeline = this.redis.pipeline();
      for (const item of items.slice(start, start + MOST_COMMANDS)) add(pipeline, item);
      for (const [error, answer] of (await pipeline.exec()) ?? []) {
        if (error) throw error;
        answers.push(answer);
      }
    }
    return answers;
  }

  /** The results of fits, in their order; null for those that are not made. */
  async results(ids: readonly string[]): Promise<(StoredResult | null)[]> {
    const found: (StoredResult | null)[] = [];
    for (let start = 0; start < ids.length; start += MOST_COMMANDS) {
      const keys = ids.slice(start, start + MOST_COMMANDS).map((id) => this.#key('result', id));
      for (const value of await this.redis.mgetBuffer(keys)) found.push(value && opened(value));
    }
    return found;
  }

  /** True for each fit whose result is there. */
  async areDone(ids: readonly string[]): Promise<boolean[]> {
    const answers = await this.#all(ids, (pipeline, id) =>
      pipeline.exists(this.#key('result', id)),
    );
    return answers.map((answer) => answer === 1);
  }

  /** Stores results; the first of several for a fit stays. */
  async keepResults(
    results: readonly { readonly id: string; readonly bytes: Uint8Array }[],
    maker: { readonly worker: string; readonly seconds: number },
  ): Promise<void> {
    const head = Buffer.from(`${JSON.stringify(maker)}\n`);
    await this.#all(results, (pipeline, { id, bytes }) =>
      pipeline.set(this.#key('result', id), Buffer.concat([head, bytes]), 'EX', KEPT, 'NX'),
    );
  }

  /**
   * Notes that results were received, so that they may go when there are too many.
   *
   * @param most bytes of all that were received
   */
  async delivered(
    results: readonly { readonly id: string; readonly size: number }[],
    run: string,
    most: number,
  ): Promise<void> {
    const now = Date.now();
    const groups: { readonly ids: string; readonly size: number }[] = [];
    for (let start = 0; start < results.length; start += MOST_COMMANDS) {
      const group = results.slice(start, start + MOST_COMMANDS);
      const size = group.reduce((sum, one) => sum + one.size, 0);
      groups.push({ ids: group.map(({ id }) => id).join(), size });
    }
    const added = await this.#all(groups, (pipeline, { ids, size }) =>
      pipeline.zadd(this.#key('delivered'), now, `${ids} ${size} ${run}`),
    );
    const fresh = groups.reduce((sum, { size }, i) => sum + (added[i] === 1 ? size : 0), 0);
    const total = await this.redis.incrby(this.#key('delivered-bytes'), fresh);
    if (total > most) await this.drop(total - most);
  }

  /** Removes the oldest results that were received, in the groups in which they were. */
  async drop(bytes: number): Promise<void> {
    let dropped = 0;
    while (dropped < bytes) {
      const [member] = await this.redis.zpopmin(this.#key('delivered'), 1);
      if (member === undefined) break;
      dropped += await this.#forget([member]);
    }
    if (dropped > 0) await this.redis.decrby(this.#key('delivered-bytes'), dropped);
  }

  /** Removes the results of these members of `delivered`. @returns their size */
  async #forget(members: readonly string[]): Promise<number> {
    let total = 0;
    for (const member of members) {
      const [ids = '', size] = member.split(' ');
      await this.redis.del(ids.split(',').map((id) => this.#key('result', id)));
      total += Number(size);
    }
    return total;
  }

  async tellOfWorker(worker: WorkerRecord): Promise<void> {
    await this.#tell('worker', worker.name, worker, ALIVE);
  }

  async forgetWorker(name: string): Promise<void> {
    await this.redis.del(this.#key('worker', name));
    await this.redis.srem(this.#key('workers'), name);
  }

  /** Those that are alive. */
  workers(): Promise<WorkerRecord[]> {
    return this.#records('worker', workerSchema);
  }

  async tellOfRun(run: RunRecord): Promise<void> {
    await this.#tell('run', run.name, run, KEPT);
  }

  runs(): Promise<RunRecord[]> {
    return this.#records('run', runSchema);
  }

  /** Removes a run with the results that it received. */
  async forgetRun(name: string): Promise<void> {
    const key = this.#key('delivered');
    let cursor = '0';
    do {
      const [next, found] = await this.redis.zscan(key, cursor, 'COUNT', 10);
      cursor = next;
      const members = found.filter((member, i) => i % 2 === 0 && member.endsWith(` ${name}`));
      if (members.length === 0) continue;
      await this.redis.zrem(key, ...members);
      await this.redis.decrby(this.#key('delivered-bytes'), await this.#forget(members));
    } while (cursor !== '0');
    await this.redis.del(this.#key('run', name));
    await this.redis.srem(this.#key('runs'), name);
  }

  async #tell(kind: string, name: string, record: object, seconds: number): Promise<void> {
    await this.redis.sadd(this.#key(`${kind}s`), name);
    await this.redis.set(this.#key(kind, name), JSON.stringify(record), 'EX', seconds);
  }

  async #records<T>(kind: string, schema: z.ZodType<T>): Promise<T[]> {
    const index = this.#key(`${kind}s`);
    const names = await this.redis.smembers(index);
    if (names.length === 0) return [];
    const texts = await this.redis.mget(names.map((name) => this.#key(kind, name)));
    const gone = names.filter((_, i) => texts[i] === null);
    if (gone.length > 0) await this.redis.srem(index, ...gone);
    return texts.flatMap((text) => {
      const read = text === null ? null : schema.safeParse(parseJson(text));
      return read?.success ? [read.data] : [];
    });
  }

  /** Which of these of BullMQ's jobs are there, in any state. */
  async areQueued(batches: readonly string[]): Promise<boolean[]> {
    const answers = await this.#all(batches, (pipeline, id) =>
      pipeline.exists(this.#key(this.queue, id)),
    );
    return answers.map((answer) => answer === 1);
  }
}

const NEWLINE = 10;

/** Null for a value that is not a result: it is made again. */
function opened(value: Buffer): StoredResult | null {
  const end = value.indexOf(NEWLINE);
  const maker = makerSchema.safeParse(parseJson(value.subarray(0, Math.max(0, end)).toString()));
  if (!maker.success) return null;
  return { ...maker.data, bytes: value.subarray(end + 1), size: value.length };
}
