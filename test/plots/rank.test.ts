import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plotRank } from '../../src/plots.js';
import {
  attribute,
  drawsOf,
  type Mark,
  marks,
  panelAt,
  panelsOf,
  scaleOf,
  someRuns,
  wavyDraws,
} from './support.js';

/** Draws in each bar, chain after chain. */
function counts(panel: Mark): number[] {
  const { pixel } = scaleOf(panel, 'y');
  return marks(panel, 'ranks', 'rect').map((bar) => attribute(bar, 'height') * pixel);
}

/** Bars are drawn to a hundredth of a pixel. */
const near = (panel: Mark) => 0.02 * scaleOf(panel, 'y').pixel;

describe('a rank plot', () => {
  it('has each draw of each chain in one bar', () => {
    fc.assert(
      fc.property(drawsOf(), fc.integer({ min: 1, max: 10 }), (draws, bins) => {
        const panels = panelsOf(plotRank(draws, { bins }).svg);
        expect(panels).toHaveLength(draws.parameterNames.length);
        for (const panel of panels) {
          const bars = counts(panel);
          expect(bars).toHaveLength(bins * draws.chains);
          for (let chain = 0; chain < draws.chains; chain++) {
            const ofChain = bars.slice(chain * bins, (chain + 1) * bins);
            const sum = ofChain.reduce((total, count) => total + count, 0);
            expect(Math.abs(sum - draws.drawsPerChain)).toBeLessThan(bins * near(panel));
          }
        }
      }),
      someRuns,
    );
  });

  it('puts chains that lie apart into bins that lie apart', () => {
    const values = Float64Array.from({ length: 80 }, (_, i) => i);
    const draws = { parameterNames: ['a'], chains: 2, drawsPerChain: 40, values };
    const panel = panelAt(plotRank(draws, { bins: 4 }).svg, 0);
    expect(counts(panel).map(Math.round)).toEqual([20, 20, 0, 0, 0, 0, 20, 20]);
  });

  it('has its line where all chains agree', () => {
    const panel = panelAt(plotRank(wavyDraws(['a'], 3, 60), { bins: 12 }).svg, 0);
    const { value, pixel } = scaleOf(panel, 'y');
    for (const line of marks(panel, 'expected', 'line')) {
      expect(Math.abs(value(attribute(line, 'y1')) - 5)).toBeLessThan(0.02 * pixel);
    }
    expect(marks(panel, 'expected', 'line')).toHaveLength(3);
  });

  it('gives draws that tie the mean of their ranks', () => {
    const draws = {
      ...wavyDraws(['a'], 2, 50),
      values: new Float64Array(100).fill(1),
    };
    const panel = panelAt(plotRank(draws, { bins: 5 }).svg, 0);
    expect(counts(panel).map(Math.round)).toEqual([0, 0, 50, 0, 0, 0, 0, 50, 0, 0]);
  });

  it('refuses bins that are no number of bins', () => {
    for (const bins of [0, -1, 2.5, 101, Number.NaN]) {
      expect(() => plotRank(wavyDraws(['a'], 2, 50), { bins })).toThrow(
        /bins is .*, expected a whole number from 1 to the 100 draws/,
      );
    }
  });
});
