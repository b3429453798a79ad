/**
 * Correlation plot: the data of a regression with one predictor, its line with a band, and the
 * correlation r that the slope implies, with its highest-density interval.
 */
import * as Plot from '@observablehq/plot';
import { badArgument } from '../checks/values.js';
import { sampleMoments } from '../posterior/convergence.js';
import type { Draws } from '../posterior/draws.js';
import { hdi } from '../posterior/intervals.js';
import { quantileOfSorted, sorted } from '../posterior/quantiles.js';
import { type DrawnPlot, drawPicture } from './compose.js';
import { extent } from './density.js';
import { formatInterval, formatNumber, hdiName, printable, wrapLabel } from './label.js';
import {
  type AxisOptions,
  centredLabel,
  paddedDomain,
  tickRoom,
  withFittingTicks,
} from './layout.js';
import { intervalMass, type PlotOptions, plottedParameters } from './options.js';
import { estimateColour, LINE_HEIGHT } from './theme.js';

export interface CorrelationOptions extends Omit<PlotOptions, 'parameters'> {
  /** The data of the predictor. */
  readonly x: ArrayLike<number>;
  /** The data of the outcome. */
  readonly y: ArrayLike<number>;
  /** Labels of the points, shown under the pointer. */
  readonly labels?: readonly string[];
  /** Name of the slope among the draws. */
  readonly slope: string;
  /** Name of the intercept among the draws. @default 'b_Intercept' */
  readonly intercept?: string;
  /** @default 'x' */
  readonly xLabel?: string;
  /** @default 'y' */
  readonly yLabel?: string;
}

const DEFAULT_SIZE = 440;

/** @throws WeighbridgeError `bad-argument` */
export function plotCorrelation(draws: Draws, options: CorrelationOptions): DrawnPlot {
  const { x, y, labels, slope, intercept = 'b_Intercept', xLabel = 'x', yLabel = 'y' } = options;
  const mass = intervalMass(options, draws.chains * draws.drawsPerChain);
  requireData(x, y);
  const { width = DEFAULT_SIZE, height = width } = options;
  const [intercepts, slopes] = plottedParameters(draws, {
    ...options,
    parameters: [intercept, slope],
  }).map(({ values }) => values);
  if (!intercepts || !slopes) throw badArgument('a line is an intercept and a slope');

  const ends = extent(x);
  const band = lineBand(intercepts, slopes, [ends.low, ends.high], mass);
  const axes = {
    x: withFittingTicks(axis(ends.low, ends.high), width - 80),
    y: axis(
      Math.min(extent(y).low, ...band.map(({ low }) => low)),
      Math.max(extent(y).high, ...band.map(({ high }) => high)),
    ),
  };
  const room = tickRoom([axes], { width, height });
  const names = {
    x: wrapLabel(printable(xLabel), width - 80),
    y: wrapLabel(printable(yLabel), height - 80),
  };
  const left = room.left + names.y.length * LINE_HEIGHT + 8;
  const bottom = 26 + names.x.length * LINE_HEIGHT + 8;
  const specification: Plot.PlotOptions = {
    width,
    height,
    marginLeft: left,
    marginBottom: bottom,
    marginTop: 10,
    marginRight: room.right,
    x: { ...axes.x, label: names.x.join('\n'), labelOffset: bottom - 6 },
    y: { ...axes.y, label: names.y.join('\n'), labelOffset: left - 6 },
    marks: scatterMarks(scatterPoints(x, y, labels), band),
  };
  return drawPicture({
    kind: 'correlation',
    width,
    height,
    title: options.title,
    subtitle: correlationNote(slopes, x, y, mass),
    theme: options.theme,
    description: `Scatter of ${printable(yLabel)} against ${printable(xLabel)}, ${x.length} points`,
    panels: [{ name: 'correlation', x: 0, y: 0, options: specification }],
  });
}

function axis(low: number, high: number): AxisOptions {
  return { domain: paddedDomain(low, high), grid: true, ...centredLabel };
}

/** r = slope · sd(x) / sd(y), draw by draw; only the number of pairs if all x or all y are equal. */
function correlationNote(
  slopes: Float64Array,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  mass: number,
): string {
  const sd = (values: ArrayLike<number>) =>
    Math.sqrt(sampleMoments(Float64Array.from(values)).variance);
  const scale = sd(x) / sd(y);
  const count = `n = ${x.length}`;
  if (!(scale > 0 && Number.isFinite(scale))) return count;
  const r = slopes.map((slope) => slope * scale);
  const mean = formatNumber(sampleMoments(r).mean, 2);
  return `r = ${mean}, ${hdiName(mass)} ${formatInterval(hdi(r, mass), 2)}, ${count}`;
}

function requireData(x: ArrayLike<number>, y: ArrayLike<number>): void {
  if (x.length !== y.length || x.length === 0) {
    throw badArgument(
      `x has ${x.length} values and y ${y.length}, expected equally many, and at least one`,
    );
  }
  for (const [name, values] of Object.entries({ x, y })) {
    const at = Array.from(values).findIndex((value) => !Number.isFinite(value));
    if (at !== -1) throw badArgument(`${name} cannot be plotted: value ${at + 1} is ${values[at]}`);
  }
}

export interface BandPoint {
  readonly x: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const POINTS = 41;

/**
 * A regression line with its band: at each x, the mean of the drawn lines and their central interval.
 * Central and not of highest density, because the ends of the latter jump from one x to the next; for
 * symmetric draws the two are the same.
 */
export function lineBand(
  intercepts: Float64Array,
  slopes: Float64Array,
  [from, to]: readonly [number, number],
  mass = 0.95,
): BandPoint[] {
  return Array.from({ length: POINTS }, (_, i) => {
    const x = from + ((to - from) * i) / (POINTS - 1);
    const heights = intercepts.map((intercept, draw) => intercept + (slopes[draw] ?? 0) * x);
    const ascending = sorted(heights);
    return {
      x,
      mean: heights.reduce((sum, height) => sum + height, 0) / heights.length,
      low: quantileOfSorted(ascending, (1 - mass) / 2),
      high: quantileOfSorted(ascending, (1 + mass) / 2),
    };
  });
}

interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  /** Shown under the pointer. */
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

/** Points with a regression line and its band. */
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
