/**
 * Seeded random streams. A stream is derived from a path, such as seed, fit and chain, and never
 * from the order of execution: the same path gives the same numbers, bit for bit, on any worker
 * and next to any other fits.
 */
import { arc4 } from './arc4.js';

export interface RandomStream {
  /** Uniform on [0, 1), 53 bits. */
  uniform(): number;
  /** Fills the array; equivalent to as many calls of `uniform`. */
  uniforms(target: Float64Array): void;
  /** Standard normal. */
  normal(): number;
  /** Fills the array; equivalent to as many calls of `normal`. */
  normals(target: Float64Array): void;
  /** true or false with equal probability. */
  coin(): boolean;
  /** Quick streams only. */
  readonly quick?: QuickState;
}

/** What a kernel needs to make the numbers of a quick stream. */
export interface QuickState {
  /** Four words of xoshiro128++, which the kernel moves in place. */
  readonly words: Int32Array;
  /** Right edges of the 128 layers of the ziggurat, and zero. */
  readonly edges: Float64Array;
}

/**
 * The stream of a path. Parts are joined by a unit separator (U+001F), so that ('a', 'bc') and
 * ('ab', 'c') differ. The generator is seedrandom's ARC4, keyed by the joined path.
 */
export function randomStream(...path: readonly (string | number)[]): RandomStream {
  return streamFrom(arc4(keyOf(path.join('\u001f'))));
}

/** ARC4 repeats its key and uses bytes, so each character becomes two and the key ends with 0. */
function keyOf(text: string): Uint8Array {
  const key = new Uint8Array(2 * text.length + 2);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    key[2 * i] = code >> 8;
    key[2 * i + 1] = code;
  }
  return key;
}

/** A stream over any source of uniforms on [0, 1), which is the only source of randomness. */
export function streamFrom(uniform: () => number): RandomStream {
  let spare = Number.NaN;

  /** Marsaglia's polar method (Marsaglia & Bray 1964): two normals from a point in the unit disc. */
  const normal = (): number => {
    if (!Number.isNaN(spare)) {
      const value = spare;
      spare = Number.NaN;
      return value;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) {
        const scale = Math.sqrt((-2 * Math.log(square)) / square);
        spare = y * scale;
        return x * scale;
      }
    }
  };

  const normals = (target: Float64Array): void => {
    for (let i = 0; i < target.length; i++) target[i] = normal();
  };

  const uniforms = (target: Float64Array): void => {
    for (let i = 0; i < target.length; i++) target[i] = uniform();
  };

  return { uniform, uniforms, normal, normals, coin: () => uniform() < 0.5 };
}
