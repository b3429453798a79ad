/**
 * The basis of a Gaussian process of one variable in a Hilbert space of reduced rank, `gp(x, k = 20)` (Solin & Särkkä
 * 2020, Statistics and Computing 30, 419–446; Riutort-Mayol et al. 2023, Statistics and Computing 33, 17), as brms
 * has it:
 *
 *     f(x) = Σ_j √S(ω_j) z_j φ_j(x),   φ_j(x) = sin(ω_j (x′ + L)) / √L,   ω_j = j π / (2 L)
 *
 * with x′ = x / range − the mean of the distinct values of x / range, L = c times the range of x′, and S the
 * spectral density of the kernel (models/coefficient-blocks/gaussian-process.ts). φ_j are eigenfunctions of the
 * Laplacian on [−L, L], and f is 0 at its ends. With `scale = FALSE`, the range is taken for 1, and L is c times the
 * range of x or c, whichever is larger.
 */
import { meanOf } from '../linear-algebra/sums.js';

/** The basis of a fit: unit of x, mean of x in that unit, L, and of the distinct values the smallest gap and the range. */
type HilbertBasis = readonly [
  unit: number,
  mean: number,
  boundary: number,
  leastGap: number,
  range: number,
];

interface HilbertOptions {
  /** Factor of the range of x at which f is 0, from the mean. */
  readonly c: number;
  /** Whether x is divided by its range. */
  readonly isScaled: boolean;
}

/** @param x with two distinct values or more */
export function hilbertBasis(x: Float64Array, { c, isScaled }: HilbertOptions): HilbertBasis {
  const distinct = Float64Array.from(new Set(x)).sort();
  const whole = distinct[distinct.length - 1] - distinct[0];
  const unit = isScaled ? whole : 1;
  const own = distinct.map((value) => value / unit);
  const range = whole / unit;
  const gaps = own.subarray(1).map((value, i) => value - own[i]);
  return [unit, meanOf(own), c * Math.max(1, range), gaps.reduce((a, b) => Math.min(a, b)), range];
}

/** ω_1 … ω_k. */
export function hilbertFrequencies([, , boundary]: HilbertBasis, k: number): Float64Array {
  return Float64Array.from({ length: k }, (_, j) => ((j + 1) * Math.PI) / (2 * boundary));
}

/** φ_1 … φ_k. */
export function hilbertColumns(
  x: Float64Array,
  basis: HilbertBasis,
  k: number,
): readonly Float64Array[] {
  const [unit, mean, boundary] = basis;
  const height = 1 / Math.sqrt(boundary);
  return Array.from(hilbertFrequencies(basis, k), (frequency) =>
    x.map((value) => height * Math.sin(frequency * (value / unit - mean + boundary))),
  );
}

/** Kernels of Gaussian processes, by brms' names. */
export const covarianceNames = ['exp_quad', 'matern32', 'matern52'] as const;
export type CovarianceName = (typeof covarianceNames)[number];
