/**
 * Counts with more zeros than their distribution has: with probability zi an outcome is zero whatever its
 * mean, otherwise it is a count f, Poisson or negative binomial.
 *
 *     P(0) = zi + (1 − zi) f(0),   P(y) = (1 − zi) f(y) for y > 0,   0 < zi < 1;
 *     links: log, sqrt
 *
 * E(y) = (1 − zi) μ. Default priors: zi ~ beta(1, 1), shape ~ inv_gamma(0.4, 0.3). With w the probability
 * that a zero is a count's, P = P(0), and s, S the first and second derivatives of log f(0),
 *
 *     d log P = w s,   d² log P = w S + w (1 − w) s sᵀ,   d/dzi = (1 − f(0))/P,
 *     d²/dzi² = −(1 − f(0))²/P²,   d²/dzi dθ = −s f(0)/P².
 */
import { byRows, type RowDensity } from './by-rows.js';
import { negbinomialRow } from './negbinomial.js';
import { expectedCount, poissonRow } from './poisson.js';
import { gammaVariate, poissonVariate } from './variates.js';

/** @param own number of the count's auxiliary parameters; zi follows them */
function zeroInflated(count: RowDensity, own: number): RowDensity {
  const width = own + 1;
  let zi = Number.NaN;
  const slopes = new Float64Array(width);
  const second = new Float64Array(width * width);
  const logOfZero = (mu: number) => count.logDensity(0, 1, mu, Number.NaN, slopes);
  return {
    prepare(aux) {
      count.prepare(aux);
      zi = aux[own];
    },
    logDensity(y, trials, mu, rest, target) {
      if (y > 0) {
        const value = count.logDensity(y, trials, mu, rest, target);
        if (target) target[width] = -1 / (1 - zi);
        return value + Math.log1p(-zi);
      }
      const atZero = Math.exp(logOfZero(mu));
      const total = zi + (1 - zi) * atZero;
      if (target) {
        const share = ((1 - zi) * atZero) / total;
        for (let a = 0; a < width; a++) target[a] = share * slopes[a];
        target[width] = (1 - atZero) / total;
      }
      return Math.log(total);
    },
    secondDerivatives(y, trials, mu, rest, target) {
      count.secondDerivatives(y, trials, mu, rest, second);
      const last = width * (width + 1);
      if (y > 0) {
        writePart(width, target, (a, b) => second[a * width + b]);
        for (let a = 0; a < width; a++) setEdge(target, width, a, 0);
        target[last + width] = -1 / (1 - zi) ** 2;
        return;
      }
      const atZero = Math.exp(logOfZero(mu));
      const total = zi + (1 - zi) * atZero;
      const share = ((1 - zi) * atZero) / total;
      writePart(
        width,
        target,
        (a, b) => share * second[a * width + b] + share * (1 - share) * slopes[a] * slopes[b],
      );
      for (let a = 0; a < width; a++) {
        setEdge(target, width, a, (-slopes[a] * atZero) / (total * total));
      }
      target[last + width] = -(((1 - atZero) / total) ** 2);
    },
    constant: count.constant,
  };
}

/** Writes the block of all parameters but the last. */
export function writePart(
  width: number,
  target: Float64Array,
  entry: (a: number, b: number) => number,
): void {
  for (let a = 0; a < width; a++) {
    for (let b = 0; b < width; b++) target[a * (width + 1) + b] = entry(a, b);
  }
}

/** Writes the derivative by parameter a and the last one, twice. */
export function setEdge(target: Float64Array, width: number, a: number, value: number): void {
  target[a * (width + 1) + width] = value;
  target[width * (width + 1) + a] = value;
}

/** Overwrites each location by the mean, (1 − zi) μ. */
const meansWith =
  (place: number) =>
  (aux: readonly Float64Array[]) =>
  (locations: Float64Array): void => {
    for (let s = 0; s < locations.length; s++) locations[s] *= 1 - aux[place][s];
  };

export const zeroInflatedPoisson = byRows({
  density: () => zeroInflated(poissonRow(), 0),
  means: meansWith(0),
  simulateAt: (mu, [zi], _trials, random) =>
    random.uniform() < zi ? 0 : poissonVariate(mu, random),
  expected: expectedCount,
});

export const zeroInflatedNegbinomial = byRows({
  density: () => zeroInflated(negbinomialRow(), 1),
  means: meansWith(1),
  simulateAt: (mu, [shape, zi], _trials, random) =>
    random.uniform() < zi ? 0 : poissonVariate((mu * gammaVariate(shape, random)) / shape, random),
  expected: expectedCount,
});
