/** How long to wait before a request is sent again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backOffMs, retryAfterMs } from '../../src/http/retry.js';

const now = Date.UTC(2025, 10, 13, 12, 0, 0);
const headers = (entries: Record<string, string>) => new Headers(entries);

describe('Retry-After', () => {
  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '1.5' }, 1500],
    [{ 'retry-after': ' 2 ' }, 2000],
    [{ 'retry-after-ms': '250' }, 250],
    [{ 'retry-after-ms': '250', 'retry-after': '1' }, 250],
    [{ 'retry-after-ms': 'soon', 'retry-after': '1' }, 1000],
    [{ 'retry-after': 'Thu, 13 Nov 2025 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Thu, 13 Nov 2025 11:00:00 GMT' }, 0],
    [{}, null],
    [{ 'retry-after': '-1' }, null],
    [{ 'retry-after': 'tomorrow' }, null],
    [{ 'retry-after': '5 apples' }, null],
    [{ 'retry-after': '' }, null],
  ])('%o is %s ms', (entries, expected) => {
    expect(retryAfterMs(headers(entries as Record<string, string>), now)).toBe(expected);
  });

  it('counts a date from the clock of the server, where it tells it', () => {
    const said = headers({
      date: 'Thu, 13 Nov 2025 09:00:00 GMT',
      'retry-after': 'Thu, 13 Nov 2025 09:00:12 GMT',
    });
    expect(retryAfterMs(said, now)).toBe(12_000);
  });

  it('is a time that is not negative, or nothing, whatever the headers say', () => {
    const text = fc.option(
      fc.oneof(
        fc.string(),
        fc.double().map(String),
        fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
        fc.stringMatching(/^[0-9.:eE+, A-Z-]*$/),
      ),
    );
    fc.assert(
      fc.property(text, text, text, (seconds, milliseconds, date) => {
        const get = (name: string) =>
          ({ 'retry-after': seconds, 'retry-after-ms': milliseconds, date })[name] ?? null;
        const wait = retryAfterMs({ get }, now);
        expect(wait === null || (Number.isFinite(wait) && wait >= 0)).toBe(true);
      }),
      { seed: 311, numRuns: 1000 },
    );
  });
});

describe('the back-off', () => {
  it('is uniform below a ceiling that doubles up to a minute', () => {
    const ceilings = [1, 2, 3, 4, 5, 6, 7, 8, 9, 20].map((attempt) => backOffMs(attempt, () => 1));
    expect(ceilings).toEqual([500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]);
    expect(backOffMs(3, () => 0)).toBe(0);
    expect(backOffMs(3, () => 0.25)).toBe(500);
  });
});
