import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keptDraws } from '../../src/plots/trace.js';
import { plotTrace } from '../../src/plots.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import {
  attribute,
  drawsOf,
  type Mark,
  marks,
  panelsOf,
  scaleOf,
  someRuns,
  wavyDraws,
} from './support.js';

/** Corners of a path of straight lines. */
function corners(path: Mark | undefined): [number, number][] {
  const numbers = [...(path?.getAttribute('d') ?? '').matchAll(/-?[\d.]+(?:e-?\d+)?/g)].map(Number);
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i], numbers[2 * i + 1]]);
}

describe('a trace plot', () => {
  it('has every draw of every chain where its number and value say', () => {
    fc.assert(
      fc.property(drawsOf({ parameters: 2 }), (draws) => {
        // The key to the colours is a panel too.
        const panels = panelsOf(plotTrace(draws).svg).slice(draws.chains > 1 ? 1 : 0);
        draws.parameterNames.forEach((_, parameter) => {
          const panel = panels[2 * parameter + 1];
          const [x, y] = [scaleOf(panel, 'x'), scaleOf(panel, 'y')];
          const values = parameterDraws(draws, parameter);
          const lines = marks(panel, 'traces', 'path');
          expect(lines).toHaveLength(draws.chains);
          const drawn = lines.flatMap(corners);
          expect(drawn).toHaveLength(values.length);
          drawn.forEach(([across, up], i) => {
            expect(across).toBeCloseTo(x.place((i % draws.drawsPerChain) + 1), 2);
            expect(up).toBeCloseTo(y.place(values[i]), 2);
          });
        });
      }),
      someRuns,
    );
  });

  it('gives each chain a colour of its own, the same on both sides', () => {
    const draws = wavyDraws(['a'], 4);
    const [, density, trace] = panelsOf(plotTrace(draws).svg);
    const colours = (panel: Mark, name: string) =>
      marks(panel, name, 'path').map((path) => path.getAttribute('stroke'));
    expect(new Set(colours(trace, 'traces')).size).toBe(4);
    expect(colours(density, 'densities')).toEqual(colours(trace, 'traces'));
  });

  it('ticks divergent transitions at their values and at their numbers', () => {
    const draws = wavyDraws(['a'], 2, 50);
    const divergent = Array.from({ length: 100 }, (_, i) => i === 7 || i === 60);
    const [, density, trace] = panelsOf(plotTrace(draws, { divergent }).svg);
    const at = (panel: Mark) =>
      marks(panel, 'divergences', 'line').map((tick) =>
        scaleOf(panel, 'x').value(attribute(tick, 'x1')),
      );
    const [first, second] = at(density);
    expect(first).toBeCloseTo(draws.values[7], 2);
    expect(second).toBeCloseTo(draws.values[60], 2);
    expect(at(trace).map(Math.round)).toEqual([8, 11]);
  });

  it('shows a chain that does not move as a single value', () => {
    const draws = { ...wavyDraws(['a'], 1, 30), values: new Float64Array(30).fill(2.5) };
    const [density] = panelsOf(plotTrace(draws).svg);
    const [value, ...others] = marks(density, 'constants', 'line');
    expect(others).toEqual([]);
    expect(scaleOf(density, 'x').value(attribute(value, 'x1'))).toBeCloseTo(2.5, 2);
  });
});

describe('draws of a long chain', () => {
  it('are thinned to so many, in order, with the least and the greatest of them all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }),
        fc.integer({ min: 2, max: 50 }),
        (list, most) => {
          const values = Float64Array.from(list);
          const kept = keptDraws(values, most);
          expect(kept.length).toBeLessThanOrEqual(most);
          for (const { draw, value } of kept) expect(value).toBe(values[draw - 1]);
          const numbers = kept.map(({ draw }) => draw);
          expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
          const heights = kept.map(({ value }) => value);
          expect(Math.max(...heights)).toBe(Math.max(...list));
          expect(Math.min(...heights)).toBe(Math.min(...list));
        },
      ),
      { seed: 1 },
    );
  });
});
