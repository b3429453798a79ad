/**
 * Operations of a small transformer and their adjoints in single precision, in AssemblyScript, four
 * numbers to a vector. The JavaScript equivalents, with the formulas, are in
 * models/transformer/plain-operations.ts. `npm run kernels` compiles this file.
 *
 * Arguments that are places count numbers (four bytes) from the start of the memory; matrices are
 * row-major without gaps. Widths are multiples of four, and of eight for products.
 *
 * Each sum has one order, which depends on the widths alone: the numbers of a row are the same bits
 * whichever rows are beside it. Products add up term by term, in the order of the inner index.
 */

/** First free address, after the constants. */
export const free: usize = (__heap_base + 15) & ~15;

const ZERO = f32x4.splat(0.0);
const ONE = f32x4.splat(1.0);
const LANES = i32x4(0, 1, 2, 3);

@inline
function address(place: usize): usize {
  return place << 2;
}

@inline
function sumOfLanes(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 2) +
    (f32x4.extract_lane(x, 1) + f32x4.extract_lane(x, 3))
  );
}

@inline
function largestLane(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}

/** acc + splat(a) · b */
@inline
function plusProduct(acc: v128, a: v128, b: v128): v128 {
  return f32x4.add(acc, f32x4.mul(a, b));
}

/**
 * e^x for x ≤ 0, with 0 below −87: x = k log 2 + r, |r| ≤ ½ log 2, and the economized polynomial of degree
 * 6 for e^r. Errors are at most 2 units in the last place.
 */
@inline
function exp(given: v128): v128 {
  const x = f32x4.max(given, f32x4.splat(-87.0));
  const k = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  const high = f32x4.sub(x, f32x4.mul(k, f32x4.splat(0.693359375)));
  const r = f32x4.sub(high, f32x4.mul(k, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.mul(f32x4.mul(p, r), r), f32x4.add(r, ONE));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(k), i32x4.splat(127)), 23);
  return v128.and(f32x4.mul(p, power), f32x4.ge(given, f32x4.splat(-87.0)));
}

/** Terms of a sum of products that are added before the next rows: what stays in the cache. */
const TERMS: usize = 128;

/**
 * C = A B, or C + A B if `add` is 1: m · n numbers from k terms each. A(i, p) is at a + i · aRow + p · aStep,
 * so that a transposed A needs no copy.
 */
export function product(
  m: usize, n: usize, k: usize,
  a: usize, aRow: usize, aStep: usize,
  b: usize, c: usize, add: i32,
): void {
  const rowOfA = address(aRow);
  const step = address(aStep);
  const width = address(n);
  const startOfA = address(a);
  const startOfB = address(b);
  const startOfC = address(c);
  for (let p: usize = 0; p < k; p += TERMS) {
    const terms = min(k - p, TERMS);
    const fresh = p == 0 && add == 0;
    const firstA = startOfA + p * step;
    const firstB = startOfB + p * width;
    let i: usize = 0;
    for (; i + 4 <= m; i += 4) {
      for (let j: usize = 0; j < width; j += 32) {
        fourRows(terms, firstA + i * rowOfA, rowOfA, step, firstB + j, startOfC + i * width + j, width, fresh);
      }
    }
    for (; i < m; i++) {
      for (let j: usize = 0; j < width; j += 32) {
        oneRow(terms, firstA + i * rowOfA, step, firstB + j, startOfC + i * width + j, width, fresh);
      }
    }
  }
}

