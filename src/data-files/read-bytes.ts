/**
 * Reads files as bytes or text, with one-line errors if a file is missing, of another kind or not
 * UTF-8.
 */
import { constants, openSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { badData } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';

/** The path of standard input. */
export const STANDARD_INPUT = '-';

/**
 * Reads the bytes of a file, a named pipe or standard input.
 *
 * @param purpose what the file would have held, for messages
 * @param onWaiting receives a line if a named pipe has no bytes for a second
 * @throws WeighbridgeError `missing-file`; `bad-data` if the file is too large
 */
export async function readBytes(
  path: string,
  purpose: string,
  onWaiting?: (line: string) => void,
): Promise<Uint8Array> {
  if (path === STANDARD_INPUT) return bytesOf(process.stdin, 'standard input');
  return existing(path, purpose, async () => {
    const found = await stat(path);
    if (found.isFIFO()) return pipeBytes(path, onWaiting);
    // Devices may be endless.
    if (found.isCharacterDevice() || found.isBlockDevice()) {
      throw missing(`${path} is a device: expected ${purpose}`, path);
    }
    return readFile(path);
  });
}

/**
 * Reads a text file: UTF-8, or UTF-16 with a byte-order mark. Pipes and devices, which may be
 * endless, are not read.
 *
 * @param purpose what the file would have held, for messages
 * @throws WeighbridgeError `missing-file`; `bad-data` with the line that is not UTF-8
 */
export async function readText(path: string, purpose: string): Promise<string> {
  const bytes = await existing(path, purpose, async () => {
    const found = await stat(path);
    if (found.isFile() || found.isDirectory()) return readFile(path);
    throw missing(
      `${path} is a named pipe, a socket or a device: expected a file with ${purpose}`,
      path,
    );
  });
  return decodeText(bytes, path);
}

async function existing<T>(path: string, purpose: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof WeighbridgeError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    const reason = code === 'ENOENT' ? 'is missing' : `cannot be read (${code})`;
    throw missing(`${path} ${reason}: expected ${purpose}`, path, cause);
  }
}

function missing(message: string, file: string, cause?: unknown): WeighbridgeError {
  return new WeighbridgeError('missing-file', message, { details: { file }, cause });
}

const WAITING_MS = 1000;

/**
 * Reads the bytes of a named pipe. It is opened without waiting for a writer, so that no thread is
 * blocked and the process can be stopped.
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

/** Node's limit for a file. */
const MOST_BYTES = 2 ** 31 - 1;

async function bytesOf(stream: Readable, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes: unknown = chunk;
    if (!(bytes instanceof Uint8Array)) throw badData(`${what}: expected bytes`, { file: what });
    chunks.push(bytes);
    length += bytes.length;
    if (length > MOST_BYTES)
      throw badData(`${what} has more than 2 GB: expected less`, { file: what });
  }
  return Buffer.concat(chunks, length);
}

/** Signatures of files that are not text, with bytes as Latin-1. */
const SIGNATURES: readonly (readonly [start: string, what: string])[] = [
  ['PK\x03\x04', 'a ZIP archive or a spreadsheet (xlsx, ods): save the sheet as CSV'],
  ['\xd0\xcf\x11\xe0', 'an old spreadsheet (xls): save the sheet as CSV'],
  ['SQLite format 3\0', 'an SQLite database: export the table as CSV'],
  ['PAR1\x15', 'Parquet: name it .parquet, or --format parquet'],
  ['ARROW1\0\0', 'an Arrow (Feather) file: save it as Parquet or CSV'],
  ['FEA1\0', 'a Feather file: save it as Parquet or CSV'],
  ['Obj\x01', 'an Avro file: save it as Parquet or CSV'],
  ['\x89HDF', 'an HDF5 file: save it as Parquet or CSV'],
  ['RDX2\n', "R's data (RData): save it as CSV with write.csv"],
  ['RDX3\n', "R's data (RData): save it as CSV with write.csv"],
  ['X\n\0\0', "R's data (RDS): save it as CSV with write.csv"],
  ['$FL2@(#)', 'a file of SPSS: save it as CSV'],
  ['<stata_dta>', 'a file of Stata: save it as CSV'],
  ['BZh91AY', 'compressed by bzip2: unpack it'],
  ['\xfd7zXZ', 'compressed by xz: unpack it'],
  ['\x28\xb5\x2f\xfd', 'compressed by zstd: unpack it'],
  ['7z\xbc\xaf', 'a 7z archive: unpack it'],
  ['%PDF-', 'a PDF'],
  ['\x89PNG', 'a picture (PNG)'],
  ['{\\rtf', 'a rich-text document: save it as CSV'],
];

