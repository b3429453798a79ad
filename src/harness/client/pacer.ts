/**
 * Keeps requests and tokens below their limits per minute, and below what the server asks for on
 * top: a limit stated in its headers, a pause (`Retry-After`), or a lower rate, which it asks for by
 * refusing requests. All requests wait in one queue, so that a pause holds for all of them.
 *
 * After a pause, one request probes the server, and the others follow unless it is refused. Otherwise
 * a server that asks for one second again and again for a minute would refuse all of them each
 * second, and requests would run out of attempts.
 */
import type { Usage } from './chat.js';
import { type Clock, Timer, WaitList } from './clock.js';
import type { Failure } from './failure.js';
import {
  type HeaderReader,
  LONGEST_PAUSE_MS,
  readRateHeaders,
  type StatedLimit,
  type StatedLimits,
} from './headers.js';

interface PacerSettings {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
}

/** Permission for one attempt; `end` must be called for every outcome. */
interface Turn {
  end(outcome: TurnOutcome): void;
}

export interface TurnOutcome {
  readonly fate: 'accepted' | 'refused' | 'unknown';
  /** Tokens as the server counted them; null keeps the estimate. */
  readonly tokens: number | null;
  /** The pause that the server asks for. */
  readonly pauseMs: number | null;
  readonly stated: StatedLimits | null;
}

interface Request {
  readonly tokens: number;
  turn: Turn | null;
}

export class Pacer {
  private readonly requests: Rate;
  private readonly tokens: Rate;
  private readonly throttle: Throttle;
  private readonly waiting = new WaitList<Request>(() => this.admit());
  private readonly timer: Timer;
  private stated: Limits = { requests: null, tokens: null };
  private limits: Limits;
  private pausedUntil = Number.NEGATIVE_INFINITY;
  /** True after a pause while the probe is waiting or in flight. */
  private probe: 'wanted' | 'in flight' | null = null;

  constructor(
    private readonly settings: PacerSettings,
    private readonly clock: Clock,
  ) {
    this.requests = new Rate(settings.requestsPerMinute);
    this.tokens = new Rate(settings.tokensPerMinute);
    this.throttle = new Throttle(clock.now());
    this.timer = new Timer(clock, () => this.admit());
    this.limits = { requests: settings.requestsPerMinute, tokens: settings.tokensPerMinute };
  }

  /**
   * Waits until a request with this estimate of tokens may be sent, and counts it.
   * @throws the signal's reason
   */
  async take(tokens: number, signal?: AbortSignal): Promise<Turn> {
    const now = this.clock.now();
    this.adjust(now);
    if (this.waiting.size === 0 && this.waitFor(tokens, now) <= 0) return this.start(tokens, now);
    const request: Request = { tokens, turn: null };
    const admitted = this.waiting.join(request, signal);
    this.admit();
    await admitted;
    return request.turn ?? this.start(tokens, this.clock.now());
  }

  /** Updates the rates to the current limits. */
  private adjust(now: number): void {
    const { settings, stated, limits } = this;
    const allowed = {
      requests: lower(settings.requestsPerMinute, stated.requests),
      tokens: lower(settings.tokensPerMinute, stated.tokens),
    };
    const next = this.throttle.apply(allowed, now);
    if (next.requests !== limits.requests) this.requests.limitTo(next.requests, now);
    if (next.tokens !== limits.tokens) this.tokens.limitTo(next.tokens, now);
    this.limits = next;
  }

  /** Milliseconds until a request may be sent; infinite while the probe is in flight. */
  private waitFor(tokens: number, now: number): number {
    if (this.probe === 'in flight') return Number.POSITIVE_INFINITY;
    return Math.max(
      this.pausedUntil - now,
      this.requests.waitFor(1, now),
      this.tokens.waitFor(tokens, now),
    );
  }

