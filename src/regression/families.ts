/**
 * Families as a user writes them: `bernoulli()`, `poisson({ link: 'sqrt' })`.
 */
import {
  type Family,
  type FamilyName,
  familyNames,
  type LinkName,
} from '../../models/families/family.js';
import { linksOf, requireFamily } from '../../models/families/index.js';

export interface FamilyOptions {
  /** The family's default where absent. */
  readonly link?: LinkName;
}

/**
 * A family by its name.
 * @throws WeighbridgeError `bad-argument` for a name or link that there is not
 */
export function familyOf(family: FamilyName, { link }: FamilyOptions = {}): Family {
  const known = familyNames.includes(family);
  return requireFamily({ family, link: link ?? (known ? linksOf(family)[0] : 'identity') });
}

/** A real outcome with normal errors. Links identity (default), log, inverse. */
export const gaussian = (options?: FamilyOptions): Family => familyOf('gaussian', options);

/** A real outcome with Student-t errors: robust to outliers. Links as `gaussian`. */
export const student = (options?: FamilyOptions): Family => familyOf('student', options);

/** An outcome of 0 or 1. Links logit (default), probit, cloglog, cauchit, log. */
export const bernoulli = (options?: FamilyOptions): Family => familyOf('bernoulli', options);

/** Successes of `y | trials(n)`. Links as `bernoulli`. */
export const binomial = (options?: FamilyOptions): Family => familyOf('binomial', options);

/** Counts. Links log (default), identity, sqrt. */
export const poisson = (options?: FamilyOptions): Family => familyOf('poisson', options);

/** Counts that scatter more than a Poisson's: variance μ + μ²/shape. Links as `poisson`. */
export const negbinomial = (options?: FamilyOptions): Family => familyOf('negbinomial', options);
