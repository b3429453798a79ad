/** The data in the marks of figures 2 and 3 against the numbers that they were drawn from. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleMoments } from '../../../src/posterior/convergence.js';
import { hdi } from '../../../src/posterior/intervals.js';
import { drawStudyFigure, panelLetter } from '../../../src/report/figures/draw-figures.js';
import type {
  Condition,
  CorrelationBar,
  ScatterPanel,
  StudyFigure,
} from '../../../src/report/figures/study-figure.js';
import {
  attribute,
  type Mark,
  marks,
  names,
  PLACE_TOLERANCE,
  panelsOf,
  parseSvg,
  scaleOf,
  textOf,
} from '../../plots/support.js';

const conditions: Condition[] = ['off-the-shelf', 'before training', 'after training'];

function panel(title: string, points: number, slope = 0.5): ScatterPanel {
  const wave = (i: number) => 2 * Math.sin(1 + 7 * i);
  return {
    title,
    learned: Array.from({ length: points }, (_, i) => wave(i)),
    reported: Array.from({ length: points }, (_, i) => slope * wave(i) + Math.cos(3 * i)),
    labels: Array.from({ length: points }, (_, i) => `context ${i}: <attribute>`),
    intercepts: Float64Array.from({ length: 400 }, (_, i) => 0.02 * wave(i)),
    slopes: Float64Array.from({ length: 400 }, (_, i) => slope + 0.03 * wave(i + 400)),
  };
}

const correlationBar = fc
  .record({
    model: fc.constant(''),
    condition: fc.constantFrom(...conditions),
    r: fc.double({ min: -0.9, max: 0.95, noNaN: true }),
    below: fc.double({ min: 0, max: 0.1, noNaN: true }),
    above: fc.double({ min: 0, max: 0.1, noNaN: true }),
  })
  .map(
    ({ below, above, ...bar }): CorrelationBar => ({
      ...bar,
      hdi: [bar.r - below, bar.r + above],
    }),
  );

const models = fc.uniqueArray(names, { minLength: 1, maxLength: 3 });
/** For each model all three conditions, in this order. */
const barsOfModels = models.chain((list) =>
  fc.tuple(...list.flatMap(() => conditions.map(() => correlationBar))).map((bars) =>
    bars.map((bar, i) => ({
      ...bar,
      model: list[Math.floor(i / 3)] ?? '',
      condition: conditions[i % 3],
    })),
  ),
);

function figure(change: Partial<StudyFigure> = {}): StudyFigure {
  return {
    title: 'Instilled preferences',
    panels: ['GPT-4o, before', 'GPT-4o, after', 'GPT-4o mini, before', 'GPT-4o mini, after'].map(
      (title) => panel(title, 500),
    ),
    bars: [{ model: 'GPT-4o', condition: 'before training', r: 0.5, hdi: [0.4, 0.6] }],
    simulated: false,
    xLabel: 'Learned weight (standardized)',
    yLabel: 'Reported weight (standardized)',
    ...change,
  };
}

const drawn = (change: Partial<StudyFigure> = {}) => panelsOf(drawStudyFigure(figure(change)));
const bars = (panels: readonly Mark[]): Mark => {
  const found = panels.find((one) => one.getAttribute('data-panel') === 'correlations');
  if (!found) throw new Error('no bars');
  return found;
};

describe('the scatters of a figure', () => {
  it('have one point an attribute, 500 a panel, where its two weights say', () => {
    const { panels } = figure();
    const scatters = drawn().slice(0, 4);
    scatters.forEach((scatter, index) => {
      const points = marks(scatter, 'points', 'circle');
      const { learned, reported, labels } = panels[index];
      expect(points).toHaveLength(500);
      const [x, y] = [scaleOf(scatter, 'x'), scaleOf(scatter, 'y')];
      points.forEach((point, i) => {
        expect(Math.abs(attribute(point, 'cx') - x.place(learned[i]))).toBeLessThan(
          PLACE_TOLERANCE,
        );
        expect(Math.abs(attribute(point, 'cy') - y.place(reported[i]))).toBeLessThan(
          PLACE_TOLERANCE,
        );
        expect(point.textContent).toBe(labels[i]);
      });
    });
  });

  it('stand in two columns in the order that was given, all of one size and on the same axes', () => {
    const scatters = drawn().slice(0, 4);
    expect(scatters.map((one) => one.getAttribute('data-panel'))).toEqual(
      figure().panels.map(({ title }) => title),
    );
    const at = (name: string) => scatters.map((one) => attribute(one, name));
    const [left, right] = at('x');
    expect(at('x')).toEqual([left, right, left, right]);
    expect(right).toBeGreaterThan(left);
    expect(at('y')[2]).toBeGreaterThan(at('y')[0]);
    for (const name of ['width', 'height', 'data-x-domain', 'data-y-domain']) {
      expect(new Set(scatters.map((one) => one.getAttribute(name))).size).toBe(1);
    }
  });

  it('have a line from the least to the greatest learned weight, along the mean of the draws', () => {
    const one = panel('a', 60, -0.4);
    const [scatter] = drawn({ panels: [one] });
    const [x, y] = [scaleOf(scatter, 'x'), scaleOf(scatter, 'y')];
    const [path] = marks(scatter, 'line', 'path');
    const corners = [...(path?.getAttribute('d') ?? '').matchAll(/[ML]([^,]+),([^ML]+)/g)];
    const ends = [Math.min(...Array.from(one.learned)), Math.max(...Array.from(one.learned))];
    [corners[0], corners.at(-1)].forEach((corner, i) => {
      const height = sampleMoments(one.intercepts.map((a, k) => a + one.slopes[k] * ends[i])).mean;
      expect(Number(corner?.[1])).toBeCloseTo(x.place(ends[i]), 2);
      expect(Number(corner?.[2])).toBeCloseTo(y.place(height), 2);
    });
    expect(marks(scatter, 'band', 'path')).toHaveLength(1);
  });

  it('say r, its HDI and n: those that were given, else those of the slopes', () => {
    const one = panel('a', 60);
    const write = (value: number) => value.toFixed(2);
    const [low, high] = hdi(one.slopes).map(write);
    const mean = write(sampleMoments(one.slopes).mean);
    const given = { ...one, correlation: { r: 0.123, hdi: [-0.05, 0.3] as const } };
    const text = textOf(drawStudyFigure(figure({ panels: [one, given] })));
    expect(text).toContain(`r = ${mean} [${low},\u00a0${high}], n = 60`);
    expect(text).toContain('r = 0.12 [\u22120.05,\u00a00.30], n = 60');
  });
});

