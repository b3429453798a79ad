/**
 * What a family is to a regression: the distribution of an outcome given its linear predictor η
 * and the parameters beside it (σ, ν, the shape), with the derivatives that sampling needs.
 *
 * All families see η after the link's choice was made: a link is part of the family.
 */
import type { RandomStream } from '../../src/random/stream.js';

export const familyNames = [
  'gaussian',
  'student',
  'bernoulli',
  'binomial',
  'poisson',
  'negbinomial',
] as const;
export type FamilyName = (typeof familyNames)[number];

export type LinkName =
  | 'identity'
  | 'log'
  | 'inverse'
  | 'sqrt'
  | 'logit'
  | 'probit'
  | 'cloglog'
  | 'cauchit';

/** A family as plain data: it can be sent to another thread and saved. */
export interface Family {
  readonly family: FamilyName;
  readonly link: LinkName;
}

/** Parameters of a family beside the linear predictor, by brms' names. */
export type AuxiliaryName = 'sigma' | 'nu' | 'shape';

const auxiliaryByFamily: Readonly<Record<FamilyName, readonly AuxiliaryName[]>> = {
  gaussian: ['sigma'],
  student: ['sigma', 'nu'],
  bernoulli: [],
  binomial: [],
  poisson: [],
  negbinomial: ['shape'],
};

/** The auxiliary parameters of a family, in the order in which they are reported. */
export function auxiliaryOf({ family }: Family): readonly AuxiliaryName[] {
  return auxiliaryByFamily[family];
}

/** Natural lower ends of the auxiliary parameters, as in Stan. */
export const auxiliaryLowerBound: Readonly<Record<AuxiliaryName, number>> = {
  sigma: 0,
  nu: 1,
  shape: 0,
};

/** Outcomes of all rows. */
export interface Outcomes {
  readonly rows: number;
  readonly values: Float64Array;
  /** Trials of each row: binomial alone; null elsewhere. */
  readonly trials: Float64Array | null;
  /**
   * Rows that share one linear predictor: then η has one number a cell, not one a row. Absent:
   * every row has its own.
   */
  readonly cells?: Cells;
}

export interface Cells {
  readonly count: number;
  /** Place of each row's cell, from 0. */
  readonly of: Int32Array;
}

/**
 * The distribution of outcomes. `aux` holds the auxiliary parameters on their own scale (σ > 0,
 * ν > 1, shape > 0), in the order of `auxiliary`. Nothing here allocates but the constructor; a
 * density outside its domain is -Infinity or NaN and never throws.
 */
export interface ResponseFamily {
  readonly family: Family;
  readonly auxiliary: readonly AuxiliaryName[];
  /**
   * Σ log p(y_i | η_i, aux), up to a constant that depends on the data alone. Overwrites
   * `etaGradient` (row) with d/dη_i and `auxGradient` with d/daux.
   */
  logLikelihood(
    eta: Float64Array,
    aux: Float64Array,
    etaGradient: Float64Array,
    auxGradient: Float64Array,
  ): number;
  /**
   * Second derivatives: overwrites `etaCurvature` (row) with d²/dη_i², `cross` (row-major (auxiliary,
   * row)) with d²/dη_i daux, `auxCurvature` (auxiliary × auxiliary) with d²/daux².
   */
  curvature(
    eta: Float64Array,
    aux: Float64Array,
    etaCurvature: Float64Array,
    cross: Float64Array,
    auxCurvature: Float64Array,
  ): void;
  /** log p(y_i | η_i, aux) with all constants: what LOO and WAIC are made of. */
  pointwise(eta: Float64Array, aux: Float64Array, target: Float64Array): void;
}

/** What of a family needs no outcomes: for predictions at any η. */
export interface ResponseDistribution {
  readonly family: Family;
  readonly auxiliary: readonly AuxiliaryName[];
  /** E(y | η): of a binomial, trials times the probability. */
  mean(eta: number, trials: number): number;
  /** Inverse of the link: the mean, of a binomial the probability. */
  inverseLink(eta: number): number;
  /** An outcome. `trials` is 1 where the family has none. */
  simulate(eta: number, aux: Float64Array, trials: number, random: RandomStream): number;
  /** What an outcome should have been ("0 or 1"), or null for one that the family can have. */
  expected(outcome: number, trials: number): string | null;
}
