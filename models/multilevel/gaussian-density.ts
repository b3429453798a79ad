/**
 * The density of a Gaussian regression whose effects over one grouping factor are integrated out,
 *
 *     y = X δ + Z u + ε,    u_j = Λ v_j, v_j ~ normal(0, I),    ε ~ normal(0, σ² I),
 *
 * with δ the population-level coefficients and the effects of smaller factors, and X their columns.
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
 * The cost of a gradient depends on levels, coefficients and columns, not on the number of rows.
 */

import {
  factorize,
  logDeterminant,
  multiply,
  multiplyTransposed,
  solveLower,
  solveLowerTransposed,
  writeInverse,
} from '../../src/linear-algebra/cholesky.js';
import type { RandomStream } from '../../src/random/stream.js';
import type { GaussianStatistics, LevelClass } from './gaussian-statistics.js';

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

/** The log likelihood of (δ, Λ, σ), and the conditional of the effects at its last evaluation. */
export class IntegratedLikelihood {
  readonly #statistics: GaussianStatistics;
  readonly #size: number;
  readonly #states: readonly ClassState[];
  readonly #scratch: Scratch;
  #precision = 0;
  #sigmaGradient = 0;

  /** @param size coefficients per level */
  constructor(statistics: GaussianStatistics, size: number) {
    const square = size * size;
    this.#statistics = statistics;
    this.#size = size;
    this.#scratch = newScratch(size);
    this.#states = statistics.classes.map((levelClass) => ({
      levelClass,
      count: levelClass.levels.length,
      residuals: new Float64Array(levelClass.pulls.length),
      lower: new Float64Array(square),
      inverse: new Float64Array(square),
      shrinkage: new Float64Array(square),
    }));
  }

  /** Sets the gradients; adds to Λ̄. `delta` is relative to the statistics' reference. */
  logLikelihood(
    delta: Float64Array,
    loadings: Float64Array,
    sigma: number,
    deltaGradient: Float64Array,
    loadingGradient: Float64Array,
  ): number {
    const { rows, width, squares, products, gram } = this.#statistics;
    const size = this.#size;
    const scratch = this.#scratch;
    const tau = 1 / (sigma * sigma);
    this.#precision = tau;
    let remaining = squares;
    for (let i = 0, at = 0; i < width; i++) {
      let product = products[i];
      for (let j = 0; j < width; j++) product -= gram[at++] * delta[j];
      remaining -= (products[i] + product) * delta[i];
      deltaGradient[i] = tau * product;
    }
    let logLikelihood = -rows * Math.log(sigma) - 0.5 * tau * remaining;
    let tauGradient = -0.5 * remaining;
    for (const state of this.#states) {
      writeResiduals(state, size, width, delta, scratch.moments);
      logLikelihood += integrate(state, size, loadings, tau, scratch, loadingGradient);
      tauGradient += scratch.tauGradient;
      pullBack(state, size, width, deltaGradient, scratch.shrunk);
    }
    this.#sigmaGradient = -rows / sigma - (2 * tauGradient * tau) / sigma;
    return logLikelihood;
  }

  /** d/dσ at the last evaluation. */
  get sigmaGradient(): number {
    return this.#sigmaGradient;
  }

  /**
   * Minus the Hessian in two of the elements of δ, at σ and Λ as last evaluated:
   * τ XᵀX − Σ_j τ² (Z_jᵀX_j)ᵀ Λ S⁻¹ Λᵀ (Z_jᵀX_j).
   */
  information(first: number, second: number): number {
    const { width, gram } = this.#statistics;
    const size = this.#size;
    let sum = this.#precision * gram[first * width + second];
    for (const { levelClass, count, shrinkage } of this.#states) {
      for (let at = 0; at < count * size * size; at++) {
        const level = Math.floor(at / (size * size));
        const a = Math.floor((at % (size * size)) / size);
        const b = at % size;
        sum -=
          levelClass.crosses[(level * size + a) * width + first] *
          shrinkage[a * size + b] *
          levelClass.crosses[(level * size + b) * width + second];
      }
    }
    return sum;
  }

  /** τ Z_jᵀZ_j of each level of the factor that is integrated out, row-major, as last evaluated. */
  lastInformation(): Float64Array {
    const square = this.#size * this.#size;
    const levels = this.#states.reduce((sum, { count }) => sum + count, 0);
    const all = new Float64Array(levels * square);
    for (const { levelClass } of this.#states) {
      const information = levelClass.information.map((h) => this.#precision * h);
      for (const level of levelClass.levels) all.set(information, level * square);
    }
    return all;
  }

  /** Writes effects drawn from their conditional, row-major (level, coefficient), as last evaluated. */
  drawEffects(random: RandomStream, loadings: Float64Array, effects: Float64Array): void {
    const size = this.#size;
    const v = new Float64Array(size);
    const noise = new Float64Array(size);
    for (const { levelClass, residuals, lower } of this.#states) {
      levelClass.levels.forEach((level, at) => {
        for (let r = 0; r < size; r++) {
          v[r] = 0;
          for (let m = r; m < size; m++) {
            v[r] += this.#precision * loadings[m * size + r] * residuals[at * size + m];
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
  }
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
  if (!factorize(lower, size)) return Number.NaN;
  writeInverse(lower, size, inverse, scratch.column);
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
  return 0.5 * tau * tau * trace - 0.5 * count * logDeterminant(lower, size);
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
