/**
 * The two intervals of highest density: what defines them, how they move with the draws, how they
 * settle ties, and what bayestestR and coda make of the same draws (test/reference).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hdi,
  hdiOfSorted,
  hpdInterval,
  type Interval,
  roundHalfToEven,
} from '../../src/posterior/intervals.js';
import { sorted } from '../../src/posterior/quantiles.js';
import reference from '../reference/convergence.json' with { type: 'json' };

const runs = { seed: 2025, numRuns: 500 };
const none: Interval = [Number.NaN, Number.NaN];

/** Whole numbers: many ties, and sums and products without rounding. */
const whole = fc.array(fc.integer({ min: -200, max: 200 }), { minLength: 5, maxLength: 60 });
const continuous = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), {
  minLength: 5,
  maxLength: 60,
});
const mass = fc.double({ min: 0.05, max: 0.99, noNaN: true });

/** Every window from x[i] to x[i + gap] in sorted order, but for the last `spare` draws. */
function windows(draws: readonly number[], gap: number): Interval[] {
  const ascending = sorted(draws);
  return Array.from({ length: Math.max(ascending.length - gap, 0) }, (_, i) => [
    ascending[i],
    ascending[i + gap],
  ]);
}
const widthOf = ([low, high]: Interval) => high - low;
const hdiGap = (draws: readonly number[], p: number) => Math.ceil(p * draws.length);

describe('the HDI', () => {
  it('holds ceiling(mass n) + 1 draws, and no window of so many draws is narrower', () => {
    fc.assert(
      fc.property(fc.oneof(whole, continuous), mass, (draws, p) => {
        const gap = hdiGap(draws, p);
        fc.pre(gap >= 2 && gap < draws.length);
        const interval = hdi(draws, p);
        const candidates = windows(draws, gap);
        expect(candidates).toContainEqual(interval);
        expect(widthOf(interval)).toBe(Math.min(...candidates.map(widthOf)));
        const held = draws.filter((x) => x >= interval[0] && x <= interval[1]).length;
        expect(held).toBeGreaterThanOrEqual(gap + 1);
        if (new Set(draws).size === draws.length) expect(held).toBe(gap + 1);
      }),
      runs,
    );
  });

  it('is as narrow as the narrowest pair of draws that has enough draws between its two', () => {
    const few = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 4, maxLength: 24 });
    fc.assert(
      fc.property(few, mass, (draws, p) => {
        const needed = hdiGap(draws, p) + 1;
        fc.pre(needed >= 3 && needed <= draws.length);
        const pairs = draws.flatMap((low) => draws.map((high): Interval => [low, high]));
        const enough = pairs.filter(
          ([low, high]) => draws.filter((x) => x >= low && x <= high).length >= needed,
        );
        const least = Math.min(...enough.map(widthOf));
        const narrowest = enough.filter((pair) => widthOf(pair) === least);
        const interval = hdi(draws, p);
        expect(widthOf(interval)).toBe(least);
        expect(narrowest).toContainEqual(interval);
      }),
      runs,
    );
  });

  it('of an increasing affine image is the affine image of the HDI', () => {
    const scale = fc.integer({ min: 1, max: 1000 });
    fc.assert(
      fc.property(whole, mass, scale, fc.integer(), (draws, p, times, plus) => {
        const image = (x: number) => times * x + plus;
        const [low, high] = hdi(draws, p);
        expect(hdi(draws.map(image), p)).toEqual([image(low), image(high)]);
      }),
      runs,
    );
  });

  it('of a mirrored sample is the mirror image, where only one window is narrowest', () => {
    fc.assert(
      fc.property(continuous, mass, (draws, p) => {
        const candidates = windows(draws, hdiGap(draws, p));
        const least = Math.min(...candidates.map(widthOf));
        fc.pre(candidates.filter((window) => widthOf(window) === least).length === 1);
        fc.pre(hdiGap(draws, p) >= 2);
        const [low, high] = hdi(draws, p);
        const mirrored = hdi(
          draws.map((x) => -2 * x),
          p,
        );
        // Doubling is exact.
        expect(mirrored).toEqual([-2 * high, -2 * low]);
      }),
      runs,
    );
  });

  it('does not depend on the order of the draws', () => {
    fc.assert(
      fc.property(
        whole.chain((draws) =>
          fc.tuple(
            fc.constant(draws),
            fc.shuffledSubarray(draws, { minLength: draws.length, maxLength: draws.length }),
          ),
        ),
        mass,
        ([draws, shuffled], p) => {
          expect(hdi(shuffled, p)).toEqual(hdi(draws, p));
          expect(hdiOfSorted(sorted(draws), p)).toEqual(hdi(draws, p));
          expect(hpdInterval(shuffled, p)).toEqual(hpdInterval(draws, p));
        },
      ),
      runs,
    );
  });

  const ties: [why: string, draws: number[], p: number, expected: Interval][] = [
    ['five adjacent minima: the third', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.5, [3, 8]],
    ['four adjacent minima: floor(2.5) is the second', [1, 2, 3, 4, 5, 6, 7, 8, 9], 0.5, [2, 7]],
    ['two separated minima: the last', [0, 1, 2, 10, 20, 21, 22], 0.25, [20, 22]],
    ['two adjacent and one apart: the last', [0, 1, 2, 3, 10, 20, 21, 22], 0.25, [20, 22]],
    ['one minimum', [0, 1, 4, 9, 16, 25], 0.5, [0, 9]],
    ['only one window: the range', Array.from({ length: 20 }, (_, i) => i * i), 0.95, [0, 361]],
    ['equal draws', [7, 7, 7, 7, 7], 0.5, [7, 7]],
  ];
  it.each(ties)('settles ties as worked by hand: %s', (_, draws, p, expected) => {
    expect(hdi(draws, p)).toEqual(expected);
  });

  it('does not exist for draws that are too few or not finite', () => {
    expect(hdi([], 0.95)).toEqual(none);
    // ceiling(0.3 · 3) = 1 < 2.
    expect(hdi([1, 2, 3], 0.3)).toEqual(none);
    // ceiling(0.95 · 19) = 19 leaves no window.
    expect(hdi(Array.from({ length: 19 }).map(Number), 0.95)).toEqual(none);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const draws = [1, 2, 3, bad, 4, 5, 6, 7];
      expect(hdi(draws, 0.5)).toEqual(none);
      expect(hpdInterval(draws, 0.5)).toEqual(none);
    }
    expect(hpdInterval([], 0.5)).toEqual(none);
    expect(hpdInterval([3], 0.5)).toEqual(none);
  });
});

