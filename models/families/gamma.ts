/**
 * Positive outcomes whose standard deviation is in proportion to their mean.
 *
 *     y ~ gamma(k, k/μ),   k > 0 the shape,   g(μ) = η;   links: log, identity, inverse
 *
 *     log p = k log(k/μ) − log Γ(k) + (k − 1) log y − k y/μ
 *
 * Var(y) = μ²/k. Default prior of the shape: gamma(0.01, 0.01).
 */
import digamma from '@stdlib/math-base-special-digamma';
import gammaln from '@stdlib/math-base-special-gammaln';
import trigamma from '@stdlib/math-base-special-trigamma';
import { byRows, expectedPositive, type RowDensity, setBoth } from './by-rows.js';
import { newIncompleteGamma, writeIncompleteGamma } from './incomplete-gamma.js';
import { meanByScore, type RowTails, setBelowAll } from './tails.js';
import { logGammaVariate } from './variates.js';

function density(): RowDensity {
  let shape = Number.NaN;
  let ofShape = 0;
  let slopeOfShape = 0;
  return {
    prepare([k]) {
      if (k === shape) return;
      shape = k;
      ofShape = k * Math.log(k) - gammaln(k);
      slopeOfShape = Math.log(k) + 1 - digamma(k);
    },
    // −log y is among the constants: what remains depends on y/μ.
    logDensity(y, _trials, mu, _rest, slopes) {
      const ratio = y / mu;
      const logRatio = Math.log(y) - Math.log(mu);
      if (slopes) {
        slopes[0] = (shape * (ratio - 1)) / mu;
        slopes[1] = slopeOfShape + logRatio - ratio;
      }
      return ofShape + shape * (logRatio - ratio);
    },
    secondDerivatives(y, _trials, mu, _rest, target) {
      const ratio = y / mu;
      target[0] = (shape * (1 - 2 * ratio)) / (mu * mu);
      setBoth(target, 2, 0, 1, (ratio - 1) / mu);
      target[3] = 1 / shape - trigamma(shape);
    },
    constant: (y) => -Math.log(y),
  };
}

/** P(k, x) and Q(k, x) at x = k y/μ. */
function tails(): RowTails {
  const both = newIncompleteGamma();
  let shape = Number.NaN;
  return {
    prepare(aux) {
      shape = aux[0];
    },
    write(y, _trials, mu, _rest, target) {
      if (!(y > 0)) {
        setBelowAll(target);
        return;
      }
      const ratio = y / mu;
      const x = shape * ratio;
      writeIncompleteGamma(shape, x, both);
      target.lower = both.lower;
      target.lowerSlopes[0] = (-both.lowerByX * x) / mu;
      target.lowerSlopes[1] = both.lowerByShape + both.lowerByX * ratio;
      target.upper = both.upper;
      target.upperSlopes[0] = (-both.upperByX * x) / mu;
      target.upperSlopes[1] = both.upperByShape + both.upperByX * ratio;
    },
    truncatedMean: (mu, _rest, _trials, within) => meanByScore(mu, (mu * mu) / shape, within),
  };
}

export const gamma = byRows({
  density,
  tails,
  simulateAt: (mu, [shape], _trials, random) =>
    aboveZero((mu / shape) * Math.exp(logGammaVariate(shape, random))),
  expected: expectedPositive,
});

/** A positive variate that has rounded to 0 is the least number above it. */
function aboveZero(value: number): number {
  return value === 0 ? Number.MIN_VALUE : value;
}
