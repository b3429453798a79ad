/** What holds for every plot of draws: whatever the names, the chains and the options. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DrawnPlot,
  type PlotOptions,
  plotForest,
  plotPairs,
  plotPosterior,
  plotRank,
  plotTrace,
} from '../../src/plots.js';
import type { Draws } from '../../src/posterior/draws.js';
import { rasterize } from '../../src/report/figures/rasterize.js';
import { attribute, drawsOf, panelsOf, parseSvg, textOf, wavyDraws } from './support.js';

const plots: [string, (draws: Draws, options?: PlotOptions) => DrawnPlot][] = [
  ['plotForest', plotForest],
  ['plotTrace', plotTrace],
  ['plotRank', plotRank],
  ['plotPairs', plotPairs],
  ['plotPosterior', plotPosterior],
];

describe.each(plots)('%s', (_, plot) => {
  it('is well-formed XML whatever the names are, and writes them out', async () => {
    await fc.assert(
      fc.asyncProperty(drawsOf({ drawsPerChain: 25 }), async (draws) => {
        const { svg } = plot(draws, { title: draws.parameterNames[0] ?? '' });
        // resvg reads XML strictly.
        const png = await rasterize(svg, { dpi: 20 });
        expect(png.length).toBeGreaterThan(100);
        const bare = (text: string) => text.replaceAll(/[\s\p{C}]/gu, '');
        for (const name of draws.parameterNames) expect(bare(textOf(svg))).toContain(bare(name));
      }),
      { numRuns: 10, seed: 1 },
    );
  });

  it('is one svg that needs nothing from outside', () => {
    const { svg } = plot(wavyDraws(['a', 'b']));
    expect(svg).toMatch(/^<svg /);
    expect(parseSvg(svg).getAttribute('xmlns')).toBe('http://www.w3.org/2000/svg');
    expect(svg).not.toMatch(/<(style|script|image|foreignObject|use)\b|href=|url\(/);
  });

  it('is the same whenever it is drawn', () => {
    const draws = wavyDraws(['a', 'b']);
    expect(plot(draws).svg).toBe(plot(draws).svg);
  });

  it('hands out a specification for each panel', () => {
    const { specification, svg } = plot(wavyDraws(['a', 'b']));
    expect(specification).toHaveLength(panelsOf(svg).length);
    expect(specification.every(({ marks }) => (marks?.length ?? 0) > 0)).toBe(true);
  });

  it('keeps its panels within its frame', () => {
    fc.assert(
      fc.property(
        drawsOf({ drawsPerChain: 20 }),
        fc.integer({ min: 300, max: 2000 }),
        (draws, width) => {
          const { svg } = plot(draws, { width });
          const root = parseSvg(svg);
          for (const panel of panelsOf(svg)) {
            const end = (at: string, size: string) => attribute(panel, at) + attribute(panel, size);
            expect(end('x', 'width')).toBeLessThanOrEqual(attribute(root, 'width'));
            expect(end('y', 'height')).toBeLessThanOrEqual(attribute(root, 'height'));
          }
        },
      ),
      { numRuns: 15, seed: 2 },
    );
  });

  it('takes the colour of its text from the theme', () => {
    const colour = (theme: 'light' | 'dark') =>
      parseSvg(plot(wavyDraws(['a']), { theme }).svg).getAttribute('color');
    expect(colour('dark')).not.toBe(colour('light'));
  });

  it('names the themes there are where another is asked for', () => {
    const theme = 'sepia' as 'light';
    expect(() => plot(wavyDraws(['a']), { theme })).toThrow(
      expect.objectContaining({
        code: 'bad-argument',
        message: "theme is 'sepia', expected light or dark",
      }),
    );
  });

  it('holds a single chain, and draws that do not move', () => {
    const one = plot(wavyDraws(['a'], 1, 40)).svg;
    const still = plot({ ...wavyDraws(['a'], 2, 40), values: new Float64Array(80).fill(7) }).svg;
    for (const svg of [one, still]) expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('holds numbers of any size', () => {
    for (const scale of [1e-12, 1e-3, 1e9, 1e100]) {
      const draws = wavyDraws(['a'], 2, 40);
      const svg = plot({ ...draws, values: draws.values.map((value) => value * scale) }).svg;
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it.each([
    ['a draw that is NaN', Number.NaN, /'b' cannot be plotted: draw 3 of chain 2 is NaN/],
    ['an infinite draw', Number.NEGATIVE_INFINITY, /draw 3 of chain 2 is -Infinity/],
  ])('refuses %s, and says where it is', (_case, value, message) => {
    const draws = wavyDraws(['a', 'b'], 2, 50);
    const broken = { ...draws, values: draws.values.with((50 + 2) * 2 + 1, value) };
    expect(() => plot(broken)).toThrow(message);
    expect(() => plot(broken)).toThrow(expect.objectContaining({ code: 'bad-argument' }));
    // The other parameter can be looked at.
    expect(plot(broken, { parameters: ['a'] }).svg).toMatch(/^<svg/);
  });

  it.each<[string, Partial<Draws>, PlotOptions, RegExp]>([
    [
      'no such parameter',
      {},
      { parameters: ['c'] },
      /no parameter 'c' in these draws: they have a/,
    ],
    ['no parameter at all', {}, { parameters: [] }, /parameters is empty/],
    ['no draws', { drawsPerChain: 0, values: new Float64Array() }, {}, /no draws to plot/],
    ['values of another length', { chains: 3 }, {}, /200 values are not 3 chains of 50 draws/],
    ['a width of no pixels', {}, { width: 0 }, /width is 0, expected a number of pixels/],
    [
      'a height that is no number',
      {},
      { height: Number.NaN },
      /height is NaN, expected a number of pixels/,
    ],
  ])('refuses %s', (_case, change, options, message) => {
    const draws = { ...wavyDraws(['a', 'b'], 2, 50), ...change };
    expect(() => plot(draws, options)).toThrow(message);
    expect(() => plot(draws, options)).toThrow(expect.objectContaining({ code: 'bad-argument' }));
  });
});

describe('an interval', () => {
  it.each([plotForest, plotPosterior])('needs a mass, and draws enough for it', (plot) => {
    const draws = wavyDraws(['a'], 1, 19);
    expect(() => plot(draws)).toThrow(
      /too few draws for an HDI of mass 0.95: found 19, expected at least 20/,
    );
    expect(plot(draws, { mass: 0.8 }).svg).toContain('80% HDI');
    expect(() => plot(draws, { mass: 95 })).toThrow(/mass is 95, expected a number in \(0, 1\)/);
  });
});
