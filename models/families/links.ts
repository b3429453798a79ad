/**
 * Link functions g(μ) = η, as their inverses μ(η) with two derivatives:
 *
 *     identity  μ = η          log   μ = e^η         inverse  μ = 1/η        sqrt     μ = η²
 *     logit     μ = 1/(1+e^−η) probit μ = Φ(η)       cloglog  μ = 1 − exp(−e^η)
 *     cauchit   μ = 1/2 + atan(η)/π             tan_half  μ = 2 atan(η), an angle
 *
 * For a probability the mean is not enough: far out in a tail, μ or 1 − μ has no digits left. Links
 * of probabilities therefore compute log μ and log(1 − μ) with two derivatives each, accurate to the
 * last digits in both tails.
 */
import { writeExp, writeLogistic, writeLogLogistic } from '../kernels/elementary-kernel.js';
import type { Family, LinkName, ResponseFamily } from './family.js';
import { normalCdf, normalLogCdf, normalQuantile } from './normal-tail.js';

interface Link {
  readonly name: LinkName;
  /** η of a mean μ. */
  link(mean: number): number;
  /** μ of η. */
  inverse(eta: number): number;
  /** dμ/dη, of η and its μ. */
  derivative(eta: number, mean: number): number;
  /** d²μ/dη². */
  secondDerivative(eta: number, mean: number): number;
  /** Overwrites each η by μ. */
  writeInverse(eta: Float64Array): void;
}

/** A log probability at η with its first and second derivative, written by `ProbabilityLink`. */
export interface LogTerms {
  value: number;
  slope: number;
  curvature: number;
}

export function newLogTerms(): LogTerms {
  return { value: 0, slope: 0, curvature: 0 };
}

interface ProbabilityLink {
  readonly name: LinkName;
  link(mean: number): number;
  inverse(eta: number): number;
  /** log μ, of a success. */
  logSuccess(eta: number, terms: LogTerms): void;
  /** log(1 − μ), of a failure. */
  logFailure(eta: number, terms: LogTerms): void;
  /** Overwrites each η by μ. */
  writeInverse(eta: Float64Array): void;
  /** Overwrites each η by log μ. */
  writeLogSuccess(eta: Float64Array): void;
  /** Overwrites each η by log(1 − μ). */
  writeLogFailure(eta: Float64Array): void;
}

/** A probability link whose functions of many η are loops over those of one. */
function inLoops(
  link: Omit<ProbabilityLink, 'writeInverse' | 'writeLogSuccess' | 'writeLogFailure'>,
): ProbabilityLink {
  const terms = newLogTerms();
  const logOf = (write: ProbabilityLink['logSuccess']) => (eta: number) => {
    write(eta, terms);
    return terms.value;
  };
  return {
    ...link,
    writeInverse: (eta) => writeEach(eta, link.inverse),
    writeLogSuccess: (eta) => writeEach(eta, logOf(link.logSuccess)),
    writeLogFailure: (eta) => writeEach(eta, logOf(link.logFailure)),
  };
}

const identity: Link = {
  name: 'identity',
  link: (mean) => mean,
  inverse: (eta) => eta,
  derivative: () => 1,
  secondDerivative: () => 0,
  writeInverse: () => {},
};

const log: Link = {
  name: 'log',
  link: Math.log,
  inverse: Math.exp,
  derivative: (_, mean) => mean,
  secondDerivative: (_, mean) => mean,
  writeInverse: writeExp,
};

const inverse: Link = {
  name: 'inverse',
  link: (mean) => 1 / mean,
  inverse: (eta) => 1 / eta,
  derivative: (_, mean) => -mean * mean,
  secondDerivative: (_, mean) => 2 * mean * mean * mean,
  writeInverse: (eta) => writeEach(eta, (one) => 1 / one),
};

const sqrt: Link = {
  name: 'sqrt',
  link: Math.sqrt,
  inverse: (eta) => eta * eta,
  derivative: (eta) => 2 * eta,
  secondDerivative: () => 2,
  writeInverse: (eta) => writeEach(eta, (one) => one * one),
};

const tanHalf: Link = {
  name: 'tan_half',
  link: (mean) => Math.tan(0.5 * mean),
  inverse: (eta) => 2 * Math.atan(eta),
  derivative: (eta) => 2 / (1 + eta * eta),
  // Not by powers, which overflow.
  secondDerivative: (eta) => (-4 * (eta / (1 + eta * eta))) / (1 + eta * eta),
  writeInverse: (eta) => writeEach(eta, (one) => 2 * Math.atan(one)),
};

function writeEach(values: Float64Array, of: (value: number) => number): void {
  for (let i = 0; i < values.length; i++) values[i] = of(values[i]);
}

