/**
 * Numbers about a quantile rather than a mean: P(y ≤ μ) = τ (Yu & Moyeed 2001, "Bayesian quantile regression"). For
 * τ = ½ the Laplace distribution, whose mode is the line of least absolute deviations.
 *
 *     y ~ asym_laplace(μ, σ, τ),  σ > 0,  0 < τ < 1,   g(μ) = η;   links: identity, log, inverse
 *
 *     log p = log τ + log(1 − τ) − log σ − u (τ − [u < 0]),   u = (y − μ)/σ
 *
 * E(y) = μ + σ (1 − 2τ)/(τ (1 − τ)). Default priors: τ ~ beta(1, 1), sigma as of the normal family. A prior as
 * narrow as beta(900, 100) all but sets the quantile, to 0.9.
 *
 * The density has a kink at each outcome and no curvature between them, so that Newton's method finds no
 * mode and there is no normal approximation: it is sampled by NUTS, whose warm-up needs neither.
 */
import type { RandomStream } from '../../src/random/stream.js';
import { byRows, type RowDensity, setBoth } from './by-rows.js';
import { type RowTails, setLower, setUpper } from './tails.js';

function density(): RowDensity {
  let sigma = Number.NaN;
  let tau = Number.NaN;
  return {
    prepare(aux) {
      sigma = aux[0];
      tau = aux[1];
    },
    logDensity(y, _trials, mu, _rest, slopes) {
      const u = (y - mu) / sigma;
      const weight = u < 0 ? tau - 1 : tau;
      if (slopes) {
        slopes[0] = weight / sigma;
        slopes[1] = (u * weight - 1) / sigma;
        slopes[2] = 1 / tau - 1 / (1 - tau) - u;
      }
      return Math.log((tau * (1 - tau)) / sigma) - u * weight;
    },
    secondDerivatives(y, _trials, mu, _rest, target) {
      const u = (y - mu) / sigma;
      const weight = u < 0 ? tau - 1 : tau;
      const variance = sigma * sigma;
      target[0] = 0;
      setBoth(target, 3, 0, 1, -weight / variance);
      setBoth(target, 3, 0, 2, 1 / sigma);
      target[4] = (1 - 2 * u * weight) / variance;
      setBoth(target, 3, 1, 2, u / sigma);
      target[8] = -1 / (tau * tau) - 1 / (1 - tau) ** 2;
    },
    constant: () => 0,
  };
}

/** F = τ e^{(1 − τ) u} below μ, S = (1 − τ) e^{−τ u} above. */
function tails(): RowTails {
  let sigma = Number.NaN;
  let tau = Number.NaN;
  return {
    prepare(aux) {
      sigma = aux[0];
      tau = aux[1];
    },
    write(y, _trials, mu, _rest, target) {
      const u = (y - mu) / sigma;
      const isBelow = u < 0;
      const slopes = isBelow ? target.lowerSlopes : target.upperSlopes;
      const rate = isBelow ? 1 - tau : -tau;
      slopes[0] = -rate / sigma;
      slopes[1] = u * slopes[0];
      slopes[2] = (isBelow ? 1 / tau : -1 / (1 - tau)) - u;
      if (isBelow) {
        target.lower = Math.log(tau) + rate * u;
        setUpper(target);
      } else {
        target.upper = Math.log1p(-tau) + rate * u;
        setLower(target);
      }
    },
  };
}

const standardExponential = (random: RandomStream) => -Math.log1p(-random.uniform());

export const asymLaplace = byRows({
  density,
  tails,
  means:
    ([sigmas, taus]) =>
    (locations) => {
      for (let s = 0; s < locations.length; s++) {
        const tau = taus[s];
        locations[s] += (sigmas[s] * (1 - 2 * tau)) / (tau * (1 - tau));
      }
    },
  // The difference of two exponential variates (Kotz, Kozubowski & Podgórski 2001, §3.2).
  simulateAt: (mu, [sigma, tau], _trials, random) =>
    mu + sigma * (standardExponential(random) / tau - standardExponential(random) / (1 - tau)),
  expected: (outcome) => (Number.isFinite(outcome) ? null : 'a finite number'),
});
