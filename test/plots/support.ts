/** Draws to plot, and plots read back: marks by their class, places by the scales of their panel. */
import fc from 'fast-check';
import { DOMParser } from 'linkedom';
import type { Draws } from '../../src/posterior/draws.js';

/** Names that a user may give: spaces, markup, quotes, other scripts, control characters. */
export const names = fc.oneof(
  fc.string({ minLength: 1, maxLength: 24, unit: 'grapheme' }),
  fc.constantFrom('b_Intercept', '<script>', 'a & b', '"x"', "d'où", 'β[1]', '価格', 'x\u0000y'),
);

export function drawsOf(
  options: { parameters?: number; chains?: number; drawsPerChain?: number } = {},
): fc.Arbitrary<Draws> {
  const count = (fixed: number | undefined, min: number, max: number) =>
    fixed === undefined ? fc.integer({ min, max }) : fc.constant(fixed);
  return fc
    .tuple(
      count(options.parameters, 1, 4),
      count(options.chains, 1, 4),
      count(options.drawsPerChain, 20, 60),
    )
    .chain(([parameters, chains, drawsPerChain]) =>
      fc.record({
        parameterNames: fc.uniqueArray(names, { minLength: parameters, maxLength: parameters }),
        chains: fc.constant(chains),
        drawsPerChain: fc.constant(drawsPerChain),
        values: fc
          .array(fc.double({ min: -1000, max: 1000, noNaN: true }), {
            minLength: parameters * chains * drawsPerChain,
            maxLength: parameters * chains * drawsPerChain,
          })
          .map((values) => Float64Array.from(values)),
      }),
    );
}

/** Few and fixed: each draws a picture. */
export const someRuns = { numRuns: 25, seed: 20250611 };

/** Draws that are no arbitrary ones: a sine a parameter, with waves that never repeat. */
export function wavyDraws(
  parameterNames: readonly string[],
  chains = 2,
  drawsPerChain = 50,
): Draws {
  const width = parameterNames.length;
  const values = Float64Array.from({ length: chains * drawsPerChain * width }, (_, i) =>
    Math.sin(1 + i * (1 + (i % width))),
  );
  return { parameterNames, chains, drawsPerChain, values };
}

/** What tests ask of an element; they are compiled without the DOM's types. */
export interface Mark {
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Mark>;
  readonly textContent: string | null;
  readonly outerHTML: string;
}

export function parseSvg(svg: string): Mark {
  const { documentElement } = new DOMParser().parseFromString(svg, 'image/svg+xml');
  return documentElement as unknown as Mark;
}

/** Panels in the order in which they were drawn. */
export function panelsOf(svg: string): Mark[] {
  return [...parseSvg(svg).querySelectorAll('svg[data-panel]')];
}

export function panelAt(svg: string, index: number): Mark {
  const panel = panelsOf(svg).at(index);
  if (!panel) throw new Error(`no panel ${index}`);
  return panel;
}

/** Marks of one kind among the marks of a class, over all facets. */
export function marks(panel: Mark, name: string, tag: string): Mark[] {
  return [...panel.querySelectorAll(`.${name} ${tag}, ${tag}.${name}`)];
}

export function attribute(mark: Mark | undefined, name: string): number {
  const value = mark?.getAttribute(name);
  if (value === null || value === undefined) throw new Error(`no ${name} in ${mark?.outerHTML}`);
  return Number(value);
}

/** From pixels to values, by the scale that the panel tells. */
export function scaleOf(panel: Mark, axis: 'x' | 'y') {
  const numbers = (name: string) =>
    (panel.getAttribute(`data-${axis}-${name}`) ?? '').split(' ').map(Number);
  const [from, to] = numbers('domain');
  const [start, end] = numbers('range');
  return {
    /** One pixel, in values. */
    pixel: Math.abs((to - from) / (end - start)),
    value: (at: number) => from + ((at - start) * (to - from)) / (end - start),
    place: (value: number) => start + ((value - from) * (end - start)) / (to - from),
  };
}

/** Marks are placed to a hundredth of a pixel. */
export const PLACE_TOLERANCE = 0.011;

export function textOf(svg: string): string {
  return [...parseSvg(svg).querySelectorAll('text')].map((text) => text.textContent).join('\n');
}
