/**
 * Plain data as bytes, without loss: JSON by `plain-data.ts`, and all typed arrays behind it as
 * little-endian float64s.
 */
import { float64Bytes, stretchReader, textOf, utf8 } from '../exchange/bytes.js';
import { fromJson, type Json, toJson } from '../exchange/plain-data.js';

interface Split {
  /** Refers to the numbers by their places. */
  readonly json: Json;
  /** The typed arrays of the data, one after another; whole numbers of up to 32 bits are exact. */
  readonly numbers: readonly Float64Array[];
}

/** @throws WeighbridgeError `bad-argument` for anything but plain data, for example a function */
export function splitNumbers(value: unknown): Split {
  const numbers: Float64Array[] = [];
  let end = 0;
  const json = toJson(value, (values) => {
    const at = end;
    end += values.length;
    numbers.push(values instanceof Float64Array ? values : Float64Array.from(values));
    return { at, length: values.length };
  });
  return { json, numbers };
}

/** Bytes of the length of the JSON at the start. */
const HEAD = 4;

/** @throws WeighbridgeError `bad-argument` for anything but plain data */
export function bytesOf(value: unknown): Uint8Array {
  const { json, numbers } = splitNumbers(value);
  const text = utf8(JSON.stringify(json));
  const head = new Uint8Array(HEAD);
  new DataView(head.buffer).setUint32(0, text.length, true);
  return Buffer.concat([head, text, ...numbers.map(float64Bytes)]);
}

/** @throws Error of one line for bytes that `bytesOf` did not write */
export function valueIn(bytes: Uint8Array): unknown {
  if (bytes.length < HEAD) throw new Error('it is cut short');
  const { buffer, byteOffset, byteLength } = bytes;
  const end = HEAD + new DataView(buffer, byteOffset, byteLength).getUint32(0, true);
  if (end > bytes.length || (bytes.length - end) % 8 !== 0) throw new Error('it is cut short');
  const text = textOf(bytes.subarray(HEAD, end));
  if (text === null) throw new Error('its text is not UTF-8');
  const json: Json = JSON.parse(text);
  return fromJson(json, stretchReader(bytes.subarray(end), 'it'));
}
