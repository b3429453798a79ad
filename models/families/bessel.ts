/**
 * log I₀(κ) of the modified Bessel function and its slope A(κ) = I₁(κ)/I₀(κ), which is the mean cosine of a von
 * Mises angle, for κ ≥ 0. Up to κ = 30 by the ascending series (Abramowitz & Stegun 1964, 9.6.10), whose
 * terms are all positive; beyond by the asymptotic one (9.7.1), whose least term is below e^−60.
 */

const LARGE = 30;

/** Written by `logBessel`. */
interface BesselTerms {
  /** log I₀. */
  value: number;
  /** A = (log I₀)′. */
  slope: number;
  /** A′ = 1 − A/κ − A². */
  curvature: number;
}

export function newBesselTerms(): BesselTerms {
  return { value: 0, slope: 0, curvature: 0 };
}

export function logBessel(kappa: number, terms: BesselTerms): void {
  if (kappa > LARGE) writeAsymptotic(kappa, terms);
  else writeAscending(kappa, terms);
}

/** With q = κ²/4: I₀ = Σ q^k/(k!)², I₁ = (κ/2) Σ q^k/(k! (k + 1)!), and I₀ − I₁/κ = I₁′. */
function writeAscending(kappa: number, terms: BesselTerms): void {
  const q = 0.25 * kappa * kappa;
  let term = 1;
  // I₀ − 1, which keeps the digits of a small logarithm.
  let rest = 0;
  let one = 1;
  for (let k = 1; term > (1 + rest) * 1e-17; k++) {
    term *= q / (k * k);
    rest += term;
    one += term / (k + 1);
  }
  // I₁/κ over I₀, which is ½ at κ = 0.
  const ratio = (0.5 * one) / (1 + rest);
  terms.value = Math.log1p(rest);
  terms.slope = kappa * ratio;
  terms.curvature = 1 - ratio - terms.slope * terms.slope;
}

/** I_ν = e^κ/√(2πκ) Σ_k Π_j ((2j − 1)² − 4ν²)/(j 8κ). */
function writeAsymptotic(kappa: number, terms: BesselTerms): void {
  let zero = 1;
  // 1 − I₁/I₀ would lose digits; the differences of the terms of both keep them.
  let lack = 0;
  let termZero = 1;
  let termOne = 1;
  for (let j = 1; j < 2 * LARGE && Math.abs(termZero) > 1e-18; j++) {
    const odd = (2 * j - 1) ** 2;
    const scale = 1 / (8 * j * kappa);
    termZero *= odd * scale;
    termOne *= (odd - 4) * scale;
    zero += termZero;
    lack += termZero - termOne;
  }
  const rest = lack / zero;
  const slope = 1 - rest;
  terms.value = kappa - 0.5 * Math.log(2 * Math.PI * kappa) + Math.log(zero);
  terms.slope = slope;
  // 1 − A² − A/κ = rest (1 + A) − A/κ.
  terms.curvature = rest * (1 + slope) - slope / kappa;
}
