/**
 * Distinguishes an outage of the server from a single failing request, and waits out outages (the
 * circuit breaker of M. Nygard, "Release It!", 2007). A wrong key or model is wrong for all
 * requests: the first failure stops everything. A server that is down is waited for, by time and not
 * by number of failures: meanwhile single requests probe it, and the first that works lets all
 * others go on. Only an outage longer than the limit stops everything.
 */
import type { WeighbridgeError } from '../../errors.js';
import { type Clock, Timer, WaitList } from './clock.js';
import { errorOf, type Failure, isUnavailable, type Purpose, reworded } from './failure.js';
import { type FailedRequest, type FailureRun, FailureRuns } from './failure-runs.js';
import { LONGEST_PAUSE_MS } from './headers.js';

interface BreakerSettings {
  readonly maxAttempts: number;
  /** Longest wait for a server that fails every request. */
  readonly longestOutageMs: number;
}

interface BreakerDependencies {
  readonly clock: Clock;
  /** Uniform on [0, 1). */
  readonly random: () => number;
  readonly onNotice: OnNotice;
}

/** Called during a long outage and when it ends. */
export type OnNotice = (notice: OutageNotice) => void;

export interface OutageNotice {
  /** For the user. */
  readonly line: string;
  /** False: the outage is over. */
  readonly isWaiting: boolean;
}

/** State of the server, shared by all breakers of one client. */
interface ServerHistory {
  hasAnswered: boolean;
  hasSucceeded: boolean;
}

/** Failures in a row that stop everything if nothing has ever answered: the address is probably wrong. */
const UNREACHED_AT_FIRST = 4;
/** Failures in a row that are an outage, unless they are one request's own. */
const FAILURES_OF_OUTAGE = 5;
/** Longest wait before any success, when a wrong address is more likely than an outage. */
const LONGEST_AT_FIRST_MS = 30_000;
const NOTICE_AFTER_MS = 30_000;

export class Breaker {
  private readonly runs: FailureRuns;
  private readonly probing: Probing;
  private readonly mostAtOnce: number;
  private inFlight = 0;
  /** Whether an attempt of this breaker has worked, or one of an earlier run. */
  hasWorked = false;

  constructor(
    private readonly settings: BreakerSettings,
    private readonly dependencies: BreakerDependencies,
    private readonly history: ServerHistory = { hasAnswered: false, hasSucceeded: false },
  ) {
    const { clock, random } = dependencies;
    this.runs = new FailureRuns(clock.now);
    this.probing = new Probing(clock, random);
    this.mostAtOnce = Math.min(FAILURES_OF_OUTAGE, settings.maxAttempts);
  }

  /** True in an outage, in which `pass` waits. */
  get isOpen(): boolean {
    return this.runs.current?.isOutage ?? false;
  }

  /**
   * Resolves immediately; in an outage, when this request may probe the server or the outage is over.
   * @returns to be called when the attempt is over
   */
  async pass(signal: AbortSignal): Promise<() => void> {
    const attemptIsOver = await this.probing.pass(signal);
    this.inFlight++;
    return () => {
      this.inFlight--;
      attemptIsOver();
    };
  }

  /** Notes an attempt that worked. */
  succeeded({ what, baseURL }: Purpose, request: FailedRequest): void {
    if (what !== null) this.runs.noteWorking(what);
    this.history.hasAnswered = true;
    this.history.hasSucceeded = true;
    this.hasWorked = true;
    this.endRun(baseURL, request);
  }

  /** Notes a failure. @returns the error for all requests, if this failure stops everything */
  failed(failure: Failure, purpose: Purpose, request: FailedRequest): WeighbridgeError | null {
    const { history, runs } = this;
    if (failure.status !== null) history.hasAnswered = true;
    if (isHopeless(failure, purpose, history)) return errorOf(failure, purpose);
    if (failure.kind === 'rejected' || failure.kind === 'not-found') {
      // The server has read the request and answered it.
      this.endRun(purpose.baseURL, request);
      return null;
    }
    const run = runs.add(failure, purpose, request, history.hasSucceeded);
    // A lack of descriptors is local: the request is tried again as long as others work.
    if (failure.kind !== 'no-descriptors') request.failedAt.push(this.dependencies.clock.now());
    return this.judge(run, failure, purpose);
  }

  /** Failures of a request that the server did not cause. */
  ownFailures(request: FailedRequest): number {
    return this.runs.ownFailures(request);
  }

