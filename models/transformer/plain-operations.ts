/**
 * The operations of a transformer in JavaScript, with their formulas: in double precision a reference
 * for the compiled ones, in single precision what runs without WebAssembly.
 */
import type { Numbers, Operations } from './operations.js';

export function plainOperations(x: Numbers): Operations {
  return { ...matrices(x), ...rows(x), ...attention(x), ...optimization(x) };
}

function matrices(
  x: Numbers,
): Pick<Operations, 'product' | 'transpose' | 'addTo' | 'gather' | 'scatter'> {
  return {
    product(m, n, k, a, aRow, aStep, b, c, add) {
      for (let i = 0; i < m; i++) {
        const row = c + i * n;
        if (add === 0) x.fill(0, row, row + n);
        for (let p = 0; p < k; p++) {
          const factor = x[a + i * aRow + p * aStep];
          const from = b + p * n;
          for (let j = 0; j < n; j++) x[row + j] += factor * x[from + j];
        }
      }
    },
    transpose(count, columns, from, to) {
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < columns; j++) x[to + j * count + i] = x[from + i * columns + j];
      }
    },
    addTo(count, from, to) {
      for (let i = 0; i < count; i++) x[to + i] += x[from + i];
    },
    gather(count, width, ids, table, to, add) {
      for (let r = 0; r < count; r++) {
        const from = table + x[ids + r] * width;
        const at = to + r * width;
        for (let j = 0; j < width; j++) x[at + j] = (add === 1 ? x[at + j] : 0) + x[from + j];
      }
    },
    scatter(count, width, ids, from, table) {
      for (let r = 0; r < count; r++) {
        const to = table + x[ids + r] * width;
        for (let j = 0; j < width; j++) x[to + j] += x[from + r * width + j];
      }
    },
  };
}

function rows(
  x: Numbers,
): Pick<Operations, 'normalize' | 'normalizeBack' | 'rectify' | 'rectifyBack' | 'crossEntropy'> {
  return {
    normalize(count, width, from, gain, to, inverse, epsilon) {
      for (let r = 0; r < count; r++) {
        const row = from + r * width;
        let squares = 0;
        for (let j = 0; j < width; j++) squares += x[row + j] * x[row + j];
        const scale = 1 / Math.sqrt(squares / width + epsilon);
        x[inverse + r] = scale;
        for (let j = 0; j < width; j++) x[to + r * width + j] = x[row + j] * scale * x[gain + j];
      }
    },
    /** With s = 1/rms(x): dx_j = s g_j dy_j − x_j s³ Σ_i x_i g_i dy_i / width; dg_j = Σ x_j s dy_j. */
    normalizeBack(count, width, from, gain, inverse, dy, dx, dgain) {
      for (let r = 0; r < count; r++) {
        const scale = x[inverse + r];
        const row = r * width;
        let products = 0;
        for (let j = 0; j < width; j++) {
          const value = x[from + row + j] * x[dy + row + j];
          products += value * x[gain + j];
          x[dgain + j] += value * scale;
        }
        const pull = (products * scale ** 3) / width;
        for (let j = 0; j < width; j++) {
          const direct = x[dy + row + j] * x[gain + j] * scale;
          x[dx + row + j] += direct - x[from + row + j] * pull;
        }
      }
    },
    rectify(count, at) {
      for (let i = at; i < at + count; i++) if (!(x[i] > 0)) x[i] = 0;
    },
    rectifyBack(count, y, dy) {
      for (let i = 0; i < count; i++) if (!(x[y + i] > 0)) x[dy + i] = 0;
    },
    crossEntropy(many, width, count, logits, targets, chosen, scale) {
      for (let r = 0; r < many; r++) {
        const row = logits + r * width;
        softmax(x, row, count);
        const target = row + x[targets + r];
        x[chosen + r] = x[target];
        x[target] -= 1;
        for (let j = 0; j < width; j++) x[row + j] = j < count ? x[row + j] * scale : 0;
      }
    },
  };
}

