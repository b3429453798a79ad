/**
 * A queue of those who wait for something, first come, first served. Whoever is called off leaves
 * it at once. The gate, the pacer and the budget each keep one.
 */
export interface WaitList<T> {
  readonly size: number;
  /** What the one who waits longest brought along. */
  first(): T | undefined;
  /** Resolves when it is this one's turn; rejects with the signal's reason when called off. */
  join(item: T, signal: AbortSignal | undefined): Promise<void>;
  admitFirst(): void;
  rejectFirst(error: unknown): void;
}

interface Waiting<T> {
  readonly item: T;
  readonly leave: (settle: 'admit' | 'reject', error?: unknown) => void;
}

/** @param onLeave called when someone was called off: the next one may have its turn by that */
export function openWaitList<T>(onLeave: () => void = () => {}): WaitList<T> {
  // A set keeps its order, and lets one leave from the middle at no cost.
  const queue = new Set<Waiting<T>>();
  const head = () => queue.values().next().value;

  const join = (item: T, signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const calledOff = () => {
        waiting.leave('reject', signal?.reason);
        onLeave();
      };
      const waiting: Waiting<T> = {
        item,
        leave: (settle, error) => {
          queue.delete(waiting);
          signal?.removeEventListener('abort', calledOff);
          if (settle === 'admit') resolve();
          else reject(error);
        },
      };
      queue.add(waiting);
      signal?.addEventListener('abort', calledOff, { once: true });
    });

  return {
    get size() {
      return queue.size;
    },
    first: () => head()?.item,
    join,
    admitFirst: () => head()?.leave('admit'),
    rejectFirst: (error) => head()?.leave('reject', error),
  };
}
