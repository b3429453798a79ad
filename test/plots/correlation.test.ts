import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineBand } from '../../src/plots/correlation.js';
import { plotCorrelation } from '../../src/plots.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { hdi } from '../../src/posterior/intervals.js';
import {
  attribute,
  drawsOf,
  marks,
  PLACE_TOLERANCE,
  panelAt,
  scaleOf,
  someRuns,
  textOf,
  wavyDraws,
} from './support.js';

const pairs = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer()), {
  minLength: 3,
  maxLength: 30,
});

describe('a correlation plot', () => {
  it('has each pair at its place', () => {
    fc.assert(
      fc.property(drawsOf({ parameters: 2 }), pairs, (draws, list) => {
        const [intercept, slope] = draws.parameterNames;
        const x = list.map(([first]) => first);
        const y = list.map(([, second]) => second);
        const panel = panelAt(plotCorrelation(draws, { x, y, intercept, slope }).svg, 0);
        const points = marks(panel, 'points', 'circle');
        expect(points).toHaveLength(list.length);
        points.forEach((point, i) => {
          for (const [drawn, place] of [
            [attribute(point, 'cx'), scaleOf(panel, 'x').place(x[i])],
            [attribute(point, 'cy'), scaleOf(panel, 'y').place(y[i])],
          ]) {
            expect(Math.abs(drawn - place)).toBeLessThan(PLACE_TOLERANCE);
          }
        });
      }),
      someRuns,
    );
  });

  const draws = wavyDraws(['b_Intercept', 'b_x'], 2, 100);
  const x = [1, 2, 3, 4];
  const line = (y: readonly number[], options = {}) =>
    plotCorrelation(draws, { x, y, slope: 'b_x', ...options }).svg;

  it('writes r as the slope between standardized data, with its HDI', () => {
    // The same spread on both sides: r is the slope itself.
    const [low, high] = hdi(parameterDraws(draws, 'b_x'));
    const write = (value: number) => value.toFixed(2).replace('-', '\u2212');
    expect(textOf(line([2, 1, 4, 3]))).toContain(
      `95% HDI [${write(low)},\u00a0${write(high)}], n = 4`,
    );
    // Twice the spread of y: half the r.
    expect(textOf(line([4, 2, 8, 6]))).toContain(`[${write(low / 2)},\u00a0${write(high / 2)}]`);
  });

  it('gives no r where the outcome or the predictor does not vary', () => {
    expect(textOf(line([1, 1, 1, 1]))).not.toContain('r =');
    expect(textOf(line([1, 2, 3, 4], { x: [5, 5, 5, 5] }))).not.toContain('r =');
  });

  it('has a band and a line of the draws, over the whole of x', () => {
    const panel = panelAt(line([1, 2, 3, 4]), 0);
    expect(marks(panel, 'band', 'path')).toHaveLength(1);
    const [path] = marks(panel, 'line', 'path');
    const places = [...(path?.getAttribute('d') ?? '').matchAll(/[ML](-?[\d.]+)/g)].map((found) =>
      Number(found[1]),
    );
    expect(places[0]).toBeCloseTo(scaleOf(panel, 'x').place(1), 1);
    expect(places.at(-1)).toBeCloseTo(scaleOf(panel, 'x').place(4), 1);
  });

  it('names its axes and its points', () => {
    const svg = line([1, 2, 3, 4], { xLabel: 'report', yLabel: 'weight', labels: ['a<b', 'c'] });
    expect(textOf(svg)).toMatch(/report[\s\S]*weight|weight[\s\S]*report/);
    const titles = marks(panelAt(svg, 0), 'points', 'title').map((title) => title.textContent);
    expect(titles.slice(0, 2)).toEqual(['a<b', 'c']);
  });

  it('refuses what are no pairs of numbers', () => {
    expect(() => line([1, 2])).toThrow(/x has 4 values and y 2, expected equally many/);
    expect(() => line([1, 2, Number.NaN, 4])).toThrow(/y cannot be plotted: value 3 is NaN/);
  });
});

const lines = fc.record({
  intercepts: fc.array(fc.double({ min: -5, max: 5, noNaN: true }), {
    minLength: 40,
    maxLength: 40,
  }),
  slopes: fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 40, maxLength: 40 }),
});

describe('the band of a line', () => {
  it('runs along the mean line, between the ends that are asked for', () => {
    fc.assert(
      fc.property(lines, ({ intercepts, slopes }) => {
        const band = lineBand(Float64Array.from(intercepts), Float64Array.from(slopes), [-2, 3]);
        const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
        expect(band[0]?.x).toBe(-2);
        expect(band.at(-1)?.x).toBe(3);
        for (const point of band) {
          expect(point.mean).toBeCloseTo(mean(intercepts) + mean(slopes) * point.x, 9);
          expect(point.low).toBeLessThanOrEqual(point.high);
        }
      }),
      { seed: 1 },
    );
  });

  it('holds its mass of the lines at each point', () => {
    fc.assert(
      fc.property(lines, ({ intercepts, slopes }) => {
        const band = lineBand(
          Float64Array.from(intercepts),
          Float64Array.from(slopes),
          [0, 1],
          0.8,
        );
        for (const { x, low, high } of band) {
          const inside = intercepts.filter((intercept, i) => {
            const height = intercept + slopes[i] * x;
            return height >= low && height <= high;
          });
          // 80% of 40, but for the two ends that lie between two lines.
          expect(inside.length).toBeGreaterThanOrEqual(32 - 1);
          expect(inside.length).toBeLessThanOrEqual(40);
        }
      }),
      { seed: 2 },
    );
  });
});
