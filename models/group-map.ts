/**
 * The effects of a grouping factor from standard normal numbers: a non-centring (Papaspiliopoulos,
 * Roberts & Sköld 2007, Statistical Science 22; Gorinova, Moore & Hoffman 2020, arXiv 1906.03028)
 * that goes as far for each level as its rows say little. With u = Λ v, v ~ normal(0, I), and a rough
 * normal approximation of the likelihood in a level's effects, exp(b·u − ½ uᵀ H u),
 *
 *     v | Λ is about normal(S⁻¹ Λᵀ b, S⁻¹),    S = I + Λᵀ H Λ = C Cᵀ,
 *
 * so v = C⁻ᵀ (C⁻¹ Λᵀ b + z) with z about standard normal whatever Λ is. This is a one-to-one map
 * of z for every Λ, right or rough the approximation: the density of z is that of v times |C|⁻¹.
 * A level without rows has H = 0 and b = 0, which is the plain non-centring v = z; of many rows, u
 * hardly depends on Λ, which is the centred parametrization in its own units.
 *
 * Adjoints, of x written x̄: v̄ = Λᵀ ū − v, w̄ = C⁻¹ v̄, z̄ = w̄, C̄ = −v w̄ᵀ, and with t = C⁻¹ Λᵀ b,
 * ā = C⁻ᵀ w̄, C̄ −= ā tᵀ + diag(1/C); those of a Cholesky factor: Murray 2016, arXiv 1602.07527.
 */
export interface GroupMap {
  /** Length of z, u and b: row-major (level, coefficient). */
  readonly length: number;
  /** H of each level: row-major (level, coefficient, coefficient), symmetric. */
  readonly information: Float64Array;
  /** b of each level; may change from one evaluation to the next. */
  readonly pull: Float64Array;
  readonly effects: Float64Array;
  /** ū: the caller's, before `backward`. */
  readonly effectGradient: Float64Array;
  /** b̄, after `backward`. */
  readonly pullGradient: Float64Array;
  /** Writes the effects; the log density of z under the prior of the effects, constants aside. */
  forward(loadings: Float64Array, position: Float64Array, start: number): number;
  /** Adds Λ̄ to `loadingGradient`, writes z̄ to `gradient` at `start`. */
  backward(
    loadings: Float64Array,
    loadingGradient: Float64Array,
    gradient: Float64Array,
    start: number,
  ): void;
}

export function groupMap(levels: number, size: number): GroupMap {
  return size === 1 ? singleMap(levels) : manyMap(levels, size);
}

function buffersOf(levels: number, size: number) {
  const length = levels * size;
  return {
    length,
    information: new Float64Array(length * size),
    pull: new Float64Array(length),
    effects: new Float64Array(length),
    effectGradient: new Float64Array(length),
    pullGradient: new Float64Array(length),
  };
}

/** Determinants below this are multiplied before one logarithm is taken. */
const LARGE = 1e150;

/** One coefficient a level. */
function singleMap(levels: number): GroupMap {
  const buffers = buffersOf(levels, 1);
  const { information, pull, effects, effectGradient, pullGradient } = buffers;
  const standardized = new Float64Array(levels);
  /** 1 / C. */
  const inverseRoot = new Float64Array(levels);
  return {
    ...buffers,
    forward(loadings, position, start) {
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
    },
    backward(loadings, loadingGradient, gradient, start) {
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
    },
  };
}

/** Several coefficients a level. */
function manyMap(levels: number, size: number): GroupMap {
  const buffers = buffersOf(levels, size);
  const { information, pull, effects, effectGradient, pullGradient } = buffers;
  const square = size * size;
  const standardized = new Float64Array(levels * size);
  const pulled = new Float64Array(levels * size);
  const factors = new Float64Array(levels * square);
  const product = new Float64Array(square);
  const scratch = newScratch(size);
  const { w, a } = scratch;

  return {
    ...buffers,
    forward(loadings, position, start) {
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
    },
    backward(loadings, loadingGradient, gradient, start) {
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
    },
  };
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
