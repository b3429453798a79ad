/** When everything stops, when everything waits, and with which line. */
import { describe, expect, it } from 'vitest';
import { Breaker, type OutageNotice } from '../../../src/harness/client/breaker.js';
import { type FailureKind, localFailure } from '../../../src/harness/client/failure.js';
import type { FailedRequest } from '../../../src/harness/client/failure-runs.js';
import { virtualClock } from './virtual-clock.js';

const purpose = { baseURL: 'http://localhost:8000/v1', what: null, model: 'm', hasKey: true };
const call = { ...purpose, what: 'look at a job', model: null };
const failure = (kind: FailureKind, status: number | null = null) =>
  localFailure(kind, 'its reason', status);
const MINUTE = 60_000;
const another: FailedRequest = { failedAt: [] };

function breakerOf({ maxAttempts = 8, outageMinutes = 20, answeredBefore = true } = {}) {
  const clock = virtualClock();
  const notices: OutageNotice[] = [];
  const breaker = new Breaker(
    { maxAttempts, longestOutageMs: outageMinutes * MINUTE },
    { clock, random: () => 0.5, onNotice: (notice) => notices.push(notice) },
  );
  if (answeredBefore) breaker.succeeded(purpose, another);
  /** Failures of so many requests in turn, a second apart; minutes until all stops, or null. */
  const failFor = async (minutes: number, failed = failure('faulty', 500), requests = 2) => {
    const tried: FailedRequest[] = Array.from({ length: requests }, () => ({ failedAt: [] }));
    for (const end = clock.now() + minutes * MINUTE; clock.now() <= end; ) {
      for (const one of tried) {
        const stop = breaker.failed(failed, purpose, one);
        if (stop) return { stop, after: clock.now() / MINUTE, tried };
      }
      await clock.run(clock.sleep(1000));
    }
    return { stop: null, after: null, tried };
  };
  return { breaker, clock, notices, failFor };
}

