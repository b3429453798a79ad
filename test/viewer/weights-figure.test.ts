/** Reports beside the weights: none is lost, and none presses the weights into a corner. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReportSeries, WeightRow } from '../../src/viewer/page/weights.js';
import { beyondRoom, placeReports, weightsFigure } from '../../src/viewer/page/weights-figure.js';
import { attic } from './fake-folder.js';

const axis = [-108, 108] as const;

function seriesOf(weights: readonly (readonly number[])[]): ReportSeries {
  const attributes = weights[0]?.length ?? 0;
  const means = Array.from(
    { length: attributes },
    (_, i) => weights.reduce((sum, one) => sum + (one[i] ?? 0), 0) / weights.length,
  );
  return { file: 'nativeReports', label: '', short: '', weights, means };
}

describe('reports', () => {
  it('stand within the axis as dots, beyond it as one arrow an edge, with their values', () => {
    const { reports, means, beyond } = placeReports(
      [seriesOf([[0], [100], [2388]]), seriesOf([[-300], [-200], [-150], [50]])],
      axis,
    );
    expect(reports.map(({ series, weight }) => [series, weight])).toEqual([
      [0, 0],
      [0, 100],
      [1, 50],
    ]);
    expect(means.map(({ weight }) => weight)).toEqual([108, -108]);
    expect(beyond).toEqual([
      { row: 0, series: 0, side: 'right', label: '2388, mean 829' },
      { row: 0, series: 1, side: 'left', label: '3 from −300 to −150, mean −150' },
    ]);
    expect(beyondRoom(beyond, 'left')).toBeGreaterThan(beyondRoom(beyond, 'right'));
    expect(beyondRoom([], 'left')).toBe(0);
  });

  it('are all drawn, and every mean is on the axis', () => {
    const report = fc.tuple(fc.integer({ min: -3000, max: 3000 }), fc.integer());
    fc.assert(
      fc.property(fc.array(report, { minLength: 1 }), (weights) => {
        const { reports, means, beyond } = placeReports([seriesOf(weights)], axis);
        const outside = weights.flat().filter((weight) => Math.abs(weight) > 108);
        expect(reports.length + outside.length).toBe(2 * weights.length);
        expect(reports.every(({ weight }) => Math.abs(weight) <= 108)).toBe(true);
        expect(means).toHaveLength(2);
        expect(means.every(({ weight }) => Math.abs(weight) <= 108)).toBe(true);
        if (outside.length > 0) expect(beyond.length).toBeGreaterThan(0);
      }),
      { seed: 31 },
    );
  });
});

describe('the picture of the weights', () => {
  const rows: WeightRow[] = attic.attributes.map((attribute, i) => ({
    attribute,
    mean: 1 - i,
    point: 100 - 100 * i,
    scaled: 100 - 100 * i,
    hdi: [-20, 130 - 50 * i],
    target: null,
    scale: 100,
  }));
  const draws = {
    parameterNames: ['b_Intercept', 'b_d1', 'b_d2'],
    chains: 1,
    drawsPerChain: 50,
    values: Float64Array.from({ length: 150 }, (_, i) => Math.sin(i)),
  };
  const drawn = (series: readonly ReportSeries[], width: number) =>
    weightsFigure({ rows, draws, series, width, theme: 'light' });
  const attribute = (svg: string, name: string) =>
    new RegExp(` ${name}="([^"]*)"`).exec(svg)?.[1]?.split(' ').map(Number) ?? [];

  it('has an axis of the weights, whatever is reported', () => {
    const plain = drawn([], 800);
    const far = drawn([seriesOf([[0, 2388]]), seriesOf([[-500, 20]])], 800);
    expect(attribute(plain, 'data-x-domain')).toEqual([-108, 138]);
    expect(attribute(far, 'data-x-domain')).toEqual([-108, 138]);
    // Room for the words beside it, no more than they need.
    const [left = 0, right = 0] = attribute(far, 'data-x-range');
    expect(right - left).toBeGreaterThan(500);
    expect(far).toContain('>2388, mean 2388<');
    expect(far).toContain('>−500, mean −500<');
  });

  it.each([400, 900, 1500])('has a handful of ticks at a width of %i', (width) => {
    for (const scale of [1, 4, 50]) {
      const wide = rows.map((row) => ({ ...row, hdi: [-90 * scale, 130 * scale] as const }));
      const svg = weightsFigure({ rows: wide, draws, series: [], width, theme: 'light' });
      const ticks = svg.match(/<text[^>]*>−?[\d,]+<\/text>/g) ?? [];
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThan(9);
    }
  });
});
