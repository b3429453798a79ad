/** A budget is never passed, whatever is in flight, and is used to the end. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Budget, costOf, Spending, type Spent } from '../../../src/harness/client/spending.js';
import { noLimit, nothing, rejection } from './support.js';
import { virtualClock } from './virtual-clock.js';

const cost = (tokens: number): Spent => ({ requests: 1, tokens, usd: tokens / 1e5 });

/** A request: when it comes, how long it takes, and what of its reservation it does cost. */
const asked = fc.record({
  at: fc.nat(100),
  takes: fc.nat(50),
  most: fc.integer({ min: 1, max: 400 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  fate: fc.constantFrom('settle', 'release'),
});

const limit = (max: number) => fc.option(fc.integer({ min: 0, max }), { freq: 2 });
const budgets: fc.Arbitrary<Budget> = fc.record({
  requests: limit(30),
  tokens: limit(4000),
  usd: limit(4000).map((tokens) => (tokens === null ? null : tokens / 1e5)),
});

const limits = ['requests', 'tokens', 'usd'] as const;
const within = (spent: Spent, budget: Budget) =>
  limits.every((of) => budget[of] === null || spent[of] <= budget[of] + 1e-9);

describe('a budget', () => {
  it('is never passed by what is spent and set aside, for any order, sizes and latencies', async () => {
    await fc.assert(
      fc.asyncProperty(budgets, fc.array(asked, { maxLength: 40 }), async (budget, requests) => {
        const clock = virtualClock();
        const spending = new Spending(budget, nothing);
        const aside = { ...nothing };
        let refused = 0;
        const one = async ({ at, takes, most, share, fate }: (typeof requests)[number]) => {
          await clock.sleep(at);
          const reserved = cost(most);
          const reservation = await spending.reserve(reserved).catch(() => null);
          if (!reservation) {
            refused++;
            return;
          }
          for (const of of limits) aside[of] += reserved[of];
          const sum = spending.spent();
          for (const of of limits) sum[of] += aside[of];
          expect(within(sum, budget)).toBe(true);
          await clock.sleep(takes);
          for (const of of limits) aside[of] -= reserved[of];
          if (fate === 'settle') reservation.settle(cost(Math.floor(share * most)));
          else reservation.release();
          expect(within(spending.spent(), budget)).toBe(true);
        };
        await clock.run(Promise.all(requests.map(one)));
        // Nobody waits for ever: all came through or were refused, and then for a reason.
        const largest = Math.max(0, ...requests.map(({ most }) => most));
        const left = limits.some(
          (of) => budget[of] !== null && spending.spent()[of] + cost(largest)[of] > budget[of],
        );
        expect(refused === 0 || left).toBe(true);
      }),
      { seed: 331 },
    );
  });

  it('lets wait what does not fit beside what is in flight, and in the order of arrival', async () => {
    const spending = new Spending({ ...noLimit, tokens: 100 }, nothing);
    const first = await spending.reserve(cost(80));
    const order: string[] = [];
    const second = spending.reserve(cost(50)).then((reservation) => {
      order.push('second');
      return reservation;
    });
    // It would fit, but it came later.
    const third = spending.reserve(cost(10)).then(() => order.push('third'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([]);
    first.settle(cost(30));
    (await second).settle(cost(50));
    await third;
    expect(order).toEqual(['second', 'third']);
    expect(spending.spent()).toMatchObject({ requests: 2, tokens: 80 });
  });

  it('says which limit, how much is spent and what the next request could cost', async () => {
    const spent = { requests: 12, tokens: 4000, usd: 1.9987 };
    const next = { requests: 1, tokens: 700, usd: 0.0021 };
    const refuse = (budget: Budget) => rejection(new Spending(budget, spent).reserve(next));
    const usd = await refuse({ ...noLimit, usd: 2 });
    expect(usd.code).toBe('budget');
    expect(usd.message).toBe(
      'the budget is 2 USD: 1.9987 USD are spent, and the next request could cost 0.0021 USD; raise it to go on',
    );
    expect((await refuse({ ...noLimit, requests: 12 })).message).toContain('12 requests');
    expect((await refuse({ ...noLimit, tokens: 4500 })).message).toContain('700 tokens');
  });

  it('refuses everyone who waits when the last in flight has used it up', async () => {
    const spending = new Spending({ ...noLimit, tokens: 100 }, nothing);
    const first = await spending.reserve(cost(100));
    const waiting = [spending.reserve(cost(50)), spending.reserve(cost(1))].map(rejection);
    first.settle(cost(100));
    expect((await Promise.all(waiting)).map(({ code }) => code)).toEqual(['budget', 'budget']);
  });

  it('lets the next one go where the one before is called off', async () => {
    const spending = new Spending({ ...noLimit, tokens: 100 }, nothing);
    await spending.reserve(cost(80));
    const controller = new AbortController();
    const large = spending.reserve(cost(90), controller.signal);
    const small = spending.reserve(cost(20));
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(large).rejects.toBe(reason);
    await expect(small).resolves.toBeDefined();
  });

  it('counts a reservation once, however often it is closed', async () => {
    const spending = new Spending(noLimit, { requests: 1, tokens: 5, usd: 0 });
    const reservation = await spending.reserve(cost(80));
    reservation.settle(cost(30));
    reservation.settle(cost(30));
    reservation.release();
    expect(spending.spent()).toEqual({ requests: 2, tokens: 35, usd: 30 / 1e5 });
  });
});

describe('the cost of a request', () => {
  it('is that of its tokens, a million of them at the price', () => {
    const usage = { promptTokens: 1_000_000, completionTokens: 500_000 };
    expect(costOf({ input: 2.5, output: 10 }, usage)).toBe(7.5);
    expect(costOf(null, usage)).toBe(0);
  });
});
