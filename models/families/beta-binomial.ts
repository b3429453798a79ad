/**
 * Successes among a known number of trials, more spread than a binomial's: the probability varies from row
 * to row as a beta variate of mean μ and precision φ.
 *
 *     y ~ beta_binomial(n, a, b),   a = μ φ,  b = (1 − μ) φ,  φ > 0,   g(μ) = η;
 *     links: logit, probit, cloglog, cauchit, log
 *
 *     log p = R(y, a) + R(n − y, b) − R(n, φ) + log C(n, y),   R(k, s) = log Γ(k + s)/Γ(s)
 *
 * Var(y) = n μ (1 − μ) (φ + n)/(φ + 1). Default prior of φ: gamma(0.01, 0.01).
 */
import { logChoose } from './binomial.js';
import { byRows, type RowDensity, setBoth } from './by-rows.js';
import { newLogTerms } from './links.js';
import { writeRising } from './rising-factorials.js';
import type { RowTails } from './tails.js';
import { betaVariate, binomialVariate } from './variates.js';

function density(): RowDensity {
  let phi = Number.NaN;
  const successes = newLogTerms();
  const failures = newLogTerms();
  const all = newLogTerms();
  const write = (y: number, trials: number, mu: number, rest: number): void => {
    writeRising(y, mu * phi, successes);
    writeRising(trials - y, rest * phi, failures);
    writeRising(trials, phi, all);
  };
  return {
    prepare([precision]) {
      phi = precision;
    },
    logDensity(y, trials, mu, rest, slopes) {
      write(y, trials, mu, rest);
      if (slopes) {
        slopes[0] = phi * (successes.slope - failures.slope);
        slopes[1] = mu * successes.slope + rest * failures.slope - all.slope;
      }
      return successes.value + failures.value - all.value;
    },
    secondDerivatives(y, trials, mu, rest, target) {
      write(y, trials, mu, rest);
      const [a, b] = [successes.curvature, failures.curvature];
      target[0] = phi * phi * (a + b);
      const cross = successes.slope - failures.slope + phi * (mu * a - rest * b);
      setBoth(target, 2, 0, 1, cross);
      target[3] = mu * mu * a + rest * rest * b - all.curvature;
    },
    constant: (y, trials) => logChoose(trials, y),
  };
}

/** Sums of probabilities, each with its logarithm, so that both tails keep their digits. */
function tails(): RowTails {
  const row = density();
  const slopes = new Float64Array(2);
  /** log Σ p(k) of first ≤ k ≤ last, with its derivatives. */
  const sum = (
    first: number,
    last: number,
    [trials, mu, rest]: readonly [number, number, number],
    target: Float64Array,
  ): number => {
    target.fill(0);
    let most = Number.NEGATIVE_INFINITY;
    let total = 0;
    for (let k = first; k <= last; k++) {
      const log = row.logDensity(k, trials, mu, rest, slopes) + row.constant(k, trials);
      const shrunk = log > most ? Math.exp(most - log) : 1;
      most = Math.max(most, log);
      const share = Math.exp(log - most);
      total = total * shrunk + share;
      for (let a = 0; a < 2; a++) target[a] = target[a] * shrunk + share * slopes[a];
    }
    if (total === 0) return Number.NEGATIVE_INFINITY;
    for (let a = 0; a < 2; a++) target[a] /= total;
    return most + Math.log(total);
  };
  return {
    prepare: row.prepare,
    write(y, trials, mu, rest, target) {
      const last = Math.min(Math.floor(y), trials);
      const at = [trials, mu, rest] as const;
      target.lower = Math.min(0, sum(0, last, at, target.lowerSlopes));
      target.upper = Math.min(0, sum(Math.max(0, last + 1), trials, at, target.upperSlopes));
    },
    truncatedMean(mu, rest, trials, { after, upTo, logProbability }) {
      let mean = 0;
      for (let k = Math.max(1, after + 1); k <= Math.min(trials, upTo); k++) {
        const log = row.logDensity(k, trials, mu, rest, null) + row.constant(k, trials);
        mean += k * Math.exp(log - logProbability);
      }
      return mean;
    },
  };
}

export const betaBinomial = byRows({
  density,
  tails,
  simulateAt(mu, [phi], trials, random) {
    const probability = mu > 0 && mu < 1 ? betaVariate(mu * phi, (1 - mu) * phi, random) : mu;
    return binomialVariate(trials, probability, random);
  },
  expected: (outcome, trials) =>
    Number.isSafeInteger(outcome) && outcome >= 0 && outcome <= trials
      ? null
      : `a whole number from 0 to its trials, ${trials}`,
});
