/**
 * The effects of a grouping factor from standard normal numbers: a non-centring (Papaspiliopoulos,
 * Roberts & Sköld 2007, Statistical Science 22; Gorinova, Moore & Hoffman 2020, arXiv 1906.03028)
 * whose extent for each level depends on the information in its rows. With u = Λ v, v ~ normal(0, I), and a rough
 * normal approximation of the likelihood in a level's effects, exp(b·u − ½ uᵀ H u),
 *
 *     v | Λ is about normal(S⁻¹ Λᵀ b, S⁻¹),    S = I + Λᵀ H Λ = C Cᵀ,
 *
 * so v = C⁻ᵀ (C⁻¹ Λᵀ b + z) with z about standard normal for every Λ. The map is one-to-one for
 * every Λ, however rough the approximation: the density of z is that of v times |C|⁻¹. For a level
 * without rows, H = 0 and b = 0, the plain non-centring v = z. For a level with many rows, u hardly
 * depends on Λ, as in the centred parametrization.
 *
 * Adjoints, written x̄ for x: v̄ = Λᵀ ū − v, w̄ = C⁻¹ v̄, z̄ = w̄, C̄ = −v w̄ᵀ, and with t = C⁻¹ Λᵀ b,
 * ā = C⁻ᵀ w̄, C̄ −= ā tᵀ + diag(1/C); those of a Cholesky factor: Murray 2016, arXiv 1602.07527.
 */

import { symmetricEigen } from '../../src/linear-algebra/symmetric-eigen.js';

/** The map of one factor, with its state. */
export abstract class GroupMap {
  /** Length of z, u and b: row-major (level, coefficient). */
  readonly length: number;
  /** H of each level: row-major (level, coefficient, coefficient), symmetric. */
  readonly information: Float64Array;
  /** b of each level; may change from one evaluation to the next. */
  readonly pull: Float64Array;
  readonly effects: Float64Array;
  /** ū: written by the caller before `backward`. */
  readonly effectGradient: Float64Array;
  /** b̄, after `backward`. */
  readonly pullGradient: Float64Array;

  constructor(
    protected readonly levels: number,
    size: number,
  ) {
    this.length = levels * size;
    this.information = new Float64Array(this.length * size);
    this.pull = new Float64Array(this.length);
    this.effects = new Float64Array(this.length);
    this.effectGradient = new Float64Array(this.length);
    this.pullGradient = new Float64Array(this.length);
  }

  /**
   * Sets H and b around the effects of the last evaluation.
   *
   * @param remaining information on all effects of the factor, row-major (effect, effect)
   * @param score gradient of the log likelihood by the effects
   */
  linearize(remaining: Float64Array, score: Float64Array): void {
    const { length, information, levels } = this;
    const size = length / levels;
    for (let at = 0; at < length; at++) {
      const level = Math.floor(at / size);
      for (let c = 0; c < size; c++) {
        information[at * size + c] = remaining[at * length + level * size + c];
      }
    }
    this.pullFrom(score);
  }

  /** Sets b = score + H û around the effects û of the last evaluation. */
  pullFrom(score: Float64Array): void {
    const { length, information, pull, effects, levels } = this;
    const size = length / levels;
    for (let at = 0; at < length; at++) {
      const level = Math.floor(at / size);
      pull[at] = score[at];
      for (let c = 0; c < size; c++) {
        pull[at] += information[at * size + c] * effects[level * size + c];
      }
    }
  }

  /** Sets H and b to zero, which makes the map a plain non-centring. */
  forget(): void {
    this.information.fill(0);
    this.pull.fill(0);
  }

  /** Writes the effects; returns the log density of z under their prior, up to a constant. */
  abstract forward(loadings: Float64Array, position: Float64Array, start: number): number;

  /** Adds Λ̄ to `loadingGradient`, writes z̄ to `gradient` at `start`. */
  abstract backward(
    loadings: Float64Array,
    loadingGradient: Float64Array,
    gradient: Float64Array,
    start: number,
  ): void;
}

/**
 * The most common cases, one and two coefficients per level, have unrolled matrix operations, several
 * times as fast as loops.
 *
 * @param size coefficients per level
 */
