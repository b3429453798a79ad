/**
 * A budget that is never passed, also with requests in flight. What a request can cost at most is
 * set aside before it is sent and settled when its true cost is known; what does not fit beside
 * that waits, and fails only when nothing is in flight that could still turn out cheaper.
 */
import { WeighbridgeError } from '../../errors.js';
import type { Usage } from './chat.js';
import { openWaitList } from './wait-list.js';

/** Null: no limit. */
export interface Budget {
  readonly requests: number | null;
  readonly tokens: number | null;
  readonly usd: number | null;
}

/** USD per million tokens. */
export interface Prices {
  readonly input: number;
  readonly output: number;
}

export interface Spent {
  requests: number;
  tokens: number;
  usd: number;
}

export interface Reservation {
  /** Counts what it did cost; a second call of either does nothing. */
  settle(actual: Spent): void;
  /** Counts nothing. */
  release(): void;
}

export interface Spending {
  /**
   * Sets aside what a request can cost at most, in the order in which it is asked.
   * @throws WeighbridgeError `budget`; the signal's reason when called off
   */
  reserve(cost: Spent, signal?: AbortSignal): Promise<Reservation>;
  /** What is settled, what was spent before included. */
  spent(): Spent;
}

/** In USD; nothing where no price is known. */
export function costOf(prices: Prices | null, usage: Usage): number {
  if (!prices) return 0;
  return (prices.input * usage.promptTokens + prices.output * usage.completionTokens) / 1e6;
}

export function openSpending(budget: Budget, alreadySpent: Spent): Spending {
  const spent = { ...alreadySpent };
  const reserved = nothing();
  let inFlight = 0;
  const waiting = openWaitList<Spent>(admit);

  /** The first limit that this cost could pass. */
  const tooMuch = (cost: Spent) =>
    limits.find((of) => {
      const limit = budget[of];
      return limit !== null && spent[of] + reserved[of] + cost[of] > limit;
    });

  function admit(): void {
    for (let cost = waiting.first(); cost; cost = waiting.first()) {
      const limit = tooMuch(cost);
      if (!limit) {
        setAside(cost);
        waiting.admitFirst();
      } else if (inFlight === 0) {
        waiting.rejectFirst(budgetError(limit, budget, spent, cost));
      } else {
        return;
      }
    }
  }

  function setAside(cost: Spent): void {
    add(reserved, cost, 1);
    inFlight++;
  }

  function reservation(cost: Spent): Reservation {
    let open = true;
    const close = (actual: Spent) => {
      if (!open) return;
      open = false;
      inFlight--;
      add(reserved, cost, -1);
      // What rounding left of many fractions of a cent.
      if (inFlight === 0) Object.assign(reserved, nothing());
      add(spent, actual, 1);
      admit();
    };
    return { settle: close, release: () => close(nothing()) };
  }

  return {
    async reserve(cost, signal) {
      const own = { ...cost };
      if (waiting.size === 0 && !tooMuch(own)) {
        setAside(own);
      } else {
        const turn = waiting.join(own, signal);
        admit();
        await turn;
      }
      return reservation(own);
    },
    spent: () => ({ ...spent }),
  };
}

const limits = ['requests', 'tokens', 'usd'] as const;

export function nothing(): Spent {
  return { requests: 0, tokens: 0, usd: 0 };
}

function add(sum: Spent, cost: Spent, sign: 1 | -1): void {
  for (const of of limits) sum[of] += sign * cost[of];
}

function budgetError(
  of: (typeof limits)[number],
  budget: Budget,
  spent: Spent,
  cost: Spent,
): WeighbridgeError {
  const show = (value: number) => (of === 'usd' ? `${usd(value)} USD` : `${value} ${of}`);
  return new WeighbridgeError(
    'budget',
    `the budget is ${show(budget[of] ?? 0)}: ${show(spent[of])} are spent, and the next request could cost ${show(cost[of])}; raise it to go on`,
  );
}

/** With as many digits as a cost of fractions of a cent needs, and no more. */
function usd(value: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(6)));
}
