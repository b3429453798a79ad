/**
 * Posterior plot: a panel a parameter, with its density, the highest-density interval as a bar, the
 * point estimate, and an optional reference value with the shares of the draws on either side of it
 * (ArviZ's `plot_posterior`, Kruschke 2015).
 */
import * as Plot from '@observablehq/plot';
import { badArgument } from '../checks/values.js';
import { sampleMoments } from '../posterior/convergence.js';
import type { Draws } from '../posterior/draws.js';
import { hdi, type Interval } from '../posterior/intervals.js';
import { median } from '../posterior/quantiles.js';
import { type DrawnPlot, drawPicture } from './compose.js';
import { densityCurves, extent } from './density.js';
import { decimalsFor, formatGiven, formatInterval, formatNumber, hdiName } from './label.js';
import {
  type AxisOptions,
  facets,
  gridOf,
  paddedDomain,
  tickRoom,
  withFittingTicks,
} from './layout.js';
import {
  DEFAULT_WIDTH,
  intervalMass,
  type PlotOptions,
  type PlottedParameter,
  parameterIndex,
  plottedParameters,
} from './options.js';
import { estimateColour, referenceColour } from './theme.js';

export interface PosteriorOptions extends PlotOptions {
  /** @default 'mean' */
  readonly pointEstimate?: 'mean' | 'median';
  /** A true or target value: one for all parameters, or by their names. */
  readonly reference?: number | Readonly<Record<string, number>>;
}

interface ParameterPosterior {
  readonly name: string;
  readonly values: Float64Array;
  readonly estimate: number;
  readonly interval: Interval;
  readonly reference: number | undefined;
  readonly notes: readonly string[];
  readonly x: AxisOptions;
}

const LEAST_CELL = 230;
const PANEL_HEIGHT = 120;
const BOTTOM = 26;
/** How far tick labels may extend beyond either end of an axis. */
const TICK_END = 20;
/** The HDI bar lies below the density, where no curve crosses it. */
const BAR_LEVEL = -0.06;

/** @throws WeighbridgeError `bad-argument` */
export function plotPosterior(draws: Draws, options: PosteriorOptions = {}): DrawnPlot {
  const parameters = plottedParameters(draws, options);
  requireReferences(draws, options);
  const mass = intervalMass(options, draws.chains * draws.drawsPerChain);
  const width = options.width ?? DEFAULT_WIDTH;
  const grid = gridOf(parameters.length, width, LEAST_CELL);
  const posteriors = parameters.map((one) => {
    const posterior = parameterPosterior(one, mass, options);
    return { ...posterior, x: withFittingTicks(posterior.x, grid.cellWidth - 2 * TICK_END) };
  });
  const { right: side } = tickRoom(
    posteriors.map(({ x }) => ({ x })),
    { width: grid.cellWidth, height: 60 },
  );
  const placed = facets(
    posteriors.map((posterior) => ({
      ...posterior,
      options: {
        x: posterior.x,
        // Densities of different parameters differ by their shape: each has its own peak.
        y: { domain: [2 * BAR_LEVEL, 1.04], axis: null },
        marks: posteriorMarks(posterior),
      },
    })),
    grid,
    {
      ...{ left: side, right: side, bottom: BOTTOM, leastWidth: 100 },
      ...{ plotHeight: PANEL_HEIGHT, leastHeight: PANEL_HEIGHT, height: options.height },
    },
  );
  return drawPicture({
    kind: 'posterior',
    ...placed,
    width: Math.max(width, placed.width),
    title: options.title,
    theme: options.theme,
    description: `Posterior densities of ${posteriors.length} parameters with their ${hdiName(mass)}`,
  });
}

/** Throws on a misspelt name, whose reference would be left out. */
function requireReferences({ parameterNames }: Draws, { reference }: PosteriorOptions): void {
  if (typeof reference !== 'object') return;
  for (const name of Object.keys(reference)) parameterIndex(parameterNames, name);
}

function parameterPosterior(
  { name, values }: PlottedParameter,
  mass: number,
  { pointEstimate = 'mean', reference: references }: PosteriorOptions,
): ParameterPosterior {
  const { mean, variance } = sampleMoments(values);
  const estimate = pointEstimate === 'mean' ? mean : median(values);
  const interval = hdi(values, mass);
  const reference = typeof references === 'number' ? references : references?.[name];
  if (reference !== undefined && !Number.isFinite(reference)) {
    throw badArgument(`the reference of '${name}' is ${reference}, expected a finite number`, {
      option: 'reference',
    });
  }
  const decimals = decimalsFor(Math.sqrt(variance));
  const notes = [
    `${pointEstimate} ${formatNumber(estimate, decimals)}, ${hdiName(mass)} ${formatInterval(interval, decimals)}`,
    ...(reference === undefined ? [] : [referenceNote(values, reference)]),
  ];
  const { low, high } = extent(values);
  return {
    name,
    values,
    estimate,
    interval,
    reference,
    notes,
    x: {
      domain: paddedDomain(Math.min(low, reference ?? low), Math.max(high, reference ?? high)),
      label: null,
    },
  };
}

/** As ArviZ writes it: how much of the posterior lies below and above the reference. */
function referenceNote(values: Float64Array, reference: number): string {
  const below = values.reduce((count, value) => count + (value < reference ? 1 : 0), 0);
  const above = values.reduce((count, value) => count + (value > reference ? 1 : 0), 0);
  const share = (count: number) => `${((100 * count) / values.length).toFixed(1)}%`;
  return `${share(below)} < ${formatGiven(reference)} < ${share(above)}`;
}

function posteriorMarks({
  values,
  estimate,
  interval: [low, high],
  reference,
}: ParameterPosterior): Plot.Markish[] {
  return [
    ...densityMarks(values),
    Plot.ruleY([0], { strokeOpacity: 0.3 }),
    ...(reference === undefined
      ? []
      : [
          Plot.ruleX([reference], {
            y1: 0,
            y2: 1,
            stroke: referenceColour,
            strokeWidth: 1.8,
            strokeDasharray: '5,3',
            className: 'reference',
          }),
        ]),
    Plot.ruleY([{ low, high }], {
      x1: 'low',
      x2: 'high',
      y: BAR_LEVEL,
      strokeWidth: 4,
      className: 'hdi',
    }),
    Plot.dot([estimate], {
      x: (value: number) => value,
      y: () => BAR_LEVEL,
      r: 4,
      fill: 'white',
      stroke: 'currentColor',
      strokeWidth: 1.8,
      className: 'estimate',
    }),
  ];
}

/** A density of height 1; equal draws are a line. */
export function densityMarks(values: Float64Array): Plot.Markish[] {
  const { points, constants } = densityCurves([values], { peakIsOne: true });
  const stroke = estimateColour;
  if (constants.length > 0) {
    const line = { x: 'x', y1: 0, y2: 1, stroke, strokeWidth: 2, className: 'density' };
    return [Plot.ruleX(constants, line)];
  }
  return [
    Plot.areaY(points, { x: 'x', y: 'y', fill: stroke, fillOpacity: 0.18 }),
    Plot.lineY(points, { x: 'x', y: 'y', stroke, className: 'density' }),
  ];
}
