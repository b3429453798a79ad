/**
 * Links of parameters that have linear predictors of their own, as brms has them:
 *
 *     σ, φ, κ, shape, disc: log      ν: logm1, ν = 1 + e^η      zi, hu, zoi, coi, quantile: logit      α: identity
 *
 * A parameter of a family of the user's own has the link of its range: log above 0, logm1 above 1, logit from 0 to 1,
 * and identity without ends.
 */
import {
  type AuxiliaryTraits,
  auxiliaryTraits,
  type CategoryPredictor,
  type Family,
  isCategoryPredictor,
  isThresholdPredictor,
  type PredictedName,
  type ThresholdPredictor,
} from './family.js';
import { type LocationLink, locationLink } from './links.js';

type ParameterLinkName = 'identity' | 'log' | 'logm1' | 'logit';

export interface ParameterLink extends LocationLink {
  readonly name: ParameterLinkName;
  /** η of a value. */
  link(value: number): number;
}

const log: ParameterLink = { ...locationLink('log', false), name: 'log', link: Math.log };

const logm1: ParameterLink = {
  name: 'logm1',
  link: (value) => Math.log(value - 1),
  inverse: (eta) => 1 + Math.exp(eta),
  writeInverse(eta) {
    for (let i = 0; i < eta.length; i++) eta[i] = 1 + Math.exp(eta[i]);
  },
  locate(eta, location) {
    const excess = Math.exp(eta);
    location.mu = 1 + excess;
    location.first = excess;
    location.second = excess;
  },
};

const logit: ParameterLink = {
  ...locationLink('logit', true),
  name: 'logit',
  link: (value) => Math.log(value / (1 - value)),
};

const identity: ParameterLink = {
  ...locationLink('identity', false),
  name: 'identity',
  link: (value) => value,
};

const links: Readonly<
  Record<Exclude<PredictedName, CategoryPredictor | ThresholdPredictor>, ParameterLink>
> = {
  sigma: log,
  nu: logm1,
  shape: log,
  phi: log,
  zi: logit,
  hu: logit,
  zoi: logit,
  coi: logit,
  alpha: identity,
  kappa: log,
  quantile: logit,
  disc: log,
};

export function parameterLink(
  name: PredictedName,
  family: Pick<Family, 'custom'> = {},
): ParameterLink {
  if (isCategoryPredictor(name) || isThresholdPredictor(name)) return identity;
  if (!family.custom || name === 'disc') return links[name];
  const link = linkOfRange(auxiliaryTraits(family, name));
  if (link) return link;
  throw new RangeError(`${name} has a range without a link`);
}

/** Null for a range other than those above. */
export function linkOfRange({
  lower,
  upper,
}: Pick<AuxiliaryTraits, 'lower' | 'upper'>): ParameterLink | null {
  if (lower === 0 && upper === 1) return logit;
  if (upper < Number.POSITIVE_INFINITY) return null;
  if (lower === Number.NEGATIVE_INFINITY) return identity;
  return lower === 0 ? log : lower === 1 ? logm1 : null;
}
