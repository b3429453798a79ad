/**
 * How many fits go out together, which is about a second of work by the time that fits have taken; and how
 * many batches are under way.
 */

/** Seconds of work in a batch: its overhead is negligible, and little is lost with a worker. */
const SECONDS = 1;

/** Fits in the largest batch. */
const MOST_FITS = 5000;

/** The first fits of a worker are slow, and a batch in between may be: sizes grow step by step. */
const FASTEST_GROWTH = 4;

/** Batches that each worker still gets, so that all end at about the same time. */
const LAST_BATCHES = 4;

export class BatchSize {
  #fits = 1;

  /**
   * The size of the next batch.
   *
   * @param left fits that are to be sent, at least 1; Infinity if unknown
   * @param workers that share them
   */
  next(left: number, workers: number): number {
    const share = Math.ceil(left / (LAST_BATCHES * Math.max(1, workers)));
    return Math.max(1, Math.min(this.#fits, share));
  }

  /** Learns from a batch that was done. */
  took(fits: number, seconds: number): void {
    if (fits < 1 || !(seconds >= 0)) return;
    const wanted = Math.floor((fits * SECONDS) / Math.max(seconds, 1e-9));
    // A share of a batch says little of larger ones.
    const grown = Math.min(wanted, FASTEST_GROWTH * fits, MOST_FITS);
    this.#fits = Math.max(1, wanted < this.#fits ? wanted : Math.max(this.#fits, grown));
  }
}

/** One batch is worked on, one is ready at the worker, one waits in the queue. */
const BATCHES_A_WORKER = 3;
const LEAST_BATCHES = 4;

/** Encoded bytes of batches that are under way. */
const MOST_BYTES = 2 ** 27;

/** Whether another batch may go out, while others of so many bytes in all are under way. */
export function hasRoom(batches: number, bytes: number, workers: number): boolean {
  if (batches < LEAST_BATCHES) return true;
  return batches < BATCHES_A_WORKER * workers && bytes < MOST_BYTES;
}
