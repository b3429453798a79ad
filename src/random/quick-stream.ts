/**
 * A stream for samplers that spend more on random numbers than on arithmetic: the generator
 * xoshiro128++ (Blackman & Vigna 2021, ACM TOMS 47) and normals by the ziggurat (Marsaglia & Tsang
 * 2000, with the layer and the abscissa from separate bits as Doornik 2005 asks for). It costs a
 * tenth of `randomStream`, whose paths it shares: its state is the first 128 bits of that stream.
 */
import { type RandomStream, randomStream } from './stream.js';

const LAYERS = 128;
/** Where the tail begins, and the area of each layer, for 128 of them. */
const TAIL = 3.442619855899;
const AREA = 9.91256303526217e-3;

const density = (x: number): number => Math.exp(-0.5 * x * x);

/** Right edges of the layers, from the base (as wide as its area demands) to the top. */
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

/** The quick stream of a path; the same path gives the same numbers, bit for bit. */
export function quickStream(...path: readonly (string | number)[]): RandomStream {
  const state = seededState(randomStream(...path));

  const uniform = (): number => nextUniform(state);
  const normal = (): number => nextNormal(state);
  const normals = (target: Float64Array): void => {
    for (let i = 0; i < target.length; i++) target[i] = nextNormal(state);
  };
  return { uniform, normal, normals, coin: () => nextWord(state) < 0 };
}

/** 53 bits on [0, 1). */
function nextUniform(state: Int32Array): number {
  return ((nextWord(state) >>> 5) * 67108864 + (nextWord(state) >>> 6)) / 9007199254740992;
}

function nextNormal(state: Int32Array): number {
  const bits = nextWord(state);
  const layer = bits & (LAYERS - 1);
  const sign = (bits & LAYERS) === 0 ? 1 : -1;
  // 24 bits that chose neither layer nor sign, and 27 more.
  const u = ((bits >>> 8) * 134217728 + (nextWord(state) >>> 5)) / 2251799813685248;
  const x = u * edges[layer];
  return x < edges[layer + 1] ? sign * x : beyondEdge(layer, sign, x, state);
}

/** Once in fifty times the abscissa is right of the next layer's edge. */
function beyondEdge(layer: number, sign: number, x: number, state: Int32Array): number {
  if (layer === 0) return sign * beyondTail(state);
  const high = density(edges[layer + 1]);
  const low = density(edges[layer]);
  return low + nextUniform(state) * (high - low) < density(x) ? sign * x : nextNormal(state);
}

/** Beyond the last edge (Marsaglia 1964); 1 − u is never zero. */
function beyondTail(state: Int32Array): number {
  for (;;) {
    const x = -Math.log(1 - nextUniform(state)) / TAIL;
    if (-2 * Math.log(1 - nextUniform(state)) >= x * x) return TAIL + x;
  }
}

function seededState(seed: RandomStream): Int32Array {
  const state = Int32Array.from({ length: 4 }, () => (seed.uniform() * 4294967296) | 0);
  // The one state that never changes is all zeros.
  state[3] |= 1;
  return state;
}

/** A signed word of 32 bits (xoshiro128++). */
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
