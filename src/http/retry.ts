/** How long to wait before a request is sent again. */

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

/**
 * How long the server asks to wait, in milliseconds: `retry-after-ms`, or `Retry-After` in seconds
 * or as a date (RFC 9110 §10.2.3). Null if the server names no time, or none that can be understood.
 */
export function retryAfterMs(headers: Pick<Headers, 'get'>, wallClock = Date.now()): number | null {
  const milliseconds = decimal(headers.get('retry-after-ms'));
  if (milliseconds !== null) return milliseconds;
  const text = headers.get('retry-after');
  const seconds = decimal(text);
  if (seconds !== null) return 1000 * seconds;
  const then = httpDate(text);
  // Counted from the server's own clock, if it states its time: ours may be wrong.
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
