import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plotPairs } from '../../src/plots.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { attribute, drawsOf, marks, panelsOf, scaleOf, someRuns, wavyDraws } from './support.js';

describe('a pair plot', () => {
  it('has each draw at its two values in each panel below the diagonal', () => {
    fc.assert(
      fc.property(drawsOf({ parameters: 3 }), (draws) => {
        const panels = panelsOf(plotPairs(draws).svg);
        const cells = [0, 1, 2].flatMap((row) =>
          Array.from({ length: row + 1 }, (_, column) => ({ row, column })),
        );
        expect(panels).toHaveLength(cells.length);
        cells.forEach(({ row, column }, index) => {
          const panel = panels[index];
          const dots = marks(panel, 'draws', 'circle');
          if (row === column) {
            expect(dots).toEqual([]);
            expect(marks(panel, 'density', 'path').length).toBeLessThanOrEqual(1);
            return;
          }
          const [x, y] = [parameterDraws(draws, column), parameterDraws(draws, row)];
          expect(dots).toHaveLength(x.length);
          dots.forEach((dot, i) => {
            expect(attribute(dot, 'cx')).toBeCloseTo(scaleOf(panel, 'x').place(x[i]), 1);
            expect(attribute(dot, 'cy')).toBeCloseTo(scaleOf(panel, 'y').place(y[i]), 1);
          });
        });
      }),
      someRuns,
    );
  });

  it('shows every divergent draw once, also where others are thinned', () => {
    const draws = wavyDraws(['a', 'b'], 2, 500);
    const divergent = Uint8Array.from({ length: 1000 }, (_, i) => Number(i % 100 === 0));
    const panel = panelsOf(plotPairs(draws, { divergent, mostPoints: 50 }).svg)[1];
    expect(marks(panel, 'divergences', 'circle')).toHaveLength(10);
    // The 10 divergent ones among the 50 evenly spaced draws are not drawn again.
    expect(marks(panel, 'draws', 'circle')).toHaveLength(40);
  });

  it('says how many parameters it can hold, and how to choose them', () => {
    const draws = wavyDraws(Array.from({ length: 13 }, (_, i) => `b${i}`));
    expect(() => plotPairs(draws)).toThrow(
      /13 parameters, expected at most 12 in a pair plot: choose some/,
    );
    expect(panelsOf(plotPairs(draws, { parameters: ['b3', 'b7'] }).svg)).toHaveLength(3);
  });

  it('is the density alone for a single parameter', () => {
    expect(panelsOf(plotPairs(wavyDraws(['a'])).svg)).toHaveLength(1);
  });
});
