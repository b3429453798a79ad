/** All families by name, with their links and likelihoods. */
import { WeighbridgeError } from '../../src/errors.js';
import type { Limits } from '../../src/linear-algebra/limits.js';
import { asymLaplace } from './asym-laplace.js';
import { beta } from './beta.js';
import { betaBinomial } from './beta-binomial.js';
import {
  bernoulliDistribution,
  bernoulliFamily,
  binomialDistribution,
  binomialFamily,
  binomialRow,
  binomialTails,
} from './binomial.js';
import { byRows, logDensitiesOf, type RowDensity, SumOverRows } from './by-rows.js';
import { categoricalDistribution, categoricalFamily } from './categorical.js';
import { CategorySpecific } from './category-specific.js';
import { conditionalLogitDistribution, conditionalLogitFamily } from './conditional-logit.js';
import { customFamilyByRows, requireCustom } from './custom.js';
import { DiscriminatedCategories } from './discrimination.js';
import { exponential } from './exponential.js';
import {
  auxiliaryTraits,
  type Family,
  type FamilyName,
  familyNames,
  isCategoryPredictor,
  isPredictable,
  isThresholdPredictor,
  type LinkName,
  type LogDensities,
  type Outcomes,
  type OwnDistribution,
  type PredictedName,
  type ResponseDistribution,
  type ResponseFamily,
  type ThresholdGroup,
  type ThresholdKind,
  thresholdKinds,
  traitsOf,
  withoutPredicted,
} from './family.js';
import { gamma } from './gamma.js';
import { gaussianDistribution, gaussianFamily, gaussianRow, gaussianTails } from './gaussian.js';
import { hurdleNegbinomial, hurdlePoisson } from './hurdle.js';
import { distinctLimited, LimitedRows } from './limited-rows.js';
import { lognormal } from './lognormal.js';
import {
  negbinomialDistribution,
  negbinomialFamily,
  negbinomialRow,
  negbinomialTails,
} from './negbinomial.js';
import { orderedBeta } from './ordered-beta.js';
import { ordinalDistribution, ordinalFamily } from './ordinal.js';
import { linkOfRange } from './parameter-links.js';
import { poissonDistribution, poissonFamily, poissonRow, poissonTails } from './poisson.js';
import { SeveralPredictors } from './several-predictors.js';
import { skewNormal } from './skew-normal.js';
import { studentDistribution, studentFamily, studentRow, studentTails } from './student.js';
import type { RowTails } from './tails.js';
import { isNominal, isOrdinal } from './thresholds.js';
import { type TruncatedDistribution, truncatedDistribution } from './truncated.js';
import { vonMises } from './von-mises.js';
import { weibull } from './weibull.js';
import { zeroInflatedNegbinomial, zeroInflatedPoisson } from './zero-inflated.js';
import { zeroOneInflatedBeta } from './zero-one-inflated-beta.js';

const ofNumbers = ['identity', 'log', 'inverse'] as const;
const ofProbabilities = ['logit', 'probit', 'cloglog', 'cauchit', 'log'] as const;
const ofCategories = ['logit', 'probit', 'cloglog', 'cauchit'] as const;
const ofPositives = ['log', 'identity', 'inverse'] as const;
// With the identity, rows of zeros would end the likelihood at a cliff.
const ofInflated = ['log', 'sqrt'] as const;
const ofCounts = ['log', 'identity', 'sqrt'] as const;

interface Entry {
  /** The default first. */
  readonly links: readonly LinkName[];
  readonly response: (family: Family, outcomes: Outcomes) => ResponseFamily;
  readonly distribution: (family: Family) => OwnDistribution;
  /** The density of one row, for parameters with linear predictors of their own. @default none */
  readonly density?: (family: Family) => RowDensity;
  /** For censored and truncated outcomes, with `density`. @default none */
  readonly tails?: () => RowTails;
}

const ordinal: Entry = {
  links: ofCategories,
  response: ordinalFamily,
  distribution: ordinalDistribution,
};

