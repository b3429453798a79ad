/** What was sent, counted as a server with a sliding window would. */
export interface Sent {
  readonly at: number;
  readonly amount: number;
}

const MINUTE_MS = 60_000;
/** Times are sums of many fractions: two that differ by less are a minute apart. */
const ROUNDING_MS = 1e-6;

/** Most that any half-open minute holds, [t, t + 60 s); `sent` in the order of time. */
export function mostInAMinute(sent: readonly Sent[]): number {
  let most = 0;
  let sum = 0;
  let first = 0;
  for (const { at, amount } of sent) {
    sum += amount;
    for (let old = sent[first]; old && at - old.at >= MINUTE_MS - ROUNDING_MS; old = sent[first]) {
      sum -= old.amount;
      first++;
    }
    most = Math.max(most, sum);
  }
  return most;
}
