/**
 * Is it a fit that was handed over? Callers from JavaScript have no compiler that tells them of a
 * promise that they did not await.
 */
import { WeighbridgeError } from '../errors.js';

/** @throws WeighbridgeError `bad-argument` for what no function of a fit could be asked of */
export function requireFit(given: unknown): void {
  if (isFit(given)) return;
  throw new WeighbridgeError(
    'bad-argument',
    `expected a fit, as regression() and loadFit() give one, found ${described(given)}`,
  );
}

function isFit(given: unknown): boolean {
  if (!isRecord(given) || !isRecord(given.fit) || !isRecord(given.fit.draws)) return false;
  return isRecord(given.frame) && isRecord(given.specification) && isRecord(given.settings);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (isRecord(value))
    return typeof value.then === 'function' ? 'a promise: await it' : 'an object';
  return `a ${typeof value}`;
}
