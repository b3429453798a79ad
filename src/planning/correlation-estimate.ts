/**
 * The correlation that the paper's analysis gives for a simulated study: learned weights are scaled to
 * ±100 within their context and rounded, weights and mean reports are standardized within a base model,
 * and weights are regressed on reports, with a slope of its own for each base model and side and one σ
 * (src/analysis/correlations.ts, src/analysis/training-effect.ts). The estimate is the mean of the base
 * models' slopes, or its increase from the first side to the second.
 *
 * All variables are standardized, so the slope of a cell is Pearson's r. With flat priors the posterior
 * of a contrast Σ c_m r_m is a Student-t. brms' priors are flat to a good approximation here: the scale
 * of the prior of σ is 2.5 and σ is below 1. A flat prior of σ gives
 *
 *     ν = n − p − 1,  scale² = (RSS / ν) · Σ_m c_m² / (n_m − 1),  RSS = Σ_m (n_m − 1)(1 − r_m²)
 *
 * for n rows and p coefficients (Gelman et al. 2013, Bayesian Data Analysis, §14.2, with σ⁰ for σ⁻²).
 * A t is symmetric: its HDI is central.
 */
import { studentTHalfWidth } from '../linear-algebra/student-t.js';
import { pearson } from '../linear-algebra/sums.js';
import type { SimulatedEstimate } from './plan.js';
import type { SimulatedStudy } from './simulate-study.js';

/** One cell: Pearson's r of n pairs, and its weight in the contrast. */
interface Cell {
  readonly r: number;
  readonly n: number;
  readonly weight: number;
}

const MASS = 0.95;

/** The paper's estimate: the raw correlation, attenuated by the noise of weights and reports. */
export function rawCorrelation({ design, sides }: SimulatedStudy): SimulatedEstimate {
  const cells = sides.flatMap((side, s) =>
    side.map((contexts): Cell => {
      const weight = (sides.length === 2 && s === 0 ? -1 : 1) / side.length;
      const n = contexts.length * design.attributes;
      const weights = new Float64Array(n);
      const reports = new Float64Array(n);
      contexts.forEach(({ learned, meanReport }, c) => {
        weights.set(learned, c * design.attributes);
        reports.set(meanReport, c * design.attributes);
      });
      return { r: pearson(weights, reports), n, weight };
    }),
  );
  return contrastOf(cells);
}

/** @param cells whose weights say what is estimated: 1 for a single correlation */
export function contrastOf(cells: readonly Cell[]): SimulatedEstimate {
  const rows = cells.reduce((sum, { n }) => sum + n, 0);
  const nu = rows - 2 * cells.length - 1;
  const residual = cells.reduce((sum, { r, n }) => sum + (n - 1) * (1 - r * r), 0);
  const spread = cells.reduce((sum, { n, weight }) => sum + weight ** 2 / (n - 1), 0);
  const estimate = cells.reduce((sum, { r, weight }) => sum + weight * r, 0);
  const half = halfWidth(nu) * Math.sqrt((residual / nu) * spread);
  return { estimate, hdi: [estimate - half, estimate + half] };
}

const halfWidths = new Map<number, number>();

/** Kept by degrees of freedom: few of them occur, each in every simulation. */
function halfWidth(nu: number): number {
  const known = halfWidths.get(nu);
  if (known !== undefined) return known;
  const found = studentTHalfWidth(MASS, nu);
  halfWidths.set(nu, found);
  return found;
}

/** Pearson's r of learned with true weights: √reliability of the learned weights of a design. */
export function weightReliabilityRoot(
  contexts: readonly { readonly weights: Float64Array; readonly learned: readonly number[] }[],
): number {
  return pearson(
    contexts.flatMap(({ weights }) => Array.from(weights)),
    contexts.flatMap(({ learned }) => learned),
  );
}
