import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plotPpc } from '../../src/plots.js';
import type { Draws } from '../../src/posterior/draws.js';
import { hdi } from '../../src/posterior/intervals.js';
import {
  attribute,
  marks,
  PLACE_TOLERANCE,
  panelAt,
  scaleOf,
  someRuns,
  textOf,
  wavyDraws,
} from './support.js';

const OUTCOMES = 12;
const REPLICATIONS = 40;

const bits = (length: number) =>
  fc.array(fc.constantFrom(0, 1), { minLength: length, maxLength: length });
const binary = fc.record({ observed: bits(OUTCOMES), values: bits(OUTCOMES * REPLICATIONS) });

function replications(values: ArrayLike<number>): Draws {
  return {
    parameterNames: Array.from({ length: OUTCOMES }, (_, i) => `y[${i}]`),
    chains: 2,
    drawsPerChain: REPLICATIONS / 2,
    values: Float64Array.from(values),
  };
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** What each replication has at these outcomes. */
function rows(values: readonly number[], outcomes: readonly number[]): number[][] {
  return Array.from({ length: REPLICATIONS }, (_, row) =>
    outcomes.map((outcome) => values[row * OUTCOMES + outcome]),
  );
}

describe('a predictive check of outcomes of 0 and 1', () => {
  it('has the observed proportion as a line, and each replication in one bar', () => {
    fc.assert(
      fc.property(binary, ({ observed, values }) => {
        const panel = panelAt(plotPpc(replications(values), { observed }).svg, 0);
        const [x, y] = [scaleOf(panel, 'x'), scaleOf(panel, 'y')];
        const [line] = marks(panel, 'observed', 'line');
        expect(Math.abs(attribute(line, 'x1') - x.place(mean(observed)))).toBeLessThan(
          PLACE_TOLERANCE,
        );
        const bars = marks(panel, 'replicated', 'rect');
        // Between bars is a gap: half a pixel on every side.
        const counts = bars.map((bar) => Math.round((attribute(bar, 'height') + 1) * y.pixel));
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(REPLICATIONS);
      }),
      someRuns,
    );
  });

  it('says how many replications are as great as what was observed', () => {
    const observed = Array.from({ length: OUTCOMES }, (_, i) => (i < 6 ? 1 : 0));
    // Ten of the forty are all ones, the others all zeros.
    const values = Array.from({ length: OUTCOMES * REPLICATIONS }, (_, i) =>
      i < 10 * OUTCOMES ? 1 : 0,
    );
    const text = textOf(plotPpc(replications(values), { observed }).svg);
    expect(text).toContain('observed 0.500, n = 12');
    expect(text).toContain('25.0% of them as great or greater');
  });

  it('compares the groups in the order in which they come, each with its HDI', () => {
    fc.assert(
      fc.property(binary, ({ observed, values }) => {
        const groups = observed.map((_, i) => `group ${i % 3}`);
        const panel = panelAt(plotPpc(replications(values), { observed, groups }).svg, 0);
        const { place } = scaleOf(panel, 'x');
        const dots = marks(panel, 'observed', 'circle');
        const bars = marks(panel, 'hdi', 'line');
        expect(dots).toHaveLength(3);
        for (const group of [0, 1, 2]) {
          const members = observed.flatMap((_, i) => (i % 3 === group ? [i] : []));
          const interval = hdi(rows(values, members).map(mean));
          for (const [drawn, value] of [
            [attribute(dots[group], 'cx'), mean(members.map((i) => observed[i]))],
            [attribute(bars[group], 'x1'), interval[0]],
            [attribute(bars[group], 'x2'), interval[1]],
          ]) {
            expect(Math.abs(drawn - place(value))).toBeLessThan(PLACE_TOLERANCE);
          }
        }
      }),
      someRuns,
    );
  });
});

describe('a predictive check of other outcomes', () => {
  const draws = replications(wavyDraws(['a'], 1, OUTCOMES * REPLICATIONS).values);
  const observed = draws.values.slice(5, 5 + OUTCOMES);

  it('lays the observed density over so many replicated ones', () => {
    const panel = panelAt(plotPpc(draws, { observed, replications: 25 }).svg, 0);
    expect(marks(panel, 'replicated', 'path')).toHaveLength(25);
    expect(marks(panel, 'observed', 'path')).toHaveLength(1);
  });

  it('draws no more replications than there are', () => {
    const panel = panelAt(plotPpc(draws, { observed, replications: 500 }).svg, 0);
    expect(marks(panel, 'replicated', 'path')).toHaveLength(REPLICATIONS);
  });

  it('compares means by group', () => {
    const groups = Array.from(observed, (_, i) => (i < 4 ? 'few' : 'many'));
    const panel = panelAt(plotPpc(draws, { observed, groups }).svg, 0);
    const [few] = marks(panel, 'observed', 'circle');
    const place = scaleOf(panel, 'x').place(mean([...observed.slice(0, 4)]));
    expect(Math.abs(attribute(few, 'cx') - place)).toBeLessThan(PLACE_TOLERANCE);
  });
});

describe('a predictive check of outcomes of 0 and 1 by what are no outcomes', () => {
  const observed = Array.from({ length: OUTCOMES }, (_, i) => i % 2);
  const probabilities = replications(
    Float64Array.from({ length: OUTCOMES * REPLICATIONS }, (_, i) => (i % 7 === 0 ? 0.6 : 1)),
  );

  it.each([
    ['whole', {}],
    ['in groups', { groups: observed.map(String) }],
    ['where proportions are asked for', { kind: 'proportion' as const }],
  ])('says what it expected: %s', (_, options) => {
    expect(() => plotPpc(probabilities, { observed, ...options })).toThrow(
      expect.objectContaining({
        code: 'bad-argument',
        message: expect.stringContaining('a replicated outcome is 0.6, expected 0 or 1'),
      }),
    );
  });

  it('draws them as densities where those are asked for', () => {
    const { svg } = plotPpc(probabilities, { observed, kind: 'density' });
    expect(marks(panelAt(svg, 0), 'observed', 'path')).toHaveLength(1);
  });
});

describe('a predictive check that cannot be made', () => {
  const draws = replications(new Float64Array(OUTCOMES * REPLICATIONS).fill(0.5));
  const observed = new Float64Array(OUTCOMES).fill(0.5);

  it.each([
    ['outcomes of another number', { observed: [1, 0] }, /2 observed outcomes, but 12 replicated/],
    [
      'groups of another number',
      { observed, groups: ['a'] },
      /groups has 1 names, expected one for each of the 12/,
    ],
    [
      'outcomes that are not finite',
      { observed: observed.with(3, Number.NaN) },
      /outcome 4 is NaN/,
    ],
    ['proportions of halves', { observed, kind: 'proportion' as const }, /are not all 0 or 1/],
    ['densities of one value', { observed }, /no density/],
    [
      'replications of no number',
      { observed, replications: 0 },
      /replications is 0, expected a whole number/,
    ],
  ])('says so: %s', (_, options, message) => {
    expect(() => plotPpc(draws, options)).toThrow(message);
    expect(() => plotPpc(draws, options)).toThrow(
      expect.objectContaining({ code: 'bad-argument' }),
    );
  });
});

describe('a predictive check of ordered categories', () => {
  const grades = (length: number) =>
    fc.array(fc.integer({ min: 1, max: 4 }), { minLength: length, maxLength: length });
  const categories = ['poor', 'fair', 'good', 'best'];

  it('has a bar as long as the observed count of each category, over its interval', () => {
    fc.assert(
      fc.property(grades(OUTCOMES), grades(OUTCOMES * REPLICATIONS), (observed, values) => {
        const plot = plotPpc(replications(values), { observed, kind: 'bars', categories });
        const panel = panelAt(plot.svg, 0);
        const x = scaleOf(panel, 'x');
        const counted = categories.map((_, c) => observed.filter((y) => y === c + 1).length);
        const widths = marks(panel, 'observed', 'line').map(
          (bar) => attribute(bar, 'x2') - attribute(bar, 'x1'),
        );
        const shown = widths.map((width) => Math.round(width * x.pixel));
        expect(shown).toEqual(counted);
        const medians = marks(panel, 'replicated', 'circle').map((dot) => attribute(dot, 'cx'));
        expect(medians).toHaveLength(4);
        for (const name of categories) expect(textOf(plot.svg)).toContain(name);
      }),
      someRuns,
    );
  });

  it('refuses outcomes that are no category', () => {
    const values = new Array<number>(OUTCOMES * REPLICATIONS).fill(2);
    const plot = (observed: number[], given?: readonly string[]) => () =>
      plotPpc(replications(values), {
        observed,
        kind: 'bars',
        ...(given && { categories: given }),
      });
    const ones = new Array<number>(OUTCOMES).fill(1);
    expect(plot(ones, ['only'])).toThrow(/an outcome is 2, expected a category from 1 to 1/);
    expect(plot(ones.map(() => 0.5))).toThrow(/an outcome is 0.5, expected whole numbers for bars/);
  });
});
