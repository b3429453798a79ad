/**
 * A regression line with its band: at each x, the mean of the drawn lines and their central
 * interval. Central and not of highest density, because the ends of the latter jump from one x to
 * the next; where the draws are symmetric, as those of a line are, the two are the same.
 */
import { quantileOfSorted, sorted } from '../posterior/order.js';

export interface BandPoint {
  readonly x: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const POINTS = 41;

export function lineBand(
  intercepts: Float64Array,
  slopes: Float64Array,
  [from, to]: readonly [number, number],
  mass = 0.95,
): BandPoint[] {
  return Array.from({ length: POINTS }, (_, i) => {
    const x = from + ((to - from) * i) / (POINTS - 1);
    const heights = intercepts.map((intercept, draw) => intercept + (slopes[draw] ?? 0) * x);
    const ascending = sorted(heights);
    return {
      x,
      mean: heights.reduce((sum, height) => sum + height, 0) / heights.length,
      low: quantileOfSorted(ascending, (1 - mass) / 2),
      high: quantileOfSorted(ascending, (1 + mass) / 2),
    };
  });
}
