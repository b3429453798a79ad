/**
 * Bytes of a file as text: UTF-8, or UTF-16 with a byte-order mark, and one clear line for anything
 * else.
 */
import { WeighbridgeError } from './errors.js';

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
