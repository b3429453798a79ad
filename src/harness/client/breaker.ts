/**
 * Tells a server that fails as a whole from one request that fails, and waits for the server (the
 * circuit breaker of M. Nygard, "Release It!", 2007). A wrong key or model is wrong for all
 * requests: the first failure stops everything. A server that is down is waited for, by time and
 * not by number of failures: meanwhile a single request goes ahead now and then to try it, and the
 * first that works lets all others go on. Only an outage longer than the limit stops everything.
 */
import { WeighbridgeError } from '../../errors.js';
import { type Alarm, openAlarm } from './alarm.js';
import { errorOf, type Failure, type Purpose } from './api-error.js';
import type { Clock } from './clock.js';
import { openWaitList } from './wait-list.js';

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

/** A request that is being tried, with the times at which its attempts failed. */
export interface Tried {
  readonly failedAt: number[];
}

export interface Breaker {
  /**
   * Comes back at once, or, in an outage, when it is this request's turn to try the server or the
   * server works again. The function that it gives is called when the attempt is over.
   */
  pass(signal: AbortSignal): Promise<() => void>;
  /** An attempt worked. */
  succeeded(purpose: Purpose): void;
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
const FIRST_PROBE_MS = 500;
const LONGEST_PROBE_WAIT_MS = 10_000;
/** A second one, for the first may hang. */
const MOST_PROBES = 2;
/** Outages that are remembered, so that failures in them are not held against a request. */
const MOST_REMEMBERED = 100;

interface Outage {
  readonly from: number;
  readonly to: number;
}

export function openBreaker(
  { maxAttempts, longestOutageMs }: BreakerSettings,
  { clock, random, onNotice }: BreakerDependencies,
  known: Acquaintance = { hasAnswered: false, hasSucceeded: false },
): Breaker {
  const waiting = openWaitList<null>(setAlarm);
  const alarm: Alarm = openAlarm(clock, sendProbe);
  const past: Outage[] = [];
  /** Calls that have worked before: what fails now is not the call. */
  const worked = new Set<string>();
  let inFlight = 0;
  let probes = 0;
  let probeWait = FIRST_PROBE_MS;
  let probeAt = 0;
  let row: FailureRow | null = null;

  function setAlarm(): void {
    const isWanted = row?.isOutage && waiting.size > 0;
    alarm.setFor(isWanted ? Math.max(0, probeAt - clock.now()) : Number.POSITIVE_INFINITY);
  }

  function sendProbe(): void {
    if (probes < MOST_PROBES && waiting.size > 0) waiting.admitFirst();
    scheduleProbe();
  }

  function scheduleProbe(): void {
    probeAt = clock.now() + probeWait * (0.5 + 0.5 * random());
    probeWait = Math.min(LONGEST_PROBE_WAIT_MS, 2 * probeWait);
    setAlarm();
  }

  function beginOutage(of: FailureRow): void {
    of.isOutage = true;
    probeWait = FIRST_PROBE_MS;
    scheduleProbe();
  }

  /** The server works: whatever waited for it goes on. */
  function endRow(baseURL: string): void {
    if (row?.isOutage) {
      past.push({ from: row.since, to: clock.now() });
      if (past.length > MOST_REMEMBERED) past.shift();
      if (row.isTold) {
        const line = `${baseURL} works again after ${span(clock.now() - row.since)}`;
        onNotice({ line, isWaiting: false });
      }
    }
    row = null;
    while (waiting.size > 0) waiting.admitFirst();
    setAlarm();
  }

  function isInPastOutage(at: number): boolean {
    return past.some(({ from, to }) => at >= from && at <= to);
  }

  function ownFailures({ failedAt }: Tried): number {
    const isServers = (at: number) => row?.isServers && at >= row.since;
    return failedAt.filter((at) => !isServers(at) && !isInPastOutage(at)).length;
  }

  /** Whether a failure, with those before it in the row, is not the request's own. */
  function blamesServer(
    { since, requests }: FailureRow,
    failure: Failure,
    { what }: Purpose,
    tried: Tried,
  ): boolean {
    const hadFailed = tried.failedAt.some((at) => at < since && !isInPastOutage(at));
    if (!hadFailed) requests.add(tried);
    const hasWorked = what !== null && worked.has(what);
    return isUnavailable(failure) || hasWorked || requests.size > 1;
  }

  /** What the failures in a row have come to. */
  function judge(of: FailureRow, failure: Failure, purpose: Purpose): WeighbridgeError | null {
    const { message } = errorOf(failure, purpose);
    const neverThere = !known.hasAnswered && failure.kind === 'unreached';
    if (neverThere && of.failures >= UNREACHED_AT_FIRST) {
      return new WeighbridgeError('server', `${of.failures} attempts in a row failed: ${message}`);
    }
    const isVolley =
      of.failures < Math.max(Math.min(FAILURES_OF_OUTAGE, maxAttempts), inFlight - 1);
    if (of.isServers && !of.isOutage && !isVolley) beginOutage(of);
    if (!of.isOutage) return null;
    const lasted = clock.now() - of.since;
    const isLikelyOutage =
      known.hasSucceeded || (isUnavailable(failure) && failure.status !== null);
    const longest = isLikelyOutage
      ? longestOutageMs
      : Math.min(longestOutageMs, LONGEST_AT_FIRST_MS);
    if (lasted >= longest) {
      return new WeighbridgeError(
        'server',
        lasted < 1000
          ? `${of.failures} attempts in a row failed: ${message}`
          : `no request has worked for ${span(lasted)} (${of.failures} attempts): ${message}`,
      );
    }
    if (!of.isTold && lasted >= Math.min(NOTICE_AFTER_MS, longest / 10)) {
      of.isTold = true;
      const line = `no request has worked for ${span(lasted)}: ${message}; waiting, up to ${span(longest)}`;
      onNotice({ line, isWaiting: true });
    }
    return null;
  }

  return {
    async pass(signal) {
      let isProbe = false;
      if (row?.isOutage) {
        const turn = waiting.join(null, signal);
        setAlarm();
        await turn;
        isProbe = row?.isOutage === true;
      }
      inFlight++;
      if (isProbe) probes++;
      return () => {
        inFlight--;
        if (isProbe) probes--;
      };
    },
    succeeded({ what, baseURL }) {
      if (what !== null) worked.add(what);
      known.hasAnswered = true;
      known.hasSucceeded = true;
      endRow(baseURL);
    },
    failed(failure, purpose, tried) {
      if (failure.status !== null) known.hasAnswered = true;
      if (isHopeless(failure, purpose, known)) return errorOf(failure, purpose);
      const { kind } = failure;
      if (kind === 'rejected' || kind === 'not-found') {
        // The server has read the request and answered it.
        endRow(purpose.baseURL);
        return null;
      }
      const now = clock.now();
      if (kind !== 'limited') {
        row ??= newRow(now);
        row.failures++;
        row.isServers = blamesServer(row, failure, purpose, tried) || row.isServers;
      }
      // What this machine lacks is nobody's failure: it is tried again while anything works.
      if (kind !== 'no-descriptors') tried.failedAt.push(now);
      return row && (kind !== 'limited' || row.isOutage) ? judge(row, failure, purpose) : null;
    },
    ownFailures,
    isOpen: () => row?.isOutage ?? false,
  };
}

/** Failures with nothing that worked between them. */
interface FailureRow {
  readonly since: number;
  failures: number;
  /** Those that had not failed before. */
  readonly requests: Set<Tried>;
  /** Not one request's own. */
  isServers: boolean;
  isOutage: boolean;
  isTold: boolean;
}

function newRow(since: number): FailureRow {
  const requests = new Set<Tried>();
  return { since, failures: 0, requests, isServers: false, isOutage: false, isTold: false };
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

/** Statuses by which a server or its gateway says that nothing can be answered at the moment. */
const unavailable: ReadonlySet<number> = new Set([502, 503, 521, 522, 523, 529, 530]);

/** Certainly no matter of what was asked. */
function isUnavailable({ kind, status }: Failure): boolean {
  if (kind === 'unreached' || kind === 'no-descriptors') return true;
  return status !== null && unavailable.has(status);
}

function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return `${Math.round(seconds / 60)} minutes`;
}
