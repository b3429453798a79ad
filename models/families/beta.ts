/**
 * Shares strictly between 0 and 1, by their mean μ and precision φ.
 *
 *     y ~ beta(a, b),   a = μ φ,  b = (1 − μ) φ,  φ > 0,   g(μ) = η;
 *     links: logit, probit, cloglog, cauchit, log
 *
 *     log p = log Γ(φ) − log Γ(a) − log Γ(b) + (a − 1) log y + (b − 1) log(1 − y)
 *
 * Var(y) = μ (1 − μ)/(1 + φ). Default prior of φ: gamma(0.01, 0.01).
 */
import digamma from '@stdlib/math-base-special-digamma';
import gammaln from '@stdlib/math-base-special-gammaln';
import trigamma from '@stdlib/math-base-special-trigamma';
import type { RandomStream } from '../../src/random/stream.js';
import { byRows, type RowDensity, setBoth } from './by-rows.js';
import { newIncompleteBeta, writeIncompleteBeta } from './incomplete-beta.js';
import { IntervalProbability, type RowTails, setAboveAll, setBelowAll } from './tails.js';
import { betaVariate } from './variates.js';

/** The density of a share, by μ and φ. */
export function betaRow(): RowDensity {
  let phi = Number.NaN;
  let logGamma = 0;
  return {
    prepare([precision]) {
      if (precision !== phi) logGamma = gammaln(precision);
      phi = precision;
    },
    logDensity(y, _trials, mu, rest, slopes) {
      const a = mu * phi;
      const b = rest * phi;
      const logY = Math.log(y);
      const logRest = Math.log1p(-y);
      if (slopes) {
        const ofA = logY - digamma(a);
        const ofB = logRest - digamma(b);
        slopes[0] = phi * (ofA - ofB);
        slopes[1] = digamma(phi) + mu * ofA + rest * ofB;
      }
      return logGamma - gammaln(a) - gammaln(b) + (a - 1) * logY + (b - 1) * logRest;
    },
    secondDerivatives(y, _trials, mu, rest, target) {
      const a = mu * phi;
      const b = rest * phi;
      const ofA = trigamma(a);
      const ofB = trigamma(b);
      const slope = Math.log(y) - digamma(a) - Math.log1p(-y) + digamma(b);
      target[0] = -phi * phi * (ofA + ofB);
      setBoth(target, 2, 0, 1, slope + phi * (rest * ofB - mu * ofA));
      target[3] = trigamma(phi) - mu * mu * ofA - rest * rest * ofB;
    },
    constant: () => 0,
  };
}

/** I_y(μ φ, (1 − μ) φ); E(Y; a < Y ≤ b) = μ (I_b(μ φ + 1, …) − I_a(μ φ + 1, …)). */
function tails(): RowTails {
  const both = newIncompleteBeta();
  const slopes = new Float64Array(2);
  let phi = Number.NaN;
  /** Added to the first parameter of the beta distribution. */
  let added = 0;
  const own: RowTails = {
    prepare(aux) {
      phi = aux[0];
    },
    write(y, _trials, mu, rest, target) {
      if (!(y > 0)) {
        setBelowAll(target);
        return;
      }
      if (y >= 1) {
        setAboveAll(target);
        return;
      }
      writeIncompleteBeta(mu * phi + added, rest * phi, y, 1 - y, both);
      target.lower = both.lower;
      target.lowerSlopes[0] = phi * (both.lowerByA - both.lowerByB);
      target.lowerSlopes[1] = mu * both.lowerByA + rest * both.lowerByB;
      target.upper = both.upper;
      target.upperSlopes[0] = phi * (both.upperByA - both.upperByB);
      target.upperSlopes[1] = mu * both.upperByA + rest * both.upperByB;
    },
  };
  const shifted = new IntervalProbability(own, 2);
  return {
    ...own,
    truncatedMean(mu, rest, trials, { after, upTo, logProbability }) {
      added = 1;
      const log = shifted.log(after, upTo, trials, mu, rest, slopes);
      added = 0;
      return mu * Math.exp(log - logProbability);
    },
  };
}

export const beta = byRows({
  density: betaRow,
  tails,
  simulateAt: (mu, [phi], _trials, random) => drawShare(mu, phi, random),
  expected: (outcome) =>
    outcome > 0 && outcome < 1
      ? null
      : 'a number above 0 and below 1 (ordered_beta and zero_one_inflated_beta take 0 and 1 too)',
});

/** A beta variate; one that has rounded to 0 or 1 is the nearest number between them. */
export function drawShare(mu: number, phi: number, random: RandomStream): number {
  const share = betaVariate(mu * phi, (1 - mu) * phi, random);
  return Math.min(Math.max(share, Number.MIN_VALUE), 1 - Number.EPSILON / 2);
}
