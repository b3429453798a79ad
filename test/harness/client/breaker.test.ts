/** When everything stops, and with which line. */
import { describe, expect, it } from 'vitest';
import { type FailureKind, localFailure } from '../../../src/harness/client/api-error.js';
import { openBreaker } from '../../../src/harness/client/breaker.js';

const purpose = { baseURL: 'http://localhost:8000/v1', what: null, model: 'm', hasKey: true };
const call = { ...purpose, what: 'look at a job', model: null };
const failure = (kind: FailureKind, status: number | null = null) =>
  localFailure(kind, 'its reason', status);

/** How many such failures in a row stop everything; null: not within a thousand. */
function failuresToStop(
  kind: FailureKind,
  { stopAfterFailures = 40, concurrency = 4, answeredBefore = true } = {},
): number | null {
  const breaker = openBreaker({ stopAfterFailures, concurrency });
  if (answeredBefore) breaker.succeeded();
  const status = kind === 'faulty' ? 500 : kind === 'limited' ? 429 : null;
  for (let count = 1; count <= 1000; count++) {
    if (breaker.failed(failure(kind, status), purpose)) return count;
  }
  return null;
}

describe('the circuit breaker', () => {
  it.each(['denied', 'no-credit', 'not-found'] as const)(
    'opens at the first failure that is wrong for all: %s',
    (kind) => {
      expect(failuresToStop(kind)).toBe(1);
    },
  );

  it.each(['unreached', 'broken', 'timeout', 'faulty', 'malformed'] as const)(
    'opens after so many in a row that may pass: %s',
    (kind) => {
      expect(failuresToStop(kind)).toBe(40);
    },
  );

  it('opens soon where nothing has ever answered at the address', () => {
    expect(failuresToStop('unreached', { answeredBefore: false })).toBe(4);
    expect(failuresToStop('broken', { answeredBefore: false })).toBe(40);
  });

  it('does not open because one volley broke together', () => {
    expect(failuresToStop('broken', { concurrency: 64 })).toBe(128);
  });

  it('does not open for refusals by rate: they have their own limit of attempts', () => {
    expect(failuresToStop('limited')).toBeNull();
  });

  it('begins anew with each success', () => {
    const breaker = openBreaker({ stopAfterFailures: 3, concurrency: 1 });
    for (let round = 0; round < 20; round++) {
      expect(breaker.failed(failure('faulty', 500), purpose)).toBeNull();
      expect(breaker.failed(failure('broken'), purpose)).toBeNull();
      breaker.succeeded();
    }
  });

  it('takes a rejected request for wrong settings at first, and later for the request’s own', () => {
    expect(failuresToStop('rejected', { answeredBefore: false })).toBe(1);
    expect(failuresToStop('rejected')).toBeNull();
  });

  it('leaves to a call for a job or file what is wrong with it', () => {
    const breaker = openBreaker({ stopAfterFailures: 40, concurrency: 4 });
    expect(breaker.failed(failure('not-found', 404), call)).toBeNull();
    expect(breaker.failed(failure('rejected', 400), call)).toBeNull();
    expect(breaker.failed(failure('denied', 401), call)?.code).toBe('server');
  });

  it('says how many failed, where, and why the last one did', () => {
    const breaker = openBreaker({ stopAfterFailures: 2, concurrency: 1 });
    breaker.succeeded();
    breaker.failed(failure('faulty', 500), purpose);
    expect(breaker.failed(failure('faulty', 503), purpose)?.message).toBe(
      "2 attempts in a row failed: http://localhost:8000/v1 fails when model 'm' is asked (503: its reason)",
    );
  });
});
