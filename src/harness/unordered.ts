/**
 * Many at a time, each result as soon as it is there, none waiting for a slow neighbour. Work is
 * taken from `items` only as places become free, so that memory holds what is in flight and no more.
 */

/**
 * The first failure ends the iteration once what is in flight has come to rest; so does a consumer
 * that breaks off, and `stop` lets what is in flight finish but starts nothing more.
 */
export async function* unordered<T, R>(
  items: Iterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
  stop?: AbortSignal,
): AsyncGenerator<R, void, undefined> {
  const source = items[Symbol.iterator]();
  const finished: R[] = [];
  const failures: unknown[] = [];
  let inFlight = 0;
  let wake = () => {};

  const start = (item: T) => {
    inFlight++;
    // The place is free in the same moment in which the result is there: never one without the other.
    const settle = (keep: () => void) => {
      keep();
      inFlight--;
      wake();
    };
    work(item).then(
      (result) => settle(() => finished.push(result)),
      (error) => settle(() => failures.push(error)),
    );
  };
  const refill = () => {
    while (inFlight < concurrency && failures.length === 0 && !stop?.aborted) {
      const next = source.next();
      if (next.done) return;
      start(next.value);
    }
  };
  const oneMore = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  try {
    refill();
    while (inFlight > 0 || finished.length > 0) {
      if (finished.length === 0) await oneMore();
      const results = finished.splice(0);
      refill();
      yield* results;
    }
  } finally {
    failures.push(null);
    while (inFlight > 0) await oneMore();
  }
  const [failure] = failures;
  if (failure) throw failure;
}
