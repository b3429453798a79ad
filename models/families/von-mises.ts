/**
 * Angles in radians between −π and π: the normal distribution of the circle.
 *
 *     y ~ von_mises(μ, κ),  κ > 0 the concentration,   tan(μ/2) = η (link tan_half), or μ = η
 *
 *     log p = κ cos(y − μ) − log I₀(κ) − log 2π
 *
 * with the modified Bessel function I₀. Default prior: kappa ~ gamma(2, 0.01). `fitted` is of the direction μ.
 */

import type { RandomStream } from '../../src/random/stream.js';
import { byRows, type RowDensity, setBoth } from './by-rows.js';

const LOG_TWO_PI = Math.log(2 * Math.PI);

/** log I₀(κ) − κ, A = I₁/I₀ and A′. */
interface Bessel {
  value: number;
  ratio: number;
  slope: number;
}

/** From here on the asymptotic series has all digits with the terms that are taken. */
const LARGE = 40;

function writeBessel(kappa: number, bessel: Bessel): void {
  if (kappa < LARGE) writeBySeries(kappa, bessel);
  else writeAsymptotic(kappa, bessel);
  bessel.slope = 1 - bessel.ratio / kappa - bessel.ratio * bessel.ratio;
}

/** I₀ = Σ (κ²/4)^j/j!², I₁ = κ/2 Σ (κ²/4)^j/(j! (j + 1)!) (Abramowitz & Stegun 1964, 9.6.10). */
function writeBySeries(kappa: number, bessel: Bessel): void {
  const quarter = 0.25 * kappa * kappa;
  let term = 1;
  let zero = 1;
  let one = 1;
  for (let j = 1; term > zero * 1e-17; j++) {
    term *= quarter / (j * j);
    zero += term;
    one += term / (j + 1);
  }
  bessel.value = Math.log(zero) - kappa;
  bessel.ratio = (0.5 * kappa * one) / zero;
}

/** I_ν ~ e^κ/√(2πκ) Σ_j Π_{i≤j} ((2i − 1)² − 4ν²)/(8 i κ) (9.7.1). */
function writeAsymptotic(kappa: number, bessel: Bessel): void {
  let zeroTerm = 1;
  let oneTerm = 1;
  let zero = 1;
  let one = 1;
  for (let i = 1; i < 25; i++) {
    const odd = (2 * i - 1) ** 2;
    zeroTerm *= odd / (8 * i * kappa);
    oneTerm *= (odd - 4) / (8 * i * kappa);
    zero += zeroTerm;
    one += oneTerm;
  }
  bessel.value = Math.log(zero) - 0.5 * (LOG_TWO_PI + Math.log(kappa));
  bessel.ratio = one / zero;
}

function density(): RowDensity {
  const bessel: Bessel = { value: 0, ratio: 0, slope: 0 };
  let kappa = Number.NaN;
  return {
    prepare(aux) {
      if (aux[0] !== kappa) writeBessel(aux[0], bessel);
      kappa = aux[0];
    },
    logDensity(y, _trials, mu, _rest, slopes) {
      // cos d − 1 keeps its digits where κ is large.
      const half = Math.sin(0.5 * (y - mu));
      const less = -2 * half * half;
      if (slopes) {
        slopes[0] = kappa * Math.sin(y - mu);
        slopes[1] = 1 + less - bessel.ratio;
      }
      return kappa * less - bessel.value - LOG_TWO_PI;
    },
    secondDerivatives(y, _trials, mu, _rest, target) {
      target[0] = -kappa * Math.cos(y - mu);
      setBoth(target, 2, 0, 1, Math.sin(y - mu));
      target[3] = -bessel.slope;
    },
    constant: () => 0,
  };
}

/** By rejection from a wrapped Cauchy variate (Best & Fisher 1979, Applied Statistics 28). */
function vonMisesVariate(mu: number, kappa: number, random: RandomStream): number {
  const tau = 1 + Math.sqrt(1 + 4 * kappa * kappa);
  const rho = (tau - Math.sqrt(2 * tau)) / (2 * kappa);
  const r = (1 + rho * rho) / (2 * rho);
  for (;;) {
    const z = Math.cos(Math.PI * random.uniform());
    const f = (1 + r * z) / (r + z);
    const c = kappa * (r - f);
    const u = 1 - random.uniform();
    if (c * (2 - c) <= u && Math.log(c / u) + 1 < c) continue;
    const angle = Math.acos(Math.min(1, Math.max(-1, f)));
    return wrapped(mu + (random.uniform() < 0.5 ? -angle : angle));
  }
}

/** The same angle between −π and π. */
function wrapped(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}

export const vonMises = byRows({
  density,
  simulateAt: (mu, [kappa], _trials, random) =>
    // Nearly uniform, where the envelope has no digits left.
    kappa < 1e-6
      ? Math.PI * (2 * random.uniform() - 1)
      : kappa > 1e8
        ? wrapped(mu + random.normal() / Math.sqrt(kappa))
        : vonMisesVariate(mu, kappa, random),
  expected: (outcome) =>
    Math.abs(outcome) <= Math.PI ? null : 'an angle in radians, from -3.14159 to 3.14159',
});
