/**
 * Counts whose zeros are a matter of their own: with probability hu an outcome is zero, otherwise it is a
 * count f, Poisson or negative binomial, that is above zero.
 *
 *     P(0) = hu,   P(y) = (1 − hu) f(y)/(1 − f(0)) for y > 0,   0 < hu < 1;   links: log, sqrt
 *
 * E(y) = (1 − hu) μ/(1 − f(0)). Default priors: hu ~ beta(1, 1), shape ~ inv_gamma(0.4, 0.3). With
 * r = f(0)/(1 − f(0)) and s, S the first and second derivatives of log f(0),
 *
 *     −d log(1 − f(0)) = r s,   −d² log(1 − f(0)) = r S + r (1 + r) s sᵀ.
 */
import type { RandomStream } from '../../src/random/stream.js';
import { byRows, type RowDensity } from './by-rows.js';
import { log1mexp } from './links.js';
import { logOfNone, negbinomialRow } from './negbinomial.js';
import { expectedCount, poissonRow } from './poisson.js';
import { gammaVariate, poissonVariate } from './variates.js';
import { setEdge, writePart } from './zero-inflated.js';

/** @param own number of the count's auxiliary parameters; hu follows them */
function hurdle(count: RowDensity, own: number): RowDensity {
  const width = own + 1;
  let hu = Number.NaN;
  const slopes = new Float64Array(width);
  const second = new Float64Array(width * width);
  const secondOfZero = new Float64Array(width * width);
  const logOfZero = (mu: number) => count.logDensity(0, 1, mu, Number.NaN, slopes);
  return {
    prepare(aux) {
      count.prepare(aux);
      hu = aux[own];
    },
    logDensity(y, trials, mu, rest, target) {
      if (y === 0) {
        target?.fill(0);
        if (target) target[width] = 1 / hu;
        return Math.log(hu);
      }
      const value = count.logDensity(y, trials, mu, rest, target);
      const atZero = logOfZero(mu);
      if (target) {
        const odds = 1 / Math.expm1(-atZero);
        for (let a = 0; a < width; a++) target[a] += odds * slopes[a];
        target[width] = -1 / (1 - hu);
      }
      return value - log1mexp(atZero) + Math.log1p(-hu);
    },
    secondDerivatives(y, trials, mu, rest, target) {
      const last = width * (width + 2);
      target.fill(0);
      if (y === 0) {
        target[last] = -1 / (hu * hu);
        return;
      }
      count.secondDerivatives(y, trials, mu, rest, second);
      count.secondDerivatives(0, trials, mu, rest, secondOfZero);
      const odds = 1 / Math.expm1(-logOfZero(mu));
      writePart(width, target, (a, b) => {
        const at = a * width + b;
        return second[at] + odds * (secondOfZero[at] + (1 + odds) * slopes[a] * slopes[b]);
      });
      for (let a = 0; a < width; a++) setEdge(target, width, a, 0);
      target[last] = -1 / (1 - hu) ** 2;
    },
    constant: count.constant,
  };
}

/** A Poisson count above zero: an event at the first time, given that it is before 1, and those after it. */
function poissonAboveZero(mean: number, random: RandomStream): number {
  if (mean === 0) return 1;
  const first = -Math.log1p(random.uniform() * Math.expm1(-mean)) / mean;
  return 1 + poissonVariate(mean * (1 - first), random);
}

/** The same of events at a gamma rate, whose distribution after the first time t is gamma(φ + 1, φ/μ + t). */
function negbinomialAboveZero(mean: number, shape: number, random: RandomStream): number {
  if (mean === 0) return 1;
  const logSurvival = Math.log1p(random.uniform() * Math.expm1(logOfNone(mean, shape)));
  const first = (shape / mean) * Math.expm1(-logSurvival / shape);
  const rate = gammaVariate(shape + 1, random) / (shape / mean + first);
  return 1 + poissonVariate(rate * (1 - first), random);
}

export const hurdlePoisson = byRows({
  density: () => hurdle(poissonRow(), 0),
  means:
    ([hu]) =>
    (locations) => {
      for (let s = 0; s < locations.length; s++) {
        const mu = locations[s];
        locations[s] = (1 - hu[s]) * (mu === 0 ? 1 : mu / -Math.expm1(-mu));
      }
    },
  simulateAt: (mu, [hu], _trials, random) =>
    random.uniform() < hu ? 0 : poissonAboveZero(mu, random),
  expected: expectedCount,
});

export const hurdleNegbinomial = byRows({
  density: () => hurdle(negbinomialRow(), 1),
  means:
    ([shape, hu]) =>
    (locations) => {
      for (let s = 0; s < locations.length; s++) {
        const mu = locations[s];
        const share = mu === 0 ? 1 : mu / -Math.expm1(logOfNone(mu, shape[s]));
        locations[s] = (1 - hu[s]) * share;
      }
    },
  simulateAt: (mu, [shape, hu], _trials, random) =>
    random.uniform() < hu ? 0 : negbinomialAboveZero(mu, shape, random),
  expected: expectedCount,
});
