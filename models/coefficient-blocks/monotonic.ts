/**
 * A monotonic effect mo(x) of an ordered predictor (Bürkner & Charpentier 2020, British J. of Mathematical and
 * Statistical Psychology 73, eq. 2). With x from 0 to D, it adds to the linear predictor
 *
 *     b D Σ_{l ≤ x} ζ_l,   ζ ~ Dirichlet(a_1 … a_D)
 *
 * so that b is the average step between neighbours and ζ_l the share of step l. The columns are 1{x ≥ l}, for
 * an interaction mo(x):z times z; the coefficient of column l is b D ζ_l.
 *
 * Parameters of the block: b, and the shares v_l of what the steps before l have left of the stick,
 *
 *     ζ_l = v_l Π_{m < l} (1 − v_m),   v_l ~ beta(a_l, a_{l+1} + … + a_D),   v_D = 1.
 *
 * Reported are bsp_NAME and simo_NAME1[l], as in brms.
 */
import type { TermFunction } from './block.js';

/** The plain data of a term: mo(x), or mo(x):z. */
export interface MonotonicTerm {
  readonly kind: 'monotonic';
  /** brms' name without prefix: `mox`, `mox:z`; of another parameter's predictor `sigma_mox`. */
  readonly name: string;
  /** D, the number of steps and of its columns. */
  readonly columns: number;
  /** The parameter whose linear predictor it is in. @default the mean */
  readonly parameter?: string;
}

export function monotonicFunction({ name, columns }: MonotonicTerm): TermFunction {
  /** What is left of the stick before each step. */
  const left = new Float64Array(columns);
  const writeShares = (own: Float64Array, shares: Float64Array): void => {
    let rest = 1;
    for (let l = 0; l < columns; l++) {
      left[l] = rest;
      shares[l] = l === columns - 1 ? rest : rest * own[l + 1];
      rest *= l === columns - 1 ? 0 : 1 - own[l + 1];
    }
  };
  return {
    names: [`bsp_${name}`, ...Array.from({ length: columns }, (_, l) => `simo_${name}1[${l + 1}]`)],
    write({ own }, coefficients) {
      writeShares(own, coefficients);
      for (let l = 0; l < columns; l++) coefficients[l] *= own[0] * columns;
    },
    pull({ own }, slopes, gradient) {
      const scale = own[0] * columns;
      // The derivative by v_l, from the last step to the first: `after` is that by what is left after step l.
      let after = slopes[columns - 1];
      for (let l = columns - 2; l >= 0; l--) {
        gradient.own[l + 1] = scale * left[l] * (slopes[l] - after);
        after = own[l + 1] * slopes[l] + (1 - own[l + 1]) * after;
      }
      gradient.own[0] = columns * after;
    },
    report({ own }, _, reported) {
      reported[0] = own[0];
      writeShares(own, reported.subarray(1));
    },
    fromReported(reported, coefficients) {
      for (let l = 0; l < columns; l++) coefficients[l] = columns * reported[0] * reported[l + 1];
    },
  };
}