export function groupMap(levels: number, size: number): GroupMap {
  if (size === 1) return new SingleMap(levels);
  return size === 2 ? new PairMap(levels) : new ManyMap(levels, size);
}

/** Determinants below this are multiplied before one logarithm is taken. */
const LARGE = 1e150;

class SingleMap extends GroupMap {
  /** v of each level, and 1 / C. */
  readonly #standardized: Float64Array;
  readonly #inverseRoot: Float64Array;

  constructor(levels: number) {
    super(levels, 1);
    this.#standardized = new Float64Array(levels);
    this.#inverseRoot = new Float64Array(levels);
  }

  forward(loadings: Float64Array, position: Float64Array, start: number): number {
    const { levels, information, pull, effects } = this;
    const standardized = this.#standardized;
    const inverseRoot = this.#inverseRoot;
    const lambda = loadings[0];
    let squares = 0;
    let logDeterminant = 0;
    let product = 1;
    for (let j = 0; j < levels; j++) {
      const s = 1 + lambda * lambda * information[j];
      const inverse = 1 / Math.sqrt(s);
      const v = (lambda * pull[j] * inverse + position[start + j]) * inverse;
      product *= s;
      if (product > LARGE) {
        logDeterminant += Math.log(product);
        product = 1;
      }
      squares += v * v;
      inverseRoot[j] = inverse;
      standardized[j] = v;
      effects[j] = lambda * v;
    }
    return -0.5 * (squares + logDeterminant + Math.log(product));
  }

  backward(
    loadings: Float64Array,
    loadingGradient: Float64Array,
    gradient: Float64Array,
    start: number,
  ): void {
    const { levels, information, pull, effectGradient, pullGradient } = this;
    const standardized = this.#standardized;
    const inverseRoot = this.#inverseRoot;
    const lambda = loadings[0];
    let total = 0;
    for (let j = 0; j < levels; j++) {
      const v = standardized[j];
      const inverse = inverseRoot[j];
      const w = (lambda * effectGradient[j] - v) * inverse;
      const a = w * inverse;
      // S̄ = C̄ / 2C, with t = λ b / C.
      const s = -0.5 * inverse * (v * w + a * lambda * pull[j] * inverse + inverse);
      total += effectGradient[j] * v + pull[j] * a + 2 * lambda * information[j] * s;
      pullGradient[j] = lambda * a;
      gradient[start + j] = w;
    }
    loadingGradient[0] += total;
  }
}

/**
 * Effects of one coefficient whose levels are informed jointly, by a full matrix H = Q D Qᵀ. The prior of
 * the effects is the same in all directions, so that Qᵀ u has the map of single effects, with D and Qᵀ b.
 * `information` and `pull` are D and Qᵀ b.
 */
export class RotatedMap extends SingleMap {
  /** Q, row-major. */
  #rotation: Float64Array | null = null;
  readonly #scratch: Float64Array;

  constructor(levels: number) {
    super(levels);
    this.#scratch = new Float64Array(levels);
  }

  override linearize(remaining: Float64Array, score: Float64Array): void {
    const { levels, information, pull, effects } = this;
    const { values, vectors } = symmetricEigen(remaining, levels);
    this.#rotation = vectors;
    for (let k = 0; k < levels; k++) {
      information[k] = Math.max(0, values[k]);
      let sum = 0;
      for (let j = 0; j < levels; j++) {
        sum += vectors[j * levels + k] * (score[j] + dotOfRow(remaining, j, effects));
      }
      pull[k] = sum;
    }
  }

  override forget(): void {
    super.forget();
    this.#rotation = null;
  }

