/**
 * The regularized horseshoe of all slopes of a linear predictor together (Piironen & Vehtari 2017, Electronic
 * J. of Statistics 11, eq. 2.8), as brms states it:
 *
 *     β_j = z_j τ λ̃_j,   λ̃_j² = c² λ_j² / (c² + τ² λ_j²),   z_j ~ normal(0, 1)
 *     λ_j ~ half-t(df, 0, 1),   τ = σ t,   t ~ half-t(dfGlobal, 0, scaleGlobal),   c² = scaleSlab² v
 *     v ~ inv-gamma(½ dfSlab, ½ dfSlab)
 *
 * with σ = 1 for families without it, or without `autoscale`. `parRatio`, the expected number of slopes
 * that are not zero over that of the others, gives the global scale parRatio / √rows in place of
 * `scaleGlobal`.
 *
 * Reported are the slopes, as by brms, and not λ, τ and v. Parameters of the block: z; then λ_1 … λ_k, t, v.
 * With s = τ λ_j and q = c²/(c² + s²), log |β_j| rises by q with log λ_j and log τ, and by ½ (1 − q) with log v.
 */
import type { HorseshoePrior, Prior } from '../prior-distributions.js';
import { type CoefficientBlock, STANDARD_NORMAL } from './block.js';

function halfT(df: number, scale: number): Prior {
  return { distribution: 'student_t', df, location: 0, scale, lower: 0 };
}

/** @param rows of the data */
export function horseshoeBlock(
  prior: HorseshoePrior,
  columns: readonly number[],
  rows: number,
): CoefficientBlock {
  const count = columns.length;
  const scale = prior.parRatio === undefined ? prior.scaleGlobal : prior.parRatio / Math.sqrt(rows);
  const half = 0.5 * prior.dfSlab;
  const slabUnit = prior.scaleSlab * prior.scaleSlab;
  return {
    columns,
    own: columns.map(() => STANDARD_NORMAL),
    further: [
      ...columns.map(() => halfT(prior.df, 1)),
      halfT(prior.dfGlobal, scale),
      { distribution: 'inv_gamma', shape: half, scale: half, lower: 0 },
    ],
    write({ own, further, sigma }, coefficients) {
      const tau = further[count] * (prior.autoscale ? sigma[0] : 1);
      const slab = slabUnit * further[count + 1];
      for (let j = 0; j < count; j++) {
        const s = tau * further[j];
        coefficients[j] = own[j] * s * Math.sqrt(slab / (slab + s * s));
      }
    },
    pull({ own, further, sigma }, slopes, gradient) {
      const unit = prior.autoscale ? sigma[0] : 1;
      const tau = further[count] * unit;
      const slab = slabUnit * further[count + 1];
      let byTau = 0;
      let bySlab = 0;
      for (let j = 0; j < count; j++) {
        const s = tau * further[j];
        const q = slab / (slab + s * s);
        gradient.own[j] = slopes[j] * s * Math.sqrt(q);
        const along = gradient.own[j] * own[j];
        gradient.further[j] = (along * q) / further[j];
        byTau += along * q;
        bySlab += 0.5 * along * (1 - q);
      }
      gradient.further[count] = byTau / further[count];
      gradient.further[count + 1] = bySlab / further[count + 1];
      gradient.sigma[0] = prior.autoscale ? byTau / unit : 0;
    },
  };
}
