/**
 * Runs work concurrently and yields each result as soon as it is available. An item is taken only
 * when a place is free, so that memory holds only work in flight.
 */
import { WaitList } from './client/clock.js';

/** A semaphore that admits callers first come, first served. */
export class Semaphore {
  private readonly waiting = new WaitList<null>();

  constructor(private free: number) {}

  /** Takes a place if one is free. */
  tryEnter(): boolean {
    if (this.free === 0) return false;
    this.free--;
    return true;
  }

  /** Resolves when there is a place; rejects with the signal's reason. */
  async enter(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (!this.tryEnter()) await this.waiting.join(null, signal);
  }

  /** Passes the place to the longest-waiting caller. */
  leave(): void {
    if (this.waiting.size > 0) this.waiting.admitFirst();
    else this.free++;
  }
}

/**
 * Yields results as they finish. The first failure, or a consumer that stops early, ends the
 * iteration when work in flight has finished. `stop` starts no more work and lets work in flight
 * finish.
 * @param places limits concurrent work; may be shared with other iterations
 */
export async function* unordered<T, R>(
  items: Iterable<T>,
  places: Semaphore,
  work: (item: T) => Promise<R>,
  stop?: AbortSignal,
): AsyncGenerator<R, void, undefined> {
  const finished: R[] = [];
  const failures: unknown[] = [];
  const ending = new AbortController();
  const signal = stop ? AbortSignal.any([stop, ending.signal]) : ending.signal;
  let isFeeding = true;
  let inFlight = 0;
  let wake = () => {};

  const fail = (error: unknown) => {
    failures.push(error);
    ending.abort();
  };
  const start = async (item: T) => {
    inFlight++;
    try {
      finished.push(await work(item));
    } catch (error) {
      fail(error);
      places.leave();
    }
    inFlight--;
    wake();
  };
  const feed = async () => {
    try {
      for (const item of items) {
        if (signal.aborted) return;
        if (!places.tryEnter()) {
          await places.enter(signal);
          if (signal.aborted) return places.leave();
        }
        void start(item);
      }
    } catch (error) {
      if (!signal.aborted) fail(error);
    } finally {
      isFeeding = false;
      wake();
    }
  };
  const change = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  // Finished work keeps its place until its result is consumed.
  const taken = () => {
    const results = finished.splice(0);
    for (const _ of results) places.leave();
    return results;
  };

  void feed();
  try {
    while (isFeeding || inFlight > 0 || finished.length > 0) {
      if (finished.length === 0) await change();
      yield* taken();
    }
  } finally {
    ending.abort();
    while (isFeeding || inFlight > 0) await change();
    taken();
  }
  if (failures.length > 0) throw failures[0];
}