describe('the circuit breaker', () => {
  it.each(['denied', 'no-credit', 'not-found'] as const)(
    'stops all at the first failure that is wrong for all: %s',
    (kind) => {
      const { breaker } = breakerOf();
      expect(breaker.failed(failure(kind), purpose, { failedAt: [] })?.code).toBe('server');
    },
  );

  it.each([
    ['unreached', null],
    ['no-descriptors', null],
    ['broken', null],
    ['timeout', null],
    ['malformed', 200],
    ['faulty', 500],
    ['faulty', 503],
  ] as const)(
    'waits for as long as it was told while every request fails: %s %s',
    async (kind, status) => {
      for (const outageMinutes of [1, 20, 60]) {
        const { failFor } = breakerOf({ outageMinutes });
        expect((await failFor(100, failure(kind, status))).after).toBeCloseTo(outageMinutes, 1);
      }
    },
  );

  it('counts time and not failures: a thousand at once are one event', () => {
    const { breaker } = breakerOf();
    for (let i = 0; i < 1000; i++) {
      expect(breaker.failed(failure('broken'), purpose, { failedAt: [] })).toBeNull();
    }
    expect(breaker.isOpen).toBe(true);
  });

  it('stops soon where nothing has ever answered at the address', async () => {
    const { breaker } = breakerOf({ answeredBefore: false });
    const failed = () => breaker.failed(failure('unreached'), purpose, { failedAt: [] });
    expect([failed(), failed(), failed()]).toEqual([null, null, null]);
    expect(failed()?.message).toContain('4 attempts in a row failed: ');
    for (const kind of ['broken', 'timeout', 'malformed'] as const) {
      const { failFor } = breakerOf({ answeredBefore: false });
      expect((await failFor(10, failure(kind))).after).toBeCloseTo(0.5, 1);
    }
  });

  it('waits for a server that is only just starting', async () => {
    const { failFor } = breakerOf({ answeredBefore: false });
    expect((await failFor(10, failure('faulty', 503))).stop).toBeNull();
  });

  it.each([0, 1, 60])(
    'waits for a server that refuses by rate, also where outages are waited for %i minutes',
    async (outageMinutes) => {
      const { failFor } = breakerOf({ outageMinutes });
      const { after } = await failFor(100, failure('limited', 429));
      expect(after).toBeCloseTo(Math.max(15, outageMinutes), 1);
    },
  );

  it('takes refusals by rate among other failures for a part of the outage', async () => {
    const { failFor } = breakerOf({ outageMinutes: 5 });
    expect((await failFor(1, failure('limited', 429))).stop).toBeNull();
    expect((await failFor(1, failure('faulty', 503))).stop).toBeNull();
    expect((await failFor(60, failure('limited', 429))).after).toBeCloseTo(5, 1);
  });

  it('says after half a minute that it waits, and says when it is over', async () => {
    const { breaker, failFor, notices } = breakerOf();
    await failFor(0.4, failure('faulty', 503));
    expect(notices).toEqual([]);
    await failFor(5, failure('faulty', 503));
    breaker.succeeded(purpose, another);
    expect(notices).toEqual([
      {
        isWaiting: true,
        line: "no request has worked for 30 s: http://localhost:8000/v1 fails when model 'm' is asked (503: its reason); waiting, up to 20 minutes",
      },
      { isWaiting: false, line: 'http://localhost:8000/v1 works again after 5 minutes' },
    ]);
  });

  it('says for how long all failed, how often, where, and why the last one did', async () => {
    const { failFor } = breakerOf({ outageMinutes: 3 });
    expect((await failFor(10, failure('faulty', 503))).stop?.message).toBe(
      "no request has worked for 3 minutes (361 attempts): http://localhost:8000/v1 fails when model 'm' is asked (503: its reason)",
    );
  });

  it('takes a rejected request for wrong settings at first, and later for the request’s own', () => {
    const rejected = (answeredBefore: boolean) =>
      breakerOf({ answeredBefore }).breaker.failed(failure('rejected', 400), purpose, {
        failedAt: [],
      });
    expect(rejected(false)?.code).toBe('server');
    expect(rejected(true)).toBeNull();
  });

  it('leaves to a call for a job or file what is wrong with it', () => {
    const { breaker } = breakerOf();
    const failed = (kind: FailureKind, status: number) =>
      breaker.failed(failure(kind, status), call, { failedAt: [] });
    expect(failed('not-found', 404)).toBeNull();
    expect(failed('rejected', 400)).toBeNull();
    expect(failed('denied', 401)?.code).toBe('server');
  });
});