/** Replaces `count` numbers by e^x_j / Σ e^x_i. */
function softmax(x: Numbers, at: number, count: number): void {
  let largest = -Infinity;
  for (let j = at; j < at + count; j++) largest = Math.max(largest, x[j]);
  let sum = 0;
  for (let j = at; j < at + count; j++) {
    x[j] = Math.exp(x[j] - largest);
    sum += x[j];
  }
  for (let j = at; j < at + count; j++) x[j] /= sum;
}

/** The places of head h: q, k and v of row i are `width` apart, rows three times that. */
function attention(x: Numbers): Pick<Operations, 'attend' | 'attendBack'> {
  const dot = (size: number, a: number, b: number): number => {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += x[a + j] * x[b + j];
    return sum;
  };
  const addScaled = (size: number, factor: number, from: number, to: number): void => {
    for (let j = 0; j < size; j++) x[to + j] += factor * x[from + j];
  };
  return {
    attend(length, width, heads, qkv, out, probabilities) {
      const size = width / heads;
      const padded = 4 * Math.ceil(length / 4);
      for (let h = 0; h < heads; h++) {
        for (let i = 0; i < length; i++) {
          const q = qkv + h * size + i * 3 * width;
          const row = probabilities + (h * length + i) * padded;
          const to = out + i * width + h * size;
          for (let j = 0; j <= i; j++) {
            const k = qkv + h * size + j * 3 * width + width;
            x[row + j] = dot(size, q, k) / Math.sqrt(size);
          }
          softmax(x, row, i + 1);
          x.fill(0, to, to + size);
          for (let j = 0; j <= i; j++) {
            addScaled(size, x[row + j], qkv + h * size + j * 3 * width + 2 * width, to);
          }
        }
      }
    },
    /** dv_j += p_ij dy_i; with e_j = dy_i·v_j: ds_j = p_ij (e_j − Σ p_im e_m)/√size, dq_i += ds_j k_j, … */
    attendBack(length, width, heads, qkv, probabilities, dout, dqkv, scratch) {
      const size = width / heads;
      const padded = 4 * Math.ceil(length / 4);
      x.fill(0, dqkv, dqkv + length * 3 * width);
      for (let h = 0; h < heads; h++) {
        for (let i = 0; i < length; i++) {
          const q = h * size + i * 3 * width;
          const row = probabilities + (h * length + i) * padded;
          const up = dout + i * width + h * size;
          let mean = 0;
          for (let j = 0; j <= i; j++) {
            const v = h * size + j * 3 * width + 2 * width;
            x[scratch + j] = dot(size, up, qkv + v);
            mean += x[row + j] * x[scratch + j];
            addScaled(size, x[row + j], up, dqkv + v);
          }
          for (let j = 0; j <= i; j++) {
            const k = h * size + j * 3 * width + width;
            const slope = (x[row + j] * (x[scratch + j] - mean)) / Math.sqrt(size);
            addScaled(size, slope, qkv + k, dqkv + q);
            addScaled(size, slope, qkv + q, dqkv + k);
          }
        }
      }
    },
  };
}

function optimization(x: Numbers): Pick<Operations, 'squares' | 'adam'> {
  return {
    squares(count, at) {
      let sum = 0;
      for (let i = at; i < at + count; i++) sum += x[i] * x[i];
      return sum;
    },
    adam(
      count,
      weights,
      gradient,
      first,
      second,
      scale,
      rate,
      shrink,
      beta1,
      beta2,
      c1,
      c2,
      epsilon,
    ) {
      for (let i = 0; i < count; i++) {
        const slope = scale * x[gradient + i];
        x[first + i] = beta1 * x[first + i] + (1 - beta1) * slope;
        x[second + i] = beta2 * x[second + i] + (1 - beta2) * slope * slope;
        const size = Math.sqrt(x[second + i] * c2) + epsilon;
        x[weights + i] = x[weights + i] * (1 - shrink) - (rate * c1 * x[first + i]) / size;
      }
    },
  };
}
