/**
 * Attempt after attempt until one works, or none will. What one request learns stops all of them
 * where it says that all will fail.
 */
import { WeighbridgeError } from '../../errors.js';
import { errorOf, type Failure, type Purpose } from './api-error.js';
import { openBreaker } from './breaker.js';
import type { Clock } from './clock.js';
import type { Gate } from './gate.js';
import { backOffMs, isRetryable, LONGEST_HOLD_MS } from './retry.js';
import { linkSignals } from './signals.js';

export interface AttemptSettings {
  readonly maxAttempts: number;
  readonly stopAfterFailures: number;
  readonly concurrency: number;
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

export function openAttempts(
  settings: AttemptSettings,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): Attempts {
  const breaker = openBreaker(settings);
  const stopped = new AbortController();

  function judge(failure: Failure, purpose: Purpose): void {
    const stop = breaker.failed(failure, purpose) ?? tooLongToWait(failure, purpose);
    if (stop) stopped.abort(stop);
  }

  /** Comes back when it is time for the next attempt. */
  async function backOff(
    failure: Failure,
    attempt: number,
    purpose: Purpose,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const error = errorOf(failure, purpose);
    if (!isRetryable(failure.kind)) throw error;
    if (attempt >= settings.maxAttempts) {
      const message = `gave up after ${attempt} attempts: ${error.message}`;
      throw new WeighbridgeError(error.code, message);
    }
    // A pause that the server asked for is the pacer's, which keeps it for all.
    if (!failure.retryAfterMs) await clock.sleep(backOffMs(attempt, random), signal);
  }

  return {
    async untilDone(purpose, gate, calledOff, attemptOnce) {
      const { signal, unlink } = linkSignals(stopped.signal, calledOff);
      const inItsPlace = async (attempt: number) => {
        await gate.enter(signal);
        try {
          signal.throwIfAborted();
          const result = await attemptOnce(attempt, signal);
          if ('value' in result) breaker.succeeded();
          else if (!result.isMended) judge(result.failure, purpose);
          return result;
        } finally {
          // Only now: whoever gets the place must know of a failure that stops all.
          gate.leave();
        }
      };
      try {
        for (let attempt = 1; ; attempt++) {
          const result = await inItsPlace(attempt);
          if ('value' in result) return result.value;
          if (!result.isMended) await backOff(result.failure, attempt, purpose, signal);
        }
      } finally {
        unlink();
      }
    },
    stop: (reason) => stopped.abort(reason),
  };
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
