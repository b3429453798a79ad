interface Waiting {
  readonly write: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits together the writes that arrive in one turn of the event loop: a commit waits for the disk,
 * and thousands of answers a second cannot each have their own. If a group cannot be committed, each of
 * its writes is committed alone, so that a write that fails loses no other.
 */
export class GroupCommit {
  private waiting: Waiting[] = [];
  private isScheduled = false;

  /** @param commit runs the writes in one transaction, or throws and changes nothing */
  constructor(private readonly commit: (writes: () => void) => void) {}

  /** Resolves when the write is on disk; rejects if it failed. */
  add(write: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ write, resolve, reject });
      if (!this.isScheduled) setImmediate(() => this.flush());
      this.isScheduled = true;
    });
  }

  /** Commits the waiting writes. */
  flush(): void {
    this.isScheduled = false;
    const group = this.waiting;
    this.waiting = [];
    if (group.length === 0 || this.commitAll(group)) return;
    for (const one of group) this.commitAll([one]);
  }

  /** Returns false if the writes have to be committed one by one. */
  private commitAll(group: readonly Waiting[]): boolean {
    try {
      this.commit(() => {
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
}
