/**
 * Positive outcomes whose logarithm is normal; μ is the mean of the logarithm.
 *
 *     log y ~ normal(μ, σ),   g(μ) = η;   links: identity, inverse
 *
 *     log p = −½ (log y − μ)²/σ² − log σ − log y − ½ log 2π
 *
 * E(y) = exp(μ + σ²/2). The likelihood is that of the normal family for the logarithms, and a regression is
 * sampled as one of them (regression-model.ts).
 */
import { expectedPositive, type RowDensity } from './by-rows.js';
import type { Family, Outcomes, OwnDistribution, ResponseFamily } from './family.js';
import { gaussianDistribution, gaussianFamily, gaussianRow, gaussianTails } from './gaussian.js';
import { IntervalProbability, type RowTails, setBelowAll } from './tails.js';

function response(family: Family, outcomes: Outcomes): ResponseFamily {
  return gaussianFamily(family, { ...outcomes, values: outcomes.values.map(Math.log) });
}

function distribution(family: Family): OwnDistribution {
  const normal = gaussianDistribution(family);
  return {
    ...normal,
    means:
      ([sigmas]) =>
      (locations) => {
        for (let s = 0; s < locations.length; s++) {
          locations[s] = Math.exp(locations[s] + 0.5 * sigmas[s] * sigmas[s]);
        }
      },
    logDensities(aux) {
      const write = normal.logDensities(aux);
      return (outcome, trials, eta) => {
        const logarithm = Math.log(outcome);
        write(logarithm, trials, eta);
        for (let s = 0; s < eta.length; s++) eta[s] -= logarithm;
      };
    },
    outcomes(aux) {
      const write = normal.outcomes?.(aux);
      return (locations, trials, random) => {
        write?.(locations, trials, random);
        for (let s = 0; s < locations.length; s++) locations[s] = Math.exp(locations[s]);
      };
    },
    simulateAt: (...at) => Math.exp(normal.simulateAt(...at)),
    expected: expectedPositive,
  };
}

/** The density of one outcome, by the mean and σ of its logarithm. */
function density(): RowDensity {
  const normal = gaussianRow();
  return {
    ...normal,
    logDensity: (y, trials, mu, rest, slopes) =>
      normal.logDensity(Math.log(y), trials, mu, rest, slopes),
    secondDerivatives: (y, trials, mu, rest, target) =>
      normal.secondDerivatives(Math.log(y), trials, mu, rest, target),
    constant: (y, trials) => normal.constant(Math.log(y), trials) - Math.log(y),
  };
}

/** Those of the logarithm; E(Y; a < Y ≤ b) = exp(μ + σ²/2) P(a < Y ≤ b | μ + σ²). */
function tails(): RowTails {
  const normal = gaussianTails();
  const shifted = new IntervalProbability(normal, 2);
  const slopes = new Float64Array(2);
  let sigma = Number.NaN;
  return {
    prepare(aux) {
      sigma = aux[0];
      normal.prepare(aux);
    },
    write(y, trials, mu, rest, target) {
      if (y > 0) normal.write(Math.log(y), trials, mu, rest, target);
      else setBelowAll(target);
    },
    truncatedMean(mu, rest, trials, { after, upTo, logProbability }) {
      const variance = sigma * sigma;
      const start = after > 0 ? Math.log(after) : Number.NEGATIVE_INFINITY;
      const moved = shifted.log(start, Math.log(upTo), trials, mu + variance, rest, slopes);
      return Math.exp(mu + 0.5 * variance + moved - logProbability);
    },
  };
}

export const lognormal = { response, distribution, density, tails };
