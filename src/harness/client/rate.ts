/**
 * So much a minute: the generic cell rate algorithm in its virtual scheduling form (ITU-T
 * Recommendation I.371; ATM Forum, Traffic Management 4.0, §4.4.2). One number, the theoretical
 * arrival time, says when all that was sent would have been through at exactly the rate allowed;
 * what may be sent is what keeps that time within a small burst of now.
 *
 * Any sliding minute then holds less than the limit and one burst: a hundredth more. The burst is
 * what makes good for timers that ring late, and for small limits, where a hundredth is less than
 * one, there is none. An amount above the burst goes when all before it is through.
 */
export interface Rate {
  /** Milliseconds until so much may be sent; 0: now. */
  waitFor(amount: number, now: number): number;
  spend(amount: number, now: number): void;
  /** Corrects what was spent, upwards or downwards, when the true amount is known. */
  correct(difference: number): void;
  /** A new limit; what is not through yet takes its time at the new rate. Null: none. */
  limitTo(perMinute: number | null, now: number): void;
}

const MINUTE_MS = 60_000;
const BURST_SHARE = 0.01;
/** Less than a nanosecond is rounding, and no clock could sleep it. */
const ROUNDING_MS = 1e-6;

export function openRate(perMinute: number | null): Rate {
  let interval = intervalOf(perMinute);
  let burst = burstOf(perMinute);
  let arrival = Number.NEGATIVE_INFINITY;

  return {
    waitFor(amount, now) {
      const wait = Math.max(arrival, now) + Math.min(amount, burst) * interval - burst * interval;
      return wait - now > ROUNDING_MS ? wait - now : 0;
    },
    spend(amount, now) {
      arrival = Math.max(arrival, now) + amount * interval;
    },
    correct(difference) {
      arrival += difference * interval;
    },
    limitTo(limit, now) {
      const before = interval;
      interval = intervalOf(limit);
      burst = burstOf(limit);
      const behind = before > 0 ? Math.max(0, arrival - now) / before : 0;
      arrival = now + behind * interval;
    },
  };
}

function intervalOf(perMinute: number | null): number {
  return perMinute === null ? 0 : MINUTE_MS / perMinute;
}

function burstOf(perMinute: number | null): number {
  return perMinute === null ? 1 : 1 + Math.floor(BURST_SHARE * perMinute);
}