@inline
function fourRows(
  terms: usize, a: usize, row: usize, step: usize, b: usize, c: usize, width: usize, fresh: bool,
): void {
  const c1 = c + width;
  const c2 = c1 + width;
  const c3 = c2 + width;
  let s00 = ZERO;
  let s01 = ZERO;
  let s10 = ZERO;
  let s11 = ZERO;
  let s20 = ZERO;
  let s21 = ZERO;
  let s30 = ZERO;
  let s31 = ZERO;
  if (!fresh) {
    s00 = v128.load(c);
    s01 = v128.load(c, 16);
    s10 = v128.load(c1);
    s11 = v128.load(c1, 16);
    s20 = v128.load(c2);
    s21 = v128.load(c2, 16);
    s30 = v128.load(c3);
    s31 = v128.load(c3, 16);
  }
  let a0 = a;
  let a1 = a + row;
  let a2 = a1 + row;
  let a3 = a2 + row;
  for (let p: usize = 0; p < terms; p++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const x0 = v128.load32_splat(a0);
    s00 = plusProduct(s00, x0, b0);
    s01 = plusProduct(s01, x0, b1);
    const x1 = v128.load32_splat(a1);
    s10 = plusProduct(s10, x1, b0);
    s11 = plusProduct(s11, x1, b1);
    const x2 = v128.load32_splat(a2);
    s20 = plusProduct(s20, x2, b0);
    s21 = plusProduct(s21, x2, b1);
    const x3 = v128.load32_splat(a3);
    s30 = plusProduct(s30, x3, b0);
    s31 = plusProduct(s31, x3, b1);
    b += width;
    a0 += step;
    a1 += step;
    a2 += step;
    a3 += step;
  }
  v128.store(c, s00);
  v128.store(c, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
}

@inline
function oneRow(
  terms: usize, a: usize, step: usize, b: usize, c: usize, width: usize, fresh: bool,
): void {
  let s0 = ZERO;
  let s1 = ZERO;
  if (!fresh) {
    s0 = v128.load(c);
    s1 = v128.load(c, 16);
  }
  for (let p: usize = 0; p < terms; p++) {
    const x = v128.load32_splat(a);
    s0 = plusProduct(s0, x, v128.load(b));
    s1 = plusProduct(s1, x, v128.load(b, 16));
    b += width;
    a += step;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
}

/** The transpose of a matrix. */
export function transpose(rows: usize, columns: usize, from: usize, to: usize): void {
  for (let i: usize = 0; i < rows; i++) {
    for (let j: usize = 0; j < columns; j++) {
      store<f32>(address(to + j * rows + i), load<f32>(address(from + i * columns + j)));
    }
  }
}

/** y += x */
export function addTo(count: usize, x: usize, y: usize): void {
  const to = address(y);
  const from = address(x);
  for (let at: usize = 0; at < count << 2; at += 16) {
    v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
  }
}

/** x_r = table of ids_r; with `add`, that is added to x_r. */
export function gather(
  rows: usize, width: usize, ids: usize, table: usize, x: usize, add: i32,
): void {
  const bytes = width << 2;
  for (let r: usize = 0; r < rows; r++) {
    const from = address(table + <usize>load<f32>(address(ids + r)) * width);
    const to = address(x + r * width);
    for (let at: usize = 0; at < bytes; at += 16) {
      const before = add == 1 ? v128.load(to + at) : ZERO;
      v128.store(to + at, f32x4.add(before, v128.load(from + at)));
    }
  }
}

/** Adds x_r to the table's row ids_r, in the order of r. */
export function scatter(rows: usize, width: usize, ids: usize, x: usize, table: usize): void {
  for (let r: usize = 0; r < rows; r++) {
    addTo(width, x + r * width, table + <usize>load<f32>(address(ids + r)) * width);
  }
}

/** y = g x / rms(x) by row; `inverse` gets 1/rms(x). */
export function normalize(
  rows: usize, width: usize, x: usize, gain: usize, y: usize, inverse: usize, epsilon: f32,
): void {
  const bytes = width << 2;
  const g = address(gain);
  for (let r: usize = 0; r < rows; r++) {
    const from = address(x + r * width);
    const to = address(y + r * width);
    let squares = ZERO;
    for (let at: usize = 0; at < bytes; at += 16) {
      const value = v128.load(from + at);
      squares = plusProduct(squares, value, value);
    }
    const scale: f32 = 1.0 / sqrt<f32>(sumOfLanes(squares) / <f32>width + epsilon);
    store<f32>(address(inverse + r), scale);
    const scales = f32x4.splat(scale);
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(to + at, f32x4.mul(f32x4.mul(v128.load(from + at), scales), v128.load(g + at)));
    }
  }
}

/** Adds the adjoints of `normalize` to dx and to dgain. */
export function normalizeBack(
  rows: usize, width: usize, x: usize, gain: usize, inverse: usize, dy: usize, dx: usize, dgain: usize,
): void {
  const bytes = width << 2;
  const g = address(gain);
  const dg = address(dgain);
  for (let r: usize = 0; r < rows; r++) {
    const from = address(x + r * width);
    const up = address(dy + r * width);
    const to = address(dx + r * width);
    const scale = load<f32>(address(inverse + r));
    const scales = f32x4.splat(scale);
    let products = ZERO;
    for (let at: usize = 0; at < bytes; at += 16) {
      const value = f32x4.mul(v128.load(from + at), v128.load(up + at));
      products = plusProduct(products, value, v128.load(g + at));
      v128.store(dg + at, plusProduct(v128.load(dg + at), value, scales));
    }
    const pull = f32x4.splat((sumOfLanes(products) * scale * scale * scale) / <f32>width);
    for (let at: usize = 0; at < bytes; at += 16) {
      const direct = f32x4.mul(f32x4.mul(v128.load(up + at), v128.load(g + at)), scales);
      const change = f32x4.sub(direct, f32x4.mul(v128.load(from + at), pull));
      v128.store(to + at, f32x4.add(v128.load(to + at), change));
    }
  }
}

@inline
function dot(bytes: usize, x: usize, y: usize): f32 {
  let sum = ZERO;
  for (let at: usize = 0; at < bytes; at += 16) {
    sum = plusProduct(sum, v128.load(x + at), v128.load(y + at));
  }
  return sumOfLanes(sum);
}

/** Replaces x_0 … x_last by their softmax; numbers up to the next multiple of four become zero. */
function softmaxOfRow(x: usize, last: usize): void {
  const bytes = (last + 4) >> 2 << 4;
  const ends = i32x4.splat(<i32>last);
  let largest = f32x4.splat(-Infinity);
  for (let at: usize = 0; at < bytes; at += 16) {
    const inside = i32x4.le_s(i32x4.add(LANES, i32x4.splat(<i32>(at >> 2))), ends);
    const value = v128.bitselect(v128.load(x + at), f32x4.splat(-Infinity), inside);
    v128.store(x + at, value);
    largest = f32x4.max(largest, value);
  }
  const shift = f32x4.splat(largestLane(largest));
  let sum = ZERO;
  for (let at: usize = 0; at < bytes; at += 16) {
    const value = exp(f32x4.sub(v128.load(x + at), shift));
    v128.store(x + at, value);
    sum = f32x4.add(sum, value);
  }
  const scale = f32x4.splat(<f32>1.0 / sumOfLanes(sum));
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(x + at, f32x4.mul(v128.load(x + at), scale));
  }
}

