/**
 * Correlation plot: the data of a regression with one predictor, its line with the band of its
 * draws, and the correlation r that the slope implies, with its highest-density interval.
 */
import type * as Plot from '@observablehq/plot';
import { sampleMoments } from '../posterior/convergence.js';
import type { Draws } from '../posterior/draws.js';
import { hdi } from '../posterior/hdi.js';
import { type DrawnPlot, drawPicture } from './compose.js';
import { extent } from './kde.js';
import { formatInterval, formatNumber, hdiName, printable, wrapLabel } from './label.js';
import { lineBand } from './line-band.js';
import { badArgument, hdiMassOf, type PlotOptions, plottedParameters } from './options.js';
import { paddedDomain } from './panels.js';
import { scatterMarks, scatterPoints } from './scatter.js';
import { LINE_HEIGHT } from './theme.js';
import { type AxisOptions, tickRoom, withFittingTicks } from './ticks.js';

export interface CorrelationOptions extends Omit<PlotOptions, 'parameters'> {
  /** The predictor's data and the outcome's. */
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Of the points, shown where the pointer rests. */
  readonly labels?: readonly string[];
  /** Names of the line's parameters among the draws. */
  readonly slope: string;
  readonly intercept?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
}

const DEFAULT_SIZE = 440;

/** @throws WeighbridgeError `bad-argument` */
export function plotCorrelation(draws: Draws, options: CorrelationOptions): DrawnPlot {
  const { x, y, labels, slope, intercept = 'b_Intercept', xLabel = 'x', yLabel = 'y' } = options;
  const mass = hdiMassOf(options, draws.chains * draws.drawsPerChain);
  checkData(x, y);
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
  return { domain: paddedDomain(low, high), grid: true, labelAnchor: 'center', labelArrow: 'none' };
}

/** r = slope · sd(x) / sd(y), draw by draw; where all x or all y are the same there is none. */
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

function checkData(x: ArrayLike<number>, y: ArrayLike<number>): void {
  if (x.length !== y.length || x.length === 0) {
    throw badArgument(`x and y are pairs: here are ${x.length} and ${y.length} values`);
  }
  for (const [name, values] of Object.entries({ x, y })) {
    const at = Array.from(values).findIndex((value) => !Number.isFinite(value));
    if (at !== -1) throw badArgument(`${name} cannot be plotted: value ${at + 1} is ${values[at]}`);
  }
}
