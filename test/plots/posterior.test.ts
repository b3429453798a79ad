import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kde, plotPosterior } from '../../src/plots.js';
import { sampleMoments } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { hdi } from '../../src/posterior/intervals.js';
import { median } from '../../src/posterior/quantiles.js';
import {
  attribute,
  drawsOf,
  marks,
  PLACE_TOLERANCE,
  panelAt,
  panelsOf,
  scaleOf,
  someRuns,
  textOf,
  wavyDraws,
} from './support.js';

describe('a posterior plot', () => {
  it('has the HDI from end to end, and the estimate upon it', () => {
    fc.assert(
      fc.property(drawsOf(), fc.constantFrom('mean', 'median'), (draws, pointEstimate) => {
        const panels = panelsOf(plotPosterior(draws, { pointEstimate }).svg);
        expect(panels).toHaveLength(draws.parameterNames.length);
        panels.forEach((panel, parameter) => {
          const values = parameterDraws(draws, parameter);
          const { place } = scaleOf(panel, 'x');
          const [bar] = marks(panel, 'hdi', 'line');
          const [dot] = marks(panel, 'estimate', 'circle');
          const estimate = pointEstimate === 'mean' ? sampleMoments(values).mean : median(values);
          const [low, high] = hdi(values);
          for (const [drawn, value] of [
            [attribute(bar, 'x1'), low],
            [attribute(bar, 'x2'), high],
            [attribute(dot, 'cx'), estimate],
          ]) {
            expect(Math.abs(drawn - place(value))).toBeLessThan(PLACE_TOLERANCE);
          }
        });
      }),
      someRuns,
    );
  });

  it('draws the density that it says it has', () => {
    const draws = wavyDraws(['a']);
    const { specification, svg } = plotPosterior(draws);
    const density = kde(parameterDraws(draws, 'a'));
    const [path] = marks(panelAt(svg, 0), 'density', 'path');
    expect(path?.getAttribute('d')?.match(/[ML]/g)).toHaveLength(density?.x.length ?? 0);
    expect(specification).toHaveLength(1);
  });

  it('has a reference value where one is known, with the shares on either side', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => i);
    const draws = { parameterNames: ['a', 'b'], chains: 1, drawsPerChain: 50, values };
    const { svg } = plotPosterior(draws, { reference: { b: 20 } });
    expect(marks(panelAt(svg, 0), 'reference', 'line')).toEqual([]);
    const [line] = marks(panelAt(svg, 1), 'reference', 'line');
    const { value, pixel } = scaleOf(panelAt(svg, 1), 'x');
    expect(Math.abs(value(attribute(line, 'x1')) - 20)).toBeLessThan(pixel);
    // b is 1, 3, … 99: ten below 20.
    expect(textOf(svg)).toContain('20.0% < 20 < 80.0%');
  });

  it('keeps a reference within the picture that lies far from the draws', () => {
    const panel = panelAt(plotPosterior(wavyDraws(['a']), { reference: 50 }).svg, 0);
    const { place } = scaleOf(panel, 'x');
    expect(place(50)).toBeLessThan(attribute(panel, 'width'));
  });

  it('is a single line where all draws are the same', () => {
    const draws = { ...wavyDraws(['a'], 1, 40), values: new Float64Array(40).fill(-3) };
    const panel = panelAt(plotPosterior(draws).svg, 0);
    expect(marks(panel, 'density', 'path')).toEqual([]);
    const [line] = marks(panel, 'density', 'line');
    expect(scaleOf(panel, 'x').value(attribute(line, 'x1'))).toBeCloseTo(-3, 2);
  });

  it('refuses a reference of a parameter that is not there, not of one that is not shown', () => {
    const draws = wavyDraws(['a', 'b']);
    expect(() => plotPosterior(draws, { reference: { a: 0, c: 1 } })).toThrow(
      "no parameter 'c' in these draws: they have a, b",
    );
    const { svg } = plotPosterior(draws, { parameters: ['a'], reference: { a: 0, b: 1 } });
    expect(marks(panelAt(svg, 0), 'reference', 'line')).toHaveLength(1);
  });

  it('refuses a reference that is no number', () => {
    expect(() => plotPosterior(wavyDraws(['a']), { reference: Number.NaN })).toThrow(
      /reference of 'a' is NaN, expected a finite number/,
    );
  });
});
