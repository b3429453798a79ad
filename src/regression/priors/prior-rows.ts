/**
 * Priors as given by a user and as shown by a fit: a distribution and its target parameters, by
 * brms' classes.
 */
import type { OwnName } from '../../../models/families/family.js';
import type { Prior } from '../../../models/prior-distributions.js';

export const priorClasses = [
  'b',
  'Intercept',
  'sd',
  'cor',
  'delta',
  'sds',
  'sdgp',
  'lscale',
  'sigma',
  'nu',
  'shape',
  'phi',
  'zi',
  'hu',
  'zoi',
  'coi',
  'alpha',
  'cutzero',
  'cutgap',
  'quantile',
  'kappa',
  'meanme',
  'sdme',
  'corme',
  'simo',
  'scale',
] as const;
/** A class of brms', or a parameter of a family of the user's own. */
export type PriorClass = (typeof priorClasses)[number] | OwnName;

/** Classes of the scales of smooth terms. */
export const smoothClasses = ['lscale', 'sdgp', 'sds'] as const;
export type SmoothClass = (typeof smoothClasses)[number];

export function isSmoothClass(name: PriorClass): name is SmoothClass {
  return smoothClasses.some((one) => one === name);
}

/** The LKJ distribution of a correlation matrix: density proportional to det(R)^(eta − 1). */
export interface LkjPrior {
  readonly distribution: 'lkj';
  readonly eta: number;
}

/**
 * The Dirichlet distribution of the shares of the steps of a monotonic effect: a concentration above 0 for each
 * step, or one for all of them.
 */
export interface DirichletPrior {
  readonly distribution: 'dirichlet';
  readonly concentration: readonly number[];
}

/** Priors of several numbers together, with classes of their own: cor and simo. */
export type MatrixPrior = LkjPrior | DirichletPrior;

export function isMatrixPrior(prior: Prior | MatrixPrior): prior is MatrixPrior {
  return prior.distribution === 'lkj' || prior.distribution === 'dirichlet';
}

/** Target of a prior: a whole class, or only one coefficient, one group, or both. */
export interface PriorTarget {
  readonly class: PriorClass;
  /**
   * brms' name of a coefficient, for example `x1` or `x1:x2`, or of a noisy predictor; the number of a threshold or
   * of a gap; `mox1` of class simo; the text of a spline, `s(x)`; the name of a Gaussian process, `gpx`; the name of a scale.
   */
  readonly coef?: string;
  /** The grouping factor, for classes sd and cor. */
  readonly group?: string;
  /** The parameter whose linear predictor it is in, for classes of coefficients and their scales. @default the mean */
  readonly dpar?: string;
  /** The predictor with missing values whose formula it is in, for classes b, Intercept and sigma. @default the outcome */
  readonly resp?: string;
}

/** `normal(0, 1).on('b')`, as plain data. */
export interface PriorRow extends PriorTarget {
  readonly prior: Prior | MatrixPrior;
  /** A name of the user's for this prior and others, by which `priorSensitivity` can scale them together. */
  readonly tag?: string;
}

/** A row of `defaultPrior` and of a fit's priors. */
export interface PriorInUse extends PriorRow {
  /** As brms writes it: `student_t(3, 0, 2.5)`, `(flat)`. */
  readonly text: string;
  /** As brms' `prior_summary`: '(vectorized)' if a row inherits from its class or group. */
  readonly source: 'default' | 'user' | '(vectorized)';
}