const entries: Readonly<Record<Family['family'], Entry>> = {
  gaussian: {
    links: ofNumbers,
    response: gaussianFamily,
    distribution: gaussianDistribution,
    density: gaussianRow,
    tails: gaussianTails,
  },
  student: {
    links: ofNumbers,
    response: studentFamily,
    distribution: studentDistribution,
    density: studentRow,
    tails: studentTails,
  },
  bernoulli: {
    links: ofProbabilities,
    response: bernoulliFamily,
    distribution: bernoulliDistribution,
  },
  binomial: {
    links: ofProbabilities,
    response: binomialFamily,
    distribution: binomialDistribution,
    density: binomialRow,
    tails: binomialTails,
  },
  poisson: {
    links: ofCounts,
    response: poissonFamily,
    distribution: poissonDistribution,
    density: poissonRow,
    tails: poissonTails,
  },
  negbinomial: {
    links: ofCounts,
    response: negbinomialFamily,
    distribution: negbinomialDistribution,
    density: negbinomialRow,
    tails: negbinomialTails,
  },
  cumulative: ordinal,
  sratio: ordinal,
  cratio: ordinal,
  acat: ordinal,
  beta_binomial: { links: ofProbabilities, ...betaBinomial },
  beta: { links: ofProbabilities, ...beta },
  gamma: { links: ofPositives, ...gamma },
  lognormal: { links: ['identity', 'inverse'], ...lognormal },
  weibull: { links: ofPositives, ...weibull },
  exponential: { links: ofPositives, ...exponential },
  skew_normal: { links: ofNumbers, ...skewNormal },
  zero_inflated_poisson: { links: ofInflated, ...zeroInflatedPoisson },
  zero_inflated_negbinomial: { links: ofInflated, ...zeroInflatedNegbinomial },
  hurdle_poisson: { links: ofInflated, ...hurdlePoisson },
  hurdle_negbinomial: { links: ofInflated, ...hurdleNegbinomial },
  zero_one_inflated_beta: { links: ofProbabilities, ...zeroOneInflatedBeta },
  ordered_beta: { links: ['logit'], ...orderedBeta },
  asym_laplace: { links: ofNumbers, ...asymLaplace },
  von_mises: { links: ['tan_half'], ...vonMises },
  conditional_logit: {
    links: ['logit'],
    response: conditionalLogitFamily,
    distribution: conditionalLogitDistribution,
  },
  categorical: {
    links: ['logit'],
    response: categoricalFamily,
    distribution: categoricalDistribution,
  },
  custom: {
    links: ['identity', 'log', 'inverse', 'sqrt', 'logit', 'probit', 'cloglog', 'cauchit'],
    response: (family, outcomes) => byRows(customFamilyByRows(family)).response(family, outcomes),
    distribution: (family) => byRows(customFamilyByRows(family)).distribution(family),
    density: (family) => customFamilyByRows(family).density(),
  },
};

/** The likelihood of outcomes. */
export function responseFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  const { response, density } = entries[family.family];
  const { limits } = outcomes;
  if (limits) return limitedFamily(family, { ...outcomes, limits });
  if (isNominal(family)) return response(family, outcomes);
  if (family.predicted) {
    if (isOrdinal(family)) {
      const isSpecific = family.predicted.some(isThresholdPredictor);
      return new (isSpecific ? CategorySpecific : DiscriminatedCategories)(family, outcomes);
    }
    if (density) return new SeveralPredictors(family, outcomes, density(family));
    throw new RangeError(`${family.family} has no parameters with linear predictors`);
  }
  const { fixed, ...free } = family;
  return fixed ? withFixed(response(free, outcomes), family) : response(family, outcomes);
}

/** The likelihood of censored and truncated outcomes. */
function limitedFamily(
  { fixed, ...free }: Family,
  outcomes: Outcomes & { readonly limits: Limits },
): ResponseFamily {
  const { distinct, places } = distinctLimited(outcomes);
  const density = limitedRows(free, distinct);
  if (free.predicted) return new SeveralPredictors(free, places, density);
  const whole = new SumOverRows(free, places, density);
  return fixed ? withFixed(whole, { ...free, fixed }) : whole;
}

function limitedRows(
  family: Family,
  outcomes: Pick<Outcomes, 'values' | 'trials'> & { readonly limits: Limits },
): LimitedRows {
  const { density, tails } = entries[family.family];
  if (!density || !tails) {
    throw new RangeError(`${family.family} has no censored and truncated outcomes`);
  }
  return new LimitedRows(family, outcomes, density(family), tails());
}

/** Log densities of censored and truncated outcomes, by row in place of the outcome. */
export function limitedLogDensities(
  given: Family,
  outcomes: Pick<Outcomes, 'values' | 'trials'> & { readonly limits: Limits },
): (aux: readonly Float64Array[]) => LogDensities {
  const family = withoutPredicted(given);
  const rows = limitedRows(family, outcomes);
  return (aux) => logDensitiesOf(family, rows, aux);
}

/** Families whose outcomes may be censored and truncated. */
export const limitedFamilies: readonly Family['family'][] = familyNames.filter(
  (name) => entries[name].tails,
);

