/**
 * The asymmetric Laplace distribution, whose location is a quantile: quantile regression (Yu & Moyeed 2001).
 *
 *     y ~ asym_laplace(μ, σ, p),  P(y < μ) = p,  σ > 0,  0 < p < 1 (`quantile`);   g(μ) = η;
 *     links: identity, log, inverse
 *
 *     log f = log p + log(1 − p) − log σ − q (p − [q < 0]),   q = (y − μ)/σ
 *
 * E(y) = μ + σ (1 − 2p)/(p (1 − p)). Default priors: sigma as of the normal family, quantile ~ beta(1, 1); a prior
 * that holds it, such as beta(900, 100), makes μ the 0.9 quantile. The second derivative by μ is 0 but at y.
 */
import { byRows, type RowDensity, setBoth } from './by-rows.js';

function density(): RowDensity {
  let sigma = Number.NaN;
  let p = Number.NaN;
  const weightOf = (residual: number) => (residual < 0 ? p - 1 : p);
  return {
    prepare(aux) {
      sigma = aux[0];
      p = aux[1];
    },
    logDensity(y, _trials, mu, _rest, slopes) {
      const q = (y - mu) / sigma;
      const weight = weightOf(q);
      if (slopes) {
        slopes[0] = weight / sigma;
        slopes[1] = (q * weight - 1) / sigma;
        slopes[2] = 1 / p - 1 / (1 - p) - q;
      }
      return Math.log(p) + Math.log1p(-p) - Math.log(sigma) - q * weight;
    },
    secondDerivatives(y, _trials, mu, _rest, target) {
      const q = (y - mu) / sigma;
      const weight = weightOf(q);
      const variance = sigma * sigma;
      target[0] = 0;
      setBoth(target, 3, 0, 1, -weight / variance);
      setBoth(target, 3, 0, 2, 1 / sigma);
      target[4] = (1 - 2 * q * weight) / variance;
      setBoth(target, 3, 1, 2, q / sigma);
      target[8] = -1 / (p * p) - 1 / ((1 - p) * (1 - p));
    },
    constant: () => 0,
  };
}

export const asymLaplace = byRows({
  density,
  means:
    ([sigmas, quantiles]) =>
    (locations) => {
      for (let s = 0; s < locations.length; s++) {
        const p = quantiles[s];
        locations[s] += (sigmas[s] * (1 - 2 * p)) / (p * (1 - p));
      }
    },
  simulateAt(mu, [sigma, p], _trials, random) {
    // The difference of two exponential variates.
    const above = -Math.log1p(-random.uniform()) / p;
    const below = -Math.log1p(-random.uniform()) / (1 - p);
    return mu + sigma * (above - below);
  },
  expected: (outcome) => (Number.isFinite(outcome) ? null : 'a finite number'),
});
