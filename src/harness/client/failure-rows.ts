/**
 * Failures with nothing that worked between them, and whose they are: the server's, or those of
 * one request that fails while others work.
 */
import type { Failure, Purpose } from './api-error.js';

/** A request that is being tried, with the times at which its attempts failed. */
export interface Tried {
  readonly failedAt: number[];
}

export interface FailureRow {
  /** When the first of them failed. */
  readonly since: number;
  failures: number;
  /** Those that had not failed before the row. */
  readonly requests: Set<Tried>;
  /** All of them are refusals by rate (429). */
  isLimited: boolean;
  /**
   * `server`: the failures count against no request. `likely-server`: only one request has failed,
   * where others worked before; it is its own fault after all if another one works now.
   */
  blame: 'request' | 'likely-server' | 'server';
  isOutage: boolean;
  isTold: boolean;
}

export interface FailureRows {
  /** The one that goes on; null: the last attempt worked. */
  current(): FailureRow | null;
  /** @param hasSucceeded whether the server has worked before */
  add(failure: Failure, purpose: Purpose, tried: Tried, hasSucceeded: boolean): FailureRow;
  /**
   * An attempt worked, or was answered.
   * @returns the row that it ends
   */
  end(tried: Tried): FailureRow | null;
  /** A call that has worked once: what fails later is not the call. */
  hasWorked(what: string): void;
  /** How many of a request's failures count against it. */
  ownFailures(tried: Tried): number;
}

/** Outages that are remembered, so that failures in them are not held against a request. */
const MOST_REMEMBERED = 100;

export function openFailureRows(now: () => number): FailureRows {
  const outages: { readonly from: number; readonly to: number }[] = [];
  const worked = new Set<string>();
  let row: FailureRow | null = null;

  const isInPastOutage = (at: number) => outages.some(({ from, to }) => at >= from && at <= to);

  function blame(
    { requests, since, blame: before }: FailureRow,
    failure: Failure,
    { what }: Purpose,
    tried: Tried,
    hasSucceeded: boolean,
  ): FailureRow['blame'] {
    if (!tried.failedAt.some((at) => at < since && !isInPastOutage(at))) requests.add(tried);
    const isKnownCall = what !== null && worked.has(what);
    if (isUnavailable(failure) || isKnownCall || requests.size > 1) return 'server';
    // A body that is not what was asked for may be all that this one endpoint ever gives.
    const mayBeDown = hasSucceeded && failure.kind !== 'malformed';
    return mayBeDown && before === 'request' && requests.size > 0 ? 'likely-server' : before;
  }

  return {
    current: () => row,
    add(failure, purpose, tried, hasSucceeded) {
      row ??= newRow(now());
      row.failures++;
      row.isLimited &&= failure.kind === 'limited';
      if (row.blame !== 'server') row.blame = blame(row, failure, purpose, tried, hasSucceeded);
      return row;
    },
    end(tried) {
      const ended = row;
      row = null;
      if (!ended?.isOutage) return ended;
      if (ended.blame === 'server' || ended.requests.has(tried)) {
        outages.push({ from: ended.since, to: now() });
        if (outages.length > MOST_REMEMBERED) outages.shift();
      }
      return ended;
    },
    hasWorked: (what) => void worked.add(what),
    ownFailures({ failedAt }) {
      const isServers = (at: number) => row !== null && row.blame !== 'request' && at >= row.since;
      return failedAt.filter((at) => !isServers(at) && !isInPastOutage(at)).length;
    },
  };
}

function newRow(since: number): FailureRow {
  return {
    since,
    failures: 0,
    requests: new Set(),
    isLimited: true,
    blame: 'request',
    isOutage: false,
    isTold: false,
  };
}

/** Statuses by which a server or its gateway says that nothing can be answered at the moment. */
const unavailable: ReadonlySet<number> = new Set([502, 503, 521, 522, 523, 529, 530]);

/** Certainly no matter of what was asked. */
export function isUnavailable({ kind, status }: Failure): boolean {
  if (kind === 'unreached' || kind === 'no-descriptors') return true;
  return status !== null && unavailable.has(status);
}
