/**
 * The density of a Gaussian regression whose effects over one grouping factor are integrated out,
 *
 *     y = X δ + Z u + ε,    u_j = Λ v_j, v_j ~ normal(0, I),    ε ~ normal(0, σ² I),
 *
 * where X and δ hold what is left: the population's coefficients and the effects of smaller factors.
 * With r = y − X δ, τ = σ⁻², and for each level H = Z_jᵀZ_j, s = Z_jᵀr, S = I + τ Λᵀ H Λ,
 *
 *     log p(y | δ, Λ, σ) = −n log σ − ½ τ rᵀr + Σ_j ½ τ² sᵀ Λ S⁻¹ Λᵀ s − ½ log |S|,
 *
 * (Woodbury's identity and the determinant lemma, level by level), and
 *
 *     v_j | y, δ, Λ, σ ~ normal(τ S⁻¹ Λᵀ s, S⁻¹).
 *
 * Levels of the same H share S, and enter by B = Σ s sᵀ: with A = Λᵀ B Λ, n levels and
 * E = −½ τ² S⁻¹ A S⁻¹ − ½ n S⁻¹ the derivatives are
 *
 *     s̄ = τ² Λ S⁻¹ Λᵀ s,   Λ̄ = τ² B Λ S⁻¹ + 2 τ H Λ E,   τ̄ = τ tr(S⁻¹ A) + tr(E Λᵀ H Λ).
 *
 * A gradient costs products of levels, coefficients and columns, whatever the number of rows.
 */

import { solveLower, solveLowerTransposed } from '../../src/linear-algebra/cholesky.js';
import { multiply, multiplyTransposed } from '../../src/linear-algebra/products.js';
import type { RandomStream } from '../../src/random/stream.js';
import type { GaussianStatistics, LevelClass } from './gaussian-statistics.js';

export interface GaussianLikelihood {
  /** Sets the gradients; Λ̄ is added to. `delta` is counted from the statistics' reference. */
  logLikelihood(
    delta: Float64Array,
    loadings: Float64Array,
    sigma: number,
    deltaGradient: Float64Array,
    loadingGradient: Float64Array,
  ): number;
  /** d/dσ, of the last evaluation. */
  sigmaGradient(): number;
  /**
   * Minus the Hessian in two of the elements of δ, σ and Λ as last evaluated:
   * τ XᵀX − Σ_j τ² (Z_jᵀX_j)ᵀ Λ S⁻¹ Λᵀ (Z_jᵀX_j).
   */
  information(first: number, second: number): number;
  /** τ Z_jᵀZ_j of each level of the factor that is integrated out, row-major, as last evaluated. */
  lastInformation(): Float64Array;
  /** Writes effects drawn from their conditional, row-major (level, coefficient), as last evaluated. */
  drawEffects(random: RandomStream, loadings: Float64Array, effects: Float64Array): void;
}

interface ClassState {
  readonly levelClass: LevelClass;
  readonly count: number;
  /** s of each level. */
  readonly residuals: Float64Array;
  /** C of S = C Cᵀ, S⁻¹, and τ² Λ S⁻¹ Λᵀ. */
  readonly lower: Float64Array;
  readonly inverse: Float64Array;
  readonly shrinkage: Float64Array;
}

