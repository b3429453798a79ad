/**
 * Runs of failures without a success between them, and their cause: the server, or one request that
 * fails while others work.
 */
import { type Failure, isUnavailable, type Purpose } from './failure.js';

/** A request that is being tried, with the times at which its attempts failed. */
export interface FailedRequest {
  readonly failedAt: number[];
}

export interface FailureRun {
  /** Time of the first failure. */
  readonly since: number;
  failures: number;
  /** Requests that had not failed before the run. */
  readonly requests: Set<FailedRequest>;
  /** All failures are refusals by rate (429). */
  isLimited: boolean;
  /**
   * `server`: the failures count against no request. `likely-server`: only one request has failed,
   * after others had worked; the request is the cause if another one works now.
   */
  blame: 'request' | 'likely-server' | 'server';
  isOutage: boolean;
  /** True if the user was notified. */
  isNoticed: boolean;
}

/** Outages that are remembered, so that failures in them are not held against a request. */
const MOST_REMEMBERED = 100;

export class FailureRuns {
  private readonly outages: { readonly from: number; readonly to: number }[] = [];
  private readonly working = new Set<string>();
  /** The current run; null if the last attempt succeeded. */
  current: FailureRun | null = null;

  constructor(private readonly now: () => number) {}

  /** @param hasSucceeded whether the server has worked before */
  add(
    failure: Failure,
    purpose: Purpose,
    request: FailedRequest,
    hasSucceeded: boolean,
  ): FailureRun {
    this.current ??= newRun(this.now());
    const run = this.current;
    run.failures++;
    run.isLimited &&= failure.kind === 'limited';
    if (run.blame !== 'server') {
      run.blame = this.blame(run, failure, purpose, request, hasSucceeded);
    }
    return run;
  }

  /** Notes an attempt that succeeded or was answered. @returns the run that it ends */
  end(request: FailedRequest): FailureRun | null {
    const ended = this.current;
    this.current = null;
    if (!ended?.isOutage) return ended;
    if (ended.blame === 'server' || ended.requests.has(request)) {
      this.outages.push({ from: ended.since, to: this.now() });
      if (this.outages.length > MOST_REMEMBERED) this.outages.shift();
    }
    return ended;
  }

  /** Notes a call that has worked: if it fails later, the call itself is not to blame. */
  noteWorking(what: string): void {
    this.working.add(what);
  }

  /** Failures of a request that the server did not cause. */
  ownFailures({ failedAt }: FailedRequest): number {
    const run = this.current;
    const isServers = (at: number) => run !== null && run.blame !== 'request' && at >= run.since;
    return failedAt.filter((at) => !isServers(at) && !this.isInPastOutage(at)).length;
  }

  private isInPastOutage(at: number): boolean {
    return this.outages.some(({ from, to }) => at >= from && at <= to);
  }

  private blame(
    { requests, since, blame: before }: FailureRun,
    failure: Failure,
    { what }: Purpose,
    request: FailedRequest,
    hasSucceeded: boolean,
  ): FailureRun['blame'] {
    if (!request.failedAt.some((at) => at < since && !this.isInPastOutage(at))) {
      requests.add(request);
    }
    const isKnownCall = what !== null && this.working.has(what);
    if (isUnavailable(failure) || isKnownCall || requests.size > 1) return 'server';
    // This endpoint may always return malformed bodies.
    const mayBeDown = hasSucceeded && failure.kind !== 'malformed';
    return mayBeDown && before === 'request' && requests.size > 0 ? 'likely-server' : before;
  }
}

function newRun(since: number): FailureRun {
  return {
    since,
    failures: 0,
    requests: new Set(),
    isLimited: true,
    blame: 'request',
    isOutage: false,
    isNoticed: false,
  };
}
