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
  /** Largest Pareto k̂ of importance weights. */
  paretoK: 0.7,
} as const;
