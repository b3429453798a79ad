/**
 * Seeded streams: what a path decides, and whether the numbers are uniform, normal and
 * independent. Seeds are fixed, so that a test passes always or never; each statistical test
 * states how often a perfect generator would have failed it for a random seed.
 */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream, streamFrom } from '../../src/random/stream.js';

const COUNT = 20_000;

function numbers(count: number, next: () => number): Float64Array {
  return Float64Array.from({ length: count }, next);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Largest distance between the empirical distribution and `cdf`. */
function kolmogorovDistance(values: Float64Array, cdf: (x: number) => number): number {
  const ascending = values.slice().sort();
  return ascending.reduce((largest, value, i) => {
    const p = cdf(value);
    const above = (i + 1) / ascending.length - p;
    return Math.max(largest, above, p - i / ascending.length);
  }, 0);
}

/** Exceeded with probability `level` (Kolmogorov's limit, to leading order). */
function kolmogorovBound(count: number, level: number): number {
  return Math.sqrt(-Math.log(level / 2) / (2 * count));
}

/** A standard normal is outside ±4.42 with probability 1e-5. */
const Z = 4.42;

// Parts in which a collision would matter: the letters and digits of fit names and seeds.
const part = fc.oneof(
  fc.string({ maxLength: 12 }).filter((text) => !text.includes('\u001f')),
  fc.integer(),
);
const path = fc.array(part, { minLength: 1, maxLength: 4 });
const joined = (parts: readonly (string | number)[]) => parts.join('\u001f');

describe('a stream of random numbers', () => {
  it('is decided by its path alone: the same path gives the same numbers, bit for bit', () => {
    fc.assert(
      fc.property(path, (parts) => {
        const first = randomStream(...parts);
        const second = randomStream(...parts);
        randomStream(...parts, 'another').uniform();
        for (let i = 0; i < 5; i++) {
          expect(first.uniform()).toBe(second.uniform());
          expect(first.normal()).toBe(second.normal());
          expect(first.coin()).toBe(second.coin());
        }
      }),
      { seed: 2025, numRuns: 200 },
    );
  });

  it('differs from the stream of any other path', () => {
    // Two 53-bit numbers coincide by chance with probability 1e-16.
    fc.assert(
      fc.property(path, path, (a, b) => {
        fc.pre(joined(a) !== joined(b));
        expect(randomStream(...a).uniform()).not.toBe(randomStream(...b).uniform());
      }),
      { seed: 2025, numRuns: 1000 },
    );
  });

  it.each([
    [
      ['a', 'bc'],
      ['ab', 'c'],
    ],
    [['a', 'b'], ['ab']],
    [['a'], ['a', '']],
    [
      [1, 'fit', 12],
      [11, 'fit', 2],
    ],
    [
      [2025, 'fit', 0],
      [2025, 'fit', 1],
    ],
    [['fit'], ['fitfit']],
    [[1], [11]],
    [['Ł'], ['A']],
    [['ağb'], ['a', 'b']],
  ])('tells %j from %j', (a, b) => {
    expect(randomStream(...a).uniform()).not.toBe(randomStream(...b).uniform());
  });

  it('makes normals of the uniforms that it is given, and of nothing else', () => {
    // Marsaglia: (x, y) = (0.5, 0) has square 1/4, hence normals x·√(-2 log(1/4)/(1/4)) and 0.
    const source = [0.75, 0.5][Symbol.iterator]();
    const stream = streamFrom(() => source.next().value ?? Number.NaN);
    expect(stream.normal()).toBe(0.5 * Math.sqrt(-8 * Math.log(0.25)));
    expect(stream.normal()).toBe(0);
  });
});

describe('uniforms', () => {
  const values = numbers(COUNT, randomStream('uniforms', 2025).uniform);

  it('lie in [0, 1)', () => {
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  });

  it('follow the uniform distribution (Kolmogorov-Smirnov, false alarms 1 in 10,000)', () => {
    expect(kolmogorovDistance(values, (x) => x)).toBeLessThan(kolmogorovBound(COUNT, 1e-4));
  });

  it('fall below one half as often as a fair coin (false alarms 1 in 100,000)', () => {
    const stream = randomStream('coins', 2025);
    const heads = mean(numbers(COUNT, () => (stream.coin() ? 1 : 0)));
    expect(Math.abs(heads - 0.5)).toBeLessThan(Z * Math.sqrt(0.25 / COUNT));
  });
});

describe('normals', () => {
  const values = numbers(COUNT, randomStream('normals', 2025).normal);

  it('follow the normal distribution (Kolmogorov-Smirnov, false alarms 1 in 10,000)', () => {
    const distance = kolmogorovDistance(values, (x) => normalCdf(x, 0, 1));
    expect(distance).toBeLessThan(kolmogorovBound(COUNT, 1e-4));
  });

  // The k-th sample moment has variance (E x^2k - (E x^k)²) / n.
  it.each([
    [1, 0, 1],
    [2, 1, 2],
    [3, 0, 15],
    [4, 3, 96],
  ])('have moment %i equal to %d (false alarms 1 in 100,000)', (power, moment, variance) => {
    const found = mean(values.map((value) => value ** power));
    expect(Math.abs(found - moment)).toBeLessThan(Z * Math.sqrt(variance / COUNT));
  });

  it('are uncorrelated with their neighbours, in value and in square (1 in 50,000)', () => {
    // The polar method makes them in pairs. Under independence a product of standardized numbers
    // has mean 0 and variance 1.
    const next = values.subarray(1);
    const products = next.map((value, i) => value * values[i]);
    const squares = next.map((value, i) => ((value ** 2 - 1) * (values[i] ** 2 - 1)) / 2);
    expect(Math.abs(mean(products))).toBeLessThan(Z / Math.sqrt(products.length));
    expect(Math.abs(mean(squares))).toBeLessThan(Z / Math.sqrt(squares.length));
  });

  it('of neighbouring chains are uncorrelated (false alarms 1 in 100,000)', () => {
    const chains = [0, 1].map((chain) => randomStream(2025, 'fit', chain));
    const products = numbers(COUNT, () => chains[0].normal() * chains[1].normal());
    expect(Math.abs(mean(products))).toBeLessThan(Z / Math.sqrt(COUNT));
  });
});