export function gaussianLikelihood(
  statistics: GaussianStatistics,
  size: number,
): GaussianLikelihood {
  const { rows, width, squares, products, gram, classes } = statistics;
  const square = size * size;
  const states: ClassState[] = classes.map((levelClass) => ({
    levelClass,
    count: levelClass.levels.length,
    residuals: new Float64Array(levelClass.pulls.length),
    lower: new Float64Array(square),
    inverse: new Float64Array(square),
    shrinkage: new Float64Array(square),
  }));
  const scratch = newScratch(size);
  let sigmaGradient = 0;
  let precision = 0;

  return {
    logLikelihood(delta, loadings, sigma, deltaGradient, loadingGradient) {
      const tau = 1 / (sigma * sigma);
      precision = tau;
      let remaining = squares;
      for (let i = 0, at = 0; i < width; i++) {
        let product = products[i];
        for (let j = 0; j < width; j++) product -= gram[at++] * delta[j];
        remaining -= (products[i] + product) * delta[i];
        deltaGradient[i] = tau * product;
      }
      let logLikelihood = -rows * Math.log(sigma) - 0.5 * tau * remaining;
      let tauGradient = -0.5 * remaining;
      for (const state of states) {
        writeResiduals(state, size, width, delta, scratch.moments);
        logLikelihood += integrate(state, size, loadings, tau, scratch, loadingGradient);
        tauGradient += scratch.tauGradient;
        pullBack(state, size, width, deltaGradient, scratch.shrunk);
      }
      sigmaGradient = -rows / sigma - (2 * tauGradient * tau) / sigma;
      return logLikelihood;
    },
    sigmaGradient: () => sigmaGradient,
    information(first, second) {
      let sum = precision * gram[first * width + second];
      for (const { levelClass, count, shrinkage } of states) {
        for (let at = 0; at < count * square; at++) {
          const level = Math.floor(at / square);
          const a = Math.floor((at % square) / size);
          const b = at % size;
          sum -=
            levelClass.crosses[(level * size + a) * width + first] *
            shrinkage[a * size + b] *
            levelClass.crosses[(level * size + b) * width + second];
        }
      }
      return sum;
    },
    lastInformation() {
      const levels = states.reduce((sum, { count }) => sum + count, 0);
      const all = new Float64Array(levels * square);
      for (const { levelClass } of states) {
        for (const level of levelClass.levels) {
          all.set(
            levelClass.information.map((h) => precision * h),
            level * square,
          );
        }
      }
      return all;
    },
    drawEffects(random, loadings, effects) {
      const v = new Float64Array(size);
      const noise = new Float64Array(size);
      for (const { levelClass, residuals, lower } of states) {
        levelClass.levels.forEach((level, at) => {
          for (let r = 0; r < size; r++) {
            v[r] = 0;
            for (let m = r; m < size; m++) {
              v[r] += precision * loadings[m * size + r] * residuals[at * size + m];
            }
          }
          // C⁻ᵀ (C⁻¹ τ Λᵀ s + noise).
          solveLower(lower, v);
          random.normals(noise);
          for (let r = 0; r < size; r++) v[r] += noise[r];
          solveLowerTransposed(lower, v);
          for (let r = 0; r < size; r++) {
            let sum = 0;
            for (let m = 0; m <= r; m++) sum += loadings[r * size + m] * v[m];
            effects[level * size + r] = sum;
          }
        });
      }
    },
  };
}

function newScratch(size: number) {
  const matrix = () => new Float64Array(size * size);
  return {
    moments: matrix(),
    informed: matrix(),
    moved: matrix(),
    inner: matrix(),
    middle: matrix(),
    outer: matrix(),
    shrunk: new Float64Array(size),
    column: new Float64Array(size),
    tauGradient: 0,
  };
}
type Scratch = ReturnType<typeof newScratch>;

/** s_j = Z_jᵀr − Z_jᵀX δ of each level, and B = Σ s sᵀ. */
function writeResiduals(
  { levelClass, residuals, count }: ClassState,
  size: number,
  width: number,
  delta: Float64Array,
  moments: Float64Array,
): void {
  const { pulls, crosses } = levelClass;
  moments.fill(0);
  for (let at = 0, cross = 0; at < count * size; at++) {
    let sum = pulls[at];
    for (let j = 0; j < width; j++) sum -= crosses[cross++] * delta[j];
    residuals[at] = sum;
  }
  for (let level = 0; level < count * size; level += size) {
    for (let a = 0; a < size; a++) {
      for (let b = 0; b <= a; b++) {
        moments[a * size + b] += residuals[level + a] * residuals[level + b];
      }
    }
  }
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < a; b++) moments[b * size + a] = moments[a * size + b];
  }
}

