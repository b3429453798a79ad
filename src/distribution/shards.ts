/**
 * A share of the fits of a command, made by a process that knows nothing of the others, and their results put together.
 *
 * Fits are numbered in the order in which a command asks for them; shard k of n makes those whose number is k modulo n.
 * A command that needs the results of all fits to go on ends there; `merge` runs it again with the results of all
 * shards. A study of explanations shares files instead of fits: networks and answers of explainers. The folder of a
 * shard:
 *
 *     shard.json     the command, which shard it is, how many fits there are in all, and a digest of their ids;
 *                    written last, so that a folder with it is complete
 *     results.bin    for each fit, in any order: its number from 0 (8 bytes, little-endian), its id (32 bytes), the
 *                    length of its outcome (4 bytes), and the outcome
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { badArgument } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';
import { deliver, type FitJob, type FitResult, type FitRunner, requireJobs } from '../fit/job.js';
import { packageVersion } from '../package-info.js';
import type { SamplerSettings } from '../sampler/settings.js';
import { unwrapOutcome } from '../workers/protocol.js';
import { decodeOutcome, encodeOutcome } from './codec.js';
import { jobId } from './job-id.js';

export interface Shard {
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

/** @throws WeighbridgeError `bad-argument` for text that is not `3/64` */
export function parseShard(text: string): Shard {
  const [, number, of] = /^(\d{1,7})\/(\d{1,7})$/.exec(text)?.map(Number) ?? [];
  if (number === undefined || of === undefined || number < 1 || number > of) {
    throw badArgument(`a shard is '${text}', expected one such as 3/64: the third of 64`, {
      option: '--shard',
      found: text,
    });
  }
  return { number, of };
}

/**
 * Fits of a call that every shard makes: what a command does next depends on a few fits, such as a pilot's or a
 * check's. They are not stored.
 */
const MADE_BY_ALL = 8;

const FORMAT = 'weighbridge-shard';
const VERSION = 1;
const files = { head: 'shard.json', results: 'results.bin' } as const;

const headSchema = z.object({
  format: z.literal(FORMAT),
  format_version: z.number(),
  weighbridge: z.string(),
  /** The words of the command line, without those that say where it runs and what it writes. */
  command: z.array(z.string()).min(1),
  shard: z.object({ number: z.int().min(1), of: z.int().min(1) }),
  /** Number of fits of all shards. */
  fits: z.int().min(0),
  /** SHA-256 of the ids of all fits, one after another. */
  digest: z.string(),
  /** SHA-256 of the results. */
  checksum: z.string(),
  environment: z.object({ node: z.string(), platform: z.string(), cpu: z.string() }),
});

type ShardHead = z.infer<typeof headSchema>;

/** What is in `shard.json` but for what the fits decide. */
type ShardFacts = Pick<ShardHead, 'command' | 'shard' | 'environment'>;

/** Bytes before an outcome. */
const HEAD = 44;

export interface NumberedFit {
  /** Its number among those of all shards, from 0. */
  readonly fit: number;
  readonly id: string;
}

/** The fits of a shard as they are made. */
export class ShardWriter {
  readonly #digest = createHash('sha256');
  readonly #checksum = createHash('sha256');
  readonly #file: number;
  readonly #known = new Set<string>();
  #made = 0;

  /** @param folder exists */
  constructor(
    folder: string,
    private readonly facts: ShardFacts,
  ) {
    rmSync(join(folder, files.head), { force: true });
    this.#file = openSync(join(folder, files.results), 'w');
  }

