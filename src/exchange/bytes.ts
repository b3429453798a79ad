/**
 * Encodes text, JSON and numbers for files: UTF-8, little-endian numbers on every machine, CRC-32
 * checksums, and draws as one CSV table.
 */

import type { Draws } from '../posterior/draws.js';
import type { Json, Stretch } from './plain-data.js';

// Available in every runtime, but not in the TypeScript libraries that the engine is compiled with.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: 'utf-8',
  options: { fatal: true; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text, without a byte-order mark; null if the bytes are not UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Little-endian bytes of numbers. On a little-endian machine, the bytes share the numbers' memory.
 */
export function float64Bytes(values: Float64Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return LITTLE_ENDIAN ? bytes : reversed(bytes);
}

/**
 * Numbers `from` to `from + count` − 1 of little-endian float64s.
 * @param count default: all that follow
 */
export function readFloat64(
  bytes: Uint8Array,
  from = 0,
  count = bytes.length / 8 - from,
): Float64Array {
  // Not slice(), which does not copy a Buffer.
  const part = Uint8Array.from(bytes.subarray(8 * from, 8 * (from + count)));
  return new Float64Array((LITTLE_ENDIAN ? part : reversed(part)).buffer, 0, count);
}

/**
 * Reads ranges of little-endian float64s.
 *
 * @param name of the numbers, for the message
 * @returns a function that throws an Error of one line for a range that is not there
 */
export function stretchReader(
  numbers: Uint8Array,
  name: string,
): (stretch: Stretch) => Float64Array {
  const available = numbers.length / 8;
  return ({ at, length }) => {
    const whole = Number.isSafeInteger(at) && Number.isSafeInteger(length);
    if (!whole || at < 0 || length < 0 || at + length > available) {
      throw new Error(`numbers ${at} to ${at + length} are not in ${name}`);
    }
    return readFloat64(numbers, at, length);
  };
}

/** A copy with the byte order of each number of `size` bytes reversed, 4 or 8. */
function reversed(bytes: Uint8Array, size = 8): Uint8Array {
  const last = size - 1;
  return Uint8Array.from(bytes, (_, i) => bytes[(i | last) - (i & last)]);
}

/** Little-endian float32s, rounded from the numbers. */
export function float32Bytes(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return LITTLE_ENDIAN ? bytes : reversed(bytes, 4);
}

/** The numbers of little-endian float32s. */
export function readFloat32(bytes: Uint8Array): Float32Array {
  const copy = Uint8Array.from(bytes);
  return new Float32Array((LITTLE_ENDIAN ? copy : reversed(copy, 4)).buffer);
}

/** Whole numbers within 2^53. */
export function int64Bytes(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setBigInt64(8 * i, BigInt(values[i]), true);
  return bytes;
}

/**
 * CRC-32 as in zip, gzip and PNG (reflected polynomial 0xEDB88320), in eight hexadecimal digits.
 */
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

export function jsonText(json: Json): string {
  return `${lines(json, '')}\n`;
}

function lines(json: Json, indent: string): string {
  const inner = `${indent} `;
  if (Array.isArray(json) && json.some(isNested)) {
    const items = json.map((item: Json) => `${inner}${lines(item, inner)}`);
    return `[\n${items.join(',\n')}\n${indent}]`;
  }
  if (isNested(json) && !Array.isArray(json)) {
    const entries = Object.entries(json).map(
      ([key, value]) => `${inner}${JSON.stringify(key)}: ${lines(value, inner)}`,
    );
    return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n${indent}}`;
  }
  return Array.isArray(json)
    ? `[${json.map((item: Json) => JSON.stringify(item)).join(', ')}]`
    : JSON.stringify(json);
}

function isNested(json: Json): json is Exclude<Json, null | boolean | number | string> {
  return typeof json === 'object' && json !== null;
}

/** The same JSON with every non-ASCII character escaped as \\uXXXX. */
export function asciiJson(json: string): string {
  return json.replaceAll(
    /[^\n\x20-\x7e]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** CSV of `.chain`, `.iteration`, `.draw` (from 1), then one column per parameter. */
export function drawsTable({ parameterNames, chains, drawsPerChain, values }: Draws): string {
  const width = parameterNames.length;
  const header = ['.chain', '.iteration', '.draw', ...parameterNames].map(quoted).join(',');
  const rows = Array.from({ length: chains * drawsPerChain }, (_, row) => {
    const place = [Math.floor(row / drawsPerChain) + 1, (row % drawsPerChain) + 1, row + 1];
    return [...place, ...values.subarray(row * width, (row + 1) * width)].join(',');
  });
  return `${[header, ...rows].join('\n')}\n`;
}

function quoted(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
