/** Points with a regression line and its band over them: what correlations are shown by. */
import * as Plot from '@observablehq/plot';
import { printable } from './label.js';
import type { BandPoint } from './line-band.js';
import { estimateColour } from './theme.js';

export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  /** Shown where the pointer rests on the point. */
  readonly label: string;
}

export function scatterPoints(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  labels: readonly string[] = [],
): ScatterPoint[] {
  return Array.from(x, (at, i) => ({
    x: at,
    y: y[i] ?? Number.NaN,
    label: printable(labels[i] ?? ''),
  }));
}

export function scatterMarks(
  points: readonly ScatterPoint[],
  band: readonly BandPoint[],
  colour: string = estimateColour,
): Plot.Markish[] {
  const labelled = points.some(({ label }) => label !== '');
  return [
    Plot.frame({ strokeOpacity: 0.25 }),
    Plot.dot(points, {
      x: 'x',
      y: 'y',
      r: 1.9,
      fill: colour,
      fillOpacity: 0.45,
      className: 'points',
      ...(labelled && { title: 'label' }),
    }),
    Plot.areaY(band, {
      x: 'x',
      y1: 'low',
      y2: 'high',
      fill: 'currentColor',
      fillOpacity: 0.22,
      className: 'band',
    }),
    Plot.lineY(band, { x: 'x', y: 'mean', strokeWidth: 1.6, className: 'line' }),
  ];
}
