/**
 * Large arrays of fits, which travel once: by the SHA-256 of their bytes, compressed, in Redis or in a
 * folder that all machines see.
 */
import { createHash } from 'node:crypto';
import { readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { badArgument } from '../checks/values.js';
import { writeWhole } from '../data-files/write-files.js';
import { WeighbridgeError } from '../errors.js';
import { compressed, expanded } from './codec.js';

export interface DataPlace {
  /**
   * Stores arrays by their hashes, unless they are there.
   *
   * @throws WeighbridgeError `bad-argument` if the place cannot take them
   */
  keep(parts: ReadonlyMap<string, Uint8Array>): Promise<void>;
  /**
   * Null if they are not there.
   *
   * @throws WeighbridgeError `damaged` if they are not what was stored
   */
  read(hash: string): Promise<Uint8Array | null>;
}

/** SHA-256 in hexadecimal digits. */
export function hashOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Largest value of Redis, bytes. */
const LARGEST_VALUE = 2 ** 29;

/**
 * @param keyOf the key in Redis of a hash
 * @param seconds for which data stay after the last run that needs them
 */
export function redisData(
  redis: Redis,
  keyOf: (hash: string) => string,
  seconds: number,
): DataPlace {
  return {
    keep: async (parts) => {
      for (const [hash, bytes] of parts) {
        if ((await redis.expire(keyOf(hash), seconds)) === 1) continue;
        const value = Buffer.from(compressed(bytes));
        if (value.length >= LARGEST_VALUE) throw tooLarge(value.length);
        await redis.set(keyOf(hash), value, 'EX', seconds);
      }
    },
    read: async (hash) => {
      const found = await redis.getBuffer(keyOf(hash));
      return found && checked(hash, found, 'the queue');
    },
  };
}

function tooLarge(bytes: number): WeighbridgeError<'bad-argument'> {
  const found = `${Math.ceil(bytes / 2 ** 20)} MB`;
  return badArgument(
    `a fit has an array of ${found} compressed, more than Redis takes (512 MB): expected a data folder that all machines see (--data-folder)`,
    { option: 'dataFolder', found },
  );
}

/** Milliseconds for which a file is waited for: network file systems show new files late. */
const SHOWN_LATE = 5000;

/** Milliseconds after which a file is marked as in use again. */
const USED = 24 * 3600 * 1000;

/**
 * One file for each array. Files that no run has used for a day or more may be removed.
 *
 * @throws WeighbridgeError `bad-argument` if there is no such folder
 */
export async function folderData(folder: string): Promise<DataPlace> {
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory()) {
    throw badArgument(
      `the data folder ${folder} is not there: expected a folder that all machines of the queue see`,
      { option: 'dataFolder', found: folder },
    );
  }
  return new DataFolder(folder);
}

class DataFolder implements DataPlace {
  /** Size and time of the files that were read and found whole. */
  readonly #whole = new Map<string, string>();

  constructor(private readonly folder: string) {}

  async keep(parts: ReadonlyMap<string, Uint8Array>): Promise<void> {
    for (const [hash, bytes] of parts) {
      if (await this.#isWhole(hash)) continue;
      await writeWhole(this.#file(hash), compressed(bytes));
    }
  }

  async read(hash: string): Promise<Uint8Array | null> {
    for (const end = Date.now() + SHOWN_LATE; ; await wait(500)) {
      const bytes = await this.#bytes(hash);
      if (bytes !== null) return bytes;
      if (Date.now() > end) return null;
    }
  }

  async #isWhole(hash: string): Promise<boolean> {
    const file = this.#file(hash);
    const found = await stat(file).catch(() => null);
    if (!found) return false;
    const state = (size: number, time: number) => `${size} ${time}`;
    if (this.#whole.get(hash) !== state(found.size, found.mtimeMs)) {
      const bytes = await this.#bytes(hash).catch(() => null);
      if (bytes === null) return false;
    }
    if (Date.now() - found.mtimeMs > USED) {
      await utimes(file, new Date(), new Date()).catch(() => {});
    }
    const { size, mtimeMs } = await stat(file);
    this.#whole.set(hash, state(size, mtimeMs));
    return true;
  }

  async #bytes(hash: string): Promise<Uint8Array | null> {
    const file = this.#file(hash);
    const found = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw new WeighbridgeError('damaged', `${file} cannot be read: ${error.message}`);
    });
    return found && checked(hash, found, file);
  }

  #file(hash: string): string {
    // Hashes come from other machines, and name a file.
    if (!/^[0-9a-f]{64}$/.test(hash)) throw damaged(hash, this.folder);
    return join(this.folder, `${hash}.float64`);
  }
}

function checked(hash: string, found: Uint8Array, place: string): Uint8Array {
  try {
    const bytes = expanded(found);
    if (hashOf(bytes) === hash) return bytes;
  } catch (cause) {
    throw damaged(hash, place, cause);
  }
  throw damaged(hash, place);
}

function damaged(hash: string, place: string, cause?: unknown): WeighbridgeError<'damaged'> {
  return new WeighbridgeError(
    'damaged',
    `the data ${hash.slice(0, 12)} of a fit are damaged in ${place}`,
    { details: { file: place }, cause },
  );
}
