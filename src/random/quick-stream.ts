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
  const word = xoshiro(randomStream(...path));

  /** 53 bits on [0, 1). */
  const uniform = (): number => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992;

  /** Beyond the last edge (Marsaglia 1964); 1 − u is never zero. */
  const tail = (): number => {
    for (;;) {
      const x = -Math.log(1 - uniform()) / TAIL;
      if (-2 * Math.log(1 - uniform()) >= x * x) return TAIL + x;
    }
  };

  const normal = (): number => {
    for (;;) {
      const bits = word();
      const layer = bits & (LAYERS - 1);
      // 24 bits that chose neither layer nor sign, and 27 more.
      const u = ((bits >>> 8) * 134217728 + (word() >>> 5)) / 2251799813685248;
      const x = u * edges[layer];
      const sign = (bits & LAYERS) === 0 ? 1 : -1;
      if (x < edges[layer + 1]) return sign * x;
      if (layer === 0) return sign * tail();
      const high = density(edges[layer + 1]);
      const low = density(edges[layer]);
      if (low + uniform() * (high - low) < density(x)) return sign * x;
    }
  };

  return { uniform, normal, coin: () => word() < 0 };
}

/** Signed words of 32 bits. */
function xoshiro(seed: RandomStream): () => number {
  const seedWord = () => (seed.uniform() * 4294967296) | 0;
  let a = seedWord();
  let b = seedWord();
  let c = seedWord();
  // The one state that never changes is all zeros.
  let d = seedWord() | 1;
  return () => {
    const sum = (a + d) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + a) | 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
}
