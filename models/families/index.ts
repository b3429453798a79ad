/** All families by name: which links they have, and what a regression needs of them. */
import { WeighbridgeError } from '../../src/errors.js';
import { bernoulliDistribution, bernoulliFamily } from './bernoulli.js';
import { binomialDistribution, binomialFamily } from './binomial.js';
import { toldOfBrms } from './brms-families.js';
import {
  type Family,
  type FamilyName,
  familyNames,
  type LinkName,
  type Outcomes,
  type ResponseDistribution,
  type ResponseFamily,
} from './family.js';
import { gaussianDistribution, gaussianFamily } from './gaussian.js';
import { negbinomialDistribution, negbinomialFamily } from './negbinomial.js';
import { poissonDistribution, poissonFamily } from './poisson.js';
import { studentDistribution, studentFamily } from './student.js';

const ofNumbers = ['identity', 'log', 'inverse'] as const;
const ofProbabilities = ['logit', 'probit', 'cloglog', 'cauchit', 'log'] as const;
const ofCounts = ['log', 'identity', 'sqrt'] as const;

interface Entry {
  /** The default first. */
  readonly links: readonly LinkName[];
  readonly response: (family: Family, outcomes: Outcomes) => ResponseFamily;
  readonly distribution: (family: Family) => ResponseDistribution;
}

const entries: Readonly<Record<FamilyName, Entry>> = {
  gaussian: { links: ofNumbers, response: gaussianFamily, distribution: gaussianDistribution },
  student: { links: ofNumbers, response: studentFamily, distribution: studentDistribution },
  bernoulli: {
    links: ofProbabilities,
    response: bernoulliFamily,
    distribution: bernoulliDistribution,
  },
  binomial: {
    links: ofProbabilities,
    response: binomialFamily,
    distribution: binomialDistribution,
  },
  poisson: { links: ofCounts, response: poissonFamily, distribution: poissonDistribution },
  negbinomial: {
    links: ofCounts,
    response: negbinomialFamily,
    distribution: negbinomialDistribution,
  },
};

/** The likelihood of outcomes. */
export function responseFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  return entries[family.family].response(family, outcomes);
}

/** What of a family needs no outcomes. */
export function responseDistribution(family: Family): ResponseDistribution {
  return entries[family.family].distribution(family);
}

/** Links that a family can have, its default first. */
export function linksOf(name: FamilyName): readonly LinkName[] {
  return entries[name].links;
}

/** Why there is no family of this name. */
export function unknownFamily(name: unknown): string {
  const told = typeof name === 'string' ? toldOfBrms(name) : '';
  return `family is ${name}${told}; expected one of ${familyNames.join(', ')}`.replace(/\s/g, ' ');
}

/**
 * The family, if there is one of this name with this link.
 * @throws WeighbridgeError `bad-argument`
 */
export function requireFamily(given: {
  readonly family?: unknown;
  readonly link?: unknown;
}): Family {
  const name = familyNames.find((known) => known === given.family);
  if (!name) throw new WeighbridgeError('bad-argument', unknownFamily(given.family));
  const link = linksOf(name).find((known) => known === given.link);
  if (link) return { family: name, link };
  throw new WeighbridgeError(
    'bad-argument',
    `link of the family ${name} is ${given.link}, expected one of ${linksOf(name).join(', ')}`,
  );
}
