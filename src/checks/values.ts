/** Untrusted values: their kind, their description in messages, and the errors for bad ones. */
import { type ArgumentDetails, type DataDetails, WeighbridgeError } from '../errors.js';

/** True for a plain object: not an array, Map, Date or promise. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.prototype.toString.call(value) === '[object Object]';
}

export function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  if (Array.isArray(value)) return true;
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** Describes a value for a message: `the text 'yes'`, `12`, `null`, `an array`, `a Date`. */
export function described(value: unknown): string {
  if (typeof value === 'string') {
    return `the text '${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
  }
  if (typeof value === 'function') return `the function ${value.name || '() => …'}`;
  if (typeof value !== 'object' || value === null) return String(value);
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  const kind = tag === 'Array' || tag === 'Object' ? tag.toLowerCase() : tag;
  return `${/^[aeiou]/i.test(kind) ? 'an' : 'a'} ${kind}`;
}

/** An error about an argument or option. Collapses white space in the message to single spaces. */
export function badArgument(
  message: string,
  details?: ArgumentDetails,
): WeighbridgeError<'bad-argument'> {
  return new WeighbridgeError('bad-argument', singleSpaced(message), { details });
}

/** An error about data. Collapses white space in the message to single spaces. */
export function badData(message: string, details?: DataDetails): WeighbridgeError<'bad-data'> {
  return new WeighbridgeError('bad-data', singleSpaced(message), { details });
}

function singleSpaced(message: string): string {
  return message.replace(/\s/g, ' ');
}