/** The distribution within bounds, of a family that has truncated outcomes. */
export function truncatedFamily(given: Family): TruncatedDistribution {
  const family = withoutPredicted(given);
  const { distribution, tails } = entries[family.family];
  if (!tails) throw new RangeError(`${family.family} has no truncated outcomes`);
  return truncatedDistribution(family, distribution(family), tails());
}

/** The likelihood as a function of the auxiliary parameters that are not fixed. */
function withFixed(full: ResponseFamily, family: Family): ResponseFamily {
  const { auxiliary } = full;
  const fixed: Readonly<Record<string, number | undefined>> = family.fixed ?? {};
  const places = auxiliary.flatMap((name, a) => (fixed[name] === undefined ? [a] : []));
  const all = Float64Array.from(auxiliary, (name) => fixed[name] ?? Number.NaN);
  const gradient = new Float64Array(all.length);
  const count = all.length;
  const take = (aux: Float64Array): void => {
    for (let a = 0; a < places.length; a++) all[places[a]] = aux[a];
  };
  return {
    family,
    auxiliary: places.map((a) => auxiliary[a]),
    logLikelihood(eta, aux, etaGradient, auxGradient) {
      take(aux);
      const value = full.logLikelihood(eta, all, etaGradient, gradient);
      for (let a = 0; a < places.length; a++) auxGradient[a] = gradient[places[a]];
      return value;
    },
    curvature(eta, aux, etaCurvature, cross, auxCurvature) {
      take(aux);
      const cells = eta.length;
      const allCross = new Float64Array(count * cells);
      const allCurvature = new Float64Array(count * count);
      full.curvature(eta, all, etaCurvature, allCross, allCurvature);
      places.forEach((place, a) => {
        cross.set(allCross.subarray(place * cells, (place + 1) * cells), a * cells);
        places.forEach((other, b) => {
          auxCurvature[a * places.length + b] = allCurvature[place * count + other];
        });
      });
    },
  };
}

/** Parameters of a family that can have linear predictors of their own. */
export function predictableOf(family: Pick<Family, 'family' | 'custom'>): readonly PredictedName[] {
  if (isOrdinal(family)) return ['disc'];
  if (!entries[family.family].density) return [];
  const named = traitsOf(family).auxiliary.filter(isPredictable);
  return family.custom
    ? named.filter((name) => linkOfRange(auxiliaryTraits(family, name)) !== null)
    : named;
}

/** The part of a family that needs no outcomes: it takes all parameters, whether or not a formula predicts them. */
export function responseDistribution(given: Family): ResponseDistribution {
  // Categories have parameters for linear predictors alone: those of their own, and of their thresholds.
  const isCategories = isNominal(given) || isOrdinal(given);
  const family = isCategories ? given : withoutPredicted(given);
  const distribution = entries[family.family].distribution(family);
  const { inverseLink, simulateAt, means = () => timesTrials } = distribution;
  return {
    outcomes: (aux) => outcomesOneByOne(simulateAt, aux),
    ...distribution,
    means,
    mean(eta, aux, trials) {
      const one = Float64Array.of(inverseLink(eta));
      means(Array.from(aux, (value) => Float64Array.of(value)))(one, trials);
      return one[0];
    },
    simulate: (eta, aux, trials, random) => simulateAt(inverseLink(eta), aux, trials, random),
  };
}

function timesTrials(locations: Float64Array, trials: number): void {
  if (trials !== 1) for (let s = 0; s < locations.length; s++) locations[s] *= trials;
}

function outcomesOneByOne(
  simulateAt: ResponseDistribution['simulateAt'],
  aux: readonly Float64Array[],
): ReturnType<ResponseDistribution['outcomes']> {
  const own = new Float64Array(aux.length);
  return (locations, trials, random) => {
    for (let s = 0; s < locations.length; s++) {
      for (let a = 0; a < own.length; a++) own[a] = aux[a][s];
      locations[s] = simulateAt(locations[s], own, trials, random);
    }
  };
}

/** Links that a family can have, its default first. */
export function linksOf(name: Family['family']): readonly LinkName[] {
  return entries[name].links;
}

/** Why there is no family of this name. */
export function unknownFamily(name: unknown): string {
  const hint = typeof name === 'string' ? hintFor(name) : '';
  return `family is ${name}${hint}; expected one of ${familyNames.join(', ')}`.replace(/\s/g, ' ');
}

/**
 * The family with this name and link.
 * @throws WeighbridgeError `bad-argument`
 */
