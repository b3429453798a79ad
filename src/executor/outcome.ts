/**
 * What came of a worker's task: its value, or the error that a user can mend. Errors go back as
 * values: a message between threads keeps an error's text and loses its class and code.
 */
import { type ErrorCode, WeighbridgeError } from '../errors.js';

export type Outcome<T> =
  | { readonly value: T }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } };

export function outcomeOf<T>(task: () => T): Outcome<T> {
  try {
    return { value: task() };
  } catch (error) {
    if (!(error instanceof WeighbridgeError)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}

/** The value, or the error thrown again. */
export function unwrapped<T>(outcome: Outcome<T>): T {
  if ('value' in outcome) return outcome.value;
  throw new WeighbridgeError(outcome.error.code, outcome.error.message);
}