/** The part of the log likelihood of a class; adds Λ̄, sets τ̄ and the state's matrices. */
function integrate(
  { levelClass, count, lower, inverse, shrinkage }: ClassState,
  size: number,
  loadings: Float64Array,
  tau: number,
  scratch: Scratch,
  loadingGradient: Float64Array,
): number {
  const { moments, informed, moved, inner, middle, outer } = scratch;
  multiply(levelClass.information, loadings, size, informed);
  multiplyTransposed(loadings, informed, size, inner);
  for (let i = 0; i < lower.length; i++) lower[i] = tau * inner[i];
  for (let r = 0; r < size; r++) lower[r * (size + 1)] += 1;
  const logDeterminant = invert(lower, size, inverse, scratch.column);
  multiply(moments, loadings, size, moved);
  multiplyTransposed(loadings, moved, size, middle);
  // S⁻¹ A, and E in place of A.
  multiply(inverse, middle, size, outer);
  let trace = 0;
  for (let r = 0; r < size; r++) trace += outer[r * (size + 1)];
  multiply(outer, inverse, size, middle);
  for (let i = 0; i < middle.length; i++) {
    middle[i] = -0.5 * (tau * tau * middle[i] + count * inverse[i]);
  }
  let tauGradient = tau * trace;
  for (let i = 0; i < middle.length; i++) tauGradient += middle[i] * inner[i];
  scratch.tauGradient = tauGradient;
  for (let r = 0; r < size; r++) {
    for (let c = 0; c <= r; c++) {
      let sum = 0;
      for (let m = 0; m < size; m++) {
        sum +=
          tau * tau * moved[r * size + m] * inverse[m * size + c] +
          2 * tau * informed[r * size + m] * middle[m * size + c];
      }
      loadingGradient[r * size + c] += sum;
    }
  }
  multiply(loadings, inverse, size, outer);
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) {
      let sum = 0;
      for (let m = 0; m <= c; m++) sum += outer[r * size + m] * loadings[c * size + m];
      shrinkage[r * size + c] = tau * tau * sum;
    }
  }
  return 0.5 * tau * tau * trace - 0.5 * count * logDeterminant;
}

/** δ̄ −= Σ_j (Z_jᵀX_j)ᵀ s̄_j. */
function pullBack(
  { levelClass, residuals, count, shrinkage }: ClassState,
  size: number,
  width: number,
  deltaGradient: Float64Array,
  shrunk: Float64Array,
): void {
  const { crosses } = levelClass;
  for (let level = 0, cross = 0; level < count; level++) {
    for (let a = 0; a < size; a++) {
      let sum = 0;
      for (let b = 0; b < size; b++) sum += shrinkage[a * size + b] * residuals[level * size + b];
      shrunk[a] = sum;
    }
    for (let a = 0; a < size; a++) {
      const weight = shrunk[a];
      for (let j = 0; j < width; j++) deltaGradient[j] -= crosses[cross++] * weight;
    }
  }
}

/** Turns S into its factor C in place, writes S⁻¹, returns log |S|. */
function invert(
  matrix: Float64Array,
  size: number,
  inverse: Float64Array,
  column: Float64Array,
): number {
  let determinant = 1;
  for (let r = 0; r < size; r++) {
    for (let c = 0; c <= r; c++) {
      let sum = matrix[r * size + c];
      for (let m = 0; m < c; m++) sum -= matrix[r * size + m] * matrix[c * size + m];
      matrix[r * size + c] = r === c ? Math.sqrt(sum) : sum / matrix[c * (size + 1)];
    }
    determinant *= matrix[r * (size + 1)];
  }
  for (let c = 0; c < size; c++) {
    column.fill(0);
    column[c] = 1;
    solveLower(matrix, column);
    solveLowerTransposed(matrix, column);
    for (let r = 0; r < size; r++) inverse[r * size + c] = column[r];
  }
  return 2 * Math.log(determinant);
}
