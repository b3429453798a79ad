/**
 * Files as bytes and as text, with one clear line for what is not there or is no text.
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

/** A string of JavaScript holds no more than 2^29 - 24 characters. */
const MOST_TEXT = 500_000_000;

/**
 * UTF-8 with or without a byte-order mark, or UTF-16 with one.
 * @param file to be named in messages
 * @throws WeighbridgeError `bad-data` for text of another encoding, and for more than 500 MB
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  if (bytes.length > MOST_TEXT) {
    const size = `${Math.round(bytes.length / 1e6)} MB`;
    throw badData(`${file} has ${size} of text: expected at most 500 MB`);
  }
  const encoding = encodingOf(bytes);
  if (encoding === 'UTF-32' || encoding === 'UTF-16') {
    throw badData(
      `${file} is ${encoding}${encoding === 'UTF-16' ? ' without a byte-order mark' : ''}, expected UTF-8: save it as UTF-8`,
    );
  }
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    const message =
      encoding === 'utf-8'
        ? `${file}, line ${badLine(bytes)}: not UTF-8, expected text in UTF-8: save it as UTF-8`
        : `${file} is damaged UTF-16: save it as UTF-8`;
    throw new WeighbridgeError('bad-data', message, { cause });
  }
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'UTF-16' | 'UTF-32';

/** By its byte-order mark; without one, every other byte of UTF-16 is zero in ASCII text. */
function encodingOf(bytes: Uint8Array): Encoding {
  const [first, second, third, fourth] = bytes;
  if (first === 0xff && second === 0xfe) {
    return third === 0 && fourth === 0 ? 'UTF-32' : 'utf-16le';
  }
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first === 0 && second === 0 && third === 0xfe && fourth === 0xff) return 'UTF-32';
  const start = bytes.subarray(0, 200);
  const even = start.filter((byte, i) => byte === 0 && i % 2 === 0).length;
  const odd = start.filter((byte, i) => byte === 0 && i % 2 === 1).length;
  const isWide = start.length > 1 && Math.max(even, odd) > 0.4 * start.length;
  return isWide && Math.min(even, odd) < 0.1 * start.length ? 'UTF-16' : 'utf-8';
}

const LINE_END = 0x0a;

/** No character of UTF-8 goes beyond a line end. */
function badLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  let from = 0;
  for (;;) {
    const end = bytes.indexOf(LINE_END, from);
    try {
      decoder.decode(bytes.subarray(from, end === -1 ? undefined : end));
    } catch {
      return line;
    }
    if (end === -1) return line;
    from = end + 1;
    line++;
  }
}

function badData(message: string): WeighbridgeError {
  return new WeighbridgeError('bad-data', message);
}