  override forward(loadings: Float64Array, position: Float64Array, start: number): number {
    const value = super.forward(loadings, position, start);
    const { effects } = this;
    const rotation = this.#rotation;
    if (rotation) {
      this.#scratch.set(effects);
      for (let j = 0; j < effects.length; j++) effects[j] = dotOfRow(rotation, j, this.#scratch);
    }
    return value;
  }

  override backward(
    loadings: Float64Array,
    loadingGradient: Float64Array,
    gradient: Float64Array,
    start: number,
  ): void {
    const { effectGradient, levels } = this;
    const rotation = this.#rotation;
    if (rotation) {
      const scratch = this.#scratch;
      scratch.fill(0);
      for (let j = 0, at = 0; j < levels; j++) {
        for (let k = 0; k < levels; k++) scratch[k] += rotation[at++] * effectGradient[j];
      }
      effectGradient.set(scratch);
    }
    super.backward(loadings, loadingGradient, gradient, start);
  }
}

/** Σ_k M_jk x_k. */
function dotOfRow(matrix: Float64Array, row: number, x: Float64Array): number {
  let sum = 0;
  for (let k = 0, at = row * x.length; k < x.length; k++) sum += matrix[at++] * x[k];
  return sum;
}

/**
 * With G = H Λ the lower triangle of S is (1 + l₁₁ g₁₁ + l₂₁ g₂₁, l₂₂ g₂₁, 1 + l₂₂ g₂₂); its adjoints are
 * those of S₁₁, S₂₁ and S₂₂ as three numbers.
 */
class PairMap extends GroupMap {
  /** v, t, 1/C₁₁, C₂₁ and 1/C₂₂ of each level. */
  readonly #kept: Float64Array;

  constructor(levels: number) {
    super(levels, 2);
    this.#kept = new Float64Array(7 * levels);
  }

  forward(loadings: Float64Array, position: Float64Array, start: number): number {
    const { levels, information: H, pull, effects } = this;
    const kept = this.#kept;
    const l11 = loadings[0];
    const l21 = loadings[2];
    const l22 = loadings[3];
    let squares = 0;
    let logDeterminant = 0;
    let product = 1;
    for (let j = 0, at = 0, h = 0, k = 0; j < levels; j++, at += 2, h += 4, k += 7) {
      const g21 = H[h + 1] * l11 + H[h + 3] * l21;
      const s11 = 1 + l11 * (H[h] * l11 + H[h + 1] * l21) + l21 * g21;
      const i11 = 1 / Math.sqrt(s11);
      const c21 = l22 * g21 * i11;
      const s22 = 1 + l22 * l22 * H[h + 3] - c21 * c21;
      const i22 = 1 / Math.sqrt(s22);
      product *= s11 * s22;
      if (product > LARGE) {
        logDeterminant += Math.log(product);
        product = 1;
      }
      const t1 = (l11 * pull[at] + l21 * pull[at + 1]) * i11;
      const t2 = (l22 * pull[at + 1] - c21 * t1) * i22;
      const v2 = (t2 + position[start + at + 1]) * i22;
      const v1 = (t1 + position[start + at] - c21 * v2) * i11;
      squares += v1 * v1 + v2 * v2;
      effects[at] = l11 * v1;
      effects[at + 1] = l21 * v1 + l22 * v2;
      kept[k] = v1;
      kept[k + 1] = v2;
      kept[k + 2] = t1;
      kept[k + 3] = t2;
      kept[k + 4] = i11;
      kept[k + 5] = c21;
      kept[k + 6] = i22;
    }
    return -0.5 * (squares + logDeterminant + Math.log(product));
  }

