/**
 * Attempt after attempt until one works, or none will. What one request learns stops all of them
 * where it says that all will fail.
 */
import { WeighbridgeError } from '../../errors.js';
import { errorOf, type Failure, type Purpose } from './api-error.js';
import { type Breaker, type OnNotice, openBreaker, type Tried } from './breaker.js';
import type { Clock } from './clock.js';
import type { Gate } from './gate.js';
import { backOffMs, isRetryable, LONGEST_HOLD_MS } from './retry.js';
import { linkSignals } from './signals.js';

export interface AttemptSettings {
  readonly maxAttempts: number;
  readonly longestOutageMs: number;
}

export type AttemptResult<T> =
  | { readonly value: T }
  | {
      readonly failure: Failure;
      /** It was a matter of words: sent again in others, at once, it may pass. */
      readonly isMended?: boolean;
    };

export interface Attempts {
  /**
   * @param attemptOnce its first parameter counts from 1; its signal calls off what is not sent yet
   * @throws WeighbridgeError
   */
  untilDone<T>(
    purpose: Purpose,
    gate: Gate,
    calledOff: AbortSignal | undefined,
    attemptOnce: (attempt: number, signal: AbortSignal) => Promise<AttemptResult<T>>,
  ): Promise<T>;
  /** All that waits, and all that comes, fails with this. */
  stop(reason: WeighbridgeError): void;
}

export interface AttemptDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly onNotice: OnNotice;
}

export function openAttempts(
  settings: AttemptSettings,
  { clock, random, onNotice }: AttemptDependencies,
): Attempts {
  const known = { hasAnswered: false, hasSucceeded: false };
  const breakerOf = () => openBreaker(settings, { clock, random, onNotice }, known);
  // Chats may fail while jobs can be looked at, and the other way round.
  const breakers = { chat: breakerOf(), call: breakerOf() };
  const stopped = new AbortController();

  function judge(failure: Failure, purpose: Purpose, breaker: Breaker, tried: Tried): void {
    const stop = breaker.failed(failure, purpose, tried) ?? tooLongToWait(failure, purpose);
    if (stop) stopped.abort(stop);
  }

  /** Comes back when it is time for the next attempt. */
  async function backOff(
    failure: Failure,
    { attempt, purpose, breaker, tried }: Trial,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const error = errorOf(failure, purpose);
    if (!isRetryable(failure.kind)) throw error;
    const failures = breaker.ownFailures(tried);
    if (failures >= settings.maxAttempts) {
      const message = `gave up after ${failures} attempts: ${error.message}`;
      throw new WeighbridgeError(error.code, message);
    }
    // In an outage it is the breaker's to say when; a pause that the server asked for is the
    // pacer's, which keeps it for all.
    if (breaker.isOpen() || failure.retryAfterMs) return;
    await clock.sleep(backOffMs(attempt, random), signal);
  }

  return {
    async untilDone(purpose, gate, calledOff, attemptOnce) {
      const { signal, unlink } = linkSignals(stopped.signal, calledOff);
      const breaker = purpose.what === null ? breakers.chat : breakers.call;
      const tried: Tried = { failedAt: [] };
      const inItsPlace = async (attempt: number) => {
        await gate.enter(signal);
        try {
          const attemptIsOver = await breaker.pass(signal);
          try {
            signal.throwIfAborted();
            const result = await attemptOnce(attempt, signal);
            if ('value' in result) breaker.succeeded(purpose, tried);
            else if (!result.isMended) judge(result.failure, purpose, breaker, tried);
            return result;
          } finally {
            attemptIsOver();
          }
        } finally {
          // Only now: whoever gets the place must know of a failure that stops all.
          gate.leave();
        }
      };
      try {
        for (let attempt = 1; ; attempt++) {
          const result = await inItsPlace(attempt);
          if ('value' in result) return result.value;
          if (result.isMended) continue;
          await backOff(result.failure, { attempt, purpose, breaker, tried }, signal);
        }
      } finally {
        unlink();
      }
    },
    stop: (reason) => stopped.abort(reason),
  };
}

interface Trial {
  readonly attempt: number;
  readonly purpose: Purpose;
  readonly breaker: Breaker;
  readonly tried: Tried;
}

/** A server that wants to be left alone for hours: better said than waited for. */
function tooLongToWait({ retryAfterMs }: Failure, { baseURL }: Purpose): WeighbridgeError | null {
  if (retryAfterMs === null || retryAfterMs <= LONGEST_HOLD_MS) return null;
  const minutes = Math.ceil(retryAfterMs / 60_000);
  return new WeighbridgeError(
    'server',
    `${baseURL} asks to wait ${minutes} minutes before the next request: go on then`,
  );
}
