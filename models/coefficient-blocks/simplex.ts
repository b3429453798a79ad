/**
 * Shares that sum to 1 by breaking a stick: each takes v_l of what those before it have left,
 *
 *     ζ_l = v_l Π_{m < l} (1 − v_m),   v_K = 1.
 *
 * ζ ~ Dirichlet(a_1 … a_K) if v_l ~ beta(a_l, a_{l+1} + … + a_K), independently (Connor & Mosimann 1969, JASA 64):
 * a simplex is K − 1 parameters with priors of their own.
 */
import type { Prior } from '../prior-distributions.js';

interface Simplex {
  /** Writes the K shares of v_1 … v_{K−1}, which start at `from`. */
  write(values: Float64Array, from: number, shares: Float64Array): void;
  /** Writes the gradient by v_1 … v_{K−1}, from that by the shares last written. */
  pull(values: Float64Array, from: number, slopes: Float64Array, gradient: Float64Array): void;
}

export function simplex(count: number): Simplex {
  /** What is left of the stick before each share. */
  const left = new Float64Array(count);
  const last = count - 1;
  return {
    write(values, from, shares) {
      let rest = 1;
      for (let l = 0; l < last; l++) {
        left[l] = rest;
        shares[l] = rest * values[from + l];
        rest *= 1 - values[from + l];
      }
      shares[last] = rest;
    },
    pull(values, from, slopes, gradient) {
      // The derivative by what is left after share l, per unit of it.
      let after = slopes[last];
      for (let l = last - 1; l >= 0; l--) {
        const v = values[from + l];
        gradient[from + l] = left[l] * (slopes[l] - after);
        after = v * slopes[l] + (1 - v) * after;
      }
    },
  };
}

/** The priors of v_1 … v_{K−1} under which the shares are Dirichlet with this concentration. */
export function sharePriors(concentration: readonly number[]): Prior[] {
  return concentration.slice(0, -1).map((alpha, l) => ({
    distribution: 'beta',
    alpha,
    beta: concentration.slice(l + 1).reduce((sum, one) => sum + one, 0),
  }));
}
