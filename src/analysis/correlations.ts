/**
 * How well reports match weights: a Bayesian regression of standardized weights on standardized
 * reports, whose slope the paper reads as a correlation, with its 95% HDI (Plunkett et al. 2025,
 * §2.4).
 */
import type { Interval } from '../posterior/hdi.js';
import { parameterOf } from '../regression/fit.js';
import type { FitJob, FitResult } from '../regression/job.js';
import { linearSpecification, toRows } from '../regression/regressions.js';
import type { WeightTable } from './reported-weights.js';
import { correlation } from './standardize.js';

/** Weights and reports of the same attributes of the same contexts, side by side. */
export interface Pairs {
  readonly weights: readonly number[];
  readonly reports: readonly number[];
}

export interface Correlation {
  /** Pairs; a context without valid reports gives none. */
  readonly n: number;
  /** Pearson's. */
  readonly r: number;
  /** Posterior mean of the slope. */
  readonly estimate: number;
  readonly hdi: Interval;
}

/**
 * Pairs the tables by context and attribute; `keep` leaves out attributes by the context's name
 * and the attribute's index.
 */
export function pairWeights(
  weights: WeightTable,
  reports: WeightTable,
  keep: (context: string, attribute: number) => boolean = () => true,
): Pairs {
  const pairs = { weights: [] as number[], reports: [] as number[] };
  for (const [context, ofContext] of weights) {
    const reported = reports.get(context);
    if (!reported) continue;
    ofContext.forEach((weight, attribute) => {
      const report = reported[attribute];
      if (report === undefined || !keep(context, attribute)) return;
      pairs.weights.push(weight);
      pairs.reports.push(report);
    });
  }
  return pairs;
}

/** standardized weight ~ standardized report, Gaussian, brms' default priors. */
export function correlationJob(name: string, { weights, reports }: Pairs): FitJob {
  const predictors = toRows({ outcome: weights, predictors: { report: reports } });
  return { name, specification: linearSpecification(predictors, weights) };
}

export function correlationOf({ weights, reports }: Pairs, fit: FitResult): Correlation {
  const slope = parameterOf(fit, 'b_report');
  return {
    n: weights.length,
    r: correlation(reports, weights),
    estimate: slope.mean,
    hdi: slope.hdi,
  };
}
