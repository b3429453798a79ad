/**
 * The log density of Student's t distribution with ν degrees of freedom in d dimensions and unit
 * scale,
 *
 *         log p(x) = C − (ν + d)/2 · log(1 + |x|²/ν),
 *
 * where C = log Γ((ν + 1)/2) − log Γ(ν/2) − ½ log(ν π) for d = 1. Loops over many rows multiply
 * their factors and take one logarithm (models/families/student.ts, the WebAssembly kernels);
 * tests check that they agree with this file.
 */
import betaln from '@stdlib/math-base-special-betaln';
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';

/** The log density without C. */
export function studentTKernel(square: number, nu: number, dimension = 1): number {
  return -0.5 * (nu + dimension) * Math.log1p(square / nu);
}

/** C for d = 1. The beta function keeps the digits of the difference for large ν: Γ(½) = √π. */
export function studentTConstant(nu: number): number {
  return -betaln(0.5, 0.5 * nu) - 0.5 * Math.log(nu);
}

/**
 * Half the width of the central interval of a Student-t of unit scale, which is also its HDI:
 * t with P(|T| ≤ t) = mass. From the beta distribution of ν / (ν + T²).
 *
 * @param mass in (0, 1)
 */
export function studentTHalfWidth(mass: number, nu: number): number {
  const share = betaQuantile(1 - mass, nu / 2, 0.5);
  return Math.sqrt((nu * (1 - share)) / share);
}
