/**
 * The time limit of an attempt, from the first byte sent to the last byte read: the `openai`
 * package stops its own watch when the headers are there, and a body that drips would hold a place
 * for ever. All attempts have the same limit, so they run out in the order in which they began,
 * and one sleeper watches over all of them: a timer for each would cost more than the request.
 */
import type { Clock } from './clock.js';

export interface Deadlines {
  /** Calls `expire` when the time is up, unless the returned function is called before. */
  start(expire: () => void): () => void;
}

interface Watched {
  readonly at: number;
  readonly expire: () => void;
}

export function openDeadlines(clock: Clock, limitMs: number): Deadlines {
  const watched = new Set<Watched>();
  let asleep: AbortController | null = null;

  async function watch(nap: AbortController): Promise<void> {
    for (let [next] = watched; next; [next] = watched) {
      const left = next.at - clock.now();
      if (left > 0) {
        await clock.sleep(left, nap.signal);
      } else {
        watched.delete(next);
        next.expire();
      }
    }
    if (asleep === nap) asleep = null;
  }

  function wakeUp(): void {
    const nap = new AbortController();
    asleep = nap;
    // What rejects is the sleep, when nothing is left to be watched.
    watch(nap).catch(() => {});
  }

  return {
    start(expire) {
      const one = { at: clock.now() + limitMs, expire };
      watched.add(one);
      if (!asleep) wakeUp();
      return () => {
        watched.delete(one);
        if (watched.size > 0 || !asleep) return;
        // A sleeper that nobody needs would keep the process from ending.
        asleep.abort();
        asleep = null;
      };
    },
  };
}