  backward(
    loadings: Float64Array,
    loadingGradient: Float64Array,
    gradient: Float64Array,
    start: number,
  ): void {
    const { levels, information: H, pull, effectGradient, pullGradient } = this;
    const kept = this.#kept;
    const l11 = loadings[0];
    const l21 = loadings[2];
    const l22 = loadings[3];
    let d11 = 0;
    let d21 = 0;
    let d22 = 0;
    for (let j = 0, at = 0, h = 0, k = 0; j < levels; j++, at += 2, h += 4, k += 7) {
      const v1 = kept[k];
      const v2 = kept[k + 1];
      const i11 = kept[k + 4];
      const c21 = kept[k + 5];
      const i22 = kept[k + 6];
      const u1 = effectGradient[at];
      const u2 = effectGradient[at + 1];
      const w1 = (l11 * u1 + l21 * u2 - v1) * i11;
      const w2 = (l22 * u2 - v2 - c21 * w1) * i22;
      const a2 = w2 * i22;
      const a1 = (w1 - c21 * a2) * i11;
      gradient[start + at] = w1;
      gradient[start + at + 1] = w2;
      // C̄, then the adjoints of S₂₂, S₂₁ and S₁₁ in turn.
      const e22 = -v2 * w2 - a2 * kept[k + 3] - i22;
      const e21 = -v2 * w1 - a2 * kept[k + 2] - c21 * e22 * i22;
      const e11 = -v1 * w1 - a1 * kept[k + 2] - i11 - c21 * e21 * i11;
      const s22 = 0.5 * e22 * i22;
      const s21 = e21 * i11;
      const s11 = 0.5 * e11 * i11;
      const g11 = H[h] * l11 + H[h + 1] * l21;
      const g21 = H[h + 1] * l11 + H[h + 3] * l21;
      const g12 = H[h + 1] * l22;
      const g22 = H[h + 3] * l22;
      d11 += 2 * g11 * s11 + g12 * s21 + pull[at] * a1 + u1 * v1;
      d21 += 2 * g21 * s11 + g22 * s21 + pull[at + 1] * a1 + u2 * v1;
      d22 += 2 * g22 * s22 + g21 * s21 + pull[at + 1] * a2 + u2 * v2;
      pullGradient[at] = l11 * a1;
      pullGradient[at + 1] = l21 * a1 + l22 * a2;
    }
    loadingGradient[0] += d11;
    loadingGradient[2] += d21;
    loadingGradient[3] += d22;
  }
}

class ManyMap extends GroupMap {
  readonly #size: number;
  /** v, t and C of each level. */
  readonly #standardized: Float64Array;
  readonly #pulled: Float64Array;
  readonly #factors: Float64Array;
  /** H Λ of a level. */
  readonly #product: Float64Array;
  readonly #scratch: Scratch;

  constructor(levels: number, size: number) {
    super(levels, size);
    this.#size = size;
    this.#standardized = new Float64Array(levels * size);
    this.#pulled = new Float64Array(levels * size);
    this.#factors = new Float64Array(levels * size * size);
    this.#product = new Float64Array(size * size);
    this.#scratch = newScratch(size);
  }

  forward(loadings: Float64Array, position: Float64Array, start: number): number {
    const { levels, information, pull, effects } = this;
    const size = this.#size;
    const square = size * size;
    const standardized = this.#standardized;
    const pulled = this.#pulled;
    const factors = this.#factors;
    const product = this.#product;
    let logDensity = 0;
    for (let j = 0; j < levels; j++) {
      const at = j * size;
      multiply(information, j * square, loadings, size, product);
      logDensity -= writeFactor(loadings, product, size, factors, j * square);
      for (let r = 0; r < size; r++) {
        // a = Λᵀ b, and t = C⁻¹ a on the way.
        let sum = 0;
        for (let m = r; m < size; m++) sum += loadings[m * size + r] * pull[at + m];
        for (let m = 0; m < r; m++) sum -= factors[j * square + r * size + m] * pulled[at + m];
        pulled[at + r] = sum / factors[j * square + r * (size + 1)];
        standardized[at + r] = pulled[at + r] + position[start + at + r];
      }
      solveUpper(factors, j * square, size, standardized, at);
      for (let r = 0; r < size; r++) {
        let sum = 0;
        for (let m = 0; m <= r; m++) sum += loadings[r * size + m] * standardized[at + m];
        effects[at + r] = sum;
        logDensity -= 0.5 * standardized[at + r] * standardized[at + r];
      }
    }
    return logDensity;
  }

