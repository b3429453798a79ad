/**
 * Counts whose variance is above their mean: Stan's neg_binomial_2, brms' negbinomial.
 *
 *     y ~ negbinomial(μ, φ),  Var(y) = μ + μ²/φ,  φ > 0 the shape,  g(μ) = η;
 *     links: log, identity (μ = η), sqrt (μ = η²)
 *
 *     log p = log Γ(y + φ) − log Γ(φ) − log y! + y log(μ/φ) − (y + φ) log(1 + μ/φ)
 *
 * At the log link, with t = η − log φ and p = 1/(1 + e^−t), that is y t − (y + φ) log(1 + e^t): a
 * logistic likelihood of y successes among y + φ trials. Of n rows that share a linear predictor
 * with the sum S, it is S t − (S + n φ) log(1 + e^t). The gamma functions of the rows
 * are computed by `risingFactorials`.
 */

import digamma from '@stdlib/math-base-special-digamma';
import gammaln from '@stdlib/math-base-special-gammaln';
import trigamma from '@stdlib/math-base-special-trigamma';
import { writeLogLogistic } from '../kernels/elementary-kernel.js';
import {
  type Family,
  type LogDensities,
  type Outcomes,
  type OwnDistribution,
  type ResponseFamily,
  totalsOf,
} from './family.js';
import { meanLink, throughLink } from './links.js';
import { firstOfGroups, groupRows, writeLogistic } from './logistic-groups.js';
import { negbinomialWriter } from './many-variates.js';
import { expectedCount, over, timesLog } from './poisson.js';
import { gammaVariate, poissonVariate } from './variates.js';

export function negbinomialFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  return family.link === 'log'
    ? negbinomialLog(family, outcomes)
    : throughLink(family, negbinomialAtMean(outcomes), totalsOf(outcomes).sums.length);
}

function negbinomialLog(family: Family, outcomes: Outcomes): ResponseFamily {
  const { sums, counts } = totalsOf(outcomes);
  const cells = sums.length;
  const ofCounts = risingFactorials(outcomes.values);
  const groups = groupRows(cells, sums, counts);
  const first = firstOfGroups(groups);
  const losses = new Float64Array(first.length);
  const probabilities = new Float64Array(cells);

  return {
    family,
    auxiliary: ['shape'],
    logLikelihood(eta, aux, etaGradient, auxGradient) {
      const shape = aux[0];
      const logShape = Math.log(shape);
      const inverseShape = 1 / shape;
      writeLogistic(groups, eta, logShape, probabilities, losses);
      let value = ofCounts.value(shape);
      let shapeSlope = ofCounts.slope();
      for (let group = 0; group < losses.length; group++) {
        const row = first[group];
        value -= (sums[row] + counts[row] * shape) * losses[group];
        shapeSlope -= counts[row] * losses[group];
      }
      for (let i = 0; i < cells; i++) {
        const p = probabilities[i];
        if (sums[i] !== 0) value += sums[i] * (eta[i] - logShape);
        etaGradient[i] = sums[i] * (1 - p) - counts[i] * shape * p;
        shapeSlope += counts[i] * p - sums[i] * (1 - p) * inverseShape;
      }
      auxGradient[0] = shapeSlope;
      return value;
    },
    curvature(eta, aux, etaCurvature, cross, auxCurvature) {
      const shape = aux[0];
      writeLogistic(groups, eta, Math.log(shape), probabilities, losses);
      let sum = ofCounts.curvature(shape);
      for (let i = 0; i < cells; i++) {
        const p = probabilities[i];
        const rest = 1 - p;
        etaCurvature[i] = -(sums[i] + counts[i] * shape) * p * rest;
        cross[i] = p * ((sums[i] * rest) / shape - counts[i] * p);
        sum += (sums[i] * rest * rest) / (shape * shape) + (counts[i] * p * p) / shape;
      }
      auxCurvature[0] = sum;
    },
  };
}