/**
 * Causal attention of one sequence: rows of (q, k, v), each of `width` numbers, heads side by side. The
 * probabilities are heads · length rows of `length` numbers, padded to a multiple of four.
 */
export function attend(
  length: usize, width: usize, heads: usize, qkv: usize, out: usize, probabilities: usize,
): void {
  const size = width / heads;
  const bytes = size << 2;
  const stride = width * 12;
  const padded = (length + 3) & ~3;
  const scale: f32 = 1.0 / sqrt<f32>(<f32>size);
  for (let h: usize = 0; h < heads; h++) {
    const q = address(qkv + h * size);
    const k = q + (width << 2);
    const v = k + (width << 2);
    for (let i: usize = 0; i < length; i++) {
      const row = address(probabilities + (h * length + i) * padded);
      for (let j: usize = 0; j <= i; j++) {
        store<f32>(row + (j << 2), scale * dot(bytes, q + i * stride, k + j * stride));
      }
      softmaxOfRow(row, i);
      const to = address(out + i * width + h * size);
      for (let at: usize = 0; at < bytes; at += 16) {
        let sum = ZERO;
        for (let j: usize = 0; j <= i; j++) {
          sum = plusProduct(sum, v128.load32_splat(row + (j << 2)), v128.load(v + j * stride + at));
        }
        v128.store(to + at, sum);
      }
    }
  }
}

/** Writes the adjoint of `attend` to dqkv; `scratch` has room for `length` numbers. */
export function attendBack(
  length: usize, width: usize, heads: usize,
  qkv: usize, probabilities: usize, dout: usize, dqkv: usize, scratch: usize,
): void {
  const size = width / heads;
  const bytes = size << 2;
  const stride = width * 12;
  const padded = (length + 3) & ~3;
  const scale: f32 = 1.0 / sqrt<f32>(<f32>size);
  memory.fill(address(dqkv), 0, length * stride);
  const dp = address(scratch);
  for (let h: usize = 0; h < heads; h++) {
    const q = address(qkv + h * size);
    const k = q + (width << 2);
    const v = k + (width << 2);
    const dq = address(dqkv + h * size);
    const dk = dq + (width << 2);
    const dv = dk + (width << 2);
    for (let i: usize = 0; i < length; i++) {
      const row = address(probabilities + (h * length + i) * padded);
      const up = address(dout + i * width + h * size);
      let mean: f32 = 0.0;
      for (let j: usize = 0; j <= i; j++) {
        const p = load<f32>(row + (j << 2));
        const value = dot(bytes, up, v + j * stride);
        store<f32>(dp + (j << 2), value);
        mean += p * value;
        const ps = f32x4.splat(p);
        const to = dv + j * stride;
        for (let at: usize = 0; at < bytes; at += 16) {
          v128.store(to + at, plusProduct(v128.load(to + at), ps, v128.load(up + at)));
        }
      }
      const qi = q + i * stride;
      const dqi = dq + i * stride;
      for (let j: usize = 0; j <= i; j++) {
        const ds = f32x4.splat(scale * load<f32>(row + (j << 2)) * (load<f32>(dp + (j << 2)) - mean));
        const kj = k + j * stride;
        const dkj = dk + j * stride;
        for (let at: usize = 0; at < bytes; at += 16) {
          v128.store(dqi + at, plusProduct(v128.load(dqi + at), ds, v128.load(kj + at)));
          v128.store(dkj + at, plusProduct(v128.load(dkj + at), ds, v128.load(qi + at)));
        }
      }
    }
  }
}