export function requireFamily(given: {
  readonly family?: unknown;
  readonly link?: unknown;
  readonly thresholds?: unknown;
  readonly threshold?: unknown;
  readonly thresholdGroups?: unknown;
  readonly predicted?: unknown;
  readonly custom?: unknown;
}): Family {
  if (given.family === 'custom' && given.custom !== undefined) return requireOwn(given);
  const name = familyNames.find((known) => known === given.family);
  if (!name) throw new WeighbridgeError('bad-argument', unknownFamily(given.family));
  const link = linksOf(name).find((known) => known === given.link);
  if (link) {
    const { thresholds, thresholdGroups, predicted } = given;
    const threshold = requireThreshold(name, given.threshold);
    return {
      family: name,
      link,
      ...(isOrdinal({ family: name }) && typeof thresholds === 'number' && { thresholds }),
      ...(threshold && { threshold }),
      ...(isOrdinal({ family: name }) &&
        Array.isArray(thresholdGroups) && {
          thresholdGroups: thresholdGroups.filter(isThresholdGroup),
        }),
      ...(Array.isArray(predicted) && { predicted: predictedOf(name, predicted) }),
    };
  }
  throw new WeighbridgeError(
    'bad-argument',
    `link of the family ${name} is ${given.link}, expected one of ${linksOf(name).join(', ')}`,
  );
}

/** A family of the user's own. */
function requireOwn({ custom: given, link: name, predicted }: Readonly<Record<string, unknown>>) {
  const custom = requireCustom(given, name);
  const link = linksOf('custom').find((known) => known === name) ?? 'identity';
  const known = predictableOf({ family: 'custom', custom });
  return {
    family: 'custom',
    link,
    custom,
    ...(Array.isArray(predicted) && { predicted: predicted.filter((one) => known.includes(one)) }),
  } satisfies Family;
}

function predictedOf(family: FamilyName, given: readonly unknown[]): PredictedName[] {
  const names = given.filter((name) => typeof name === 'string');
  if (isNominal({ family })) return names.filter(isCategoryPredictor);
  const specific = isOrdinal({ family }) ? names.filter(isThresholdPredictor) : [];
  return specific.length > 0
    ? specific
    : names.flatMap((name) => predictableOf({ family }).filter((one) => one === name));
}

function isThresholdGroup(given: unknown): given is ThresholdGroup {
  return (
    typeof given === 'object' &&
    given !== null &&
    'name' in given &&
    typeof given.name === 'string' &&
    'thresholds' in given &&
    Number.isInteger(given.thresholds)
  );
}

/** @throws WeighbridgeError `bad-argument` for an unknown kind, or a family without thresholds */
function requireThreshold(name: FamilyName, given: unknown): ThresholdKind | undefined {
  if (given === undefined || given === 'flexible') return undefined;
  const known = thresholdKinds.find((kind) => kind === given);
  if (known && isOrdinal({ family: name })) return known;
  throw new WeighbridgeError(
    'bad-argument',
    known
      ? `threshold is '${known}', but the family ${name} has no thresholds`
      : `threshold is ${given}, expected one of flexible, ${thresholdKinds.join(', ')}`,
  );
}

/** Families of brms 2.23 that are not supported, by brms' names. */
const brmsFamilies: ReadonlySet<string> = new Set([
  'com_poisson',
  'cox',
  'dirichlet',
  'dirichlet2',
  'dirichlet_multinomial',
  'discrete_weibull',
  'exgaussian',
  'frechet',
  'gen_extreme_value',
  'geometric',
  'hurdle_cumulative',
  'hurdle_gamma',
  'hurdle_lognormal',
  'inverse.gaussian',
  'logistic_normal',
  'mixture',
  'multinomial',
  'shifted_lognormal',
  'wiener',
  'xbeta',
  'zero_inflated_asym_laplace',
  'zero_inflated_beta',
  'zero_inflated_beta_binomial',
  'zero_inflated_binomial',
]);

/** R's names of supported families. */
const spellings: Readonly<Record<string, string>> = {
  normal: 'gaussian',
  negative_binomial: 'negbinomial',
  neg_binomial_2: 'negbinomial',
  student_t: 'student',
  Beta: 'beta',
  Gamma: 'gamma',
  custom_family: 'customFamily({ … })',
  custom: 'customFamily({ … })',
};

/** Suffix for a family's name in a message; empty for an unknown name. */
function hintFor(family: string): string {
  if (brmsFamilies.has(family)) return ' of brms, which is not supported';
  return Object.hasOwn(spellings, family) ? `, which is called ${spellings[family]} here` : '';
}
