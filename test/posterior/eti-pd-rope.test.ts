/**
 * The equal-tailed interval, the probability of direction and the share in a region of practical
 * equivalence: what defines them, and what bayestestR makes of the same draws (test/reference).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runningMoments } from '../../src/linear-algebra/sums.js';
import { eti, etiOfSorted, hdi, pd, rope } from '../../src/posterior/intervals.js';
import { pointSummary } from '../../src/posterior/point-summary.js';
import { sorted } from '../../src/posterior/quantiles.js';
import reference from '../reference/bayestestr.json' with { type: 'json' };

const runs = { seed: 2025, numRuns: 300 };
const draws = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 5, maxLength: 80 });
/** Enough of them for an interval of 95%. */
const many = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 40, maxLength: 80 });
const mass = fc.double({ min: 0.05, max: 0.99, noNaN: true });

const pair = (values: readonly number[]): [number, number] => {
  const [low = Number.NaN, high = Number.NaN] = values;
  return [low, high];
};

describe('the equal-tailed interval', () => {
  it('leaves at most half of the rest of the draws on each side', () => {
    fc.assert(
      fc.property(draws, mass, (values, p) => {
        const [low, high] = eti(values, p);
        const outside = (side: (value: number) => boolean) => values.filter(side).length;
        const most = ((1 - p) / 2) * (values.length - 1) + 1;
        expect(outside((value) => value < low)).toBeLessThanOrEqual(most);
        expect(outside((value) => value > high)).toBeLessThanOrEqual(most);
        expect(eti(values.toReversed(), p)).toEqual([low, high]);
        expect(etiOfSorted(sorted(values), p)).toEqual([low, high]);
      }),
      runs,
    );
  });

  it('of a mirrored sample is the mirror image', () => {
    fc.assert(
      fc.property(draws, (values) => {
        const [low, high] = eti(values, 0.5);
        const mirrored = eti(
          values.map((value) => -value),
          0.5,
        );
        expect(mirrored[0]).toBeCloseTo(-high, 10);
        expect(mirrored[1]).toBeCloseTo(-low, 10);
      }),
      runs,
    );
  });

  it('does not exist for no draws, or where one is NaN', () => {
    expect(eti([])).toEqual([Number.NaN, Number.NaN]);
    expect(eti([1, Number.NaN, 3])).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('the probability of direction', () => {
  it('is the same of the mirrored draws, and 1 where all are on one side', () => {
    fc.assert(
      fc.property(draws, (values) => {
        expect(pd(values)).toBe(pd(values.map((value) => -value)));
        expect(pd(values.map((value) => value + 101))).toBe(1);
        expect(pd(values, 7)).toBe(pd(values.map((value) => value - 7)));
      }),
      runs,
    );
  });

  it('is NaN where a draw is NaN, and 0 where all are at the reference', () => {
    expect(pd([1, Number.NaN])).toBeNaN();
    expect(pd([])).toBeNaN();
    expect(pd([2, 2], 2)).toBe(0);
  });
});

describe('the share in the region', () => {
  it('grows with the region, from 0 of an empty one to 1 of all numbers', () => {
    fc.assert(
      fc.property(many, fc.nat(100), fc.nat(100), (values, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        expect(rope(values, [-less, less])).toBeLessThanOrEqual(rope(values, [-more, more]));
        expect(rope(values, [-100, 100])).toBe(1);
        expect(rope(values, [200, 300])).toBe(0);
      }),
      runs,
    );
  });

  it('looks at the draws of the interval alone', () => {
    const values = Array.from({ length: 101 }, (_, i) => i);
    expect(hdi(values, 0.5)).toEqual([24, 75]);
    expect(rope(values, [0, 49], 0.5, 'hdi')).toBe(26 / 52);
    expect(rope(values, [0, 49], 0.5, 'eti')).toBe(25 / 51);
    expect(rope(values, [0, 49], 1)).toBe(50 / 101);
  });

  it('is NaN where there is no interval', () => {
    expect(rope([1, 2, 3], [0, 5], 0.3, 'hdi')).toBeNaN();
  });
});

describe('against bayestestR', () => {
  const agree = (ours: number, theirs: number | null) => {
    if (theirs === null) expect(ours).toBeNaN();
    else expect(Math.abs(ours - theirs)).toBeLessThan(1e-12);
  };
  it.each(reference.sets)('intervals, directions and shares are its: $name', (set) => {
    for (const { mass, interval } of set.eti) {
      const [low, high] = eti(set.draws, mass);
      agree(low, interval[0] ?? null);
      agree(high, interval[1] ?? null);
    }
    for (const one of set.pd) agree(pd(set.draws, one.reference), one.pd);
    for (const { region, mass, ...shares } of set.rope) {
      agree(rope(set.draws, pair(region), mass, 'hdi'), shares.hdi);
      agree(rope(set.draws, pair(region), mass, 'eti'), shares.eti);
    }
  });
});

describe('point summaries', () => {
  it('of draws worked by hand', () => {
    const values = Float64Array.of(5, 1, 2, 4, 3);
    const summary = pointSummary(values, { mass: 0.5 });
    expect(summary).toEqual({ mean: 3, sd: Math.sqrt(2.5), lower: 2, upper: 4 });
    expect(pointSummary(Float64Array.of(1, 2, 10), { robust: true })).toMatchObject({
      median: 2,
      mad: 1.4826,
    });
    expect(values).toEqual(Float64Array.of(5, 1, 2, 4, 3));
  });
});

describe('moments of columns, a row at a time', () => {
  it('are those of all rows at once', () => {
    fc.assert(
      fc.property(draws, (values) => {
        const moments = runningMoments(2);
        for (const value of values) moments.add(Float64Array.of(value, 1e6 - value));
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        expect(moments.means[0]).toBeCloseTo(mean, 10);
        expect(moments.means[1]).toBeCloseTo(1e6 - mean, 8);
        // Rounding of 1e6 − x is 1e-10, of up to 80 squares of distances up to 200.
        expect(moments.squares[0]).toBeCloseTo(squares, 6);
        expect(moments.squares[1]).toBeCloseTo(squares, 4);
      }),
      runs,
    );
  });
});
