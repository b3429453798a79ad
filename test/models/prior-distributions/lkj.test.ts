/** The LKJ distribution: its marginals, its normalization, and the matrices that it is of. */
import betaCdf from '@stdlib/stats-base-dists-beta-cdf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawLkj, lkjLogDensity, priorDensity } from '../../../models/prior-distributions.js';
import { randomStream } from '../../../src/random/stream.js';
import { expectUniform } from './kolmogorov.js';

const DRAWS = 4000;

describe('the LKJ distribution', () => {
  it.each([
    [1, 2],
    [2.5, 2],
    [0.4, 3],
    [2, 3],
    [1, 5],
  ])('with eta %d of %d variables has beta marginals, the same for all pairs', (eta, size) => {
    const random = randomStream('lkj', eta, size);
    const draws = Array.from({ length: DRAWS }, () => drawLkj(eta, size, random));
    const shape = eta + (size - 2) / 2;
    for (let pair = 0; pair < draws[0].length; pair++) {
      // Kolmogorov's test, false-alarm rate 1e-6 a pair.
      expectUniform(Float64Array.from(draws, (r) => betaCdf((r[pair] + 1) / 2, shape, shape)));
    }
  });

  it('of two variables is a beta distribution between −1 and 1', () => {
    for (const eta of [0.7, 1, 3]) {
      const beta = priorDensity({ distribution: 'beta', alpha: eta, beta: eta });
      for (const r of [-0.9, -0.2, 0, 0.6]) {
        const expected = beta.logDensity((1 + r) / 2) - Math.LN2;
        expect(Math.abs(lkjLogDensity(eta, [r]) - expected)).toBeLessThan(1e-13);
      }
    }
  });

  it.each([
    [1, 2, 3],
    [3, 2, 3],
    [2, 3, 4],
  ])(
    'is normalized: draws with eta %d weigh 1 on the mean under eta %d of %d variables',
    (from, to, size) => {
      const random = randomStream('normalized', from, to, size);
      let sum = 0;
      let squares = 0;
      for (let i = 0; i < DRAWS; i++) {
        const r = drawLkj(from, size, random);
        const ratio = Math.exp(lkjLogDensity(to, r) - lkjLogDensity(from, r));
        sum += ratio;
        squares += ratio * ratio;
      }
      const mean = sum / DRAWS;
      const error = Math.sqrt((squares / DRAWS - mean * mean) / DRAWS);
      // Five standard errors: a false-alarm rate of 6e-7 each.
      expect(Math.abs(mean - 1)).toBeLessThan(5 * error);
    },
  );

  it('has positive definite matrices alone, with finite density, and none elsewhere', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 1, max: 20, noNaN: true }),
        fc.integer(),
        (size, eta, seed) => {
          const r = drawLkj(eta, size, randomStream(seed));
          expect(r).toHaveLength((size * (size - 1)) / 2);
          expect(Number.isFinite(lkjLogDensity(eta, r))).toBe(true);
        },
      ),
    );
    expect(lkjLogDensity(1, [0.9, 0.9, -0.9])).toBe(Number.NEGATIVE_INFINITY);
  });
});
