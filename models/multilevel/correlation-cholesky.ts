/**
 * The Cholesky factor L of a correlation matrix R = L Lᵀ from unconstrained numbers, and the LKJ
 * density over it (Lewandowski, Kurowicka & Joe 2009, J. Multivariate Analysis 100; Stan Reference
 * Manual, "Cholesky Factors of Correlation Matrices").
 *
 * An unconstrained y_ij for each i > j is a canonical partial correlation z_ij = tanh y_ij, and
 *
 *     L_ij = z_ij Π_{m<j} s_im,    L_ii = Π_{m<i} s_im,    s_im = √(1 − z_im²).
 *
 * Every part of the density of y is then a power of the 1 − z_ij² = sech² y_ij: that of the factor,
 * lkj_corr_cholesky(L | η) ∝ Π_i L_ii^(K − i − 1 + 2η − 2), the Jacobian of z → L, Π s_im over the
 * entries to the right of m, and that of tanh, 1 − z². Together, with i and j from 0,
 *
 *     log p(y) = Σ_{i>j} c_j log(1 − z_ij²) + constant,    c_j = η − 1 + (K − j) / 2.
 *
 * So the partial correlations are independent, (1 + z_ij) / 2 ~ beta(c_j, c_j), as in that paper.
 */

/** Number of unconstrained parameters of a correlation matrix of `size` variables. */
export function correlationCount(size: number): number {
  return (size * (size - 1)) / 2;
}

/** Reads y from `position` at `start`, by rows of L; writes L, row-major of `size` × `size`. */
export function writeCorrelationFactor(
  position: Float64Array,
  start: number,
  size: number,
  factor: Float64Array,
): void {
  let index = start;
  for (let i = 0; i < size; i++) {
    let remaining = 1;
    for (let j = 0; j < i; j++) {
      const z = Math.tanh(position[index++]);
      factor[i * size + j] = z * remaining;
      // 1 − tanh² loses all digits in the tails; 1/cosh does not.
      remaining *= sech(position[index - 1]);
    }
    factor[i * size + i] = remaining;
    for (let j = i + 1; j < size; j++) factor[i * size + j] = 0;
  }
}

/**
 * Converts a gradient by the entries of L to one by y and adds it to `gradient` at `start`.
 * `factor` is L at this position.
 */
export function addCorrelationGradient(
  position: Float64Array,
  start: number,
  size: number,
  factor: Float64Array,
  factorGradient: Float64Array,
  gradient: Float64Array,
): void {
  for (let i = 1; i < size; i++) {
    const row = start + correlationCount(i);
    // From right to left: an entry to the right of m holds s_im, whose derivative is −z_im s_im.
    let toTheRight = factorGradient[i * size + i] * factor[i * size + i];
    for (let j = i - 1; j >= 0; j--) {
      const z = Math.tanh(position[row + j]);
      gradient[row + j] -= z * toTheRight;
      toTheRight += factorGradient[i * size + j] * factor[i * size + j];
    }
    // From left to right: Π_{m<j} s_im, by which the entry itself grows with z_ij.
    let remaining = 1;
    for (let j = 0; j < i; j++) {
      const s = sech(position[row + j]);
      gradient[row + j] += factorGradient[i * size + j] * s * s * remaining;
      remaining *= s;
    }
  }
}

/**
 * Log density of y up to a constant under LKJ(η), the log Jacobian included; adds its gradient at
 * `start`.
 */
export function addLkj(
  eta: number,
  position: Float64Array,
  start: number,
  size: number,
  gradient: Float64Array,
): number {
  let logDensity = 0;
  let index = start;
  for (let i = 1; i < size; i++) {
    for (let j = 0; j < i; j++) {
      const power = eta - 1 + 0.5 * (size - j);
      const y = position[index];
      logDensity += power * logSechSquared(y);
      gradient[index++] -= 2 * power * Math.tanh(y);
    }
  }
  return logDensity;
}

function sech(y: number): number {
  return 1 / Math.cosh(y);
}

/** log(1 − tanh² y), without loss in the tails. */
function logSechSquared(y: number): number {
  const size = Math.abs(y);
  return 2 * (Math.LN2 - size - Math.log1p(Math.exp(-2 * size)));
}

/** Writes diag(s) L z: effects with these standard deviations, of independent standard normal z. */
export function writeCorrelatedEffects(
  sds: Float64Array,
  factor: Float64Array,
  z: Float64Array,
  effects: Float64Array,
): void {
  const size = z.length;
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j <= i; j++) sum += factor[i * size + j] * z[j];
    effects[i] = sds[i] * sum;
  }
}

/** Writes the correlations of R = L Lᵀ in brms' order: (1,2), (1,3), (2,3), (1,4) … */
export function writeCorrelations(
  factor: Float64Array,
  size: number,
  target: Float64Array,
  start: number,
): void {
  let index = start;
  for (let i = 1; i < size; i++) {
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let m = 0; m <= j; m++) sum += factor[i * size + m] * factor[j * size + m];
      target[index++] = sum;
    }
  }
}
