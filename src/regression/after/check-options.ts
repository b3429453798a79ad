/**
 * What the options of several functions of a fit have in common to be checked.
 */
import { WeighbridgeError } from '../../errors.js';

/** @throws WeighbridgeError `bad-argument` for a probability that is not in (0, 1). */
export function checkProbability(name: string, value: number): number {
  if (value > 0 && value < 1) return value;
  throw new WeighbridgeError('bad-argument', `${name} is ${value}, but must be in (0, 1)`);
}

/** @throws WeighbridgeError `bad-argument` for a value that is not among those allowed. */
export function checkOneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw new WeighbridgeError(
    'bad-argument',
    `${name} is ${value}, but must be one of ${allowed.join(', ')}`,
  );
}
