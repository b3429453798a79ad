/**
 * Positive outcomes whose hazard rises or falls as a power of time, by their mean μ.
 *
 *     y ~ weibull(k, λ),   λ = μ/Γ(1 + 1/k),   k > 0 the shape,   g(μ) = η;   links: log, identity, inverse
 *
 *     log p = log k − log y + k z − e^{k z},   z = log(y/λ) = log y − log μ + log Γ(1 + 1/k)
 *
 * At k = 1 it is exponential; Var(y) = λ² Γ(1 + 2/k) − μ². Default prior of the shape: gamma(0.01, 0.01).
 */
import digamma from '@stdlib/math-base-special-digamma';
import gammaln from '@stdlib/math-base-special-gammaln';
import trigamma from '@stdlib/math-base-special-trigamma';
import { byRows, expectedPositive, type RowDensity, setBoth } from './by-rows.js';
import { newIncompleteGamma, writeIncompleteGamma } from './incomplete-gamma.js';
import { type RowTails, setBelowAll, setLower } from './tails.js';

/**
 * log S = −e^{k z}. With u = (y/λ)^k, an exponential variate, E(Y; a < Y ≤ b) = μ (Q(1 + 1/k, u_a) − Q(1 + 1/k, u_b)).
 */
function tails(): RowTails {
  let shape = Number.NaN;
  let logGamma = 0;
  let slope = 0;
  const part = newIncompleteGamma();
  const power = (y: number, mu: number) =>
    Math.exp(shape * (Math.log(y) - Math.log(mu) + logGamma));
  const share = (from: number, to: number): number => {
    const at = 1 + 1 / shape;
    const of = (u: number, tail: 'lower' | 'upper') => {
      if (u === 0 || u === Number.POSITIVE_INFINITY)
        return (u === 0) === (tail === 'lower') ? 0 : 1;
      writeIncompleteGamma(at, u, part);
      return Math.exp(part[tail]);
    };
    return from > at ? of(from, 'upper') - of(to, 'upper') : of(to, 'lower') - of(from, 'lower');
  };
  return {
    prepare([k]) {
      if (k === shape) return;
      shape = k;
      logGamma = gammaln(1 + 1 / k);
      slope = -digamma(1 + 1 / k) / (k * k);
    },
    write(y, _trials, mu, _rest, target) {
      if (!(y > 0)) {
        setBelowAll(target);
        return;
      }
      const u = power(y, mu);
      const z = Math.log(y) - Math.log(mu) + logGamma;
      target.upper = -u;
      target.upperSlopes[0] = (shape * u) / mu;
      target.upperSlopes[1] = -u * (z + shape * slope);
      setLower(target);
    },
    truncatedMean(mu, _rest, _trials, { after, upTo, logProbability }) {
      const from = after > 0 ? power(after, mu) : 0;
      const to = upTo < Number.POSITIVE_INFINITY ? power(upTo, mu) : upTo;
      return mu * share(from, to) * Math.exp(-logProbability);
    },
  };
}

function density(): RowDensity {
  let shape = Number.NaN;
  /** log Γ(1 + 1/k) with two derivatives by k. */
  let logGamma = 0;
  let slope = 0;
  let curvature = 0;
  return {
    prepare([k]) {
      if (k === shape) return;
      shape = k;
      const inverse = 1 / k;
      const psi = digamma(1 + inverse);
      logGamma = gammaln(1 + inverse);
      slope = -psi * inverse * inverse;
      curvature = (trigamma(1 + inverse) * inverse + 2 * psi) * inverse ** 3;
    },
    logDensity(y, _trials, mu, _rest, slopes) {
      const z = Math.log(y) - Math.log(mu) + logGamma;
      const power = Math.exp(shape * z);
      if (slopes) {
        slopes[0] = (shape * (power - 1)) / mu;
        slopes[1] = 1 / shape + (z + shape * slope) * (1 - power);
      }
      return Math.log(shape) + shape * z - power;
    },
    secondDerivatives(y, _trials, mu, _rest, target) {
      const z = Math.log(y) - Math.log(mu) + logGamma;
      const power = Math.exp(shape * z);
      const move = z + shape * slope;
      target[0] = (shape * (1 - power) - shape * shape * power) / (mu * mu);
      setBoth(target, 2, 0, 1, (power - 1 + shape * power * move) / mu);
      target[3] =
        -1 / (shape * shape) + (2 * slope + shape * curvature) * (1 - power) - power * move * move;
    },
    constant: (y) => -Math.log(y),
  };
}

export const weibull = byRows({
  density,
  tails,
  simulateAt(mu, [shape], _trials, random) {
    const scale = mu * Math.exp(-gammaln(1 + 1 / shape));
    const variate = scale * (-Math.log1p(-random.uniform())) ** (1 / shape);
    return variate === 0 ? Number.MIN_VALUE : variate;
  },
  expected: expectedPositive,
});
