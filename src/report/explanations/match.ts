/** The number of training examples that one explainer needs to match another. */
import { sorted } from '../../posterior/quantiles.js';

interface MatchSummary {
  readonly median: number | null;
  /** Ends of the central 95% interval; null: infinite. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** Probability that no number is enough. */
  readonly never: number;
}

/** @param needed numbers by draw, infinite where none is enough */
export function matchSummary(needed: Float64Array): MatchSummary {
  const ascending = sorted(needed);
  // Order statistics: between a finite number and infinity there is nothing to interpolate.
  const at = (share: number) => {
    const value = ascending[Math.round(share * (ascending.length - 1))] ?? Number.NaN;
    return Number.isFinite(value) ? value : null;
  };
  const never = needed.reduce((count, value) => count + Number(!Number.isFinite(value)), 0);
  return { median: at(0.5), lower: at(0.025), upper: at(0.975), never: never / needed.length };
}