  backward(
    loadings: Float64Array,
    loadingGradient: Float64Array,
    gradient: Float64Array,
    start: number,
  ): void {
    const { levels, information, pull, effectGradient, pullGradient } = this;
    const size = this.#size;
    const square = size * size;
    const standardized = this.#standardized;
    const pulled = this.#pulled;
    const factors = this.#factors;
    const product = this.#product;
    const scratch = this.#scratch;
    const { w, a } = scratch;
    for (let j = 0; j < levels; j++) {
      const at = j * size;
      const C = j * square;
      for (let r = 0; r < size; r++) {
        let sum = -standardized[at + r];
        for (let m = r; m < size; m++) sum += loadings[m * size + r] * effectGradient[at + m];
        for (let m = 0; m < r; m++) sum -= factors[C + r * size + m] * w[m];
        w[r] = sum / factors[C + r * (size + 1)];
        gradient[start + at + r] = w[r];
        a[r] = w[r];
      }
      solveUpper(factors, C, size, a, 0);
      for (let r = 0; r < size; r++) {
        let sum = 0;
        for (let m = 0; m <= r; m++) {
          sum += loadings[r * size + m] * a[m];
          scratch.factor[r * size + m] =
            -standardized[at + r] * w[m] -
            a[r] * pulled[at + m] -
            (r === m ? 1 : 0) / factors[C + r * (size + 1)];
          loadingGradient[r * size + m] +=
            effectGradient[at + r] * standardized[at + m] + pull[at + r] * a[m];
        }
        pullGradient[at + r] = sum;
      }
      choleskyAdjoint(factors, C, size, scratch);
      multiply(information, j * square, loadings, size, product);
      for (let r = 0; r < size; r++) {
        for (let c = 0; c <= r; c++) {
          let sum = 0;
          for (let m = 0; m < size; m++) sum += product[r * size + m] * scratch.s[m * size + c];
          loadingGradient[r * size + c] += 2 * sum;
        }
      }
    }
  }
}

interface Scratch {
  readonly w: Float64Array;
  readonly a: Float64Array;
  /** C̄ on the way in. */
  readonly factor: Float64Array;
  readonly p: Float64Array;
  /** S̄ on the way out, symmetric. */
  readonly s: Float64Array;
}

function newScratch(size: number): Scratch {
  const matrix = () => new Float64Array(size * size);
  return {
    w: new Float64Array(size),
    a: new Float64Array(size),
    factor: matrix(),
    p: matrix(),
    s: matrix(),
  };
}

/** H Λ of the H at `offset`; Λ is lower triangular. */
function multiply(
  information: Float64Array,
  offset: number,
  loadings: Float64Array,
  size: number,
  product: Float64Array,
): void {
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) {
      let sum = 0;
      for (let m = c; m < size; m++) {
        sum += information[offset + r * size + m] * loadings[m * size + c];
      }
      product[r * size + c] = sum;
    }
  }
}

/** Writes C of I + Λᵀ (H Λ) = C Cᵀ at `offset`; returns log |C|. */
function writeFactor(
  loadings: Float64Array,
  product: Float64Array,
  size: number,
  factors: Float64Array,
  offset: number,
): number {
  let determinant = 1;
  for (let r = 0; r < size; r++) {
    for (let c = 0; c <= r; c++) {
      let sum = r === c ? 1 : 0;
      for (let m = r; m < size; m++) sum += loadings[m * size + r] * product[m * size + c];
      for (let m = 0; m < c; m++) {
        sum -= factors[offset + r * size + m] * factors[offset + c * size + m];
      }
      factors[offset + r * size + c] =
        r === c ? Math.sqrt(sum) : sum / factors[offset + c * (size + 1)];
    }
    determinant *= factors[offset + r * (size + 1)];
  }
  return Math.log(determinant);
}

/** Solves Cᵀ x = y in place of y, both at their offsets. */
function solveUpper(
  factors: Float64Array,
  offset: number,
  size: number,
  y: Float64Array,
  at: number,
): void {
  for (let r = size - 1; r >= 0; r--) {
    let sum = y[at + r];
    for (let m = r + 1; m < size; m++) sum -= factors[offset + m * size + r] * y[at + m];
    y[at + r] = sum / factors[offset + r * (size + 1)];
  }
}

/** S̄ = ½ C⁻ᵀ (P + Pᵀ) C⁻¹, where P is the lower part of Cᵀ C̄ with its diagonal halved (Murray's eq. 10). */
function choleskyAdjoint(
  factors: Float64Array,
  offset: number,
  size: number,
  { factor, p, s }: Scratch,
): void {
  for (let r = 0; r < size; r++) {
    for (let c = 0; c <= r; c++) {
      let sum = 0;
      for (let m = r; m < size; m++) sum += factors[offset + m * size + r] * factor[m * size + c];
      p[r * size + c] = 0.5 * sum;
      p[c * size + r] = 0.5 * sum;
    }
  }
  // C⁻ᵀ applied to the rows of a symmetric matrix, then to those of the transposed result.
  for (let r = 0; r < size; r++) solveUpper(factors, offset, size, p, r * size);
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) s[r * size + c] = p[c * size + r];
  }
  for (let r = 0; r < size; r++) solveUpper(factors, offset, size, s, r * size);
}
