/**
 * Stops everything with one line when every request fails (the circuit breaker of M. Nygard,
 * "Release It!", 2007, without its way back: a study is run again when the cause is mended). A
 * wrong key or model is wrong for all requests, so the first failure is enough; a server that is
 * gone shows by so many failed attempts in a row.
 */
import { WeighbridgeError } from '../../errors.js';
import { errorOf, type Failure, type Purpose } from './api-error.js';

export interface Breaker {
  /** Any attempt that worked. */
  succeeded(): void;
  /**
   * @returns why everything stops, where this failure was one too many
   */
  failed(failure: Failure, purpose: Purpose): WeighbridgeError | null;
}

export interface BreakerSettings {
  readonly stopAfterFailures: number;
  readonly concurrency: number;
}

/** Enough where nothing has ever answered: the address is wrong, or nothing runs there. */
const UNREACHED_AT_FIRST = 4;

export function openBreaker({ stopAfterFailures, concurrency }: BreakerSettings): Breaker {
  // A volley that breaks together is one event: everything in flight must have failed twice.
  const most = Math.max(stopAfterFailures, 2 * concurrency);
  let inARow = 0;
  let everAnswered = false;
  let everSucceeded = false;

  function isHopeless({ kind }: Failure, { what }: Purpose): boolean {
    const isChat = what === null;
    switch (kind) {
      case 'denied':
      case 'no-credit':
        return true;
      case 'not-found':
        return isChat;
      case 'rejected':
        // Later on it is something about this one request.
        return isChat && !everSucceeded;
      default:
        return false;
    }
  }

  /** Refusals for too many requests are an answer, and their own matter: they do not count. */
  function isGone({ kind }: Failure): boolean {
    if (kind === 'limited' || kind === 'not-found' || kind === 'rejected') return false;
    inARow++;
    return (
      inARow >= most || (!everAnswered && kind === 'unreached' && inARow >= UNREACHED_AT_FIRST)
    );
  }

  return {
    succeeded() {
      inARow = 0;
      everAnswered = true;
      everSucceeded = true;
    },
    failed(failure, purpose) {
      if (failure.status !== null) everAnswered = true;
      if (isHopeless(failure, purpose)) return errorOf(failure, purpose);
      if (!isGone(failure)) return null;
      const { message } = errorOf(failure, purpose);
      return new WeighbridgeError('server', `${inARow} attempts in a row failed: ${message}`);
    },
  };
}
