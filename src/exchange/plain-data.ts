/**
 * Encodes plain data as JSON without loss. JSON has no NaN, infinities, -0, typed arrays or maps;
 * each of these becomes an object with one key that starts with `$`:
 *
 *     {"$number": "NaN"}   also "Infinity", "-Infinity", "-0"
 *     {"$bigint": "123"}
 *     {"$undefined": true}
 *     {"$map": [[key, value], …]}
 *     {"$float64": [1, 2.5, "NaN"]}    and $float32, $int8, $uint8, $int16, $uint16, $int32, $uint32
 *     {"$float64": {"at": 0, "length": 4000}}   numbers in a separate file of float64s, by index
 *                                               and length
 *
 * A key of the data that starts with `$` gets an additional `$`.
 */
import { badArgument } from '../checks/values.js';
import type { WeighbridgeError } from '../errors.js';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

const kinds = {
  $float64: Float64Array,
  $float32: Float32Array,
  $int8: Int8Array,
  $uint8: Uint8Array,
  $int16: Int16Array,
  $uint16: Uint16Array,
  $int32: Int32Array,
  $uint32: Uint32Array,
} as const;
type Kind = keyof typeof kinds;
type TypedArray = InstanceType<(typeof kinds)[Kind]>;

/** A range in a file of float64s. */
export interface Stretch {
  readonly at: number;
  readonly length: number;
}

/** Stores numbers in a separate file and returns their range; null keeps them in the JSON. */
export type StoreNumbers = (values: TypedArray, path: readonly string[]) => Stretch | null;

/** Sets a key of its own, `__proto__` too. */
function setKey<T>(record: Record<string, T>, key: string, value: T): void {
  if (key !== '__proto__') record[key] = value;
  else Object.defineProperty(record, key, { value, enumerable: true, configurable: true });
}

export interface ToJsonOptions {
  /** @default keeps all numbers in the JSON */
  readonly store?: StoreNumbers;
  /** The keys of a record that are written, in their order. @default Object.keys */
  readonly keysOf?: (record: Readonly<Record<string, unknown>>) => readonly string[];
}

/** @throws WeighbridgeError `bad-argument` if a value is not plain data, for example a function */
export function toJson(value: unknown, options: ToJsonOptions = {}): Json {
  const { store = () => null, keysOf = Object.keys } = options;
  return jsonOf(value, { store, keysOf, path: [] });
}

interface Writing extends Required<ToJsonOptions> {
  /** Keys down to the value: one array for all values, since many are small. */
  readonly path: string[];
}

function jsonOf(value: unknown, writing: Writing): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return numberJson(value);
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (value === undefined) return { $undefined: true };
  if (Array.isArray(value)) {
    return value.map((item: unknown, i) => jsonAt(item, writing, i));
  }
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => [
      jsonOf(key, writing),
      jsonAt(item, writing, String(key)),
    ]);
    return { $map: entries };
  }
  const kind = kindOf(value);
  if (kind !== null) {
    const numbers = value as TypedArray;
    const stretch = writing.store(numbers, writing.path);
    const json = stretch ? { at: stretch.at, length: stretch.length } : arrayJson(numbers);
    return { [kind]: json };
  }
  if (!isPlainObject(value)) throw notPlain(value, writing.path);
  const json: Record<string, Json> = {};
  for (const key of writing.keysOf(value)) {
    setKey(json, key.startsWith('$') ? `$${key}` : key, jsonAt(value[key], writing, key));
  }
  return json;
}

function jsonAt(value: unknown, writing: Writing, key: string | number): Json {
  writing.path.push(String(key));
  const json = jsonOf(value, writing);
  writing.path.pop();
  return json;
}

/**
 * @param stored returns the numbers of a range
 * @throws Error with a message of one line, without a file name
 */
export function fromJson(json: Json, stored: (stretch: Stretch) => Float64Array): unknown {
  if (json === null || typeof json !== 'object') return json;
  if (isList(json)) return json.map((item) => fromJson(item, stored));
  const keys = Object.keys(json);
  const [key] = keys;
  if (keys.length === 1 && /^\$(?!\$)/.test(key)) return special(key, json[key], stored);
  const record: Record<string, unknown> = {};
  for (const name of keys) {
    setKey(record, name.startsWith('$$') ? name.slice(1) : name, fromJson(json[name], stored));
  }
  return record;
}

/** Maximum number of digits, since parsing a bigint takes quadratic time. */
const BIGINT = /^-?\d{1,10000}$/;

function special(key: string, json: Json, stored: (stretch: Stretch) => Float64Array): unknown {
  if (key === '$number') return numberOf(json);
  if (key === '$bigint' && typeof json === 'string' && BIGINT.test(json)) return BigInt(json);
  if (key === '$undefined') return undefined;
  if (key === '$map' && isList(json)) {
    return new Map(
      json.map((entry) => {
        if (!isList(entry) || entry.length !== 2) throw new Error(`${key} has an entry of no pair`);
        return [fromJson(entry[0], stored), fromJson(entry[1], stored)] as const;
      }),
    );
  }
  if (Object.hasOwn(kinds, key)) {
    const array = kinds[key as Kind];
    const numbers = isList(json) ? Float64Array.from(json, numberOf) : stored(stretchOf(key, json));
    return array === Float64Array ? numbers : array.from(numbers);
  }
  throw new Error(`${key} is not known`);
}

function stretchOf(key: string, json: Json): Stretch {
  const { at, length } = isJsonObject(json) ? json : {};
  if (typeof at === 'number' && typeof length === 'number') return { at, length };
  throw new Error(`${key} is neither a list of numbers nor a place`);
}

function arrayJson(values: TypedArray): Json {
  return Array.from(values, (value) =>
    Number.isFinite(value) && !Object.is(value, -0) ? value : specialName(value),
  );
}

function numberJson(value: number): Json {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: specialName(value) };
}

function specialName(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function numberOf(json: Json): number {
  if (typeof json === 'number') return json;
  switch (json) {
    case 'NaN':
    case 'Infinity':
    case '-Infinity':
    case '-0':
      return Number(json);
  }
  throw new Error(`found ${JSON.stringify(json)} for a number`);
}

const kindsInOrder = Object.entries(kinds) as [Kind, (typeof kinds)[Kind]][];

function kindOf(value: unknown): Kind | null {
  if (!ArrayBuffer.isView(value)) return null;
  for (const [kind, array] of kindsInOrder) {
    if (value instanceof array) return kind;
  }
  return null;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

export function isJsonObject(json: Json): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function notPlain(value: unknown, path: readonly string[]): WeighbridgeError {
  const what = typeof value === 'object' ? value?.constructor.name : typeof value;
  return badArgument(
    `${path.join('.')} is a ${what}, expected plain data: numbers, text, arrays, records`,
  );
}
