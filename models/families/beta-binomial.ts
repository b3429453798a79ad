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

export const betaBinomial = byRows({
  density,
  simulateAt(mu, [phi], trials, random) {
    const probability = mu > 0 && mu < 1 ? betaVariate(mu * phi, (1 - mu) * phi, random) : mu;
    return binomialVariate(trials, probability, random);
  },
  expected: (outcome, trials) =>
    Number.isSafeInteger(outcome) && outcome >= 0 && outcome <= trials
      ? null
      : `a whole number from 0 to its trials, ${trials}`,
});
