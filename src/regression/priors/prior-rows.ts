/**
 * Priors as a user gives them and as a fit shows them: a distribution and the parameters that it is
 * for, by brms' classes.
 */
import type { Prior } from '../../../models/prior-distributions.js';

export const priorClasses = ['b', 'Intercept', 'sd', 'cor', 'sigma', 'nu', 'shape'] as const;
export type PriorClass = (typeof priorClasses)[number];

/** The LKJ distribution of a correlation matrix: density in proportion to det(R)^(eta − 1). */
export interface LkjPrior {
  readonly distribution: 'lkj';
  readonly eta: number;
}

/** Which parameters: all of a class, those of one coefficient, of one group, or of both. */
export interface PriorTarget {
  readonly class: PriorClass;
  /** brms' name of a coefficient: `x1`, `x1:x2`. */
  readonly coef?: string;
  /** Of a grouping factor: classes sd and cor. */
  readonly group?: string;
}

/** `normal(0, 1).on('b')`, as plain data. */
export interface PriorRow extends PriorTarget {
  readonly prior: Prior | LkjPrior;
}

/** A row of `defaultPrior` and of a fit's priors. */
export interface PriorInUse extends PriorRow {
  /** As brms writes it: `student_t(3, 0, 2.5)`, `(flat)`. */
  readonly text: string;
  /** As brms' `prior_summary`: '(vectorized)' where a row takes the prior of its class or group. */
  readonly source: 'default' | 'user' | '(vectorized)';
}
