/** Rate limits as servers state them in headers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReset, readRateHeaders } from '../../../src/harness/client/headers.js';

describe('the time until a limit is whole again', () => {
  it.each([
    ['1s', 1000],
    ['6m0s', 360_000],
    ['20ms', 20],
    ['2m59.56s', 179_560],
    ['1h2m3s', 3_723_000],
    ['1d', 86_400_000],
    ['0s', 0],
    ['500us', 0.5],
    ['500µs', 0.5],
    ['7', 7000],
    ['0.25', 250],
    [' 3s ', 3000],
    ['', null],
    ['soon', null],
    ['-1s', null],
    ['1w', null],
    ['1s later', null],
    ['NaN', null],
    // Some servers say when instead of how long.
    ['1763035200', null],
    ['2025-11-13T12:00:00Z', null],
  ])("'%s' is %s ms", (text, expected) => {
    expect(parseReset(text)).toBe(expected);
  });

  it('is read back from how Go prints it', () => {
    const part = fc.integer({ min: 0, max: 59 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99 }), part, part, fc.nat(999), (h, m, s, ms) => {
        const expected = 1000 * (3600 * h + 60 * m + s) + ms;
        expect(parseReset(`${h}h${m}m${s}.${String(ms).padStart(3, '0')}s`)).toBeCloseTo(
          expected,
          6,
        );
      }),
      { seed: 321 },
    );
  });

  it('is a time that is not negative, or nothing, for any text', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.dhmsuµn ]*$/), fc.constant(null));
    fc.assert(
      fc.property(text, (any) => {
        const wait = parseReset(any);
        expect(wait === null || (Number.isFinite(wait) && wait >= 0)).toBe(true);
      }),
      { seed: 322, numRuns: 1000 },
    );
  });
});

describe('rate limit headers', () => {
  it('are read as OpenAI sends them', () => {
    const headers = new Headers({
      'x-ratelimit-limit-requests': '500',
      'x-ratelimit-limit-tokens': '30000',
      'x-ratelimit-remaining-requests': '499',
      'x-ratelimit-remaining-tokens': '29850',
      'x-ratelimit-reset-requests': '120ms',
      'x-ratelimit-reset-tokens': '300ms',
    });
    expect(readRateHeaders(headers)).toEqual({
      requests: { limit: 500, remaining: 499, resetMs: 120 },
      tokens: { limit: 30_000, remaining: 29_850, resetMs: 300 },
    });
  });

  it('may say nothing, or half, or nonsense', () => {
    expect(readRateHeaders(new Headers())).toBeNull();
    const odd = new Headers({
      'x-ratelimit-remaining-tokens': '-3',
      'x-ratelimit-limit-tokens': 'many',
    });
    const unsaid = { limit: null, remaining: null, resetMs: null };
    expect(readRateHeaders(odd)).toEqual({ requests: unsaid, tokens: unsaid });
  });
});