function negbinomialAtMean(outcomes: Outcomes): ResponseFamily {
  const { sums, counts } = totalsOf(outcomes);
  const cells = sums.length;
  const ofCounts = risingFactorials(outcomes.values);

  return {
    family: { family: 'negbinomial', link: 'identity' },
    auxiliary: ['shape'],
    logLikelihood(mu, aux, muGradient, auxGradient) {
      const shape = aux[0];
      let value = ofCounts.value(shape);
      let shapeSlope = ofCounts.slope();
      for (let i = 0; i < cells; i++) {
        if (mu[i] < 0) return Number.NEGATIVE_INFINITY;
        const loss = Math.log1p(mu[i] / shape);
        const both = shape + mu[i];
        value += timesLog(sums[i], mu[i] / shape) - (sums[i] + counts[i] * shape) * loss;
        muGradient[i] = over(sums[i], mu[i]) - (sums[i] + counts[i] * shape) / both;
        shapeSlope += (counts[i] * mu[i] - sums[i]) / both - counts[i] * loss;
      }
      auxGradient[0] = shapeSlope;
      return value;
    },
    curvature(mu, aux, muCurvature, cross, auxCurvature) {
      const shape = aux[0];
      let sum = ofCounts.curvature(shape);
      for (let i = 0; i < cells; i++) {
        const both = (shape + mu[i]) ** 2;
        muCurvature[i] = (sums[i] + counts[i] * shape) / both - over(sums[i], mu[i] * mu[i]);
        cross[i] = (sums[i] - counts[i] * mu[i]) / both;
        sum += (sums[i] + (counts[i] * mu[i] * mu[i]) / shape) / both;
      }
      auxCurvature[0] = sum;
    },
  };
}

export function negbinomialDistribution(family: Family): OwnDistribution {
  const { inverse, writeInverse } = meanLink(family.link);
  return {
    family,
    auxiliary: ['shape'],
    inverseLink: inverse,
    writeInverse,
    logDensities: ([shapes]) =>
      family.link === 'log' ? densitiesAtLog(shapes) : densitiesAtMean(shapes, writeInverse),
    outcomes([shapes]) {
      const write = negbinomialWriter(shapes);
      return (means, _trials, random) => write(means, random);
    },
    // A Poisson count whose mean is drawn from a gamma distribution.
    simulateAt: (mean, [shape], _trials, random) =>
      poissonVariate((mean * gammaVariate(shape, random)) / shape, random),
    expected: expectedCount,
  };
}

/** y η − (y + φ) log(1 + e^t) with t = η − log φ, and the constants of y. */
function densitiesAtLog(shapes: Float64Array): LogDensities {
  const constantsOf = countConstants(shapes);
  const logShapes = shapes.map(Math.log);
  const losses = new Float64Array(shapes.length);
  return (y, _trials, eta) => {
    for (let s = 0; s < eta.length; s++) losses[s] = logShapes[s] - eta[s];
    writeLogLogistic(losses);
    const constants = constantsOf(y);
    for (let s = 0; s < eta.length; s++) {
      const sum = y === 0 ? 0 : y * eta[s];
      eta[s] = constants[s] + (sum + (y + shapes[s]) * losses[s]);
    }
  };
}

/** y log μ − (y + φ) log(1 + μ/φ), and the constants of y. */
function densitiesAtMean(
  shapes: Float64Array,
  writeMeans: (eta: Float64Array) => void,
): LogDensities {
  const constantsOf = countConstants(shapes);
  return (y, _trials, mu) => {
    writeMeans(mu);
    const constants = constantsOf(y);
    for (let s = 0; s < mu.length; s++) {
      const odds = mu[s] / shapes[s];
      mu[s] =
        odds < 0
          ? Number.NEGATIVE_INFINITY
          : constants[s] + (timesLog(y, mu[s]) - (y + shapes[s]) * Math.log1p(odds));
    }
  };
}

/** Most remembered numbers (32 megabytes). */
const MOST_CONSTANTS = 2 ** 22;

/** log Γ(y + φ)/Γ(φ) − y log φ − log y! at each φ; remembered, because few counts occur often. */
function countConstants(shapes: Float64Array): (y: number) => Float64Array {
  const known = new Map<number, Float64Array>();
  return (y) => {
    const found = known.get(y);
    if (found) return found;
    const logFactorial = gammaln(y + 1);
    const made = shapes.map((shape) => logRisingRatio(y, shape) - logFactorial);
    if ((known.size + 1) * shapes.length > MOST_CONSTANTS) known.clear();
    known.set(y, made);
    return made;
  };
}

/**
 * A(φ) = Σ log Γ(y_i + φ) − log Γ(φ) over many counts, with its two derivatives: the part of a negative
 * binomial likelihood that depends only on the counts and the shape.
 *
 * Γ(y + φ)/Γ(φ) = φ (φ + 1) … (φ + y − 1), so that with N_j counts above j
 *
 *     A = Σ_j N_j log(φ + j),   A′ = Σ_j N_j/(φ + j),   A″ = −Σ_j N_j/(φ + j)²,
 *
 * without special functions, and without losing digits for large φ. N_j changes only at a count that
 * occurs, so one logarithm serves a product of factors. If there are many more j than distinct counts
 * (large counts), the gamma functions are evaluated once per distinct count instead.
 */