const meanLinks: Partial<Record<LinkName, Link>> = {
  identity,
  log,
  inverse,
  sqrt,
  tan_half: tanHalf,
};

/** A link of a mean. @throws RangeError if the link is only for probabilities */
export function meanLink(name: LinkName): Link {
  const link = meanLinks[name];
  if (!link) throw new RangeError(`${name} is no link of a mean`);
  return link;
}

/** The failures of a link that is symmetric about ½ are successes at −η. */
function symmetric(
  link: Pick<ProbabilityLink, 'name' | 'link' | 'inverse' | 'logSuccess'>,
): ProbabilityLink {
  return inLoops({
    ...link,
    logFailure(eta, terms) {
      link.logSuccess(-eta, terms);
      terms.slope = -terms.slope;
    },
  });
}

function logistic(eta: number): number {
  const e = Math.exp(-Math.abs(eta));
  return (eta > 0 ? 1 : e) / (1 + e);
}

const logitInLoops = symmetric({
  name: 'logit',
  link: (mean) => Math.log(mean / (1 - mean)),
  inverse: logistic,
  logSuccess(eta, terms) {
    const e = Math.exp(-Math.abs(eta));
    terms.value = Math.min(eta, 0) - Math.log1p(e);
    terms.slope = (eta > 0 ? e : 1) / (1 + e);
    terms.curvature = -e / ((1 + e) * (1 + e));
  },
});

const logit: ProbabilityLink = {
  ...logitInLoops,
  writeInverse: writeLogistic,
  writeLogSuccess: writeLogLogistic,
  writeLogFailure(eta) {
    for (let i = 0; i < eta.length; i++) eta[i] = -eta[i];
    writeLogLogistic(eta);
  },
};

const probit = symmetric({
  name: 'probit',
  link: normalQuantile,
  inverse: normalCdf,
  logSuccess: normalLogCdf,
});

/** atan2 keeps the digits of the lower tail; 1/2 + atan(η)/π loses them. */
const cauchit = symmetric({
  name: 'cauchit',
  link: (mean) => -1 / Math.tan(Math.PI * mean),
  inverse: (eta) => Math.atan2(1, -eta) / Math.PI,
  logSuccess(eta, terms) {
    const angle = Math.atan2(1, -eta);
    const spread = 1 + eta * eta;
    terms.value = eta > 1 ? Math.log1p(-Math.atan2(1, eta) / Math.PI) : Math.log(angle / Math.PI);
    terms.slope = 1 / (spread * angle);
    terms.curvature = -terms.slope * ((2 * eta) / spread + terms.slope);
  },
});

/** With t = e^η: log(1 − μ) = −t. */
const cloglog = inLoops({
  name: 'cloglog',
  link: (mean) => Math.log(-Math.log1p(-mean)),
  inverse: (eta) => -Math.expm1(-Math.exp(eta)),
  logSuccess(eta, terms) {
    const t = Math.exp(eta);
    // For tiny t, 1 − e^−t equals t to all digits.
    terms.value = t < 1e-17 ? eta : log1mexp(-t);
    // Beyond 700, t/(e^t − 1) is t e^−t, which comes to zero before t overflows.
    if (t < 700) terms.slope = t < 1e-17 ? 1 : t / Math.expm1(t);
    else terms.slope = t < 1e300 ? t * Math.exp(-t) : 0;
    terms.curvature = -terms.slope * excessOverOne(t);
  },
  logFailure(eta, terms) {
    const t = Math.exp(eta);
    terms.value = -t;
    terms.slope = -t;
    terms.curvature = -t;
  },
});

/** t/(1 − e^−t) − 1, by its series for small t; 0 for infinite t, because its factor is 0 too. */
function excessOverOne(t: number): number {
  const s = t * t;
  if (t < 0.2) return t / 2 + s * (1 / 12 - s * (1 / 720 - s * (1 / 30240 - s / 1209600)));
  return t < 1e300 ? t / -Math.expm1(-t) - 1 : 0;
}

/** μ > 1 for η > 0, which is not a probability: both logarithms are then −∞. */
const logProbability = inLoops({
  name: 'log',
  link: Math.log,
  inverse: Math.exp,
  logSuccess(eta, terms) {
    terms.value = eta <= 0 ? eta : outsideOf(eta);
    terms.slope = 1;
    terms.curvature = 0;
  },
  logFailure(eta, terms) {
    terms.value = eta <= 0 ? log1mexp(eta) : outsideOf(eta);
    terms.slope = -1 / Math.expm1(-eta);
    terms.curvature = terms.slope * (1 - terms.slope);
  },
});

function outsideOf(eta: number): number {
  return Number.isNaN(eta) ? eta : Number.NEGATIVE_INFINITY;
}

