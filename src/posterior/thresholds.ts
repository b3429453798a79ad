/**
 * The limits by which fits and importance samples are judged, in one place. Nothing is imported here,
 * so that a page can use them without the statistics.
 */

/** Limits beyond which a fit is reported to fall short, or an importance sample to be unreliable. */
export const THRESHOLDS = {
  /** Largest R-hat. */
  rhat: 1.01,
  /** Smallest bulk and tail ESS. */
  ess: 400,
  /** Smallest E-BFMI. */
  ebfmi: 0.3,
  /** Largest Pareto k̂ of importance weights, for 2,200 draws or more. */
  paretoK: 0.7,
} as const;

/**
 * Largest k̂ at which estimates by so many importance weights are reliable: min(1 − 1 / log10 S, 0.7)
 * (Vehtari et al. 2024, eq. 13). With fewer draws, a large error is probable below 0.7 already; with more, bias
 * dominates above it.
 */
export function paretoKThreshold(draws: number): number {
  return Math.min(1 - 1 / Math.log10(draws), THRESHOLDS.paretoK);
}