/** Detects a web page instead of a downloaded table. */
const MARKUP = /^\s{0,100}<(?:!doctype|html|head|body|\?xml)/i;

/** @throws WeighbridgeError `bad-data`, with the kind of file, if the file is not text */
export function refuseOtherKinds(bytes: Uint8Array, file: string): void {
  const start = Buffer.from(bytes.subarray(0, 300)).toString('latin1');
  const found = SIGNATURES.find(([signature]) => start.startsWith(signature));
  if (found) throw badData(`${file} is ${found[1]}`, { file, found: found[1] });
  if (start.startsWith('ustar', 257))
    throw badData(`${file} is a tar archive: unpack it`, { file });
  if (MARKUP.test(start.replace('\xef\xbb\xbf', ''))) {
    throw badData(`${file} is a web page or XML: expected a table`, { file });
  }
}

/**
 * Maximum compression ratio: text compresses to about a tenth; a far higher ratio is a
 * decompression bomb.
 */
const MOST_UNPACKED = 500_000_000;
const MOST_TIMES = 200;
const ALWAYS_UNPACKED = 20_000_000;

/** The content of a gzip file; other bytes unchanged. @throws WeighbridgeError `bad-data` */
export async function unpacked(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const most = Math.min(MOST_UNPACKED, Math.max(ALWAYS_UNPACKED, MOST_TIMES * bytes.length));
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: most });
  } catch (cause) {
    const tooLarge =
      cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    const reason = tooLarge
      ? `unpacks to more than ${Math.round(most / 1e6)} MB: unpack it first`
      : 'is damaged or cut short';
    throw new WeighbridgeError('bad-data', `${file} is compressed by gzip and ${reason}`, {
      details: { file },
      cause,
    });
  }
}

/** V8's maximum string length is 2^29 - 24 characters. */
const MOST_TEXT = 500_000_000;

/**
 * Decodes UTF-8 with or without a byte-order mark, or UTF-16 with one.
 * @param file name for messages
 * @throws WeighbridgeError `bad-data` if the text has another encoding or more than 500 MB
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  if (bytes.length > MOST_TEXT) {
    const size = `${Math.round(bytes.length / 1e6)} MB`;
    throw badData(`${file} has ${size} of text: expected at most 500 MB`, { file });
  }
  const encoding = encodingOf(bytes);
  if (encoding === 'UTF-32' || encoding === 'UTF-16') {
    throw badData(
      `${file} is ${encoding}${encoding === 'UTF-16' ? ' without a byte-order mark' : ''}, expected UTF-8: save it as UTF-8`,
      { file, found: encoding, expected: 'UTF-8' },
    );
  }
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    const line = encoding === 'utf-8' ? badLine(bytes) : null;
    const message =
      line === null
        ? `${file} is damaged UTF-16: save it as UTF-8`
        : `${file}, line ${line}: not UTF-8, expected text in UTF-8: save it as UTF-8`;
    const details = { file, ...(line !== null && { line }), expected: 'UTF-8' };
    throw new WeighbridgeError('bad-data', message, { details, cause });
  }
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'UTF-16' | 'UTF-32';

/** Detects UTF-16 by its byte-order mark, or by ASCII text with every other byte zero. */
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

/**
 * Number of the first line that is not UTF-8. Multi-byte characters of UTF-8 do not contain a
 * line-end byte.
 */
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
