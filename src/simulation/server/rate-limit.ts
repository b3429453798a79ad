/**
 * Limits of requests and tokens per minute, as at OpenAI: each is a bucket that holds a minute's
 * worth and refills steadily. The headers report the state of the buckets.
 */
import { errorReply, type Reply } from './reply.js';

interface Limits {
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
}

export interface RateLimiter {
  /** Takes a request of so many tokens from the buckets, or returns that it must wait. */
  admit(model: string, tokens: number): Admission;
}

interface Admission {
  readonly headers: Readonly<Record<string, string>>;
  /** Null if the request may proceed. */
  readonly refusal: Reply | null;
}

const MINUTE = 60_000;

/** @param now milliseconds on a monotonic clock */
export function rateLimiter(
  { requestsPerMinute, tokensPerMinute }: Limits,
  now: () => number,
): RateLimiter {
  const kinds = [
    ...(requestsPerMinute ? [{ name: 'requests', short: 'RPM', limit: requestsPerMinute }] : []),
    ...(tokensPerMinute ? [{ name: 'tokens', short: 'TPM', limit: tokensPerMinute }] : []),
  ];
  const buckets = new Map<string, Bucket>();
  const bucketOf = (model: string, name: string, limit: number): Bucket => {
    const key = `${name} ${model}`;
    const known = buckets.get(key) ?? { level: limit, limit, filledAt: now() };
    buckets.set(key, known);
    return known;
  };
  return {
    admit(model, tokens) {
      const asked = kinds.map(({ name, short, limit }) => {
        const bucket = bucketOf(model, name, limit);
        fill(bucket, now());
        return { name, short, bucket, amount: name === 'requests' ? 1 : tokens };
      });
      const short = asked.find(({ bucket, amount }) => bucket.level < amount);
      if (!short) for (const { bucket, amount } of asked) bucket.level -= amount;
      const headers = Object.fromEntries(
        asked.flatMap(({ name, bucket }) => headersOf(name, bucket)),
      );
      return { headers, refusal: short ? refusalOf(model, short, headers) : null };
    },
  };
}

interface Bucket {
  level: number;
  readonly limit: number;
  filledAt: number;
}

function fill(bucket: Bucket, now: number): void {
  const gained = ((now - bucket.filledAt) / MINUTE) * bucket.limit;
  bucket.level = Math.min(bucket.limit, bucket.level + gained);
  bucket.filledAt = now;
}

function headersOf(name: string, bucket: Bucket): [string, string][] {
  const untilFull = ((bucket.limit - bucket.level) / bucket.limit) * MINUTE;
  return [
    [`x-ratelimit-limit-${name}`, String(bucket.limit)],
    [`x-ratelimit-remaining-${name}`, String(Math.floor(bucket.level))],
    [`x-ratelimit-reset-${name}`, duration(untilFull)],
  ];
}

/** A duration in OpenAI's format: `120ms`, `6.25s`, `1m0s`. */
export function duration(milliseconds: number): string {
  const whole = Math.ceil(milliseconds);
  if (whole < 1000) return `${whole}ms`;
  const minutes = Math.floor(whole / MINUTE);
  const seconds = (whole % MINUTE) / 1000;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

function refusalOf(
  model: string,
  wanted: { name: string; short: string; bucket: Bucket; amount: number },
  headers: Readonly<Record<string, string>>,
): Reply {
  const { name, short, bucket, amount } = wanted;
  const { limit, level } = bucket;
  const used = Math.ceil(limit - level);
  if (amount > limit) {
    return errorReply(
      429,
      {
        message: `Request too large for ${model} on ${name} per min (${short}): Limit ${limit}, Requested ${amount}.`,
        type: name,
        code: 'rate_limit_exceeded',
      },
      headers,
    );
  }
  const wait = Math.ceil(((amount - level) / limit) * MINUTE);
  return errorReply(
    429,
    {
      message: `Rate limit reached for ${model} on ${name} per min (${short}): Limit ${limit}, Used ${used}, Requested ${amount}. Please try again in ${duration(wait)}.`,
      type: name,
      code: 'rate_limit_exceeded',
    },
    { ...headers, ...retryAfter(wait) },
  );
}

/** Retry headers: the standard one in whole seconds, and OpenAI's in milliseconds. */
export function retryAfter(milliseconds: number): Record<string, string> {
  return {
    'retry-after': String(Math.ceil(milliseconds / 1000)),
    'retry-after-ms': String(Math.ceil(milliseconds)),
  };
}
