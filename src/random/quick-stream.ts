/**
 * A fast stream for samplers that spend more time on random numbers than on arithmetic: the
 * generator xoshiro128++ (Blackman & Vigna 2021, ACM TOMS 47), with normals by the ziggurat
 * method (Marsaglia & Tsang 2000, with layer and abscissa from separate bits as recommended by
 * Doornik 2005). It takes a tenth of the time of `randomStream` and uses the same paths: its
 * state is the first 128 bits of that stream.
 */
import { type RandomStream, randomStream } from './stream.js';

const LAYERS = 128;
/** Start of the tail, and the area of each of the 128 layers. */
const TAIL = 3.442619855899;
const AREA = 9.91256303526217e-3;

const density = (x: number): number => Math.exp(-0.5 * x * x);

/** Right edges of the layers, from the base (as wide as its area requires) to the top. */
const edges = ((): Float64Array => {
  const x = new Float64Array(LAYERS + 1);
  x[0] = AREA / density(TAIL);
  x[1] = TAIL;
  for (let i = 2; i < LAYERS; i++) {
    x[i] = Math.sqrt(-2 * Math.log(AREA / x[i - 1] + density(x[i - 1])));
  }
  x[LAYERS] = 0;
  return x;
})();

/** The fast stream of a path; the same path gives the same numbers, bit for bit. */
export function quickStream(...path: readonly (string | number)[]): RandomStream {
  const state = seededState(randomStream(...path));

  const uniform = (): number => nextUniform(state);
  const normal = (): number => nextNormal(state);
  return {
    uniform,
    uniforms: (target) => fillWithUniforms(target, state),
    normal,
    normals: (target) => fillWithNormals(target, state),
    coin: () => nextWord(state) < 0,
    quick: { words: state, edges },
  };
}

/**
 * Equivalent to `nextNormal` for each element. Keeps the state in local variables on the common
 * path, because going through memory doubles the time per number.
 */
function fillWithNormals(target: Float64Array, state: Int32Array): void {
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  for (let i = 0; i < target.length; i++) {
    // Two words of xoshiro128++.
    const first = (a + d) | 0;
    const bits = (((first << 7) | (first >>> 25)) + a) | 0;
    const c1 = c ^ a;
    const d1 = d ^ b;
    const a1 = a ^ d1;
    const b1 = b ^ c1;
    const c2 = c1 ^ (b << 9);
    const d2 = (d1 << 11) | (d1 >>> 21);
    const second = (a1 + d2) | 0;
    const more = (((second << 7) | (second >>> 25)) + a1) | 0;
    c = c2 ^ a1;
    d = d2 ^ b1;
    a = a1 ^ d;
    b = b1 ^ c;
    c ^= b1 << 9;
    d = (d << 11) | (d >>> 21);
    const layer = bits & (LAYERS - 1);
    const x = abscissa(bits, more, layer);
    const sign = (bits & LAYERS) === 0 ? 1 : -1;
    if (x < edges[layer + 1]) {
      target[i] = sign * x;
    } else {
      state[0] = a;
      state[1] = b;
      state[2] = c;
      state[3] = d;
      target[i] = beyondEdge(layer, sign, x, state);
      a = state[0];
      b = state[1];
      c = state[2];
      d = state[3];
    }
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
}

/** Equivalent to `nextUniform` for each element, with the state in local variables. */
function fillWithUniforms(target: Float64Array, state: Int32Array): void {
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  for (let i = 0; i < target.length; i++) {
    // Two words of xoshiro128++.
    const first = (a + d) | 0;
    const bits = (((first << 7) | (first >>> 25)) + a) | 0;
    const c1 = c ^ a;
    const d1 = d ^ b;
    const a1 = a ^ d1;
    const b1 = b ^ c1;
    const c2 = c1 ^ (b << 9);
    const d2 = (d1 << 11) | (d1 >>> 21);
    const second = (a1 + d2) | 0;
    const more = (((second << 7) | (second >>> 25)) + a1) | 0;
    c = c2 ^ a1;
    d = d2 ^ b1;
    a = a1 ^ d;
    b = b1 ^ c;
    c ^= b1 << 9;
    d = (d << 11) | (d >>> 21);
    target[i] = uniformOf(bits, more);
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
}

/** A uniform on [0, 1) from two words. */
function uniformOf(bits: number, more: number): number {
  return ((bits >>> 5) * 67108864 + (more >>> 6)) / 9007199254740992;
}

/** An abscissa from the 24 bits that chose neither layer nor sign, plus 27 more. */
function abscissa(bits: number, more: number, layer: number): number {
  return (((bits >>> 8) * 134217728 + (more >>> 5)) / 2251799813685248) * edges[layer];
}

/** Uniform on [0, 1), 53 bits. */
function nextUniform(state: Int32Array): number {
  return uniformOf(nextWord(state), nextWord(state));
}

function nextNormal(state: Int32Array): number {
  const bits = nextWord(state);
  const layer = bits & (LAYERS - 1);
  const sign = (bits & LAYERS) === 0 ? 1 : -1;
  const x = abscissa(bits, nextWord(state), layer);
  return x < edges[layer + 1] ? sign * x : beyondEdge(layer, sign, x, state);
}

/** Handles the 2% of draws whose abscissa is right of the next layer's edge. */
function beyondEdge(layer: number, sign: number, x: number, state: Int32Array): number {
  if (layer === 0) return sign * beyondTail(state);
  const high = density(edges[layer + 1]);
  const low = density(edges[layer]);
  return low + nextUniform(state) * (high - low) < density(x) ? sign * x : nextNormal(state);
}

/** Draws from the tail beyond the last edge (Marsaglia 1964); 1 − u is never zero. */
function beyondTail(state: Int32Array): number {
  for (;;) {
    const x = -Math.log(1 - nextUniform(state)) / TAIL;
    if (-2 * Math.log(1 - nextUniform(state)) >= x * x) return TAIL + x;
  }
}

function seededState(seed: RandomStream): Int32Array {
  const state = Int32Array.from({ length: 4 }, () => (seed.uniform() * 4294967296) | 0);
  // The all-zero state is the only one that never changes.
  state[3] |= 1;
  return state;
}

/** The next 32-bit word, signed (xoshiro128++). */
function nextWord(state: Int32Array): number {
  const a = state[0];
  const b = state[1];
  const c = state[2] ^ a;
  const d = state[3] ^ b;
  const sum = (a + state[3]) | 0;
  state[0] = a ^ d;
  state[1] = b ^ c;
  state[2] = c ^ (b << 9);
  state[3] = (d << 11) | (d >>> 21);
  return (((sum << 7) | (sum >>> 25)) + a) | 0;
}
