/**
 * A clock that stands still while there is work to do and jumps to whoever wakes next when there is
 * none: ten minutes pass in a moment, and the same way every time.
 */
import type { Clock } from '../../../src/harness/client/clock.js';

export interface VirtualClock extends Clock {
  /** Lets time pass until the work is done; fails where it waits for nothing that could come. */
  run<T>(work: Promise<T>): Promise<T>;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** @param patience turns of the event loop without any sleeper after which work counts as stuck */
export function virtualClock(start = 0, patience = 50): VirtualClock {
  let now = start;
  const sleepers = new Set<Sleeper>();

  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const calledOff = () => {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper = {
        at: now + Math.max(0, ms),
        wake: () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', calledOff);
          resolve();
        },
      };
      sleepers.add(sleeper);
      signal?.addEventListener('abort', calledOff, { once: true });
    });

  const wakeNext = () => {
    let next: Sleeper | undefined;
    for (const one of sleepers) if (!next || one.at < next.at) next = one;
    if (!next) return false;
    now = next.at;
    next.wake();
    return true;
  };

  return {
    now: () => now,
    sleep,
    async run(work) {
      let isDone = false;
      const done = () => {
        isDone = true;
      };
      work.then(done, done);
      for (let idle = 0; !isDone; ) {
        // All promises settle before the event loop turns.
        await new Promise((resolve) => setImmediate(resolve));
        if (isDone) break;
        idle = wakeNext() ? 0 : idle + 1;
        if (idle > patience)
          throw new Error(`stuck at ${now} ms: nobody sleeps, and nothing moves`);
      }
      return work;
    },
  };
}
