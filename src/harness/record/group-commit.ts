/**
 * Writes that arrive together are committed together: a commit waits for the disk, and at
 * thousands of answers a second each cannot have its own. Nobody waits for company, though: what
 * has arrived by the end of the event loop's turn is committed.
 */
export interface GroupCommit {
  /** Resolves when the write is on disk; rejects where it could not be. */
  add(write: () => void): Promise<void>;
  /** Commits what waits. */
  flush(): void;
}

interface Waiting {
  readonly write: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** @param commit runs the writes in one transaction, all or none */
export function groupCommit(commit: (writes: () => void) => void): GroupCommit {
  let waiting: Waiting[] = [];
  let scheduled = false;

  const flush = () => {
    scheduled = false;
    const group = waiting;
    waiting = [];
    if (group.length === 0) return;
    try {
      commit(() => {
        for (const { write } of group) write();
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const { resolve } of group) resolve();
  };

  return {
    add: (write) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ write, resolve, reject });
        if (!scheduled) setImmediate(flush);
        scheduled = true;
      }),
    flush,
  };
}