const probabilityLinks: Partial<Record<LinkName, ProbabilityLink>> = {
  logit,
  probit,
  cloglog,
  cauchit,
  log: logProbability,
};

/** A link of a probability. @throws RangeError for any other link */
export function probabilityLink(name: LinkName): ProbabilityLink {
  const link = probabilityLinks[name];
  if (!link) throw new RangeError(`${name} is no link of a probability`);
  return link;
}

/** A location at η, with two derivatives. */
export interface Location {
  mu: number;
  /** 1 − μ of a probability, with its own digits; NaN for other locations. */
  rest: number;
  /** dμ/dη. */
  first: number;
  /** d²μ/dη². */
  second: number;
}

export function newLocation(): Location {
  return { mu: 0, rest: Number.NaN, first: 0, second: 0 };
}

/** Any link, with what a family by rows needs of it (by-rows.ts). */
export interface LocationLink {
  inverse(eta: number): number;
  writeInverse(eta: Float64Array): void;
  /** Overwrites the location. */
  locate(eta: number, location: Location): void;
}

export function locationLink(name: LinkName, ofProbability: boolean): LocationLink {
  if (!ofProbability) {
    const link = meanLink(name);
    return {
      inverse: link.inverse,
      writeInverse: link.writeInverse,
      locate(eta, location) {
        location.mu = link.inverse(eta);
        location.first = link.derivative(eta, location.mu);
        location.second = link.secondDerivative(eta, location.mu);
      },
    };
  }
  const link = probabilityLink(name);
  return {
    inverse: link.inverse,
    writeInverse: link.writeInverse,
    locate: name === 'logit' ? locateLogit : locateBy(link),
  };
}

function locateLogit(eta: number, location: Location): void {
  const e = Math.exp(-Math.abs(eta));
  const larger = 1 / (1 + e);
  const smaller = e * larger;
  location.mu = eta > 0 ? larger : smaller;
  location.rest = eta > 0 ? smaller : larger;
  location.first = larger * smaller;
  location.second = location.first * (location.rest - location.mu);
}

/** With ℓ = log μ: μ′ = μ ℓ′, μ″ = μ (ℓ″ + ℓ′²). */
function locateBy({ logSuccess, logFailure }: ProbabilityLink): LocationLink['locate'] {
  const terms = newLogTerms();
  return (eta, location) => {
    logFailure(eta, terms);
    location.rest = Math.exp(terms.value);
    logSuccess(eta, terms);
    location.mu = Math.exp(terms.value);
    location.first = location.mu * terms.slope;
    location.second = location.mu * (terms.curvature + terms.slope * terms.slope);
  };
}

/** log(1 − e^x) of x < 0, with the digits of both ends (Mächler 2012, "log1mexp"). */
export function log1mexp(x: number): number {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
}

/**
 * A family at any link, from the family at its mean: with ℓ(μ) known, by the chain rule
 *
 *     dℓ/dη = ℓ′ μ′,   d²ℓ/dη² = ℓ″ μ′² + ℓ′ μ″,   d²ℓ/dη da = (dℓ′/da) μ′.
 */

/**
 * @param atMean the family with the identity link: its η is the mean
 * @param cells numbers of linear predictors
 */
export function throughLink(family: Family, atMean: ResponseFamily, cells: number): ResponseFamily {
  if (family.link === 'identity') return { ...atMean, family };
  const link = meanLink(family.link);
  const mean = new Float64Array(cells);
  const slope = new Float64Array(cells);
  const noMatter = new Float64Array(atMean.auxiliary.length);
  const writeMean = (eta: Float64Array): void => {
    for (let i = 0; i < cells; i++) mean[i] = link.inverse(eta[i]);
  };

  return {
    family,
    auxiliary: atMean.auxiliary,
    logLikelihood(eta, aux, etaGradient, auxGradient) {
      writeMean(eta);
      const value = atMean.logLikelihood(mean, aux, etaGradient, auxGradient);
      for (let i = 0; i < cells; i++) etaGradient[i] *= link.derivative(eta[i], mean[i]);
      return value;
    },
    curvature(eta, aux, etaCurvature, cross, auxCurvature) {
      writeMean(eta);
      atMean.logLikelihood(mean, aux, slope, noMatter);
      atMean.curvature(mean, aux, etaCurvature, cross, auxCurvature);
      for (let i = 0; i < cells; i++) {
        const first = link.derivative(eta[i], mean[i]);
        const second = link.secondDerivative(eta[i], mean[i]);
        etaCurvature[i] = etaCurvature[i] * first * first + slope[i] * second;
        for (let at = i; at < cross.length; at += cells) cross[at] *= first;
      }
    },
  };
}
