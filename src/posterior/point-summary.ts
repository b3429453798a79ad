/**
 * A quantity in four numbers, as brms' `posterior_summary` gives it: an estimate, its error, and
 * the ends of an equal-tailed interval.
 */
import { comfortable } from '../linear-algebra/powers-of-two.js';
import { meanAndSquares } from '../linear-algebra/sums.js';
import { etiOfSorted } from './eti.js';
import { quantileOfSorted } from './order.js';

export interface PointSummary {
  /** Mean of the draws; median of a robust summary. brms' Estimate. */
  readonly estimate: number;
  /**
   * Standard deviation of the draws; of a robust summary their median absolute deviation, times
   * 1.4826. brms' Est.Error.
   */
  readonly estError: number;
  /** Lower end of the equal-tailed interval: brms' Q2.5 where the probability is 0.95. */
  readonly lower: number;
  /** Upper end: brms' Q97.5. */
  readonly upper: number;
}

export interface PointSummaryOptions {
  /** Probability of the interval, in (0, 1); default 0.95. */
  readonly prob?: number;
  /** Median and median absolute deviation in place of mean and standard deviation. */
  readonly robust?: boolean;
}

/** NaN throughout where a draw is NaN. */
export function pointSummary(
  draws: Float64Array,
  { prob = 0.95, robust = false }: PointSummaryOptions = {},
): PointSummary {
  const ascending = draws.slice().sort();
  const [lower, upper] = etiOfSorted(ascending, prob);
  return { ...(robust ? robustCentre(ascending) : meanCentre(draws)), lower, upper };
}

function meanCentre(draws: Float64Array): Pick<PointSummary, 'estimate' | 'estError'> {
  const { origin, unit } = comfortable(draws);
  const plain = origin === 0 && unit === 1;
  const { mean, squares } = meanAndSquares(
    plain ? draws : draws.map((value) => (value - origin) / unit),
  );
  const estError = Math.sqrt(squares / (draws.length - 1));
  return plain
    ? { estimate: mean, estError }
    : { estimate: origin + unit * mean, estError: unit * estError };
}

function robustCentre(ascending: Float64Array): Pick<PointSummary, 'estimate' | 'estError'> {
  const estimate = quantileOfSorted(ascending, 0.5);
  const distances = ascending.map((value) => Math.abs(value - estimate)).sort();
  return { estimate, estError: 1.4826 * quantileOfSorted(distances, 0.5) };
}
