/** A timer whose time can be changed while it runs. */
import type { Clock } from './clock.js';

const SAME_TIME_MS = 0.5;
/** Timers of more than 25 days ring at once. */
const LONGEST_NAP_MS = 3_600_000;

export interface Alarm {
  /** So many milliseconds from now; infinite: never. Replaces what it was set for before. */
  setFor(ms: number): void;
}

/** One-shot timer that can be set anew; it does not keep the event loop alive when unset. */
export function openAlarm(clock: Clock, ring: () => void): Alarm {
  let nap: AbortController | null = null;
  let at = Number.POSITIVE_INFINITY;

  async function sleep(ms: number, own: AbortController): Promise<void> {
    await clock.sleep(Math.min(ms, LONGEST_NAP_MS), own.signal);
    if (nap !== own) return;
    nap = null;
    at = Number.POSITIVE_INFINITY;
    ring();
  }

  return {
    setFor(ms: number): void {
      const next = clock.now() + ms;
      if (next === at || Math.abs(next - at) < SAME_TIME_MS) return;
      nap?.abort();
      nap = null;
      at = next;
      if (next === Number.POSITIVE_INFINITY) return;
      nap = new AbortController();
      // What rejects is the sleep, when it is set anew.
      sleep(ms, nap).catch(() => {});
    },
  };
}
