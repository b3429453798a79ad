/**
 * Families as a user writes them: `bernoulli()`, `poisson({ link: 'sqrt' })`, `bernoulli('probit')`.
 */
import {
  type Family,
  type FamilyName,
  familyNames,
  type LinkName,
} from '../../models/families/family.js';
import { linksOf, requireFamily } from '../../models/families/index.js';
import { badArgument, described, requireNames } from './check-options.js';

export interface FamilyOptions {
  /** The family's default where absent. */
  readonly link?: LinkName;
}

/** `{ link: 'probit' }`, or the link alone, as brms takes it: `bernoulli('probit')`. */
export type FamilyChoice = FamilyOptions | LinkName;

/**
 * A family by its name.
 * @throws WeighbridgeError `bad-argument` for a name, a link or an option that there is not
 */
export function familyOf(family: FamilyName, choice: FamilyChoice = {}): Family {
  const known = familyNames.find((name) => name === family);
  if (known === undefined) {
    const expected = familyNames.join(', ');
    throw badArgument(`family is ${described(family)}, expected one of ${expected}`);
  }
  if (typeof choice === 'string') return requireFamily({ family: known, link: choice });
  requireNames(choice, ['link'], known);
  const { link = linksOf(known)[0] } = choice;
  if (typeof link === 'string') return requireFamily({ family: known, link });
  throw badArgument(`link of the family ${known} is ${described(link)}, expected its name`);
}

/** A real outcome with normal errors. Links identity (default), log, inverse. */
export const gaussian = (link?: FamilyChoice): Family => familyOf('gaussian', link);

/** A real outcome with Student-t errors: robust to outliers. Links as `gaussian`. */
export const student = (link?: FamilyChoice): Family => familyOf('student', link);

/** An outcome of 0 or 1. Links logit (default), probit, cloglog, cauchit, log. */
export const bernoulli = (link?: FamilyChoice): Family => familyOf('bernoulli', link);

/** Successes of `y | trials(n)`. Links as `bernoulli`. */
export const binomial = (link?: FamilyChoice): Family => familyOf('binomial', link);

/** Counts. Links log (default), identity, sqrt. */
export const poisson = (link?: FamilyChoice): Family => familyOf('poisson', link);

/** Counts that scatter more than a Poisson's: variance μ + μ²/shape. Links as `poisson`. */
export const negbinomial = (link?: FamilyChoice): Family => familyOf('negbinomial', link);
