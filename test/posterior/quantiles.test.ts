/**
 * Order statistics of draws against their definitions, @stdlib's ranks, and R (test/reference).
 */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import ranks from '@stdlib/stats-ranks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalScores } from '../../src/posterior/fast/convergence.js';
import { type Ordering, orderingOf } from '../../src/posterior/fast/ordering.js';
import {
  median,
  medianAbsoluteDeviation,
  quantileOfSorted,
  sorted,
} from '../../src/posterior/quantiles.js';
import reference from '../reference/convergence.json' with { type: 'json' };

const runs = { seed: 2025, numRuns: 500 };
const manyTies = fc
  .array(fc.integer({ min: -8, max: 8 }), { minLength: 1, maxLength: 80 })
  .map((values) => Float64Array.from(values));
const numbers = fc
  .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 })
  .map((values) => Float64Array.from(values));
const probability = fc.double({ min: 0, max: 1, noNaN: true });

const finiteSets = reference.sets.flatMap(({ name, draws, order }) =>
  order ? [{ name, draws: Float64Array.from(draws, Number), order }] : [],
);

/** Ranks from 1; ties share the average of their ranks: what normal scores are scores of. */
function averageRanks(
  values: Float64Array,
  { ascending, order }: Ordering = orderingOf(values),
): Float64Array {
  const ranks = new Float64Array(values.length);
  order.forEach((index, place) => {
    const first = ascending.indexOf(ascending[place]);
    const last = ascending.lastIndexOf(ascending[place]);
    ranks[index] = (first + last) / 2 + 1;
  });
  return ranks;
}

describe('a quantile', () => {
  it('splits the n - 1 gaps between the draws: whole positions are draws, and it is linear between', () => {
    const ascending = Float64Array.of(10, 20, 40, 80, 160);
    expect([0, 0.25, 0.5, 0.75, 1].map((p) => quantileOfSorted(ascending, p))).toEqual([
      10, 20, 40, 80, 160,
    ]);
    expect(quantileOfSorted(ascending, 0.125)).toBe(15);
    expect(quantileOfSorted(ascending, 0.9375)).toBe(140);
    expect(quantileOfSorted(Float64Array.of(3), 0.7)).toBe(3);
  });

  it('grows with its probability, from the least draw to the greatest', () => {
    fc.assert(
      fc.property(numbers, probability, probability, (values, p, q) => {
        const ascending = sorted(values);
        expect(quantileOfSorted(ascending, 0)).toBe(Math.min(...values));
        expect(quantileOfSorted(ascending, 1)).toBe(Math.max(...values));
        const low = quantileOfSorted(ascending, Math.min(p, q));
        const high = quantileOfSorted(ascending, Math.max(p, q));
        // One rounding in each of a + h (b - a): three, each of at most half an ulp of 2e6.
        expect(low).toBeLessThanOrEqual(high + 3 * 2e6 * Number.EPSILON);
      }),
      runs,
    );
  });

  it('of an infinite sample is infinite only where an infinite draw takes part, as in R', () => {
    // quantile(c(1, 2, 3, Inf, Inf), c(0.25, 0.5, 0.6)) in R: 2, 3, Inf.
    const ascending = Float64Array.of(1, 2, 3, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    expect([0.25, 0.5, 0.6].map((p) => quantileOfSorted(ascending, p))).toEqual([
      2,
      3,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it.each(finiteSets)('is R quantile of type 7: $name', ({ draws, order }) => {
    const ascending = sorted(draws);
    order.probabilities.forEach((p, index) => {
      const at = p * (draws.length - 1);
      const size = Math.max(
        Math.abs(ascending[Math.floor(at)]),
        Math.abs(ascending[Math.ceil(at)]),
      );
      // R weighs the two neighbours, (1 - h) a + h b: a few roundings of numbers of their size.
      // h itself carries the rounding of p (n - 1), of at most `at` ulps.
      const tolerance = (4 + at) * Number.EPSILON * size;
      expect(Math.abs(quantileOfSorted(ascending, p) - order.quantiles[index])).toBeLessThanOrEqual(
        tolerance,
      );
    });
  });
});

describe('the median and the median absolute deviation', () => {
  it('are worked by hand: mad of 1, 1, 2, 2, 4, 6, 9 is 1.4826', () => {
    const values = [9, 1, 4, 2, 1, 6, 2];
    expect(median(values)).toBe(2);
    expect(medianAbsoluteDeviation(values)).toBe(1.4826);
    expect(median([3, 1, 2, 10])).toBe(2.5);
  });

  it('are those of sorted values for long columns, with ties, infinite values and NaN too', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true }),
      fc.integer({ min: -3, max: 3 }),
      fc.constantFrom(Number.POSITIVE_INFINITY, 1e-300),
    );
    const long = fc.array(value, { minLength: 95, maxLength: 300 });
    fc.assert(
      fc.property(long, fc.nat(), (values, place) => {
        const expected = quantileOfSorted(sorted(values), 0.5);
        // Equal neighbours of either sign of zero are in any order.
        expect(median(values) + 0).toBe(expected + 0);
        const broken = values.with(place % values.length, Number.NaN);
        expect(median(broken)).toBeNaN();
      }),
      { seed: 2025 },
    );
  });

  it('move with shifts, and scale by the size of a factor', () => {
    const whole = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 60 });
    const factor = fc.integer({ min: -64, max: 64 });
    fc.assert(
      fc.property(whole, factor, fc.integer({ min: -1e6, max: 1e6 }), (values, times, plus) => {
        const image = values.map((value) => times * value + plus);
        expect(median(image)).toBe(times * median(values) + plus);
        const scaled = Math.abs(times) * medianAbsoluteDeviation(values);
        expect(Math.abs(medianAbsoluteDeviation(image) - scaled)).toBeLessThanOrEqual(
          2 * Number.EPSILON * scaled,
        );
      }),
      runs,
    );
  });

  it.each(finiteSets)('are R median and mad: $name', ({ draws, order }) => {
    // Two half sums, one difference and one product, of numbers of the size of both.
    const tolerance = 4 * Number.EPSILON * (Math.abs(order.median) + order.mad);
    expect(Math.abs(median(draws) - order.median)).toBeLessThanOrEqual(tolerance);
    expect(Math.abs(medianAbsoluteDeviation(draws) - order.mad)).toBeLessThanOrEqual(tolerance);
  });
});

