/**
 * The map of group-map.ts with one or two coefficients a level, its small matrices written out: by far
 * the most common, and several times as fast as by loops over two.
 */
import { buffersOf, type GroupMap } from './group-map-buffers.js';

/** Determinants below this are multiplied before one logarithm is taken. */
const LARGE = 1e150;

/** One coefficient a level. */
export function singleMap(levels: number): GroupMap {
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

/**
 * Two coefficients a level. With G = H Λ the lower triangle of S is (1 + l₁₁ g₁₁ + l₂₁ g₂₁, l₂₂ g₂₁,
 * 1 + l₂₂ g₂₂); its adjoints are those of S₁₁, S₂₁ and S₂₂ as three numbers.
 */
export function pairMap(levels: number): GroupMap {
  const buffers = buffersOf(levels, 2);
  const { information: H, pull, effects, effectGradient, pullGradient } = buffers;
  /** v, t, 1/C₁₁, C₂₁ and 1/C₂₂ of each level. */
  const kept = new Float64Array(7 * levels);
  return {
    ...buffers,
    forward(loadings, position, start) {
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
    },
    backward(loadings, loadingGradient, gradient, start) {
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
    },
  };
}
