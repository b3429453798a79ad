/**
 * Python's random numbers: reproduces `random.Random(seed)` exactly for a whole-number seed,
 * because it drew every stimulus of the paper.
 *
 * The generator is MT19937 (Matsumoto & Nishimura 1998). On top of its 32-bit words, Python adds
 * seeding by array, 53-bit doubles from two words, and whole numbers by rejection.
 */
import mt19937 from '@stdlib/random-base-mt19937';
import { WeighbridgeError } from '../errors.js';

interface PythonRandom {
  /** Uniform on [0, 1), 53 bits. */
  random(): number;
  /** Uniform on [min, max]; rounding may reach the maximum. */
  uniform(min: number, max: number): number;
  /** A whole number from 0 to n − 1; n from 1 to 2^53. */
  randbelow(n: number): number;
  /** A shuffled copy of the list. */
  shuffle<T>(items: readonly T[]): T[];
}

/**
 * @param seed a whole number; as in Python, its sign does not matter
 * @throws WeighbridgeError `bad-argument` if the seed is not a whole number up to 2^53 − 1
 */
export function pythonRandom(seed: number): PythonRandom {
  const word = mt19937.factory({ seed: seedKey(seed) });

  const random = (): number => {
    const high = word() >>> 5;
    const low = word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  };

  /** A random whole number of `count` bits, at most 53; the low word is drawn first. */
  const bits = (count: number): number => {
    if (count <= 32) return word() >>> (32 - count);
    const low = word();
    return (word() >>> (64 - count)) * 2 ** 32 + low;
  };

  const randbelow = (n: number): number => {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 53) {
      throw new WeighbridgeError('bad-argument', `randbelow(${n}): expected 1 to 2^53`);
    }
    const count = n.toString(2).length;
    for (;;) {
      const value = bits(count);
      if (value < n) return value;
    }
  };

  /** Fisher–Yates from the end, as in `random.shuffle`. */
  const shuffle = <T>(items: readonly T[]): T[] => {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = randbelow(last + 1);
      [shuffled[last], shuffled[other]] = [shuffled[other], shuffled[last]];
    }
    return shuffled;
  };

  return { random, uniform: (min, max) => min + (max - min) * random(), randbelow, shuffle };
}

/**
 * The key of `init_by_array`: |seed| in 32-bit words, lowest first.
 *
 * For a key of one word, the package's state differs from Python's, so a single word is given
 * twice. Position j of a key adds key[j] + j to the state; the second copy is therefore one less
 * (modulo 2^32), which cancels its position.
 */
function seedKey(seed: number): Uint32Array {
  if (!Number.isSafeInteger(seed)) {
    throw new WeighbridgeError(
      'bad-argument',
      `seed ${seed}: expected a whole number between -(2^53 - 1) and 2^53 - 1`,
    );
  }
  const size = Math.abs(seed);
  // Storing in a Uint32Array reduces modulo 2^32.
  return size < 2 ** 32
    ? Uint32Array.of(size, size - 1)
    : Uint32Array.of(size, Math.floor(size / 2 ** 32));
}
