/**
 * Bytes of a file as text: UTF-8, with one clear line for anything else.
 */
import { WeighbridgeError } from './errors.js';

/**
 * UTF-8 with or without a byte-order mark.
 * @param file to be named in messages
 * @throws WeighbridgeError `bad-data` for text of another encoding
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  if (looksLikeUtf16(bytes)) {
    throw new WeighbridgeError('bad-data', `${file} is UTF-16, expected UTF-8: save it as UTF-8`);
  }
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new WeighbridgeError(
      'bad-data',
      `${file}, line ${badLine(bytes)}: not UTF-8, expected text in UTF-8: save it as UTF-8`,
      { cause },
    );
  }
}

/** A byte-order mark, or ASCII text with every other byte zero. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return bytes.length >= 2 && (first === 0) !== (second === 0);
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
