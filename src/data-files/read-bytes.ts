/**
 * Files as bytes, with one clear line for what is not there.
 */
import { constants, openSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { WeighbridgeError } from '../errors.js';

/** The path that stands for standard input. */
export const STANDARD_INPUT = '-';

/**
 * @param onWaiting takes a line where a named pipe has no bytes for a second
 * @throws WeighbridgeError `missing-file`; `bad-data` for more bytes than can be held
 */
export async function readBytes(
  path: string,
  purpose: string,
  onWaiting?: (line: string) => void,
): Promise<Uint8Array> {
  if (path === STANDARD_INPUT) return bytesOf(process.stdin, 'standard input');
  try {
    const found = await stat(path);
    if (found.isFIFO()) return await pipeBytes(path, onWaiting);
    // Some have no end.
    if (found.isCharacterDevice() || found.isBlockDevice()) {
      throw new WeighbridgeError('missing-file', `${path} is a device: expected ${purpose}`);
    }
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof WeighbridgeError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    const reason = code === 'ENOENT' ? 'is missing' : `cannot be read (${code})`;
    throw new WeighbridgeError('missing-file', `${path} ${reason}: expected ${purpose}`, { cause });
  }
}

const WAITING_MS = 1000;

/**
 * What a named pipe brings. It is opened without waiting for its writer, so that no thread is held
 * and the process can be stopped.
 */
async function pipeBytes(path: string, onWaiting?: (line: string) => void): Promise<Uint8Array> {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const pipe = new Socket({ fd: descriptor, readable: true, writable: false });
  const timer = setTimeout(() => {
    onWaiting?.(`${path} is a named pipe to which nothing is written yet: waiting for data`);
  }, WAITING_MS);
  pipe.once('data', () => clearTimeout(timer));
  try {
    return await bytesOf(pipe, path);
  } finally {
    clearTimeout(timer);
  }
}

/** As much as Node reads of a file. */
const MOST_BYTES = 2 ** 31 - 1;

async function bytesOf(stream: Readable, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes: unknown = chunk;
    if (!(bytes instanceof Uint8Array)) throw badData(`${what}: expected bytes`);
    chunks.push(bytes);
    length += bytes.length;
    if (length > MOST_BYTES) throw badData(`${what} has more than 2 GB: expected less`);
  }
  return Buffer.concat(chunks, length);
}

function badData(message: string): WeighbridgeError {
  return new WeighbridgeError('bad-data', message);
}
