/**
 * Tells a server that fails as a whole from one request that fails, and waits for the server (the
 * circuit breaker of M. Nygard, "Release It!", 2007). A wrong key or model is wrong for all
 * requests: the first failure stops everything. A server that is down is waited for, by time and
 * not by number of failures: meanwhile a single request goes ahead now and then to try it, and the
 * first that works lets all others go on. Only an outage longer than the limit stops everything.
 */
import { WeighbridgeError } from '../../errors.js';
import { errorOf, type Failure, type Purpose } from './api-error.js';
import type { Clock } from './clock.js';
import { type FailureRow, isUnavailable, openFailureRows, type Tried } from './failure-rows.js';
import { openProbing } from './probing.js';
import { LONGEST_HOLD_MS } from './retry.js';

export type { Tried } from './failure-rows.js';

export interface BreakerSettings {
  readonly maxAttempts: number;
  /** So long a server that fails every request is waited for. */
  readonly longestOutageMs: number;
}

export interface BreakerDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly onNotice: OnNotice;
}

/** Told when an outage lasts, and when it is over. */
export type OnNotice = (notice: OutageNotice) => void;

export interface OutageNotice {
  /** For the user. */
  readonly line: string;
  /** False: it is over. */
  readonly isWaiting: boolean;
}

export interface Breaker {
  /**
   * Comes back at once, or, in an outage, when it is this request's turn to try the server or the
   * server works again. The function that it gives is called when the attempt is over.
   */
  pass(signal: AbortSignal): Promise<() => void>;
  /** An attempt worked. */
  succeeded(purpose: Purpose, tried: Tried): void;
  /** @returns why everything stops, where this failure was one too many */
  failed(failure: Failure, purpose: Purpose, tried: Tried): WeighbridgeError | null;
  /** How many of a request's failures count against it: those that were not the server's. */
  ownFailures(tried: Tried): number;
  /** True in an outage: `pass` waits. */
  isOpen(): boolean;
}

/** What all breakers of one client know of the server. */
export interface Acquaintance {
  hasAnswered: boolean;
  hasSucceeded: boolean;
}

/** Enough where nothing has ever answered: the address is wrong, or nothing runs there. */
const UNREACHED_AT_FIRST = 4;
/** So many failures in a row are an outage, if they are not one request's own. */
const FAILURES_OF_OUTAGE = 5;
/** Where nothing has worked yet, an address that is wrong is likelier than an outage. */
const LONGEST_AT_FIRST_MS = 30_000;
const NOTICE_AFTER_MS = 30_000;

export function openBreaker(
  settings: BreakerSettings,
  { clock, random, onNotice }: BreakerDependencies,
  known: Acquaintance = { hasAnswered: false, hasSucceeded: false },
): Breaker {
  const rows = openFailureRows(clock.now);
  const probing = openProbing(clock, random);
  const mostAtOnce = Math.min(FAILURES_OF_OUTAGE, settings.maxAttempts);
  let inFlight = 0;

  /** The server works: whatever waited for it goes on. */
  function endRow(baseURL: string, tried: Tried): void {
    const ended = rows.end(tried);
    if (ended?.isTold) {
      const line = `${baseURL} works again after ${span(clock.now() - ended.since)}`;
      onNotice({ line, isWaiting: false });
    }
    probing.end();
  }

  /** What the failures in a row have come to. */
  function judge(row: FailureRow, failure: Failure, purpose: Purpose): WeighbridgeError | null {
    const { message } = errorOf(failure, purpose);
    const neverThere = !known.hasAnswered && failure.kind === 'unreached';
    if (neverThere && row.failures >= UNREACHED_AT_FIRST) {
      return new WeighbridgeError('server', `${row.failures} attempts in a row failed: ${message}`);
    }
    // What was in flight when the server went down fails together, and is one event.
    const isMany = row.failures >= Math.max(mostAtOnce, inFlight - 1);
    if (row.blame !== 'request' && !row.isOutage && isMany) {
      row.isOutage = true;
      probing.begin();
    }
    if (!row.isOutage) return null;
    const lasted = clock.now() - row.since;
    const longest = longestOutage(row, failure, settings, known);
    if (lasted >= longest) {
      return new WeighbridgeError(
        'server',
        lasted < 1000
          ? `${row.failures} attempts in a row failed: ${message}`
          : `no request has worked for ${span(lasted)} (${row.failures} attempts): ${message}`,
      );
    }
    if (!row.isTold && lasted >= Math.min(NOTICE_AFTER_MS, longest / 10)) {
      row.isTold = true;
      const line = `no request has worked for ${span(lasted)}: ${message}; waiting, up to ${span(longest)}`;
      onNotice({ line, isWaiting: true });
    }
    return null;
  }

  return {
    async pass(signal) {
      const attemptIsOver = await probing.pass(signal);
      inFlight++;
      return () => {
        inFlight--;
        attemptIsOver();
      };
    },
    succeeded({ what, baseURL }, tried) {
      if (what !== null) rows.hasWorked(what);
      known.hasAnswered = true;
      known.hasSucceeded = true;
      endRow(baseURL, tried);
    },
    failed(failure, purpose, tried) {
      const { kind } = failure;
      if (failure.status !== null) known.hasAnswered = true;
      if (isHopeless(failure, purpose, known)) return errorOf(failure, purpose);
      if (kind === 'rejected' || kind === 'not-found') {
        // The server has read the request and answered it.
        endRow(purpose.baseURL, tried);
        return null;
      }
      const row = rows.add(failure, purpose, tried, known.hasSucceeded);
      // A lack of descriptors is local: the request is tried again as long as others work.
      if (kind !== 'no-descriptors') tried.failedAt.push(clock.now());
      return judge(row, failure, purpose);
    },
    ownFailures: rows.ownFailures,
    isOpen: () => rows.current()?.isOutage ?? false,
  };
}

/** So long the failures of a row are waited for. */
function longestOutage(
  row: FailureRow,
  failure: Failure,
  { longestOutageMs }: BreakerSettings,
  known: Acquaintance,
): number {
  // A server that refuses by rate is there, and a pause that it asks for must fit in.
  if (row.isLimited) return Math.max(longestOutageMs, LONGEST_HOLD_MS);
  const isLikelyOutage = known.hasSucceeded || (isUnavailable(failure) && failure.status !== null);
  return isLikelyOutage ? longestOutageMs : Math.min(longestOutageMs, LONGEST_AT_FIRST_MS);
}

/** Wrong for all requests, now and later. */
function isHopeless({ kind }: Failure, { what }: Purpose, known: Acquaintance): boolean {
  const isChat = what === null;
  switch (kind) {
    case 'denied':
    case 'no-credit':
      return true;
    case 'not-found':
      return isChat;
    case 'rejected':
      // Later on it is something about this one request.
      return isChat && !known.hasSucceeded;
    default:
      return false;
  }
}

function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return `${Math.round(seconds / 60)} minutes`;
}
