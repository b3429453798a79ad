/**
 * How fast a server lets itself be asked that refuses requests (429) and does not say for how
 * long: the rate falls by the share that it refused, at most by half at a time, and rises again by
 * a hundredth of the whole a second. (Multiplicative decrease, additive increase: D.-M. Chiu and
 * R. Jain, Computer Networks and ISDN Systems 17, 1989.) A cut by the share refused finds a true
 * limit in a few steps, and yet makes little of refusals that come by chance.
 */
export interface Throttle {
  /** Counts what became of an attempt. */
  count(fate: 'through' | 'refused', now: number): void;
  /** What is left of the limits at the moment. */
  apply(limits: Limits, now: number): Limits;
}

/** A minute; null: none. */
export interface Limits {
  readonly requests: number | null;
  readonly tokens: number | null;
}

/** The share is taken over so long. */
const WINDOW_MS = 5000;
const DEEPEST_CUT = 0.5;
/** A refusal among three requests tells little of what three hundred would meet. */
const LEAST_SEEN_RATE = 60;
const RECOVERY_PER_SECOND = 0.01;

export function openThrottle(start: number): Throttle {
  let factor = 1;
  /** Attempts a minute when the refusals began, in place of a limit where there is none. */
  let seenRate: number | null = null;
  let windowStart = start;
  let lastCount = start;
  let through = 0;
  let refused = 0;

  function closeWindow(now: number): void {
    const elapsed = now - windowStart;
    if (elapsed < WINDOW_MS) return;
    if (refused > 0) {
      const seconds = Math.max(1000, lastCount - windowStart) / 1000;
      seenRate ??= Math.max(LEAST_SEEN_RATE, (60 * (through + refused)) / seconds);
      factor *= Math.max(DEEPEST_CUT, through / (through + refused));
    }
    factor = Math.min(1, factor + (RECOVERY_PER_SECOND * elapsed) / 1000);
    if (factor === 1) seenRate = null;
    windowStart = now;
    through = 0;
    refused = 0;
  }

  return {
    count(fate, now) {
      closeWindow(now);
      lastCount = now;
      if (fate === 'through') through++;
      else refused++;
    },
    apply({ requests, tokens }, now) {
      closeWindow(now);
      const whole = factor < 1 ? (requests ?? seenRate) : requests;
      return {
        requests: whole === null ? null : factor * whole,
        tokens: tokens === null ? null : factor * tokens,
      };
    },
  };
}
