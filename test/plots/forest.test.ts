import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plotForest } from '../../src/plots.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { hdi } from '../../src/posterior/intervals.js';
import { median, quantileOfSorted, sorted } from '../../src/posterior/quantiles.js';
import {
  attribute,
  drawsOf,
  type Mark,
  marks,
  PLACE_TOLERANCE,
  panelAt,
  scaleOf,
  someRuns,
  textOf,
  wavyDraws,
} from './support.js';

describe('a forest plot', () => {
  it('shows each parameter from end to end of its HDI, its quartiles and its median', () => {
    fc.assert(
      fc.property(drawsOf(), fc.constantFrom(0.5, 0.89, 0.95), (draws, mass) => {
        const panel = panelAt(plotForest(draws, { mass }).svg, -1);
        const x = scaleOf(panel, 'x');
        const thin = marks(panel, 'hdi', 'line');
        const thick = marks(panel, 'quartiles', 'line');
        const points = marks(panel, 'median', 'circle');
        expect(thin).toHaveLength(draws.parameterNames.length);
        draws.parameterNames.forEach((_, parameter) => {
          const values = parameterDraws(draws, parameter);
          const near = (mark: Mark | undefined, name: string, value: number) =>
            expect(Math.abs(attribute(mark, name) - x.place(value))).toBeLessThan(PLACE_TOLERANCE);
          const [low, high] = hdi(values, mass);
          near(thin[parameter], 'x1', low);
          near(thin[parameter], 'x2', high);
          near(thick[parameter], 'x1', quantileOfSorted(sorted(values), 0.25));
          near(thick[parameter], 'x2', quantileOfSorted(sorted(values), 0.75));
          near(points[parameter], 'cx', median(values));
        });
      }),
      someRuns,
    );
  });

  it('has its rows from top to bottom in the order that is asked for', () => {
    const draws = wavyDraws(['a', 'b', 'c']);
    const panel = panelAt(plotForest(draws, { parameters: ['c', 'a'] }).svg, 0);
    const points = marks(panel, 'median', 'circle');
    expect(points.map((point) => point.textContent)).toEqual(['c', 'a']);
    expect(attribute(points[0], 'cy')).toBeLessThan(attribute(points[1], 'cy'));
  });

  it('shows every chain by itself where it is told to', () => {
    const draws = wavyDraws(['a', 'b'], 3, 40);
    const panel = panelAt(plotForest(draws, { chains: 'separate' }).svg, -1);
    expect(marks(panel, 'hdi', 'line')).toHaveLength(6);
    const x = scaleOf(panel, 'x');
    const firstChain = parameterDraws(draws, 'b').subarray(0, 40);
    const ends = marks(panel, 'hdi', 'line').map((line) => x.value(attribute(line, 'x1')));
    expect(ends.some((end) => Math.abs(end - hdi(firstChain)[0]) < x.pixel)).toBe(true);
  });

  it('draws the reference where it lies among the values, and none where there is to be none', () => {
    const draws = wavyDraws(['a']);
    const reference = (options: { reference?: number | null }) =>
      marks(panelAt(plotForest(draws, options).svg, 0), 'reference', 'line').length;
    expect(reference({})).toBe(1);
    expect(reference({ reference: 0.25 })).toBe(1);
    expect(reference({ reference: 7 })).toBe(0);
    expect(reference({ reference: null })).toBe(0);
  });

  it('grows rather than clip a name, and holds hundreds of rows', () => {
    const long = 'weight of the attribute that nobody has ever thought of before '.repeat(2).trim();
    const draws = wavyDraws([long, ...Array.from({ length: 299 }, (_, i) => `b[${i}]`)], 1, 20);
    const { svg } = plotForest(draws, { width: 200, height: 100 });
    const panel = panelAt(svg, 0);
    expect(attribute(panel, 'width')).toBeGreaterThan(400);
    expect(attribute(panel, 'height')).toBeGreaterThan(300 * 20);
    expect(textOf(svg).replaceAll(/\s/g, '')).toContain(long.replaceAll(' ', ''));
  });
});
