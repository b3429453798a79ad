/**
 * Time, waiting and cancellation: a clock that tests can replace, a timer, time limits, a queue, linked
 * signals.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { WeighbridgeError } from '../../errors.js';

export interface Clock {
  /** Milliseconds since a fixed moment; never decreases. */
  now(): number;
  /** Rejects with the signal's reason if it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await setTimeout(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.reason ?? error;
    }
  },
};

const SAME_TIME_MS = 0.5;
/** Node's timers of more than 25 days fire at once. */
const LONGEST_SLEEP_MS = 3_600_000;

/**
 * One-shot timer that can be set again. Does not keep the event loop alive while it is not set. May
 * fire early if it is set for more than an hour.
 */
export class Timer {
  private sleeping: AbortController | null = null;
  private at = Number.POSITIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly onFire: () => void,
  ) {}

  /** @param ms from now; infinite: never. Replaces what was set before. */
  set(ms: number): void {
    const next = this.clock.now() + ms;
    if (next === this.at || Math.abs(next - this.at) < SAME_TIME_MS) return;
    this.sleeping?.abort();
    this.sleeping = null;
    this.at = next;
    if (next === Number.POSITIVE_INFINITY) return;
    this.sleeping = new AbortController();
    // Rejects when the timer is set again.
    this.sleep(ms, this.sleeping).catch(() => {});
  }

  private async sleep(ms: number, own: AbortController): Promise<void> {
    await this.clock.sleep(Math.min(ms, LONGEST_SLEEP_MS), own.signal);
    if (this.sleeping !== own) return;
    this.sleeping = null;
    this.at = Number.POSITIVE_INFINITY;
    this.onFire();
  }
}

interface Watched {
  readonly at: number;
  readonly expire: () => void;
}

/**
 * The time limit of attempts, from the first byte sent to the last byte read: the `openai` package
 * stops its own timer when the headers arrive, and a slow body would occupy a slot for ever. All
 * attempts have the same limit, so they expire in the order in which they began, and one sleeper
 * watches all of them: one timer per attempt would cost more than the request.
 */
export class Deadlines {
  private readonly watched = new Set<Watched>();
  private sleeping: AbortController | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly limitMs: number,
  ) {}

  /** Calls `expire` at the limit, unless the returned function is called before. */
  start(expire: () => void): () => void {
    const one = { at: this.clock.now() + this.limitMs, expire };
    this.watched.add(one);
    if (!this.sleeping) this.wakeUp();
    return () => {
      this.watched.delete(one);
      if (this.watched.size > 0 || !this.sleeping) return;
      // A sleeper with nothing to watch would keep the process from ending.
      this.sleeping.abort();
      this.sleeping = null;
    };
  }

  private wakeUp(): void {
    this.sleeping = new AbortController();
    // Rejects when nothing is left to watch.
    this.watch(this.sleeping).catch(() => {});
  }

  private async watch(own: AbortController): Promise<void> {
    for (let [next] = this.watched; next; [next] = this.watched) {
      const left = next.at - this.clock.now();
      if (left > 0) {
        await this.clock.sleep(left, own.signal);
      } else {
        this.watched.delete(next);
        next.expire();
      }
    }
    if (this.sleeping === own) this.sleeping = null;
  }
}

interface Waiting<T> {
  readonly item: T;
  readonly leave: (settle: 'admit' | 'reject', error?: unknown) => void;
}

/** First-in, first-out queue of waiting callers. A caller whose signal is aborted leaves at once. */
export class WaitList<T> {
  // A set keeps its order, and an entry can be removed from its middle in constant time.
  private readonly queue = new Set<Waiting<T>>();

  /** @param onAbort called after an entry left by its signal: the next one may be due now */
  constructor(private readonly onAbort: () => void = () => {}) {}

  get size(): number {
    return this.queue.size;
  }

  /** Item of the entry that has waited longest. */
  first(): T | undefined {
    return this.head()?.item;
  }

  /** Resolves when the entry is admitted; rejects with the signal's reason. */
  join(item: T, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        waiting.leave('reject', signal?.reason);
        this.onAbort();
      };
      const waiting: Waiting<T> = {
        item,
        leave: (settle, error) => {
          this.queue.delete(waiting);
          signal?.removeEventListener('abort', abort);
          if (settle === 'admit') resolve();
          else reject(error);
        },
      };
      this.queue.add(waiting);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  admitFirst(): void {
    this.head()?.leave('admit');
  }

  rejectFirst(error: unknown): void {
    this.head()?.leave('reject', error);
  }

  private head(): Waiting<T> | undefined {
    return this.queue.values().next().value;
  }
}

interface LinkedSignal {
  /** Aborted with a WeighbridgeError as soon as one of its sources is, or by `abort`. */
  readonly signal: AbortSignal;
  abort(reason: WeighbridgeError): void;
  /** Removes the listeners from the sources. */
  unlink(): void;
}

/**
 * Combines several signals. Unlike `AbortSignal.any`, it can be detached from its sources, which may
 * live through a hundred thousand requests.
 */
export function linkSignals(...sources: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const unlinks = sources.map((source) => {
    if (!source) return () => {};
    const abort = () => controller.abort(interruption(source.reason));
    if (source.aborted) abort();
    // One listener per waiting request is not a leak: disables the warning beyond ten.
    setMaxListeners(0, source);
    source.addEventListener('abort', abort, { once: true });
    return () => source.removeEventListener('abort', abort);
  });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => {
      for (const unlink of unlinks) unlink();
    },
  };
}

/** The reason of a signal as an error for the user. */
export function interruption(reason: unknown): WeighbridgeError {
  if (reason instanceof WeighbridgeError) return reason;
  return new WeighbridgeError('interrupted', 'stopped on request');
}
