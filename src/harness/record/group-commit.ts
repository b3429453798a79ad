/**
 * Writes that arrive together are committed together: a commit waits for the disk, and at
 * thousands of answers a second each cannot have its own. Nobody waits for company, though: what
 * has arrived by the end of the event loop's turn is committed. Where a group cannot be committed,
 * each of its writes is committed alone, so that a write that fails loses no other.
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

/**
 * @param commit runs the writes in one transaction, all or none; throws where it could not
 */
export function groupCommit(commit: (writes: () => void) => void): GroupCommit {
  let waiting: Waiting[] = [];
  let scheduled = false;

  const flush = () => {
    scheduled = false;
    const group = waiting;
    waiting = [];
    if (group.length === 0 || commitAll(group)) return;
    for (const one of group) commitAll([one]);
  };

  /** False where the group has to be committed one by one. */
  function commitAll(group: readonly Waiting[]): boolean {
    try {
      commit(() => {
        for (const { write } of group) write();
      });
    } catch (error) {
      if (group.length > 1) return false;
      for (const { reject } of group) reject(error);
      return true;
    }
    for (const { resolve } of group) resolve();
    return true;
  }

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
