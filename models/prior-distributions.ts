/**
 * Distributions of a prior as plain data, on the parameter's own scale. Bounds cut the density off
 * and are normalized away; a half-normal is a normal with lower = 0. What can be computed from one
 * is beside this file, a subject a file.
 */
import type { Counting } from './prior-distributions/moved.js';

export interface Bounds {
  readonly lower?: number;
  readonly upper?: number;
  /**
   * Inside a model whose data are in other units than the user's: the distribution and its bounds
   * are those of origin + unit · the model's parameter (prior-distributions/moved.ts).
   */
  readonly counted?: Counting;
}

export type Prior = Bounds &
  (
    | { readonly distribution: 'flat' }
    | { readonly distribution: 'normal'; readonly mean: number; readonly sd: number }
    | {
        readonly distribution: 'student_t';
        readonly df: number;
        readonly location: number;
        readonly scale: number;
      }
    | { readonly distribution: 'cauchy'; readonly location: number; readonly scale: number }
    | { readonly distribution: 'exponential'; readonly rate: number }
    | { readonly distribution: 'gamma'; readonly shape: number; readonly rate: number }
    | { readonly distribution: 'beta'; readonly alpha: number; readonly beta: number }
    | { readonly distribution: 'lognormal'; readonly meanlog: number; readonly sdlog: number }
    | { readonly distribution: 'uniform'; readonly from: number; readonly to: number }
  );

export { type PriorDensity, priorDensity } from './prior-distributions/density.js';
export { drawPrior } from './prior-distributions/draw.js';
export { drawLkj, drawLkjFactor, lkjLogDensity } from './prior-distributions/lkj.js';
export { priorMass } from './prior-distributions/mass.js';
export { type Counting, movedPrior } from './prior-distributions/moved.js';
export { isProper, type Support, supportOf } from './prior-distributions/support.js';
export { validateLkj, validatePrior } from './prior-distributions/validate.js';