  /** Fits of all shards so far, and those made here. */
  get counts(): { readonly fits: number; readonly made: number } {
    return { fits: this.#known.size, made: this.#made };
  }

  /**
   * Counts a fit of some shard; one that was counted before is not made again.
   * @returns the fit with its number if it is of this shard, otherwise null
   */
  take(id: string): NumberedFit | null {
    if (this.#known.has(id)) return null;
    const { number, of } = this.facts.shard;
    this.#digest.update(Buffer.from(id, 'hex'));
    const fit = this.#known.size;
    this.#known.add(id);
    return fit % of === number - 1 ? { fit, id } : null;
  }

  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** @param bytes the outcome */
  write({ fit, id }: NumberedFit, bytes: Uint8Array): void {
    const head = Buffer.alloc(HEAD);
    head.writeBigUInt64LE(BigInt(fit));
    head.write(id, 8, 'hex');
    head.writeUInt32LE(bytes.length, HEAD - 4);
    for (const part of [head, bytes]) {
      this.#checksum.update(part);
      for (let at = 0; at < part.length; ) at += writeSync(this.#file, part, at);
    }
    this.#made++;
  }

  /** @returns the text of `shard.json`, which the caller writes last */
  close(): string {
    closeSync(this.#file);
    const head: ShardHead = {
      ...{ format: FORMAT, format_version: VERSION, weighbridge: packageVersion },
      ...this.facts,
      fits: this.#known.size,
      digest: this.#digest.digest('hex'),
      checksum: this.#checksum.digest('hex'),
    };
    return `${JSON.stringify(head, null, 1)}\n`;
  }
}

/**
 * A runner that makes the fits of one shard and writes their results. A call with fits of other shards throws
 * `other-shard` when its own are made: a caller that can go on without results may.
 */
export function shardRunner(runner: FitRunner, writer: ShardWriter): FitRunner {
  return async (jobs, given, options = {}) => {
    const settings = requireJobs(jobs, given);
    if (jobs.length <= MADE_BY_ALL) return runner(jobs, settings, options);
    const taken = new Map<string, NumberedFit>();
    const own = jobs.filter((job) => {
      if (!job.keepDraws && writer.has(withDraws(job, settings))) return false;
      const one = writer.take(jobId(job, settings));
      if (one !== null) taken.set(job.name, one);
      return one !== null;
    });
    const store = (result: FitResult) => {
      const one = taken.get(result.name);
      if (one) writer.write(one, encodeOutcome({ kind: 'done', value: result }));
      options.onFit?.(result);
    };
    if (own.length > 0) await runner(own, settings, { ...options, onFit: store });
    throw new WeighbridgeError(
      'other-shard',
      `${jobs.length - own.length} of ${jobs.length} fits are made by other shards`,
    );
  };
}

/** The id of a fit that keeps its draws: its result is also that of the fit without them. */
function withDraws(job: FitJob, settings: SamplerSettings): string {
  return jobId({ ...job, keepDraws: true }, settings);
}

/** The results of all shards of a command. */
export class MergedShards {
  /** Outcomes as bytes, by id. */
  readonly #outcomes: ReadonlyMap<string, Uint8Array>;
  readonly command: readonly string[];
  readonly fits: number;

  constructor(command: readonly string[], outcomes: ReadonlyMap<string, Uint8Array>) {
    this.command = command;
    this.#outcomes = outcomes;
    this.fits = outcomes.size;
  }

  /** The stored bytes of a fit; undefined if the shards do not have it. */
  outcome(id: string): Uint8Array | undefined {
    return this.#outcomes.get(id);
  }

  /**
   * A runner that takes results from the shards, and makes the fits that were left for the end.
   * The runner throws `wrong-format` for a call of which the shards have some fits alone: the data or the files that
   * the command reads have changed since.
   * @param onStored receives the names of fits that the shards have, before they are delivered
   */
  runner(inner: FitRunner, onStored: (names: readonly string[]) => void = () => {}): FitRunner {
    return async (jobs, given, options = {}) => {
      const settings = requireJobs(jobs, given);
      const stored = jobs.map((job) => this.#storedFit(job, settings));
      const found = stored.filter((bytes) => bytes !== undefined).length;
      if (found === 0) return inner(jobs, settings, options);
      if (found < jobs.length) {
        throw new WeighbridgeError(
          'wrong-format',
          `the shards have ${found} of ${jobs.length} fits: the data have changed since`,
        );
      }
      onStored(jobs.map(({ name }) => name));
      return jobs.map((job, i) => {
        const { draws, ...result } = unwrapOutcome(decodeOutcome(stored[i] ?? new Uint8Array()));
        return deliver(job, job.keepDraws && draws ? { ...result, draws } : result, options);
      });
    };
  }

  #storedFit(job: FitJob, settings: SamplerSettings): Uint8Array | undefined {
    const own = this.outcome(jobId(job, settings));
    return own ?? (job.keepDraws ? undefined : this.outcome(withDraws(job, settings)));
  }
}

interface ReadShard {
  readonly path: string;
  readonly head: ShardHead;
}

/**
 * Reads the folders of all shards of a command, in any order.
 * @throws WeighbridgeError `wrong-format` for a shard that is missing, doubled or of another command or other data,
 *   `wrong-version`, `damaged`
 */
export function readShards(paths: readonly string[]): MergedShards {
  const shards = paths.map((path) => ({ path, head: readHead(path) }));
  const [first] = shards;
  if (first === undefined) throw badArgument('no shard is given, expected all shards of a command');
  for (const shard of shards) requireAlike(first, shard);
  requireAll(first.head.shard.of, shards);
  const ordered = shards.toSorted((one, other) => one.head.shard.number - other.head.shard.number);
  const results = ordered.map((shard) => readResults(shard));
  const made = results.reduce((sum, { size }) => sum + size, 0);
  const outcomes = new Map<string, Uint8Array>();
  const digest = createHash('sha256');
  for (let fit = 0; fit < first.head.fits; fit++) {
    const place = fit % first.head.shard.of;
    const found = results[place]?.get(fit);
    if (!found) throw damaged(ordered[place]?.path ?? '', 'does not have all its fits');
    digest.update(Buffer.from(found.id, 'hex'));
    outcomes.set(found.id, found.bytes);
  }
  if (made !== first.head.fits || digest.digest('hex') !== first.head.digest) {
    throw new WeighbridgeError('damaged', 'the results of the shards are not those of their fits');
  }
  return new MergedShards(first.head.command, outcomes);
}

function readHead(path: string): ShardHead {
  let text: string;
  try {
    text = readFileSync(join(path, files.head), 'utf8');
  } catch (cause) {
    throw new WeighbridgeError(
      'wrong-format',
      `${path} is not a complete shard: it has no ${files.head}; run it again`,
      { details: { file: path }, cause },
    );
  }
  const parsed = headSchema.safeParse(jsonOf(text));
  if (!parsed.success) throw damaged(path, `has a ${files.head} that cannot be read`);
  const { data } = parsed;
  if (data.format_version !== VERSION || data.weighbridge !== packageVersion) {
    throw new WeighbridgeError(
      'wrong-version',
      `${path} was made by weighbridge ${data.weighbridge}, expected ${packageVersion}: run it again`,
      { details: { file: path } },
    );
  }
  return data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function requireAlike(one: ReadShard, other: ReadShard): void {
  const fail = (problem: string) => {
    throw new WeighbridgeError('wrong-format', `${other.path} ${problem}`, {
      details: { file: other.path },
    });
  };
  const commandOf = ({ head }: ReadShard) => head.command.join(' ');
  if (commandOf(one) !== commandOf(other)) {
    fail(`is a shard of '${commandOf(other)}', and ${one.path} of '${commandOf(one)}'`);
  }
  if (one.head.shard.of !== other.head.shard.of) {
    fail(`is one of ${other.head.shard.of} shards, and ${one.path} one of ${one.head.shard.of}`);
  }
  if (one.head.fits !== other.head.fits || one.head.digest !== other.head.digest) {
    fail(`is a shard of fits of other data than ${one.path}`);
  }
}

function requireAll(of: number, shards: readonly ReadShard[]): void {
  const byNumber = new Map<number, string>();
  for (const { path, head } of shards) {
    const { number } = head.shard;
    const twice = byNumber.get(number);
    if (twice !== undefined) {
      throw new WeighbridgeError(
        'wrong-format',
        `${twice} and ${path} are both shard ${number}/${of}`,
      );
    }
    byNumber.set(number, path);
  }
  const missing = Array.from({ length: of }, (_, i) => i + 1).filter((one) => !byNumber.has(one));
  if (missing.length === 0) return;
  const named = missing.slice(0, 8).map((number) => `${number}/${of}`);
  const more = missing.length > named.length ? `, and ${missing.length - named.length} more` : '';
  throw new WeighbridgeError(
    'wrong-format',
    `${missing.length} of ${of} shards are missing: ${named.join(', ')}${more}`,
  );
}

interface StoredFit {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** By the number of the fit. */
function readResults({ path, head }: ReadShard): ReadonlyMap<number, StoredFit> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(path, files.results));
  } catch (cause) {
    throw damaged(path, `has no ${files.results}`, cause);
  }
  if (createHash('sha256').update(bytes).digest('hex') !== head.checksum) {
    throw damaged(path, `has a ${files.results} that was changed or cut short`);
  }
  const results = new Map<number, StoredFit>();
  for (let at = 0; at < bytes.length; ) {
    const start = at + HEAD;
    const end = start + bytes.readUInt32LE(start - 4);
    const id = bytes.toString('hex', at + 8, start - 4);
    results.set(Number(bytes.readBigUInt64LE(at)), { id, bytes: bytes.subarray(start, end) });
    at = end;
  }
  return results;
}

function damaged(path: string, problem: string, cause?: unknown): WeighbridgeError {
  return new WeighbridgeError('damaged', `${path} ${problem}: run the shard again`, {
    details: { file: path },
    cause,
  });
}