describe('a failure counts against', () => {
  const tries = (
    { breaker }: ReturnType<typeof breakerOf>,
    kind: FailureKind,
    status: number | null,
    to = purpose as typeof purpose | typeof call,
  ) => {
    const tried: FailedRequest = { failedAt: [] };
    for (let i = 0; i < 6; i++) breaker.failed(failure(kind, status), to, tried);
    return tried;
  };
  const failures = [
    ['faulty', 500, 6],
    ['faulty', 504, 6],
    ['broken', null, 6],
    ['timeout', null, 6],
    ['malformed', 200, 6],
    ['limited', 429, 6],
    ['faulty', 502, 0],
    ['faulty', 503, 0],
    ['faulty', 529, 0],
    ['unreached', null, 0],
    ['no-descriptors', null, 0],
  ] as const;

  it.each(failures)(
    'the request where nothing has worked yet, unless the server says otherwise: %s %s',
    (kind, status, own) => {
      const { breaker } = breakerOf({ answeredBefore: false });
      const tried: FailedRequest = { failedAt: [] };
      for (let i = 0; i < 3; i++) breaker.failed(failure(kind, status), purpose, tried);
      expect(breaker.ownFailures(tried)).toBe(own / 2);
    },
  );

  /** A body that is not what was asked for may be all that one endpoint ever gives. */
  const passing = failures.filter(([kind]) => kind !== 'malformed');

  it.each(passing)(
    'the server where only one request is under way, until another one works: %s %s',
    async (kind, status, own) => {
      const one = breakerOf();
      const tried = tries(one, kind, status);
      expect(one.breaker.isOpen).toBe(true);
      expect(one.breaker.ownFailures(tried)).toBe(0);
      one.breaker.succeeded(purpose, another);
      expect(one.breaker.ownFailures(tried)).toBe(own);
      await one.clock.run(one.clock.sleep(1));
      one.breaker.failed(failure(kind, status), purpose, tried);
      expect(one.breaker.ownFailures(tried)).toBe(own && own + 1);
    },
  );

  it.each(passing)('the server where that request works later: %s %s', async (kind, status) => {
    const one = breakerOf();
    const tried = tries(one, kind, status);
    one.breaker.succeeded(purpose, tried);
    expect(one.breaker.ownFailures(tried)).toBe(0);
  });

  it('the request where it alone is answered with a body that cannot be read', () => {
    const one = breakerOf();
    const tried = tries(one, 'malformed', 200);
    expect(one.breaker.isOpen).toBe(false);
    expect(one.breaker.ownFailures(tried)).toBe(6);
  });

  it('the server where a call fails that has worked before', () => {
    const one = breakerOf();
    one.breaker.succeeded(call, another);
    const tried = tries(one, 'faulty', 500, call);
    one.breaker.succeeded(call, another);
    expect(one.breaker.ownFailures(tried)).toBe(0);
  });

  it('the server where several fail and none works, also when it works again', async () => {
    const { breaker, failFor } = breakerOf();
    const { tried } = await failFor(1);
    for (const one of tried) expect(breaker.ownFailures(one)).toBe(0);
    breaker.succeeded(purpose, another);
    for (const one of tried) expect(breaker.ownFailures(one)).toBe(0);
  });

  it('each request whose failures have others’ successes between them', async () => {
    const { breaker, clock } = breakerOf();
    const poisonous: FailedRequest[] = [{ failedAt: [] }, { failedAt: [] }];
    for (let i = 0; i < 8; i++) {
      for (const one of poisonous) {
        breaker.failed(failure('faulty', 500), purpose, one);
        await clock.run(clock.sleep(1));
        breaker.succeeded(purpose, another);
      }
    }
    // And so it stays when these are all that is left.
    for (const one of poisonous) breaker.failed(failure('faulty', 500), purpose, one);
    expect(poisonous.map((one) => breaker.ownFailures(one))).toEqual([9, 9]);
    expect(breaker.isOpen).toBe(false);
  });
});

describe('in an outage', () => {
  it('few requests go ahead, one after another, and all when one has worked', async () => {
    const { breaker, clock, failFor } = breakerOf();
    await failFor(0.1);
    const passed: number[] = [];
    const over: (() => void)[] = [];
    const waiting = Array.from({ length: 20 }, async (_, i) => {
      over.push(await breaker.pass(new AbortController().signal));
      passed.push(i);
    });
    await clock.run(clock.sleep(5 * MINUTE));
    // The two that are ahead have not come back.
    expect(passed).toEqual([0, 1]);
    for (const done of over) done();
    await clock.run(clock.sleep(10_000));
    expect(passed.length).toBeGreaterThan(2);
    expect(passed.length).toBeLessThan(6);
    breaker.succeeded(purpose, another);
    await Promise.all(waiting);
    expect(breaker.isOpen).toBe(false);
  });

  it('one who waits is called off at once, and nothing is left that would wake up', async () => {
    const { breaker, clock, failFor } = breakerOf();
    await failFor(0.1);
    const controller = new AbortController();
    const waiting = breaker.pass(controller.signal);
    const now = clock.now();
    controller.abort(new Error('Ctrl-C'));
    await expect(waiting).rejects.toThrow('Ctrl-C');
    expect(clock.now()).toBe(now);
    await expect(clock.run(new Promise(() => {}))).rejects.toThrow('nobody sleeps');
  });
});
