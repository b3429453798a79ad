/**
 * A monotonic effect mo(x) of an ordered predictor (Bürkner & Charpentier 2020, British J. of Mathematical and
 * Statistical Psychology 73, eq. 2). With x from 0 to D, it adds to the linear predictor
 *
 *     b D Σ_{l ≤ x} ζ_l,   ζ ~ Dirichlet(a_1 … a_D)
 *
 * so that b is the average step between neighbours and ζ_l the share of step l. The columns are 1{x ≥ l}, for
 * an interaction mo(x):z times z; the coefficient of column l is b D ζ_l.
 *
 * Parameters of the block: b, and the D − 1 of the shares (simplex.ts). Reported are bsp_NAME and
 * simo_NAME1[l], as in brms.
 */
import type { TermFunction } from './block.js';
import { simplex } from './simplex.js';

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
  const { write, pull } = simplex(columns);
  const scaled = new Float64Array(columns);
  return {
    names: [`bsp_${name}`, ...Array.from({ length: columns }, (_, l) => `simo_${name}1[${l + 1}]`)],
    write({ own }, coefficients) {
      write(own, 1, coefficients);
      for (let l = 0; l < columns; l++) coefficients[l] *= own[0] * columns;
    },
    pull({ own }, slopes, gradient) {
      write(own, 1, scaled);
      gradient.own[0] = 0;
      for (let l = 0; l < columns; l++) {
        gradient.own[0] += columns * slopes[l] * scaled[l];
        scaled[l] = own[0] * columns * slopes[l];
      }
      pull(own, 1, scaled, gradient.own);
    },
    report({ own }, _, reported) {
      reported[0] = own[0];
      write(own, 1, scaled);
      reported.set(scaled, 1);
    },
    fromReported(reported, coefficients) {
      for (let l = 0; l < columns; l++) coefficients[l] = columns * reported[0] * reported[l + 1];
    },
  };
}
