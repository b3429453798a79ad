/**
 * A budget that is never exceeded, even with requests in flight. The most that a request can cost is
 * reserved before it is sent, and settled when its true cost is known. A request that does not fit
 * waits, and fails only if nothing is in flight that could still turn out cheaper.
 */
import { WeighbridgeError } from '../../errors.js';
import type { Usage } from './chat.js';
import { WaitList } from './clock.js';

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
  /** Replaces the reservation by the true cost; only the first call of `settle` or `release` counts. */
  settle(actual: Spent): void;
  /** Cancels the reservation. */
  release(): void;
}

export function zeroSpent(): Spent {
  return { requests: 0, tokens: 0, usd: 0 };
}

/** In USD; 0 if no price is known. */
export function costOf(
  prices: Prices | null,
  usage: Pick<Usage, 'promptTokens' | 'completionTokens'>,
): number {
  if (!prices) return 0;
  return (prices.input * usage.promptTokens + prices.output * usage.completionTokens) / 1e6;
}

/** Cost of one request with this usage. */
export function spentOn(prices: Prices | null, usage: Usage): Spent {
  const tokens = usage.promptTokens + usage.completionTokens;
  return { requests: 1, tokens, usd: costOf(prices, usage) };
}

const limits = ['requests', 'tokens', 'usd'] as const;

/** Adds a cost to a sum, in place. */
export function addSpent(sum: Spent, cost: Spent, sign: 1 | -1 = 1): void {
  for (const limit of limits) sum[limit] += sign * cost[limit];
}

export class Spending {
  private readonly settled: Spent;
  private readonly reserved = zeroSpent();
  private inFlight = 0;
  private readonly waiting = new WaitList<Spent>(() => this.admit());

  constructor(
    private readonly budget: Budget,
    alreadySpent: Spent,
  ) {
    this.settled = { ...alreadySpent };
  }

  /**
   * Reserves the most that a request can cost, in the order of asking.
   * @throws WeighbridgeError `budget`; the signal's reason
   */
  async reserve(cost: Spent, signal?: AbortSignal): Promise<Reservation> {
    const own = { ...cost };
    if (this.waiting.size === 0 && !this.exceeded(own)) {
      this.setAside(own);
    } else {
      const turn = this.waiting.join(own, signal);
      this.admit();
      await turn;
    }
    return this.reservation(own);
  }

  /** Settled costs, including earlier spending. */
  spent(): Spent {
    return { ...this.settled };
  }

  /** The first limit that this cost could exceed. */
  private exceeded(cost: Spent): (typeof limits)[number] | undefined {
    return limits.find((of) => {
      const limit = this.budget[of];
      return limit !== null && this.settled[of] + this.reserved[of] + cost[of] > limit;
    });
  }

  private admit(): void {
    for (let cost = this.waiting.first(); cost; cost = this.waiting.first()) {
      const limit = this.exceeded(cost);
      if (!limit) {
        this.setAside(cost);
        this.waiting.admitFirst();
      } else if (this.inFlight === 0) {
        this.waiting.rejectFirst(budgetError(limit, this.budget, this.settled, cost));
      } else {
        return;
      }
    }
  }

  private setAside(cost: Spent): void {
    addSpent(this.reserved, cost);
    this.inFlight++;
  }

  private reservation(cost: Spent): Reservation {
    let isOpen = true;
    const close = (actual: Spent) => {
      if (!isOpen) return;
      isOpen = false;
      this.inFlight--;
      addSpent(this.reserved, cost, -1);
      // Removes accumulated rounding errors of many fractions of a cent.
      if (this.inFlight === 0) Object.assign(this.reserved, zeroSpent());
      addSpent(this.settled, actual);
      this.admit();
    };
    return { settle: close, release: () => close(zeroSpent()) };
  }
}

function budgetError(
  of: (typeof limits)[number],
  budget: Budget,
  spent: Spent,
  cost: Spent,
): WeighbridgeError {
  const limit = budget[of] ?? 0;
  const show = (value: number) => (of === 'usd' ? `${usd(value)} USD` : `${value} ${of}`);
  return new WeighbridgeError(
    'budget',
    `the budget is ${show(limit)}: ${show(spent[of])} are spent, and the next request could cost ${show(cost[of])}; raise it to go on`,
    { details: { spent: spent[of], limit } },
  );
}

/** Formats a cost with enough digits for fractions of a cent. */
function usd(value: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(6)));
}
