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
 * with the sum S, it is S t − (S + n φ) log(1 + e^t). The gamma functions of the rows are those of
 * rising-factorials.ts.
 */
import gammaln from '@stdlib/math-base-special-gammaln';
import type { Family, Outcomes, ResponseDistribution, ResponseFamily } from './family.js';
import { meanLink } from './links.js';
import { firstOfGroups, groupRows, writeLogistic } from './logistic-groups.js';
import { expectedCount, over, timesLog } from './poisson.js';
import { logRisingRatio, risingFactorials } from './rising-factorials.js';
import { throughLink } from './through-link.js';
import { cellOf, totalsOf } from './totals.js';
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
    pointwise(eta, aux, target) {
      const logShape = Math.log(aux[0]);
      writePointwise(outcomes, aux[0], target, (y, cell) => {
        const t = eta[cell] - logShape;
        const loss = Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));
        return (y === 0 ? 0 : y * eta[cell]) - (y + aux[0]) * loss;
      });
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
    pointwise(mu, aux, target) {
      writePointwise(outcomes, aux[0], target, (y, cell) => {
        const odds = mu[cell] / aux[0];
        if (odds < 0) return Number.NEGATIVE_INFINITY;
        return timesLog(y, mu[cell]) - (y + aux[0]) * Math.log1p(odds);
      });
    },
  };
}

/** @param rest y log μ − (y + φ) log(1 + μ/φ), of a count y and its cell */
function writePointwise(
  outcomes: Outcomes,
  shape: number,
  target: Float64Array,
  rest: (y: number, cell: number) => number,
): void {
  for (let i = 0; i < outcomes.rows; i++) {
    const y = outcomes.values[i];
    target[i] = logRisingRatio(y, shape) - gammaln(y + 1) + rest(y, cellOf(outcomes, i));
  }
}

export function negbinomialDistribution(family: Family): ResponseDistribution {
  const { inverse } = meanLink(family.link);
  return {
    family,
    auxiliary: ['shape'],
    mean: inverse,
    inverseLink: inverse,
    // A Poisson count whose mean is drawn from a gamma distribution.
    simulate: (eta, [shape], _trials, random) =>
      poissonVariate((inverse(eta) * gammaVariate(shape, random)) / shape, random),
    expected: expectedCount,
  };
}
