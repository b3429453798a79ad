/**
 * Retries a request until an attempt succeeds or no further attempt can. A failure that all requests would meet stops
 * all of them. (The `openai` package could retry, but each attempt here is recorded, paced and
 * budgeted.)
 */
import { WeighbridgeError } from '../../errors.js';
import { backOffMs } from '../../http/retry.js';
import { Breaker, type OnNotice } from './breaker.js';
import { type Clock, linkSignals } from './clock.js';
import { errorOf, type Failure, type FailureKind, type Purpose, reworded } from './failure.js';
import type { FailedRequest } from './failure-runs.js';
import { LONGEST_PAUSE_MS } from './headers.js';

interface AttemptSettings {
  readonly maxAttempts: number;
  readonly longestOutageMs: number;
  /** Whether chats have been answered in an earlier run. @default false */
  readonly hasWorked?: boolean | undefined;
}

interface AttemptDependencies {
  readonly clock: Clock;
  /** Uniform on [0, 1), for the jitter of waits. */
  readonly random: () => number;
  readonly onNotice: OnNotice;
}

/** `resend`: sent again at once, in other words, the request may be accepted. */
export type AttemptResult<T> =
  | { readonly value: T }
  | {
      readonly failure: Failure;
      /** What the request ends with if this failure was its last, and others have worked. */
      readonly outcome?: (() => T) | undefined;
    }
  | { readonly resend: true };

/** @param attempt 1 for the first @param signal aborts what is not sent yet */
type AttemptOnce<T> = (attempt: number, signal: AbortSignal) => Promise<AttemptResult<T>>;

export class Attempts {
  private readonly stopped = new AbortController();
  /** Chats may fail while jobs can be looked at, and the other way round. */
  private readonly breakers: { readonly chat: Breaker; readonly call: Breaker };

  constructor(
    private readonly settings: AttemptSettings,
    private readonly dependencies: AttemptDependencies,
  ) {
    const history = { hasAnswered: false, hasSucceeded: false };
    const breaker = () => new Breaker(settings, dependencies, history);
    this.breakers = { chat: breaker(), call: breaker() };
    if (settings.hasWorked) this.breakers.chat.hasWorked = true;
  }

  /** @throws WeighbridgeError; errors of `attemptOnce` */
  async untilDone<T>(
    purpose: Purpose,
    signal: AbortSignal | undefined,
    attemptOnce: AttemptOnce<T>,
  ): Promise<T> {
    const link = linkSignals(this.stopped.signal, signal);
    const breaker = purpose.what === null ? this.breakers.chat : this.breakers.call;
    const request: FailedRequest = { failedAt: [] };
    try {
      for (let attempt = 1; ; attempt++) {
        const attemptIsOver = await breaker.pass(link.signal);
        let result: AttemptResult<T>;
        try {
          link.signal.throwIfAborted();
          result = await attemptOnce(attempt, link.signal);
          if ('value' in result) breaker.succeeded(purpose, request);
          else if ('failure' in result) this.judge(result.failure, purpose, breaker, request);
        } finally {
          attemptIsOver();
        }
        if ('value' in result) return result.value;
        if ('resend' in result) continue;
        link.signal.throwIfAborted();
        const ownFailures = breaker.ownFailures(request);
        const isLast = ownFailures >= this.settings.maxAttempts;
        if (result.outcome && isLast && breaker.hasWorked) return result.outcome();
        const waitMs = this.backOff(result.failure, attempt, purpose, ownFailures);
        // In an outage the breaker decides when to continue.
        if (waitMs > 0 && !breaker.isOpen) await this.dependencies.clock.sleep(waitMs, link.signal);
      }
    } finally {
      link.unlink();
    }
  }

  /** Fails all waiting and later requests with this error. */
  stop(reason: WeighbridgeError): void {
    this.stopped.abort(reason);
  }

  private judge(
    failure: Failure,
    purpose: Purpose,
    breaker: Breaker,
    request: FailedRequest,
  ): void {
    const stop = breaker.failed(failure, purpose, request) ?? pauseTooLong(failure, purpose);
    if (stop) this.stop(stop);
  }

  /**
   * Milliseconds until the next attempt.
   * @throws WeighbridgeError if there is to be none
   */
  private backOff(
    failure: Failure,
    attempt: number,
    purpose: Purpose,
    ownFailures: number,
  ): number {
    const error = errorOf(failure, purpose);
    if (!isRetryable(failure.kind)) throw error;
    if (ownFailures >= this.settings.maxAttempts) {
      throw reworded(error, `gave up after ${ownFailures} attempts: ${error.message}`);
    }
    // The pacer keeps a pause that the server asked for, for all requests.
    return failure.retryAfterMs ? 0 : backOffMs(attempt, this.dependencies.random);
  }
}

/** Kinds of failure that a retry may resolve. */
const passing: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'unreached',
  'no-descriptors',
  'broken',
  'timeout',
  'malformed',
  'limited',
  'faulty',
]);

export function isRetryable(kind: FailureKind): boolean {
  return passing.has(kind);
}

/** A server that asks for a pause of hours ends the run instead of being waited for. */
function pauseTooLong(
  { retryAfterMs, status }: Failure,
  { baseURL, model }: Purpose,
): WeighbridgeError | null {
  if (retryAfterMs === null || retryAfterMs <= LONGEST_PAUSE_MS) return null;
  const minutes = Math.ceil(retryAfterMs / 60_000);
  return new WeighbridgeError(
    'server',
    `${baseURL} asks to wait ${minutes} minutes before the next request: run again then`,
    { details: { baseURL, ...(status && { status }), ...(model && { model }) } },
  );
}
