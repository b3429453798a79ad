/**
 * Time as the harness knows it, so that tests can run minutes in an instant.
 */
import { setTimeout } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds from some fixed moment; never goes back. */
  now(): number;
  /** Rejects with the signal's reason where it is aborted first. */
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
