/**
 * The quick stream: its generator against the published one, and whether its numbers are uniform
 * and normal. Seeds are fixed; false-alarm rates say how often a perfect one would have failed.
 */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import { describe, expect, it } from 'vitest';
import { quickStream } from '../../src/random/quick-stream.js';
import { randomStream } from '../../src/random/stream.js';

const COUNT = 400_000;

/** √n times the largest distance between the empirical distribution and `cdf`. */
function kolmogorov(next: () => number, cdf: (x: number) => number): number {
  const ascending = Float64Array.from({ length: COUNT }, next).sort();
  let largest = 0;
  ascending.forEach((value, i) => {
    const p = cdf(value);
    largest = Math.max(largest, (i + 1) / COUNT - p, p - i / COUNT);
  });
  return largest * Math.sqrt(COUNT);
}

/** Exceeded once in 10,000 times. */
const BOUND = Math.sqrt(-Math.log(0.5e-4) / 2);

describe('a quick stream', () => {
  it('fills arrays with what it would give one by one, and goes on from there', () => {
    const [byArray, byOne] = [quickStream('arrays'), quickStream('arrays')];
    const seven = new Float64Array(7);
    // 140,000 numbers, of which some 2,000 take the rare way beyond a layer's edge.
    for (let i = 0; i < 20_000; i++) {
      byArray.normals(seven);
      const expected = Float64Array.from(seven, () => byOne.normal());
      expect(seven.every((value, j) => value === expected[j])).toBe(true);
    }
    byArray.uniforms(seven);
    expect(seven).toEqual(Float64Array.from(seven, () => byOne.uniform()));
    expect(byArray.uniform()).toBe(byOne.uniform());
  });

  it('is xoshiro128++ (Blackman & Vigna), from the words of the plain stream of its path', () => {
    const seed = randomStream('quick', 1);
    const words = Array.from({ length: 4 }, () => BigInt(Math.floor(seed.uniform() * 2 ** 32)));
    words[3] |= 1n;
    const mask = 0xffffffffn;
    const rotate = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & mask;
    const next = () => {
      const [a, b, c, d] = words;
      const result = (rotate((a + d) & mask, 7n) + a) & mask;
      words[2] = c ^ a;
      words[3] = d ^ b;
      words[1] = b ^ words[2];
      words[0] = a ^ words[3];
      words[2] ^= (b << 9n) & mask;
      words[3] = rotate(words[3], 11n);
      return Number(result);
    };
    const stream = quickStream('quick', 1);
    for (let i = 0; i < 1000; i++) {
      expect(stream.uniform()).toBe(
        ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992,
      );
    }
  });

  it('is decided by its path', () => {
    const numbers = (...path: (string | number)[]) => {
      const stream = quickStream(...path);
      return Array.from({ length: 20 }, () => stream.normal());
    };
    expect(numbers(1, 'fit', 0)).toEqual(numbers(1, 'fit', 0));
    expect(numbers(1, 'fit', 0)).not.toEqual(numbers(1, 'fit', 1));
  });

  it('has uniform and normal numbers (false alarms 1 in 5,000)', () => {
    const stream = quickStream('distribution');
    expect(kolmogorov(stream.uniform, (x) => x)).toBeLessThan(BOUND);
    expect(kolmogorov(stream.normal, (x) => normalCdf(x, 0, 1))).toBeLessThan(BOUND);
  });

  it('has the tails of a normal beyond the last layer (false alarms 1 in 10,000)', () => {
    const stream = quickStream('tails');
    let beyond = 0;
    let far = 0;
    const draws = 4_000_000;
    for (let i = 0; i < draws; i++) {
      const size = Math.abs(stream.normal());
      if (size > 3.442619855899) beyond++;
      if (size > 4) far++;
    }
    for (const [count, edge] of [
      [beyond, 3.442619855899],
      [far, 4],
    ]) {
      const expected = 2 * normalCdf(-edge, 0, 1) * draws;
      expect(Math.abs(count - expected) / Math.sqrt(expected)).toBeLessThan(4.06);
    }
  });
});
