/**
 * Requests and tokens a minute as two budgets of time, under whatever the server asks for on top:
 * a limit it states in its headers, a pause (`Retry-After`), or fewer requests, which it asks for
 * by refusing some. All requests wait in one line, so that a pause holds for all of them.
 *
 * After a pause one request goes ahead, and the others follow when it was not refused again: a
 * server that says "one second" for a whole minute would else refuse everybody once a second, and
 * a request would run out of attempts by waiting.
 */
import { openAlarm } from './alarm.js';
import type { Failure } from './api-error.js';
import type { Usage } from './chat.js';
import type { Clock } from './clock.js';
import { openRate } from './rate.js';
import { readRateHeaders, type StatedLimit, type StatedLimits } from './rate-headers.js';
import { LONGEST_HOLD_MS } from './retry.js';
import { type Limits, openThrottle } from './throttle.js';
import { openWaitList } from './wait-list.js';

export interface PacerSettings {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
}

export interface Pacer {
  /**
   * Waits until a request that is estimated at so many tokens may be sent, and counts it.
   * @throws the signal's reason when called off
   */
  take(tokens: number, signal?: AbortSignal): Promise<Turn>;
}

/** Leave for one attempt; it must be ended whatever comes of it. */
export interface Turn {
  end(outcome: TurnOutcome): void;
}

export interface TurnOutcome {
  readonly fate: 'through' | 'refused' | 'unknown';
  /** As the server counted them; null: the estimate stays. */
  readonly tokens: number | null;
  /** How long the server wants to be left alone. */
  readonly pauseMs: number | null;
  readonly stated: StatedLimits | null;
}

interface Request {
  readonly tokens: number;
  turn: Turn | null;
}

export function openPacer(settings: PacerSettings, clock: Clock): Pacer {
  const requests = openRate(settings.requestsPerMinute);
  const tokens = openRate(settings.tokensPerMinute);
  const throttle = openThrottle(clock.now());
  const waiting = openWaitList<Request>(admit);
  const alarm = openAlarm(clock, admit);
  let stated: Limits = { requests: null, tokens: null };
  let limits: Limits = { requests: settings.requestsPerMinute, tokens: settings.tokensPerMinute };
  let pausedUntil = Number.NEGATIVE_INFINITY;
  /** After a pause: someone has to go ahead, or has gone. */
  let scout: 'wanted' | 'out' | null = null;

  function adjust(now: number): void {
    const whole = {
      requests: lower(settings.requestsPerMinute, stated.requests),
      tokens: lower(settings.tokensPerMinute, stated.tokens),
    };
    const next = throttle.apply(whole, now);
    if (next.requests !== limits.requests) requests.limitTo(next.requests, now);
    if (next.tokens !== limits.tokens) tokens.limitTo(next.tokens, now);
    limits = next;
  }

  /** Milliseconds until a request of so many tokens may go; infinite: until the scout is back. */
  function waitFor(amount: number, now: number): number {
    if (scout === 'out') return Number.POSITIVE_INFINITY;
    return Math.max(pausedUntil - now, requests.waitFor(1, now), tokens.waitFor(amount, now));
  }

  function start(amount: number, now: number): Turn {
    requests.spend(1, now);
    tokens.spend(amount, now);
    const isScout = scout === 'wanted';
    if (isScout) scout = 'out';
    return {
      end(outcome) {
        const now = clock.now();
        if (outcome.tokens !== null) tokens.correct(outcome.tokens - amount);
        if (isScout && scout === 'out') scout = null;
        learn(outcome, amount, now);
        if (waiting.size > 0) admit();
      },
    };
  }

  function admit(): void {
    const now = clock.now();
    adjust(now);
    for (let next = waiting.first(); next; next = waiting.first()) {
      const wait = waitFor(next.tokens, now);
      if (wait > 0) {
        alarm.setFor(wait);
        return;
      }
      next.turn = start(next.tokens, now);
      waiting.admitFirst();
    }
    alarm.setFor(Number.POSITIVE_INFINITY);
  }

  function learn({ fate, pauseMs, stated: said }: TurnOutcome, amount: number, now: number): void {
    const pauses = pauseMs !== null && pauseMs > 0;
    // A refusal with a pause is answered by the pause.
    if (fate === 'through' || (fate === 'refused' && !pauses)) throttle.count(fate, now);
    if (said) {
      stated = { requests: positive(said.requests.limit), tokens: positive(said.tokens.limit) };
    }
    const pause = pauses ? pauseMs : said ? untilWhole(said, amount) : 0;
    if (pause > 0) {
      pausedUntil = Math.max(pausedUntil, now + pause);
      scout = 'wanted';
    }
  }

  return {
    async take(tokens, signal) {
      const now = clock.now();
      adjust(now);
      if (waiting.size === 0 && waitFor(tokens, now) <= 0) return start(tokens, now);
      const request: Request = { tokens, turn: null };
      const admitted = waiting.join(request, signal);
      admit();
      await admitted;
      return request.turn ?? start(tokens, clock.now());
    },
  };
}

/** Of an attempt that was not made, or of which nothing came to light. */
export const nothingLearnt: TurnOutcome = {
  fate: 'unknown',
  tokens: null,
  pauseMs: null,
  stated: null,
};

/** What the pacer learns from an attempt. */
export function turnOutcome(
  failure: Failure | null,
  headers: Headers | null,
  usage: Usage | null,
): TurnOutcome {
  const pauseMs = failure?.retryAfterMs ?? null;
  return {
    fate: failure === null ? 'through' : failure.kind === 'limited' ? 'refused' : 'unknown',
    tokens: usage && usage.promptTokens + usage.completionTokens,
    // A longer one ends the run, and is not waited for.
    pauseMs: pauseMs !== null && pauseMs > LONGEST_HOLD_MS ? null : pauseMs,
    stated: headers && readRateHeaders(headers),
  };
}

/** How long to keep away where nothing remains of a limit for a request like this one. */
function untilWhole({ requests, tokens }: StatedLimits, amount: number): number {
  const wait = ({ remaining, resetMs }: StatedLimit, needed: number) => {
    // A day's limit that is used up is better heard from the refusal that follows.
    if (remaining === null || resetMs === null || resetMs > LONGEST_HOLD_MS) return 0;
    return remaining < needed ? resetMs : 0;
  };
  return Math.max(wait(requests, 1), wait(tokens, amount));
}

function positive(limit: number | null): number | null {
  return limit !== null && limit > 0 ? limit : null;
}

function lower(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
