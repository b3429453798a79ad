/** Outcomes, linear predictors and auxiliary parameters that are ordinary for each family. */
import {
  type AuxiliaryName,
  auxiliaryOf,
  type Family,
  familyNames,
  traitsOf,
} from '../../../models/families/family.js';
import { linksOf } from '../../../models/families/index.js';
import { isOrdinal } from '../../../models/families/thresholds.js';
import type { Prior } from '../../../models/prior-distributions.js';

/**
 * But those of ordered categories, whose thresholds are another kind of parameter (ordinal.test.ts), and of
 * choices, which are of a set and not of a row (conditional-logit.test.ts).
 */
export const allFamilies: readonly Family[] = familyNames
  .filter(
    (family) =>
      !isOrdinal({ family }) && !['choice', 'nominal'].includes(traitsOf({ family }).outcome),
  )
  .flatMap((family) => linksOf(family).map((link) => ({ family, link })));

interface AuxiliaryExample {
  readonly value: number;
  readonly range: readonly [number, number];
  readonly prior: Prior;
}

export const auxiliaryExamples: Readonly<Record<AuxiliaryName, AuxiliaryExample>> = {
  sigma: {
    value: 0.8,
    range: [0.5, 2],
    prior: { distribution: 'student_t', df: 3, location: 0, scale: 2.5, lower: 0 },
  },
  nu: {
    value: 5,
    range: [1.5, 30],
    prior: { distribution: 'gamma', shape: 2, rate: 0.1, lower: 1 },
  },
  shape: { value: 3, range: [0.3, 20], prior: { distribution: 'gamma', shape: 2, rate: 0.5 } },
  zi: { value: 0.3, range: [0.1, 0.8], prior: { distribution: 'beta', alpha: 1, beta: 1 } },
  hu: { value: 0.3, range: [0.1, 0.8], prior: { distribution: 'beta', alpha: 1, beta: 1 } },
  zoi: { value: 0.25, range: [0.1, 0.8], prior: { distribution: 'beta', alpha: 1, beta: 1 } },
  coi: { value: 0.4, range: [0.1, 0.8], prior: { distribution: 'beta', alpha: 1, beta: 1 } },
  alpha: { value: 3, range: [0.5, 6], prior: { distribution: 'normal', mean: 0, sd: 4 } },
  cutzero: { value: -1.5, range: [-3, 0], prior: { distribution: 'normal', mean: -1.5, sd: 1 } },
  cutgap: {
    value: 3,
    range: [0.5, 6],
    prior: { distribution: 'gamma', shape: 6, rate: 2 },
  },
  quantile: { value: 0.3, range: [0.1, 0.9], prior: { distribution: 'beta', alpha: 2, beta: 2 } },
  kappa: { value: 3, range: [0.2, 40], prior: { distribution: 'gamma', shape: 2, rate: 0.5 } },
  phi: { value: 8, range: [0.5, 40], prior: { distribution: 'gamma', shape: 2, rate: 0.2 } },
};

export const auxiliaryValues = (family: Family): number[] =>
  auxiliaryOf(family).map((name) => auxiliaryExamples[name].value);

export const auxiliaryPriorsOf = (family: Family): Prior[] =>
  auxiliaryOf(family).map((name) => auxiliaryExamples[name].prior);

/** Outcomes that the family can have, one of them at or near the end of its range. */
export const outcomeExamples: Readonly<Partial<Record<Family['family'], readonly number[]>>> = {
  gaussian: [1.5, 0],
  student: [1.5, 0],
  bernoulli: [1, 0],
  binomial: [2, 0],
  poisson: [3, 0],
  negbinomial: [3, 0],
  beta_binomial: [2, 0],
  beta: [0.3, 1e-9],
  gamma: [1.5, 1e-9],
  lognormal: [1.5, 1e-9],
  weibull: [1.5, 1e-9],
  exponential: [1.5, 0],
  skew_normal: [1.5, 0],
  zero_inflated_poisson: [3, 0],
  zero_inflated_negbinomial: [3, 0],
  hurdle_poisson: [3, 0],
  hurdle_negbinomial: [3, 0],
  zero_one_inflated_beta: [0.3, 0, 1],
  ordered_beta: [0.3, 0, 1],
  asym_laplace: [1.5, 0],
  von_mises: [1.5, -3],
};

export const hasTrials = (family: Family): boolean => traitsOf(family).outcome === 'binomial';
export const isProbability = (family: Family): boolean => traitsOf(family).mean === 'probability';

/** Numbers below and above an outcome, as far from it as other outcomes are, and within the family's range. */
export function nearby(family: Family, y: number): readonly [number, number] {
  const { outcome, mean } = traitsOf(family);
  if (outcome !== 'real') return [y - 1, y + 2];
  if (mean === 'probability') return [0.6 * y, y + 0.4 * (1 - y)];
  const isPositive = mean === 'positive' || family.family === 'lognormal';
  return isPositive ? [0.7 * y, 1.5 * y] : [y - 1, y + 1.5];
}

/** True if the density has a kink at each outcome, where its derivative jumps, and no curvature between them. */
export function hasKinks({ family }: Family): boolean {
  return family === 'asym_laplace';
}

/** True where the likelihood has a pole or an end at η = 0. */
export function hasPole(family: Family): boolean {
  const { link } = family;
  const { mean, isLogarithmic } = traitsOf(family);
  return (
    link === 'inverse' ||
    link === 'sqrt' ||
    (link === 'identity' && mean === 'positive' && !isLogarithmic) ||
    (link === 'log' && mean === 'probability')
  );
}
