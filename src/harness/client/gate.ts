/**
 * So many requests in flight at a time and no more; who came first goes first.
 */
import { openWaitList } from './wait-list.js';

export interface Gate {
  /** Resolves when there is a place; rejects with the signal's reason when called off before. */
  enter(signal?: AbortSignal): Promise<void>;
  /** Gives the place to whoever waits longest. */
  leave(): void;
}

export function openGate(places: number): Gate {
  let free = places;
  const waiting = openWaitList<null>();
  return {
    async enter(signal) {
      if (free > 0) free--;
      else await waiting.join(null, signal);
    },
    leave() {
      if (waiting.size > 0) waiting.admitFirst();
      else free++;
    },
  };
}
