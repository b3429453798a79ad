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

import gammaln from '@stdlib/math-base-special-gammaln';
import { writeLogLogistic } from '../kernels/elementary-kernel.js';
import { type RowDensity, setBoth } from './by-rows.js';
import {
  type Family,
  type LogDensities,
  type Outcomes,
  type OwnDistribution,
  type ResponseFamily,
  totalsOf,
} from './family.js';
import { newIncompleteBeta, writeIncompleteBeta } from './incomplete-beta.js';
import { meanLink, newLogTerms, throughLink } from './links.js';
import { firstOfGroups, groupRows, writeLogistic } from './logistic-groups.js';
import { negbinomialWriter } from './many-variates.js';
import { expectedCount, over, timesLog } from './poisson.js';
import { logRisingRatio, risingFactorials, writeRising } from './rising-factorials.js';
import { meanByScore, type RowTails, setCertain } from './tails.js';
import { gammaVariate, poissonVariate } from './variates.js';

export function negbinomialFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  return family.link === 'log'
    ? negbinomialLog(family, outcomes)
    : throughLink(family, negbinomialAtMean(outcomes), totalsOf(outcomes).sums.length);
}

function negbinomialLog(family: Family, outcomes: Outcomes): ResponseFamily {
  const { sums, counts } = totalsOf(outcomes);
  const cells = sums.length;
  const ofCounts = risingFactorials(outcomes.values, outcomes.weights);
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
  const ofCounts = risingFactorials(outcomes.values, outcomes.weights);

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

/** log f(0), of no count at all. */
export function logOfNone(mean: number, shape: number): number {
  return -shape * Math.log1p(mean / shape);
}

/** The density of one count, by its mean and the shape. */
export function negbinomialRow(): RowDensity {
  const terms = newLogTerms();
  let shape = Number.NaN;
  return {
    prepare(aux) {
      shape = aux[0];
    },
    logDensity(y, _trials, mu, _rest, slopes) {
      const both = shape + mu;
      if (slopes) {
        writeRising(y, shape, terms);
        slopes[0] = over(y, mu) - (y + shape) / both;
        slopes[1] = terms.slope - Math.log1p(mu / shape) + (mu - y) / both;
      }
      return logRisingRatio(y, shape) + timesLog(y, mu) - (y + shape) * Math.log1p(mu / shape);
    },
    secondDerivatives(y, _trials, mu, _rest, target) {
      const both = shape + mu;
      writeRising(y, shape, terms);
      target[0] = (y + shape) / (both * both) - over(y, mu * mu);
      setBoth(target, 2, 0, 1, (y - mu) / (both * both));
      target[3] = terms.curvature + mu / (shape * both) - (mu - y) / (both * both);
    },
    constant: (y) => -gammaln(y + 1),
  };
}

/** P(Y ≤ y) = I_p(φ, ⌊y⌋ + 1) with p = φ/(φ + μ). */
export function negbinomialTails(): RowTails {
  const both = newIncompleteBeta();
  let shape = Number.NaN;
  return {
    prepare(aux) {
      shape = aux[0];
    },
    write(y, _trials, mu, _rest, target) {
      if (setCertain(y, mu, target)) return;
      const sum = shape + mu;
      writeIncompleteBeta(shape, Math.floor(y) + 1, shape / sum, mu / sum, both);
      const square = sum * sum;
      target.lower = both.lower;
      target.lowerSlopes[0] = (-both.lowerByX * shape) / square;
      target.lowerSlopes[1] = both.lowerByA + (both.lowerByX * mu) / square;
      target.upper = both.upper;
      target.upperSlopes[0] = (-both.upperByX * shape) / square;
      target.upperSlopes[1] = both.upperByA + (both.upperByX * mu) / square;
    },
    truncatedMean: (mu, _rest, _trials, within) => meanByScore(mu, mu * (1 + mu / shape), within),
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
