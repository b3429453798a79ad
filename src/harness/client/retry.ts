/**
 * When a request is tried again, and how long it waits before. The `openai` package could do it,
 * but each attempt of ours is recorded, paced and paid from a budget.
 */
import type { FailureKind } from './api-error.js';

/** Kinds of failure that may be gone the next time; the rest is wrong and stays wrong. */
const passing: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'unreached',
  'no-descriptors',
  'broken',
  'timeout',
  'malformed',
  'limited',
  'faulty',
]);

export function isRetryable(kind: FailureKind): boolean {
  return passing.has(kind);
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;

/**
 * Exponential back-off with full jitter: uniform between nothing and a ceiling that doubles, so
 * that requests refused together do not come back together (M. Brooker, "Exponential Backoff And
 * Jitter", AWS Architecture Blog, 2015).
 * @param attempt the one that failed: 1 is the first
 */
export function backOffMs(attempt: number, random: () => number): number {
  return random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
}

/** Longest time that a server may ask to wait before the client gives up and says so. */
export const LONGEST_HOLD_MS = 15 * 60_000;

type HeaderReader = Pick<Headers, 'get'>;

/**
 * How long the server asks to wait, in milliseconds: `retry-after-ms`, or `Retry-After` in seconds
 * or as a date (RFC 9110 §10.2.3). Null where it does not say, or nothing that can be understood.
 */
export function retryAfterMs(headers: HeaderReader, wallClock = Date.now()): number | null {
  const milliseconds = decimal(headers.get('retry-after-ms'));
  if (milliseconds !== null) return milliseconds;
  const text = headers.get('retry-after');
  const seconds = decimal(text);
  if (seconds !== null) return 1000 * seconds;
  const then = httpDate(text);
  // Against the server's own clock where it tells it: ours may be wrong.
  return then === null ? null : Math.max(0, then - (httpDate(headers.get('date')) ?? wallClock));
}

function decimal(text: string | null): number | null {
  return text !== null && /^\s*\d{1,12}(\.\d+)?\s*$/.test(text) ? Number(text) : null;
}

function httpDate(text: string | null): number | null {
  // `Date.parse` takes '-1' and '5 apples' for dates; all of HTTP's have a time of day.
  if (text === null || !/\d:\d\d/.test(text)) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}
