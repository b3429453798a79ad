/**
 * Separation: is there a direction of the coefficients along which a likelihood never falls? Then it
 * has no peak, and a flat prior leaves the posterior without a finite mass (Albert & Anderson 1984,
 * Biometrika 71, for outcomes of two kinds; Santos Silva & Tenreyro 2010 for counts).
 *
 * A row of which the likelihood rises for ever as its linear predictor grows is written as the
 * vector a_i with a_i·d ≥ 0, its columns with that sign; a row that has a peak as a_i·d = 0. A
 * direction d with all of this and Σ a_i·d > 0 exists, or else weights above zero with
 * Σ w_i a_i = 0 (Stiemke's lemma): one of them, never both. The vector of the cone {Σ w_i a_i, w ≥ 0}
 * that is nearest to −Σ a_i tells which: what is left between the two is zero, or is such a d.
 */
import { solveUpper } from '../linear-algebra/cholesky.js';

export interface Rises {
  /** Number of coefficients. */
  readonly width: number;
  /** Rows that may only rise, row-major; each of them may be strict. */
  readonly rising: Float64Array;
  /** Rows that must stay where they are. */
  readonly fixed: Float64Array;
  /** Rows that may only rise and prove nothing by it: bounds of coefficients. */
  readonly bounds: Float64Array;
}
