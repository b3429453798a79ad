/**
 * A penalized spline s(x), in the parametrization of src/formula/thin-plate.ts:
 *
 *     f(x) = β x₁ + Σ_j s_j z_j(x),   s_j = sds · u_j,   u_j ~ normal(0, 1)
 *
 * Columns: x₁, which has no penalty, then z_1 … . Parameters of the block: β, u_1 … ; in addition sds. Reported are
 * bs_NAME_1, sds_NAME_1 and s_NAME_1[j], as in brms.
 */
import type { TermFunction } from './block.js';

/** The plain data of a term s(x). */
export interface SplineTerm {
  readonly kind: 'spline';
  /** brms' name without prefix: `sx`, `sx:ga` for the level a of g; of another parameter's predictor `sigma_sx`. */
  readonly name: string;
  /** The term as written, by which priors of class sds name it. */
  readonly text: string;
  /** Number of columns, x₁ among them. */
  readonly columns: number;
  /** The parameter whose linear predictor it is in. @default the mean */
  readonly parameter?: string;
}

export function splineFunction({ name, columns }: SplineTerm): TermFunction {
  const plain = name.replaceAll(':', '');
  const names = Array.from({ length: columns - 1 }, (_, j) => `s_${plain}_1[${j + 1}]`);
  return {
    names: [`bs_${name}_1`, `sds_${plain}_1`, ...names],
    write({ own, further: [sds] }, coefficients) {
      coefficients[0] = own[0];
      for (let j = 1; j < columns; j++) coefficients[j] = sds * own[j];
    },
    pull({ own, further: [sds] }, slopes, gradient) {
      let along = 0;
      for (let j = 1; j < columns; j++) {
        along += slopes[j] * own[j];
        gradient.own[j] = sds * slopes[j];
      }
      gradient.own[0] = slopes[0];
      gradient.further[0] = along;
    },
    report({ further: [sds] }, coefficients, reported) {
      reported[0] = coefficients[0];
      reported[1] = sds;
      reported.set(coefficients.subarray(1), 2);
    },
    fromReported(reported, coefficients) {
      coefficients[0] = reported[0];
      coefficients.set(reported.subarray(2), 1);
    },
  };
}