describe('the bars of a figure', () => {
  it('have their heights, and their whiskers from end to end of the HDI', () => {
    fc.assert(
      fc.property(barsOfModels, (list) => {
        const found = bars(drawn({ panels: [], bars: list }));
        const y = scaleOf(found, 'y');
        const rects = marks(found, 'correlation', 'rect');
        const whiskers = marks(found, 'hdi', 'line');
        expect(whiskers).toHaveLength(list.length);
        list.forEach(({ r, hdi: [low, high] }, i) => {
          const near = (value: number, place: number) =>
            expect(Math.abs(value - place)).toBeLessThan(2 * PLACE_TOLERANCE);
          near(attribute(rects[i], 'height') * y.pixel, Math.abs(r));
          near(attribute(whiskers[i], 'y1'), y.place(low));
          near(attribute(whiskers[i], 'y2'), y.place(high));
        });
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it('stand in the order of training, whatever the order in which they are given', () => {
    const list: CorrelationBar[] = [...conditions]
      .reverse()
      .map((condition, i) => ({ model: 'm', condition, r: 0.1 * (i + 1), hdi: [0, 0.5] }));
    const rects = marks(bars(drawn({ bars: list })), 'correlation', 'rect');
    const byPlace = [...rects].sort((a, b) => attribute(a, 'x') - attribute(b, 'x'));
    const named = byPlace.map((rect) => rect.textContent?.match(/, (.*):/)?.[1]);
    expect(named).toEqual(conditions);
  });

  it('have room for those below zero', () => {
    const list: CorrelationBar[] = [
      { model: 'm', condition: 'before training', r: -0.3, hdi: [-0.42, -0.2] },
    ];
    const found = bars(drawn({ bars: list }));
    const [whisker] = marks(found, 'hdi', 'line');
    const { value } = scaleOf(found, 'y');
    expect(value(attribute(whisker, 'y1'))).toBeCloseTo(-0.42, 3);
    expect(scaleOf(found, 'y').place(-0.42)).toBeLessThan(attribute(found, 'height'));
  });
});

describe('a figure', () => {
  it('says that its data are simulated where they are, and only there', () => {
    expect(textOf(drawStudyFigure(figure({ simulated: true })))).toContain('SIMULATED DATA');
    expect(drawStudyFigure(figure())).not.toMatch(/simulated/i);
  });

  it('names its axes with their units and its panels with letters', () => {
    const text = textOf(drawStudyFigure(figure()));
    expect(text.match(/Learned weight \(standardized\)/g)).toHaveLength(4);
    expect(text.match(/Reported weight \(standardized\)/g)).toHaveLength(4);
    for (const letter of 'ABCDE') expect(text).toMatch(new RegExp(`^${letter}\u2002`, 'm'));
    expect([25, 26, 51, 52, 702].map(panelLetter)).toEqual(['Z', 'AA', 'AZ', 'BA', 'AAA']);
  });

  it('keeps its panels beside each other and within its frame', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), barsOfModels, (count, list) => {
        const panels = Array.from({ length: count }, (_, i) => panel(`panel ${i}`, 10));
        const svg = drawStudyFigure(figure({ panels, bars: list }));
        const boxes = panelsOf(svg).map((one) => ({
          left: attribute(one, 'x'),
          top: attribute(one, 'y'),
          right: attribute(one, 'x') + attribute(one, 'width'),
          bottom: attribute(one, 'y') + attribute(one, 'height'),
        }));
        const root = parseSvg(svg);
        boxes.forEach((a, i) => {
          expect(a.right).toBeLessThanOrEqual(attribute(root, 'width'));
          expect(a.bottom).toBeLessThanOrEqual(attribute(root, 'height'));
          for (const b of boxes.slice(i + 1)) {
            const apart =
              a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
            expect(apart).toBe(true);
          }
        });
      }),
      { numRuns: 15, seed: 3 },
    );
  });

  it('is on white ground and names its fonts, the one of the PNGs first', () => {
    const svg = drawStudyFigure(figure({ panels: [] }));
    expect(svg).toContain('fill="#ffffff"');
    expect(parseSvg(svg).getAttribute('font-family')).toMatch(/^Inter, .*sans-serif$/);
    expect(svg).not.toMatch(/<(style|script|image)\b|href=|url\(/);
  });

  it('can do without bars, or without scatters, but not without both', () => {
    expect(drawn({ bars: [] })).toHaveLength(4);
    expect(drawn({ panels: [] })).toHaveLength(1);
    expect(() => drawn({ panels: [], bars: [] })).toThrow(/no panels and no bars/);
  });

  it('holds a panel of no points, where no report was valid', () => {
    const empty = {
      ...panel('a', 0),
      correlation: { r: Number.NaN, hdi: [Number.NaN, Number.NaN] as const },
    };
    expect(marks(drawn({ panels: [empty] })[0], 'points', 'circle')).toEqual([]);
  });
});
