/** Plots of calibration: curves, PIT values, rootograms. */
import { describe, expect, it } from 'vitest';
import { plotCalibrationCurves, plotPit, plotPpc } from '../../src/plots.js';
import { randomStream } from '../../src/random/stream.js';
import { attribute, marks, panelAt, panelsOf, scaleOf } from './support.js';

const curve = (event: string) => ({
  event,
  forecasts: Float64Array.of(0.2, 0.5, 0.9),
  masses: Float64Array.of(2, 3, 4),
  means: Float64Array.of(0.3, 0.2, 1),
  recalibrated: Float64Array.of(0.25, 0.25, 1),
  low: Float64Array.of(0.1, 0.3, 0.7),
  high: Float64Array.of(0.4, 0.7, 1),
  ...{ score: 0.2, miscalibration: 0.01, discrimination: 0.06, uncertainty: 0.25 },
});

describe('calibration curves', () => {
  it('have a panel each, with a line and a tick per prediction', () => {
    const { svg } = plotCalibrationCurves({
      curves: [curve('2 or higher'), curve('3')],
      mass: 0.9,
    });
    expect(panelsOf(svg)).toHaveLength(2);
    const panel = panelAt(svg, 0);
    const { value, pixel } = scaleOf(panel, 'x');
    const ticks = marks(panel, 'rug', 'line').map((tick) => value(attribute(tick, 'x1')));
    ticks.forEach((tick, i) => {
      expect(Math.abs(tick - ([0.2, 0.5, 0.9][i] ?? 0))).toBeLessThan(pixel);
    });
    expect(svg).toContain('miscalibration 0.010');
    expect(() => plotCalibrationCurves({ curves: [], mass: 0.9 })).toThrow('curves is empty');
  });
});

describe('PIT values', () => {
  it('have a p-value: large if uniform, small if not', () => {
    const random = randomStream(4, 'pit');
    const uniform = Float64Array.from({ length: 200 }, () => random.uniform());
    const p = (values: Float64Array) => /p (?:=|&lt;) ([\d.]+)/.exec(plotPit(values).svg)?.[1];
    expect(Number(p(uniform))).toBeGreaterThan(0.05);
    expect(plotPit(uniform.map((value) => value ** 2)).svg).toContain('p &lt; 0.001');
    expect(panelsOf(plotPit([0, 1]).svg)).toHaveLength(1);
  });

  it('are numbers from 0 to 1', () => {
    expect(() => plotPit([0.5, 1.2])).toThrow('PIT value 2 is 1.2');
    expect(() => plotPit([])).toThrow('0 PIT values');
    expect(() => plotPit([0.5], { coverage: 1 })).toThrow('coverage is 1');
  });
});

describe('a rootogram', () => {
  const replicated = (values: readonly number[], outcomes: number) => ({
    parameterNames: Array.from({ length: outcomes }, (_, i) => String(i)),
    chains: 1,
    drawsPerChain: values.length / outcomes,
    values: Float64Array.from(values),
  });

  it('has bars of the square roots of how many outcomes have each count', () => {
    const observed = [0, 0, 0, 0, 1, 3];
    const draws = replicated(
      Array.from({ length: 30 * 6 }, (_, i) => i % 4),
      6,
    );
    const panel = panelAt(plotPpc(draws, { observed, kind: 'rootogram' }).svg, 0);
    const { pixel } = scaleOf(panel, 'y');
    const heights = marks(panel, 'observed', 'rect').map((bar) => attribute(bar, 'height') * pixel);
    [2, 1, 0, 1].forEach((root, count) => {
      expect(Math.abs((heights[count] ?? 0) - root)).toBeLessThan(2 * pixel);
    });
  });

  it('is of counts alone', () => {
    const draws = replicated(
      Array.from({ length: 60 }, () => 1),
      2,
    );
    expect(() => plotPpc(draws, { observed: [1, 0.5], kind: 'rootogram' })).toThrow(
      'an outcome (observed) is 0.5',
    );
    expect(() =>
      plotPpc(draws, { observed: [1, 2], kind: 'rootogram', groups: ['a', 'b'] }),
    ).toThrow('no groups');
  });
});
