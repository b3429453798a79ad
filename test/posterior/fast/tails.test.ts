/** The ends of equal-tailed intervals without a sort, beside those of sorted draws. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalTails } from '../../../src/posterior/fast/tails.js';
import { etiOfSorted } from '../../../src/posterior/intervals.js';
import { pointSummary } from '../../../src/posterior/point-summary.js';
import { sorted } from '../../../src/posterior/quantiles.js';
import { randomStream } from '../../../src/random/stream.js';

const shapes: Readonly<Record<string, (normal: number, uniform: number) => number>> = {
  normal: (normal) => normal,
  'far from zero': (normal) => 1e6 + normal,
  'log-normal, to the right': (normal) => Math.exp(2 * normal),
  'log-normal, to the left': (normal) => -Math.exp(2 * normal),
  Cauchy: (_, uniform) => Math.tan(Math.PI * (uniform - 0.5)),
  uniform: (_, uniform) => uniform,
  'zeros and ones': (_, uniform) => (uniform < 0.3 ? 1 : 0),
  'few ones': (_, uniform) => (uniform < 0.001 ? 1 : 0),
  counts: (normal) => Math.max(0, Math.round(1.5 + 1.5 * normal)),
  constant: () => 3,
};

function moments(draws: Float64Array) {
  const { mean, sd } = pointSummary(draws, { robust: true });
  return { mean, sd };
}

describe('the ends of an equal-tailed interval without a sort', () => {
  it.each(Object.keys(shapes))('are those of sorted draws: %s', (shape) => {
    let unsorted = 0;
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 1500 }),
        fc.constantFrom(0.5, 0.89, 0.95, 0.999),
        (seed, count, mass) => {
          const random = randomStream(seed);
          const draws = Float64Array.from({ length: count }, () =>
            shapes[shape](random.normal(), random.uniform()),
          );
          const ends = equalTails(draws, mass, moments(draws));
          if (ends) unsorted++;
          const expected = etiOfSorted(sorted(draws), mass);
          if (ends) expect(ends).toEqual(expected);
          const { lower, upper } = pointSummary(draws, { mass });
          expect([lower, upper]).toEqual(expected);
        },
      ),
      { seed: 3, numRuns: 200 },
    );
    expect(unsorted).toBeGreaterThan(50);
  });

  it('are left to a sort if a draw is not finite', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const draws = Float64Array.from({ length: 1000 }, (_, i) => (i === 500 ? bad : i));
      expect(equalTails(draws, 0.95, moments(draws))).toBeNull();
      const { lower, upper } = pointSummary(draws);
      expect([lower, upper]).toEqual(etiOfSorted(sorted(draws), 0.95));
    }
  });
});