  private start(tokens: number, now: number): Turn {
    this.requests.spend(1, now);
    this.tokens.spend(tokens, now);
    const isProbe = this.probe === 'wanted';
    if (isProbe) this.probe = 'in flight';
    return {
      end: (outcome) => {
        const now = this.clock.now();
        if (outcome.tokens !== null) this.tokens.correct(outcome.tokens - tokens);
        if (isProbe && this.probe === 'in flight') this.probe = null;
        this.learn(outcome, tokens, now);
        if (this.waiting.size > 0) this.admit();
      },
    };
  }

  /** Sends what may be sent, and sets the timer for the next. */
  private admit(): void {
    const now = this.clock.now();
    this.adjust(now);
    for (let next = this.waiting.first(); next; next = this.waiting.first()) {
      const wait = this.waitFor(next.tokens, now);
      if (wait > 0) {
        this.timer.set(wait);
        return;
      }
      next.turn = this.start(next.tokens, now);
      this.waiting.admitFirst();
    }
    this.timer.set(Number.POSITIVE_INFINITY);
  }

  private learn({ fate, pauseMs, stated }: TurnOutcome, tokens: number, now: number): void {
    const asksForPause = pauseMs !== null && pauseMs > 0;
    // A refusal with a pause does not also lower the rate.
    if (fate === 'accepted' || (fate === 'refused' && !asksForPause)) {
      this.throttle.count(fate, now);
    }
    if (stated) {
      this.stated = {
        requests: positive(stated.requests.limit),
        tokens: positive(stated.tokens.limit),
      };
    }
    const pause = asksForPause ? pauseMs : stated ? untilReset(stated, tokens) : 0;
    if (pause > 0) {
      this.pausedUntil = Math.max(this.pausedUntil, now + pause);
      this.probe = 'wanted';
    }
  }
}

/** For an attempt that was not made, or whose outcome is unknown. */
export const nothingLearnt: TurnOutcome = {
  fate: 'unknown',
  tokens: null,
  pauseMs: null,
  stated: null,
};

/** Outcome of an attempt, for pacing. */
export function turnOutcome(
  failure: Failure | null,
  headers: HeaderReader | null,
  usage: Usage | null,
): TurnOutcome {
  const pauseMs = failure?.retryAfterMs ?? null;
  return {
    fate: failure === null ? 'accepted' : failure.kind === 'limited' ? 'refused' : 'unknown',
    tokens: usage && usage.promptTokens + usage.completionTokens,
    // A longer pause ends the run.
    pauseMs: pauseMs !== null && pauseMs > LONGEST_PAUSE_MS ? null : pauseMs,
    stated: headers && readRateHeaders(headers),
  };
}

/** The pause if what remains of a limit is too little for a request like this one. */
function untilReset({ requests, tokens }: StatedLimits, needed: number): number {
  const wait = ({ remaining, resetMs }: StatedLimit, least: number) => {
    // An exhausted daily limit is reported by the next refusal.
    if (remaining === null || resetMs === null || resetMs > LONGEST_PAUSE_MS) return 0;
    return remaining < least ? resetMs : 0;
  };
  return Math.max(wait(requests, 1), wait(tokens, needed));
}

function positive(limit: number | null): number | null {
  return limit !== null && limit > 0 ? limit : null;
}

function lower(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}

const MINUTE_MS = 60_000;
const BURST_SHARE = 0.01;
/** Waits of less than a nanosecond are rounding errors. */
const ROUNDING_MS = 1e-6;

/**
 * A limit per minute: the generic cell rate algorithm in its virtual scheduling form (ITU-T
 * Recommendation I.371; ATM Forum, Traffic Management 4.0, §4.4.2). Its one number, the theoretical
 * arrival time, is when all that was sent would be through at exactly the allowed rate; a request
 * may be sent if it keeps that time within a small burst of now.
 *
 * Any sliding minute then holds less than the limit and one burst, a hundredth more. The burst makes
 * up for timers that fire late; for small limits, of which a hundredth is less than one, there is
 * none. An amount above the burst is sent when all before it is through.
 */
export class Rate {
  private interval: number;
  private burst: number;
  private arrival = Number.NEGATIVE_INFINITY;

