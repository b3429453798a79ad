/**
 * Angles from −π to π, by their mean direction μ and concentration κ (Mardia & Jupp 2000, §3.5.4).
 *
 *     y ~ von_mises(μ, κ),  κ > 0,   tan(μ/2) = η;   link: tan_half
 *
 *     log p = κ cos(y − μ) − log 2π − log I₀(κ)
 *
 * Default prior of κ: gamma(2, 0.01). With A = I₁/I₀ (bessel.ts),
 *
 *     d/dμ = κ sin(y − μ),   d/dκ = cos(y − μ) − A(κ).
 *
 * The density of an angle has no limit of zero as η grows: μ then comes to π, from either side. Slopes
 * with flat priors have improper posteriors (src/fit/propriety.ts).
 */
import type { RandomStream } from '../../src/random/stream.js';
import { logBessel, newBesselTerms } from './bessel.js';
import { byRows, type RowDensity, setBoth } from './by-rows.js';

const LOG_CIRCLE = Math.log(2 * Math.PI);

function density(): RowDensity {
  const bessel = newBesselTerms();
  let kappa = Number.NaN;
  return {
    prepare(aux) {
      if (aux[0] !== kappa) logBessel(aux[0], bessel);
      kappa = aux[0];
    },
    logDensity(y, _trials, mu, _rest, slopes) {
      const half = Math.sin(0.5 * (y - mu));
      // cos = 1 − 2 sin², which keeps the digits of κ − log I₀ for a large κ.
      const lack = 2 * half * half;
      if (slopes) {
        slopes[0] = kappa * Math.sin(y - mu);
        slopes[1] = 1 - bessel.slope - lack;
      }
      return kappa - bessel.value - kappa * lack - LOG_CIRCLE;
    },
    secondDerivatives(y, _trials, mu, _rest, target) {
      target[0] = -kappa * Math.cos(y - mu);
      setBoth(target, 2, 0, 1, Math.sin(y - mu));
      target[3] = -bessel.curvature;
    },
    constant: () => 0,
  };
}

export const vonMises = byRows({
  density,
  simulateAt: (mu, [kappa], _trials, random) => wrapped(mu + angleVariate(kappa, random)),
  expected: (outcome) =>
    Math.abs(outcome) <= Math.PI ? null : 'an angle in radians, from −π to π',
});

/** Below it, the distribution is uniform to the last digits. */
const LEAST_KAPPA = 1e-8;
/** Above it, angles are normal but for relative errors of 1/κ, which rejection would have by rounding. */
const MOST_KAPPA = 1e8;

/** An angle about 0, by rejection from a wrapped Cauchy (Best & Fisher 1979, Applied Statistics 28). */
function angleVariate(kappa: number, random: RandomStream): number {
  if (!(kappa > LEAST_KAPPA)) return Math.PI * (2 * random.uniform() - 1);
  if (kappa > MOST_KAPPA) return random.normal() / Math.sqrt(kappa);
  const tau = 1 + Math.sqrt(1 + 4 * kappa * kappa);
  const rho = (tau - Math.sqrt(2 * tau)) / (2 * kappa);
  const r = (1 + rho * rho) / (2 * rho);
  for (;;) {
    const z = Math.cos(Math.PI * random.uniform());
    const f = (1 + r * z) / (r + z);
    const c = kappa * (r - f);
    const u = 1 - random.uniform();
    if (c * (2 - c) > u || Math.log(c / u) + 1 >= c) {
      const angle = Math.acos(Math.min(1, Math.max(-1, f)));
      return random.uniform() < 0.5 ? -angle : angle;
    }
  }
}

/** The same direction from −π to π. */
function wrapped(angle: number): number {
  const turns = Math.round(angle / (2 * Math.PI));
  return Math.min(Math.PI, Math.max(-Math.PI, angle - 2 * Math.PI * turns));
}
