/**
 * Plain data as bytes, without loss: JSON by `plain-data.ts`, and all typed arrays behind it as
 * little-endian float64s. Large arrays may be kept apart, under a name for their content.
 */
import { float64Bytes, stretchReader, textOf, utf8 } from '../exchange/bytes.js';
import {
  fromJson,
  isJsonObject,
  type Json,
  type StoreNumbers,
  type Stretch,
  type ToJsonOptions,
  toJson,
} from '../exchange/plain-data.js';

interface Split {
  /** Refers to the numbers by their places; a negative place −i is the i-th array apart. */
  readonly json: Json;
  /** The typed arrays of the data, one after another; whole numbers of up to 32 bits are exact. */
  readonly numbers: readonly Float64Array[];
  /** Names of the arrays that are kept apart. */
  readonly apart: readonly string[];
}

/** Keeps an array apart and returns its name; null leaves it with the data. */
export type KeepApart = (values: Float64Array) => string | null;

interface SplitOptions extends Pick<ToJsonOptions, 'keysOf'> {
  /** @default keeps no array apart */
  readonly keepApart?: KeepApart | undefined;
}

/** @throws WeighbridgeError `bad-argument` for anything but plain data, for example a function */
export function splitNumbers(
  value: unknown,
  { keepApart = () => null, keysOf = Object.keys }: SplitOptions = {},
): Split {
  const numbers: Float64Array[] = [];
  const apart: string[] = [];
  let end = 0;
  const store: StoreNumbers = (given) => {
    const values = given instanceof Float64Array ? given : Float64Array.from(given);
    const name = keepApart(values);
    const at = name === null ? end : -apart.push(name);
    if (name === null) {
      end += values.length;
      numbers.push(values);
    }
    return { at, length: values.length };
  };
  return { json: toJson(value, { store, keysOf }), numbers, apart };
}

/** Bytes of the length of the JSON at the start. */
const HEAD = 4;

/** @throws WeighbridgeError `bad-argument` for anything but plain data */
export function bytesOf(value: unknown, keepApart?: KeepApart): Uint8Array {
  const { json, numbers, apart } = splitNumbers(value, { keepApart });
  const text = utf8(JSON.stringify({ apart, value: json }));
  const head = new Uint8Array(HEAD);
  new DataView(head.buffer).setUint32(0, text.length, true);
  return Buffer.concat([head, text, ...numbers.map(float64Bytes)]);
}

interface Opened {
  readonly json: Json;
  readonly apart: readonly string[];
  readonly numbers: Uint8Array;
}

/** @throws Error of one line for bytes that `bytesOf` did not write */
export function openBytes(bytes: Uint8Array): Opened {
  if (bytes.length < HEAD) throw new Error('it is cut short');
  const { buffer, byteOffset, byteLength } = bytes;
  const end = HEAD + new DataView(buffer, byteOffset, byteLength).getUint32(0, true);
  if (end > bytes.length || (bytes.length - end) % 8 !== 0) throw new Error('it is cut short');
  const text = textOf(bytes.subarray(HEAD, end));
  if (text === null) throw new Error('its text is not UTF-8');
  const document: Json = JSON.parse(text);
  const { apart, value: json } = isJsonObject(document) ? document : {};
  if (!Array.isArray(apart) || json === undefined) throw new Error('it is not whole');
  return { json, apart: apart.map(String), numbers: bytes.subarray(end) };
}

/**
 * @param parts little-endian float64s of the arrays that were kept apart, by their names
 * @throws Error of one line
 */
export function valueIn(
  { json, apart, numbers }: Opened,
  parts: ReadonlyMap<string, Uint8Array> = new Map(),
): unknown {
  const own = stretchReader(numbers, 'it');
  const read = ({ at, length }: Stretch): Float64Array => {
    if (!(at < 0)) return own({ at, length });
    const name = apart[-at - 1] ?? '';
    const part = parts.get(name);
    if (!part) throw new Error(`its data ${name} are missing`);
    return stretchReader(part, `the data ${name}`)({ at: 0, length });
  };
  return fromJson(json, read);
}