  /** @param perMinute null: no limit */
  constructor(perMinute: number | null) {
    this.interval = intervalOf(perMinute);
    this.burst = burstOf(perMinute);
  }

  /** Milliseconds until the amount may be sent; 0: now. */
  waitFor(amount: number, now: number): number {
    const { arrival, interval, burst } = this;
    const wait = Math.max(arrival, now) + Math.min(amount, burst) * interval - burst * interval;
    return wait - now > ROUNDING_MS ? wait - now : 0;
  }

  spend(amount: number, now: number): void {
    this.arrival = Math.max(this.arrival, now) + amount * this.interval;
  }

  /** Corrects an amount that was spent by the difference to the true amount. */
  correct(difference: number): void {
    this.arrival += difference * this.interval;
  }

  /** Sets a new limit; what is not through yet takes its time at the new rate. */
  limitTo(perMinute: number | null, now: number): void {
    const before = this.interval;
    this.interval = intervalOf(perMinute);
    this.burst = burstOf(perMinute);
    const behind = before > 0 ? Math.max(0, this.arrival - now) / before : 0;
    this.arrival = now + behind * this.interval;
  }
}

function intervalOf(perMinute: number | null): number {
  return perMinute === null ? 0 : MINUTE_MS / perMinute;
}

function burstOf(perMinute: number | null): number {
  return perMinute === null ? 1 : 1 + Math.floor(BURST_SHARE * perMinute);
}

/** Limits per minute; null: none. */
interface Limits {
  readonly requests: number | null;
  readonly tokens: number | null;
}

/** Window over which the share of refusals is taken. */
const WINDOW_MS = 5000;
const DEEPEST_CUT = 0.5;
/** Lower bound per minute of the measured rate: a few requests do not determine the server's rate. */
const LEAST_SEEN_RATE = 60;
const RECOVERY_PER_SECOND = 0.01;

/**
 * Adapts the rate to a server that refuses requests (429) without stating a pause: the rate
 * falls by the share refused, at most by half at a time, and rises by a hundredth of the limit per
 * second (multiplicative decrease, additive increase: D.-M. Chiu and R. Jain, Computer Networks and
 * ISDN Systems 17, 1989). A cut by the share refused finds the limit in a few steps and hardly reacts
 * to occasional refusals.
 */
class Throttle {
  private factor = 1;
  /** Attempts per minute when the refusals began, used as the limit if none is set. */
  private seenRate: number | null = null;
  private windowStart: number;
  private lastCount: number;
  private accepted = 0;
  private refused = 0;

  constructor(start: number) {
    this.windowStart = start;
    this.lastCount = start;
  }

  count(fate: 'accepted' | 'refused', now: number): void {
    this.closeWindow(now);
    this.lastCount = now;
    this[fate]++;
  }

  /** The part of the limits that may be used now. */
  apply({ requests, tokens }: Limits, now: number): Limits {
    this.closeWindow(now);
    const { factor, seenRate } = this;
    const limit = factor < 1 ? (requests ?? seenRate) : requests;
    return {
      requests: limit === null ? null : factor * limit,
      tokens: tokens === null ? null : factor * tokens,
    };
  }

  private closeWindow(now: number): void {
    const { windowStart, lastCount, accepted, refused } = this;
    const elapsed = now - windowStart;
    if (elapsed < WINDOW_MS) return;
    if (refused > 0) {
      const seconds = Math.max(1000, lastCount - windowStart) / 1000;
      this.seenRate ??= Math.max(LEAST_SEEN_RATE, (60 * (accepted + refused)) / seconds);
      this.factor *= Math.max(DEEPEST_CUT, accepted / (accepted + refused));
    }
    this.factor = Math.min(1, this.factor + (RECOVERY_PER_SECOND * elapsed) / 1000);
    if (this.factor === 1) this.seenRate = null;
    this.windowStart = now;
    this.accepted = 0;
    this.refused = 0;
  }
}
