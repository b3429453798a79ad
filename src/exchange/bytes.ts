/**
 * Text and numbers as the bytes that files are made of: UTF-8, little-endian numbers whatever the
 * machine's order is, and the checksum that finds a damaged one.
 */

// Part of every runtime, and of no library that the engine is compiled with.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: 'utf-8',
  options: { fatal: true; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text, without a byte-order mark; null where the bytes are not UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}

export function float64Bytes(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setFloat64(8 * i, values[i], true);
  return bytes;
}

/** Whole numbers within 2^53. */
export function int64Bytes(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setBigInt64(8 * i, BigInt(values[i]), true);
  return bytes;
}

/** Numbers `from` to `from + count` − 1 of a file of float64s. */
export function readFloat64(bytes: Uint8Array, from: number, count: number): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = view.getFloat64(8 * (from + i), true);
  return values;
}

/** CRC-32 as of zip, gzip and PNG (reflected polynomial 0xEDB88320), in eight hexadecimal digits. */
export function crc32(bytes: Uint8Array): string {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = CRC_OF_BYTE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

const CRC_OF_BYTE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});