describe('the HPD interval', () => {
  it('is the first of the narrowest windows of round(mass n) + 1 draws', () => {
    fc.assert(
      fc.property(whole, mass, (draws, p) => {
        const exact = p * draws.length;
        fc.pre(exact % 1 !== 0.5);
        const gap = Math.max(1, Math.min(draws.length - 1, Math.round(exact)));
        const candidates = windows(draws, gap);
        const least = Math.min(...candidates.map(widthOf));
        expect(hpdInterval(draws, p)).toEqual(candidates.find((one) => widthOf(one) === least));
      }),
      runs,
    );
  });

  const squares = [0, 1, 4, 9, 16, 25, 36, 49, 64, 81];
  const cases: [p: number, gap: string, expected: Interval][] = [
    [0.25, '2.5 to 2', [0, 4]],
    [0.35, '3.5 to 4', [0, 16]],
    [0.45, '4.5 to 4', [0, 16]],
    [0.55, '5.5 to 6', [0, 36]],
    [0.01, '0.1 to 0, at least 1', [0, 1]],
    [0.99, '9.9 to 10, at most n - 1', [0, 81]],
  ];
  it.each(cases)(
    'of the first ten squares, worked by hand: mass %f rounds %s',
    (p, _, expected) => {
      expect(hpdInterval(squares, p)).toEqual(expected);
    },
  );

  it('takes the first of separated minima, where the HDI takes the last', () => {
    expect(hpdInterval([0, 1, 2, 10, 20, 21, 22], 0.25)).toEqual([0, 2]);
  });

  it('rounds halves to the even number, and all else to the nearest', () => {
    const rounded: [number, number][] = [
      [0.5, 0],
      [1.5, 2],
      [2.5, 2],
      [3.5, 4],
      [-0.5, 0],
      [-1.5, -2],
      [-2.5, -2],
      [0.49999999999999994, 0],
      [2.5000000000000004, 3],
      [-2.7, -3],
      [1e15 + 0.5, 1e15],
    ];
    // + 0 turns -0 into 0.
    for (const [value, expected] of rounded) expect(roundHalfToEven(value) + 0).toBe(expected);
  });
});

describe('against R, exactly', () => {
  const finite = reference.sets.flatMap(({ name, draws, intervals }) =>
    (intervals ?? []).map((interval) => ({ name, draws: draws.map(Number), ...interval })),
  );
  it.each(finite)('the HDI is bayestestR hdi: $name, $mass', (set) => {
    expect(hdi(set.draws, set.mass)).toEqual(set.hdi);
  });
  it.each(finite)('the HPD interval is coda HPDinterval: $name, $mass', (set) => {
    expect(hpdInterval(set.draws, set.mass)).toEqual(set.hpd);
  });
});