describe('average ranks', () => {
  it('are the ranks of @stdlib, method average, with many ties', () => {
    fc.assert(
      fc.property(manyTies, (values) => {
        expect([...averageRanks(values)]).toEqual(ranks([...values], { method: 'average' }));
      }),
      runs,
    );
  });

  it('are one more than the number of lesser draws plus half of the other equal ones', () => {
    fc.assert(
      fc.property(fc.oneof(manyTies, numbers), (values) => {
        const expected = values.map(
          (value) =>
            values.filter((other) => other < value).length +
            (values.filter((other) => other === value).length + 1) / 2,
        );
        expect(averageRanks(values)).toEqual(expected);
        expect(averageRanks(values, orderingOf(values))).toEqual(expected);
      }),
      runs,
    );
  });

  it('tie 0 with -0', () => {
    expect([...averageRanks(Float64Array.of(0, 1, -0, -1))]).toEqual([2.5, 4, 2.5, 1]);
  });

  it.each(finiteSets)('are R rank, ties averaged: $name', ({ draws, order }) => {
    expect([...averageRanks(draws)]).toEqual(order.ranks);
  });
});

describe('normal scores', () => {
  it('are where the normal distribution function is (rank - 3/8) / (n + 1/4)', () => {
    fc.assert(
      fc.property(fc.oneof(manyTies, numbers), (values) => {
        const expected = averageRanks(values).map(
          (rank) => (rank - 3 / 8) / (values.length + 1 / 4),
        );
        normalScores(values).forEach((score, i) => {
          // Φ and its inverse are accurate to a few ulps each.
          expect(Math.abs(normalCdf(score, 0, 1) - expected[i])).toBeLessThanOrEqual(1e-14);
        });
      }),
      runs,
    );
  });

  it('are the same after any increasing map, and change sign when the draws do', () => {
    fc.assert(
      fc.property(manyTies, (values) => {
        const scores = normalScores(values);
        expect(normalScores(values.map((value) => value ** 3 + 7))).toEqual(scores);
        expect(normalScores(values.map((value) => Math.exp(value)))).toEqual(scores);
        normalScores(values.map((value) => -value)).forEach((score, i) => {
          expect(Math.abs(score + scores[i])).toBeLessThanOrEqual(1e-14);
        });
      }),
      runs,
    );
  });

  it('do not depend on what was scored before', () => {
    const draws = Float64Array.of(3, 1, 2, 2);
    const first = normalScores(draws);
    normalScores(Float64Array.of(5, 4, 3, 2, 1, 0));
    expect(normalScores(draws)).toEqual(first);
  });
});