/** max(x, 0) in place. */
export function rectify(count: usize, x: usize): void {
  const end = address(x + count);
  for (let at = address(x); at < end; at += 16) v128.store(at, f32x4.max(v128.load(at), ZERO));
}

/** Sets dy to zero where y, the result of `rectify`, is zero. */
export function rectifyBack(count: usize, y: usize, dy: usize): void {
  const from = address(y);
  const to = address(dy);
  for (let at: usize = 0; at < count << 2; at += 16) {
    v128.store(to + at, v128.and(v128.load(to + at), f32x4.gt(v128.load(from + at), ZERO)));
  }
}

/**
 * Replaces rows of logits by scale · (softmax − indicator of the target), the gradient of scale · the loss;
 * `chosen` gets the targets' probabilities. Only the first `count` numbers of each row are logits; the
 * others become zero.
 */
export function crossEntropy(
  rows: usize, width: usize, count: usize, logits: usize, targets: usize, chosen: usize, scale: f32,
): void {
  const scales = f32x4.splat(scale);
  for (let r: usize = 0; r < rows; r++) {
    const row = address(logits + r * width);
    softmaxOfRow(row, count - 1);
    const target = row + (<usize>load<f32>(address(targets + r)) << 2);
    const p = load<f32>(target);
    store<f32>(address(chosen + r), p);
    store<f32>(target, p - 1.0);
    for (let at: usize = 0; at < width << 2; at += 16) {
      v128.store(row + at, at < count << 2 ? f32x4.mul(v128.load(row + at), scales) : ZERO);
    }
  }
}

/** Σ x² */
export function squares(count: usize, x: usize): f32 {
  const from = address(x);
  let sum = ZERO;
  for (let at: usize = 0; at < count << 2; at += 16) {
    const value = v128.load(from + at);
    sum = plusProduct(sum, value, value);
  }
  return sumOfLanes(sum);
}

/** A step of AdamW; `shrink` is the decay times the rate, c1 and c2 correct the moments' bias. */
export function adam(
  count: usize, weights: usize, gradient: usize, first: usize, second: usize,
  scale: f32, rate: f32, shrink: f32, beta1: f32, beta2: f32, c1: f32, c2: f32, epsilon: f32,
): void {
  const w = address(weights);
  const g = address(gradient);
  const m = address(first);
  const v = address(second);
  const keep = f32x4.splat(<f32>1.0 - shrink);
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const d1 = f32x4.splat(<f32>1.0 - beta1);
  const d2 = f32x4.splat(<f32>1.0 - beta2);
  const scales = f32x4.splat(scale);
  const rates = f32x4.splat(rate * c1);
  const seconds = f32x4.splat(c2);
  const least = f32x4.splat(epsilon);
  for (let at: usize = 0; at < count << 2; at += 16) {
    const slope = f32x4.mul(v128.load(g + at), scales);
    const mean = f32x4.add(f32x4.mul(v128.load(m + at), b1), f32x4.mul(slope, d1));
    const square = f32x4.add(f32x4.mul(v128.load(v + at), b2), f32x4.mul(f32x4.mul(slope, slope), d2));
    v128.store(m + at, mean);
    v128.store(v + at, square);
    const size = f32x4.add(f32x4.sqrt(f32x4.mul(square, seconds)), least);
    const move = f32x4.div(f32x4.mul(rates, mean), size);
    v128.store(w + at, f32x4.sub(f32x4.mul(v128.load(w + at), keep), move));
  }
}