interface RisingFactorials {
  /** A(φ); remembers A′(φ) as `slope`. */
  value(shape: number): number;
  slope(): number;
  /** A″(φ). */
  curvature(shape: number): number;
}

/** Stirling's series has all digits from here on with the terms that are taken. */
const LARGE = 30;

/**
 * log Γ(y + φ)/Γ(φ) − y log φ = Σ_{j<y} log(1 + j/φ), for one count. For large φ, by Stirling's
 * series with combined logarithms: the difference of two log Γ would lose all digits.
 */
export function logRisingRatio(y: number, shape: number): number {
  if (y === 0) return 0;
  if (shape < LARGE) return gammaln(y + shape) - gammaln(shape) - y * Math.log(shape);
  const both = y + shape;
  return (both - 0.5) * Math.log1p(y / shape) - y + (stirlingRest(both) - stirlingRest(shape));
}

/** log Γ(x) − (x − ½) log x + x − ½ log 2π, of a large x (Abramowitz & Stegun 1964, 6.1.41). */
function stirlingRest(x: number): number {
  const s = 1 / (x * x);
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s / 1680))) / x;
}

/** Factors that cost as much as one logarithm of the gamma function with its derivative. */
const FACTORS_A_GAMMA = 50;
/** A product beyond it has its logarithm taken. */
const MOST = 1e250;

export function risingFactorials(counts: ArrayLike<number>): RisingFactorials {
  const distinct = distinctCounts(counts);
  const largest = distinct.values.length > 0 ? distinct.values[distinct.values.length - 1] : 0;
  return largest <= FACTORS_A_GAMMA * distinct.values.length
    ? byFactors(distinct)
    : byGamma(distinct);
}

interface DistinctCounts {
  /** Above zero, ascending. */
  readonly values: Float64Array;
  /** Number of counts equal to this value. */
  readonly times: Float64Array;
  /** Number of counts at least this large. */
  readonly atLeast: Float64Array;
}

function distinctCounts(counts: ArrayLike<number>): DistinctCounts {
  const times = new Map<number, number>();
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] > 0) times.set(counts[i], (times.get(counts[i]) ?? 0) + 1);
  }
  const values = Float64Array.from(times.keys()).sort();
  const timesOf = values.map((value) => times.get(value) ?? 0);
  const atLeast = timesOf.slice();
  for (let d = atLeast.length - 2; d >= 0; d--) atLeast[d] += atLeast[d + 1];
  return { values, times: timesOf, atLeast };
}

function byFactors({ values, atLeast }: DistinctCounts): RisingFactorials {
  let slope = 0;
  return {
    value(shape) {
      let value = 0;
      slope = 0;
      let j = 0;
      for (let d = 0; d < values.length; d++) {
        let logs = 0;
        let product = 1;
        let inverses = 0;
        for (; j < values[d]; j++) {
          const factor = shape + j;
          inverses += 1 / factor;
          product *= factor;
          if (product > MOST) {
            logs += Math.log(product);
            product = 1;
          }
        }
        value += atLeast[d] * (logs + Math.log(product));
        slope += atLeast[d] * inverses;
      }
      return value;
    },
    slope: () => slope,
    curvature(shape) {
      let sum = 0;
      let j = 0;
      for (let d = 0; d < values.length; d++) {
        for (; j < values[d]; j++) sum -= atLeast[d] / ((shape + j) * (shape + j));
      }
      return sum;
    },
  };
}

function byGamma({ values, times }: DistinctCounts): RisingFactorials {
  let slope = 0;
  return {
    value(shape) {
      const logShape = Math.log(shape);
      const slopeAtZero = digamma(shape);
      let value = 0;
      slope = 0;
      for (let d = 0; d < values.length; d++) {
        value += times[d] * (logRisingRatio(values[d], shape) + values[d] * logShape);
        slope += times[d] * (digamma(shape + values[d]) - slopeAtZero);
      }
      return value;
    },
    slope: () => slope,
    curvature(shape) {
      const atZero = trigamma(shape);
      let sum = 0;
      for (let d = 0; d < values.length; d++) {
        sum += times[d] * (trigamma(shape + values[d]) - atZero);
      }
      return sum;
    },
  };
}