  /** The server works: releases all waiting requests. */
  private endRun(baseURL: string, request: FailedRequest): void {
    const { clock, onNotice } = this.dependencies;
    const ended = this.runs.end(request);
    if (ended?.isNoticed) {
      const line = `${baseURL} works again after ${duration(clock.now() - ended.since)}`;
      onNotice({ line, isWaiting: false });
    }
    this.probing.end();
  }

  /** Decides if a run of failures is an outage, and if the outage is too long. */
  private judge(run: FailureRun, failure: Failure, purpose: Purpose): WeighbridgeError | null {
    const error = errorOf(failure, purpose);
    const inARow = `${run.failures} attempts in a row failed: ${error.message}`;
    const neverReached = !this.history.hasAnswered && failure.kind === 'unreached';
    if (neverReached && run.failures >= UNREACHED_AT_FIRST) return reworded(error, inARow);
    // Requests in flight when the server goes down fail together; they count as one event.
    const isMany = run.failures >= Math.max(this.mostAtOnce, this.inFlight - 1);
    if (run.blame !== 'request' && !run.isOutage && isMany) {
      run.isOutage = true;
      this.probing.begin();
    }
    if (!run.isOutage) return null;
    const lasted = this.dependencies.clock.now() - run.since;
    const longest = longestOutage(run, failure, this.settings, this.history);
    const silence = `no request has worked for ${duration(lasted)}`;
    if (lasted >= longest) {
      const message =
        lasted < 1000 ? inARow : `${silence} (${run.failures} attempts): ${error.message}`;
      return reworded(error, message);
    }
    if (!run.isNoticed && lasted >= Math.min(NOTICE_AFTER_MS, longest / 10)) {
      run.isNoticed = true;
      const line = `${silence}: ${error.message}; waiting, up to ${duration(longest)}`;
      this.dependencies.onNotice({ line, isWaiting: true });
    }
    return null;
  }
}

/** Longest wait for the failures of a run. */
function longestOutage(
  run: FailureRun,
  failure: Failure,
  { longestOutageMs }: BreakerSettings,
  history: ServerHistory,
): number {
  // A server that limits the rate is up, and the pause that it asks for must fit in.
  if (run.isLimited) return Math.max(longestOutageMs, LONGEST_PAUSE_MS);
  const isOutage = history.hasSucceeded || (isUnavailable(failure) && failure.status !== null);
  return isOutage ? longestOutageMs : Math.min(longestOutageMs, LONGEST_AT_FIRST_MS);
}

/** True if the failure affects all requests permanently. */
function isHopeless({ kind }: Failure, { what }: Purpose, history: ServerHistory): boolean {
  const isChat = what === null;
  switch (kind) {
    case 'denied':
    case 'no-credit':
      return true;
    case 'not-found':
      return isChat;
    case 'rejected':
      // After a success, the failure concerns only this request.
      return isChat && !history.hasSucceeded;
    default:
      return false;
  }
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return `${Math.round(seconds / 60)} minutes`;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** Concurrent probes; two, because the first may hang. */
const MOST_PROBES = 2;

/**
 * Holds back requests in an outage: they wait, and one at a time probes the server, at intervals
 * that grow from half a second to ten seconds.
 */
class Probing {
  private readonly waiting = new WaitList<null>(() => this.setTimer());
  private readonly timer: Timer;
  private isOutage = false;
  private probes = 0;
  private wait = FIRST_WAIT_MS;
  private nextAt = 0;

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {
    this.timer = new Timer(clock, () => this.sendProbe());
  }

  begin(): void {
    this.isOutage = true;
    this.wait = FIRST_WAIT_MS;
    this.schedule();
  }

  /** Releases all waiting requests. */
  end(): void {
    this.isOutage = false;
    while (this.waiting.size > 0) this.waiting.admitFirst();
    this.setTimer();
  }

  async pass(signal: AbortSignal): Promise<() => void> {
    if (this.isOutage) {
      const turn = this.waiting.join(null, signal);
      this.setTimer();
      await turn;
    }
    if (!this.isOutage) return () => {};
    this.probes++;
    return () => {
      this.probes--;
    };
  }

  private setTimer(): void {
    const isWanted = this.isOutage && this.waiting.size > 0;
    const ms = Math.max(0, this.nextAt - this.clock.now());
    this.timer.set(isWanted ? ms : Number.POSITIVE_INFINITY);
  }

  private sendProbe(): void {
    if (this.probes < MOST_PROBES && this.waiting.size > 0) this.waiting.admitFirst();
    this.schedule();
  }

  private schedule(): void {
    this.nextAt = this.clock.now() + this.wait * (0.5 + 0.5 * this.random());
    this.wait = Math.min(LONGEST_WAIT_MS, 2 * this.wait);
    this.setTimer();
  }
}
