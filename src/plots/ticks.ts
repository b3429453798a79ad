/**
 * Labels of ticks, measured as Observable Plot writes them: how much room they need beside an axis,
 * and how many of them stand along it without touching.
 */
import * as Plot from '@observablehq/plot';
import { type PlotElement, plotDocument } from '#plot-document';
import { textWidth } from './label.js';

/** A continuous axis without its marks: enough to measure its labels. */
export type AxisOptions = Plot.ScaleOptions & { readonly domain: readonly [number, number] };

/**
 * Room for the labels of panels with these axes: as Plot writes them, so that large and tiny
 * numbers are not clipped either.
 */
export function tickRoom(
  panels: readonly { readonly x?: AxisOptions; readonly y?: AxisOptions }[],
  size: { readonly width: number; readonly height: number },
): { readonly left: number; readonly right: number } {
  let left = 0;
  let right = 0;
  for (const { x, y } of panels) {
    const drawn = Plot.plot({
      ...size,
      margin: 10,
      x: x ?? { axis: null },
      y: y ?? { axis: null },
      document: plotDocument,
    });
    left = Math.max(left, widestTick(drawn, 'y-axis tick label'));
    right = Math.max(right, widestTick(drawn, 'x-axis tick label') / 2);
  }
  return { left: Math.ceil(left + 12), right: Math.ceil(Math.max(right + 4, 14)) };
}

function widestTick(drawn: PlotElement, label: string): number {
  return tickLabels(drawn, label).reduce((most, { width }) => Math.max(most, width), 0);
}

/** The same axis with the most ticks whose labels stand apart, in `width` pixels. */
export function withFittingTicks(axis: AxisOptions, width: number): AxisOptions {
  let ticks = Math.max(1, Math.min(10, Math.floor(width / 35)));
  while (ticks > 1 && !labelsStandApart({ ...axis, ticks }, width)) ticks--;
  return { ...axis, ticks };
}

const LEAST_SPACE = 6;

function labelsStandApart(x: AxisOptions, width: number): boolean {
  const drawn = Plot.plot({ width, height: 60, margin: 0, x, document: plotDocument });
  const labels = tickLabels(drawn, 'x-axis tick label');
  return labels.every((label, i) => {
    const next = labels[i + 1];
    return !next || next.x - label.x >= (label.width + next.width) / 2 + LEAST_SPACE;
  });
}

function tickLabels(drawn: PlotElement, label: string): { x: number; width: number }[] {
  const texts = drawn.querySelectorAll(`g[aria-label="${label}"] text`);
  return Array.from(texts, (text: PlotElement) => ({
    x: Number(/translate\(([^,]+)/.exec(text.getAttribute('transform') ?? '')?.[1]),
    width: textWidth(text.textContent ?? ''),
  }));
}
