/** The variance of what the effects u ~ normal(0, Σ) of a group term add to a row, zᵀΣz, at each draw of Σ. */
import { parameterDraws } from '../../posterior/draws.js';
import type { FittedRegression } from '../fitted-regression.js';
import type { GroupLayout } from './layout.js';

/** Adds zᵀΣ_s z to each `variance[s]`. */
type VarianceAdder = (z: Float64Array, variance: Float64Array) => void;

export function effectVariance(
  fit: Pick<FittedRegression, 'draws'>,
  term: GroupLayout,
  drawsUsed: Uint32Array,
): VarianceAdder {
  const covariance = covarianceDraws(fit, term, drawsUsed);
  return (z, variance) => {
    for (let a = 0; a < z.length; a++) {
      for (let b = 0; b <= a; b++) {
        const factor = (a === b ? 1 : 2) * z[a] * z[b];
        if (factor === 0) continue;
        const entry = covariance[a][b];
        for (let s = 0; s < variance.length; s++) variance[s] += factor * entry[s];
      }
    }
  };
}

/** Σ at each used draw: of coefficients a and b at [a][b], b ≤ a. */
function covarianceDraws(
  { draws }: Pick<FittedRegression, 'draws'>,
  { coefficients, sds, correlations, correlationCount }: GroupLayout,
  drawsUsed: Uint32Array,
): readonly (readonly Float64Array[])[] {
  const used = (place: number) => {
    const all = parameterDraws(draws, place);
    return Float64Array.from(drawsUsed, (draw) => all[draw]);
  };
  const scales = coefficients.map((_, c) => used(sds + c));
  let pair = correlations;
  return coefficients.map((_, a) =>
    coefficients.slice(0, a + 1).map((_, b) => {
      if (a === b) return scales[a].map((sd) => sd * sd);
      if (correlationCount === 0) return new Float64Array(drawsUsed.length);
      return used(pair++).map((cor, s) => cor * scales[a][s] * scales[b][s]);
    }),
  );
}
