/**
 * Orthogonal polynomials of a variable over its values in the data, as R's `poly`: p_0 = 1 and
 *
 *     p_{j+1}(x) = (x − α_{j+1}) p_j(x) − (‖p_j‖² / ‖p_{j−1}‖²) p_{j−1}(x),
 *     α_{j+1} = Σ x p_j(x)² / ‖p_j‖²,
 *
 * each finally divided by its norm (Kennedy & Gentle 1980, Statistical Computing, pp. 343–4; the
 * recurrence of Forsythe 1957). The α and the norms suffice to evaluate new values of x.
 */

import { dot } from '../linear-algebra/sums.js';

/** R's coefs as a flat list: α_1 … α_k, then 1, ‖p_0‖², … ‖p_k‖². */
type PolynomialBasis = readonly number[];

/** Norms below this share of their bound by the spread of the values are rounding errors. */
const RANK_TOLERANCE = 1e-7;

/** Returns null if the number of distinct values does not exceed the degree. */
export function polynomialBasis(x: Float64Array, degree: number): PolynomialBasis | null {
  const n = x.length;
  if (new Set(x).size <= degree) return null;
  const mean = x.reduce((sum, value) => sum + value, 0) / n;
  const centred = x.map((value) => value - mean);
  const alphas: number[] = [];
  const norms = [1, n];
  const polynomials: Float64Array[] = [new Float64Array(n).fill(1)];
  for (let j = 0; j < degree; j++) {
    const current = polynomials[j];
    const alpha = dot3(centred, current, current) / norms[j + 1];
    alphas.push(alpha + mean);
    const previous = polynomials[j - 1];
    const ratio = norms[j + 1] / norms[j];
    const next = current.map(
      (value, i) => (centred[i] - alpha) * value - (j > 0 ? ratio * previous[i] : 0),
    );
    const before = dot(next, next);
    // Reorthogonalizes against all earlier polynomials, to restore digits lost in the recurrence.
    for (let other = 0; other <= j; other++) {
      const p = polynomials[other];
      const part = dot(next, p) / norms[other + 1];
      for (let i = 0; i < n; i++) next[i] -= part * p[i];
    }
    const norm = dot(next, next);
    const largest = dot3(
      current,
      current,
      centred.map((value) => (value - alpha) ** 2),
    );
    if (!(norm > RANK_TOLERANCE ** 2 * largest && before > 0)) return null;
    norms.push(norm);
    polynomials.push(next);
  }
  return [...alphas, ...norms];
}

/** Columns p_1 … p_k at the values of x, normalized. */
export function polynomialColumns(
  x: Float64Array,
  degree: number,
  basis: PolynomialBasis,
): readonly Float64Array[] {
  const alphas = basis.slice(0, degree);
  const norms = basis.slice(degree);
  const columns: Float64Array[] = [];
  let previous = new Float64Array(x.length);
  let current = new Float64Array(x.length).fill(1);
  for (let j = 0; j < degree; j++) {
    const ratio = j > 0 ? norms[j + 1] / norms[j] : 0;
    const next = current.map((value, i) => (x[i] - alphas[j]) * value - ratio * previous[i]);
    previous = current;
    current = next;
    const scale = Math.sqrt(norms[j + 2]);
    columns.push(next.map((value) => value / scale));
  }
  return columns;
}

/** x, x², … */
export function rawPowers(x: Float64Array, degree: number): readonly Float64Array[] {
  return Array.from({ length: degree }, (_, j) => x.map((value) => power(value, j + 1)));
}

/** As R's `^`, which computes a square as a product. */
export function power(base: number, exponent: number): number {
  return exponent === 2 ? base * base : base ** exponent;
}

function dot3(a: Float64Array, b: Float64Array, c: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i] * c[i];
  return sum;
}
