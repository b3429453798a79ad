/** Limits a minute, on a clock that the test holds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { duration, rateLimiter } from '../../../src/simulation/server/rate-limit.js';

describe('a limit of requests a minute', () => {
  test('lets a minute’s worth through at once, and then as many as trickle in', () => {
    let now = 0;
    const limiter = rateLimiter({ requestsPerMinute: 60 }, () => now);
    const admitted = () => limiter.admit('m', 10).refusal === null;
    expect(Array.from({ length: 61 }, admitted).filter(Boolean)).toHaveLength(60);
    now = 500;
    expect(admitted()).toBe(false);
    now = 1000;
    expect([admitted(), admitted()]).toEqual([true, false]);
  });

  test('never lets through more than the bucket and what has trickled in', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(waits, fc.integer({ min: 1, max: 300 }), (steps, limit) => {
        let now = 0;
        let admitted = 0;
        const limiter = rateLimiter({ requestsPerMinute: limit }, () => now);
        for (const step of steps) {
          now += step;
          if (!limiter.admit('m', 1).refusal) admitted++;
        }
        expect(admitted).toBeLessThanOrEqual(limit + (limit * now) / 60_000 + 1e-9);
      }),
      { seed: 101 },
    );
  });

  test('tells in its headers what is left, and in a refusal when to come back', () => {
    let now = 0;
    const limiter = rateLimiter({ requestsPerMinute: 2 }, () => now);
    expect(limiter.admit('m', 1)).toEqual({
      headers: {
        'x-ratelimit-limit-requests': '2',
        'x-ratelimit-remaining-requests': '1',
        'x-ratelimit-reset-requests': '30s',
      },
      refusal: null,
    });
    limiter.admit('m', 1);
    const { refusal } = limiter.admit('m', 1);
    expect(refusal).toMatchObject({
      status: 429,
      headers: { 'retry-after': '30', 'x-ratelimit-remaining-requests': '0' },
    });
    expect(JSON.parse(refusal?.body ?? '').error).toMatchObject({
      type: 'requests',
      code: 'rate_limit_exceeded',
    });
    now = 30_000;
    expect(limiter.admit('m', 1).refusal).toBeNull();
  });
});

describe('a limit of tokens a minute', () => {
  test('counts tokens beside requests, and each model for itself', () => {
    const limiter = rateLimiter({ requestsPerMinute: 100, tokensPerMinute: 1000 }, () => 0);
    expect(limiter.admit('m', 700).refusal).toBeNull();
    const refused = limiter.admit('m', 700);
    expect(refused.refusal?.headers).toMatchObject({ 'retry-after': '24' });
    // What is refused takes nothing.
    expect(refused.headers['x-ratelimit-remaining-tokens']).toBe('300');
    expect(refused.headers['x-ratelimit-remaining-requests']).toBe('99');
    expect(limiter.admit('other', 700).refusal).toBeNull();
  });

  test('refuses what can never fit without a time to come back', () => {
    const { refusal } = rateLimiter({ tokensPerMinute: 100 }, () => 0).admit('m', 101);
    expect(refusal?.status).toBe(429);
    expect(refusal?.headers).not.toHaveProperty('retry-after');
    expect(refusal?.body).toContain('Request too large');
  });
});

test('without limits everything goes and no header says anything', () => {
  expect(rateLimiter({}, () => 0).admit('m', 1e9)).toEqual({ headers: {}, refusal: null });
});

test.each([
  [0, '0ms'],
  [119.2, '120ms'],
  [6250, '6.25s'],
  [60_000, '1m0s'],
  [61_500, '1m1.5s'],
])('%d ms are written as %s', (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});
