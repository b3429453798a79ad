/**
 * The R2D2 prior of all slopes of a linear predictor together (Zhang et al. 2022, JASA 117), as brms states it: a beta
 * distribution of the share R² of variance that the slopes explain, spread over them by a Dirichlet distribution,
 *
 *     β_j = z_j √(φ_j τ²),   τ² = σ² R² / (1 − R²),   z_j ~ normal(0, 1)
 *     R² ~ beta(meanR2 precR2, (1 − meanR2) precR2),   φ ~ Dirichlet(consD2 …)
 *
 * with σ = 1 for families without it, or without `autoscale`. Reported are the slopes and, as by brms, R2D2_R2 and
 * R2D2_phi_NAME, unless there is one slope, whose share is 1. Parameters of the block: z; then R², and those of φ (simplex.ts).
 */
import type { R2D2Prior } from '../prior-distributions.js';
import { type CoefficientBlock, STANDARD_NORMAL } from './block.js';
import { sharePriors, simplex } from './simplex.js';

/** A share may underflow, but not its slope's derivative by it. */
const LEAST_SHARE = Number.MIN_VALUE / Number.EPSILON;

/**
 * @param names of the columns
 * @param parameter whose linear predictor they are in; undefined for the mean
 */
export function r2d2Block(
  prior: R2D2Prior,
  columns: readonly number[],
  names: readonly string[],
  parameter: string | undefined,
): CoefficientBlock {
  const count = columns.length;
  const { meanR2, precR2, consD2, autoscale } = prior;
  const concentration = consD2.length === 1 ? columns.map(() => consD2[0]) : consD2;
  const { write, pull } = simplex(count);
  const shares = new Float64Array(count);
  const byShare = new Float64Array(count);
  return {
    columns,
    own: columns.map(() => STANDARD_NORMAL),
    further: [
      { distribution: 'beta', alpha: meanR2 * precR2, beta: (1 - meanR2) * precR2 },
      ...sharePriors(concentration),
    ],
    reports: {
      names: [
        parameter === undefined ? 'R2D2_R2' : `R2D2_R2_${parameter}`,
        ...(count > 1 ? names.map((name) => `R2D2_phi_${name}`) : []),
      ],
      write({ further }, reported) {
        reported[0] = further[0];
        if (count === 1) return;
        write(further, 1, shares);
        reported.set(shares, 1);
      },
    },
    write({ own, further, sigma }, coefficients) {
      const tau = (autoscale ? sigma[0] : 1) * Math.sqrt(further[0] / (1 - further[0]));
      write(further, 1, shares);
      for (let j = 0; j < count; j++) coefficients[j] = own[j] * Math.sqrt(shares[j]) * tau;
    },
    pull({ own, further, sigma }, slopes, gradient) {
      const [r2] = further;
      const unit = autoscale ? sigma[0] : 1;
      const tau = unit * Math.sqrt(r2 / (1 - r2));
      let along = 0;
      write(further, 1, shares);
      for (let j = 0; j < count; j++) {
        const root = Math.sqrt(Math.max(shares[j], LEAST_SHARE));
        gradient.own[j] = slopes[j] * root * tau;
        byShare[j] = (0.5 * slopes[j] * own[j] * tau) / root;
        along += gradient.own[j] * own[j];
      }
      pull(further, 1, byShare, gradient.further);
      gradient.further[0] = (0.5 * along) / (r2 * (1 - r2));
      gradient.sigma[0] = autoscale ? along / unit : 0;
    },
  };
}
