/**
 * Posterior plot: a panel a parameter, its density with the highest-density interval as a bar on
 * the axis and the point estimate on it, and where one is known a reference value with the shares
 * of the draws on either side of it (ArviZ's `plot_posterior`, Kruschke 2015).
 */
import * as Plot from '@observablehq/plot';
import { sampleMoments } from '../posterior/convergence.js';
import type { Draws } from '../posterior/draws.js';
import { hdi, type Interval } from '../posterior/hdi.js';
import { median } from '../posterior/order.js';
import { type DrawnPlot, drawPicture, type Panel } from './compose.js';
import { type Density, extent, kde } from './kde.js';
import { decimalsFor, formatGiven, formatInterval, formatNumber, hdiName } from './label.js';
import {
  badArgument,
  DEFAULT_WIDTH,
  hdiMassOf,
  type PlotOptions,
  type PlottedParameter,
  parameterIndex,
  plottedParameters,
} from './options.js';
import { gridOf, paddedDomain, panelTitle, titleHeight, titleMarks } from './panels.js';
import { estimateColour, referenceColour } from './theme.js';
import { type AxisOptions, tickRoom, withFittingTicks } from './ticks.js';

export interface PosteriorOptions extends PlotOptions {
  readonly pointEstimate?: 'mean' | 'median';
  /** By the parameters' names: a true or target value, or one of interest for all of them. */
  readonly reference?: number | Readonly<Record<string, number>>;
}

interface ParameterPosterior {
  readonly name: string;
  readonly density: Density | null;
  readonly estimate: number;
  readonly interval: Interval;
  readonly reference: number | undefined;
  readonly notes: readonly string[];
  readonly x: AxisOptions;
}

const LEAST_CELL = 230;
const PANEL_HEIGHT = 120;
const BOTTOM = 26;
/** How far labels of ticks may reach over either end of an axis. */
const TICK_END = 20;
/** The HDI bar lies below the density, where no curve crosses it. */
const BAR_LEVEL = -0.06;

/** @throws WeighbridgeError `bad-argument` */
export function plotPosterior(draws: Draws, options: PosteriorOptions = {}): DrawnPlot {
  const parameters = plottedParameters(draws, options);
  checkReferences(draws, options);
  const mass = hdiMassOf(options, draws.chains * draws.drawsPerChain);
  const width = options.width ?? DEFAULT_WIDTH;
  const grid = gridOf(parameters.length, width, LEAST_CELL);
  const posteriors = parameters.map((one) => {
    const posterior = parameterPosterior(one, mass, options);
    return { ...posterior, x: withFittingTicks(posterior.x, grid.cellWidth - 2 * TICK_END) };
  });
  const room = tickRoom(
    posteriors.map(({ x }) => ({ x })),
    { width: grid.cellWidth, height: 60 },
  );
  const inner = Math.max(grid.cellWidth - 2 * room.right, 100);
  const titles = posteriors.map(({ name, notes }) => panelTitle(name, inner, notes));
  const top = titleHeight(titles);
  const height = Math.max((options.height ?? 0) / grid.rows, PANEL_HEIGHT + top + BOTTOM);
  const cell = inner + 2 * room.right;

  const panels = posteriors.map(
    (posterior, index): Panel => ({
      name: posterior.name,
      x: (index % grid.columns) * cell,
      y: Math.floor(index / grid.columns) * height,
      options: {
        width: cell,
        height,
        marginLeft: room.right,
        marginRight: room.right,
        marginTop: top,
        marginBottom: BOTTOM,
        x: posterior.x,
        // Densities of different parameters are told apart by their shape: each has its own peak.
        y: { domain: [2 * BAR_LEVEL, 1.04], axis: null },
        marks: [
          ...posteriorMarks(posterior),
          ...titleMarks(titles[index] ?? panelTitle('', inner), top),
        ],
      },
    }),
  );
  return drawPicture({
    kind: 'posterior',
    width: Math.max(width, grid.columns * cell),
    height: grid.rows * height,
    title: options.title,
    theme: options.theme,
    description: `Posterior densities of ${posteriors.length} parameters with their ${hdiName(mass)}`,
    panels,
  });
}

/** A misspelt name would leave its reference out without a word. */
function checkReferences({ parameterNames }: Draws, { reference }: PosteriorOptions): void {
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
    throw badArgument(`the reference of '${name}' is a finite number, not ${reference}`);
  }
  const decimals = decimalsFor(Math.sqrt(variance));
  const notes = [
    `${pointEstimate} ${formatNumber(estimate, decimals)}, ${hdiName(mass)} ${formatInterval(interval, decimals)}`,
    ...(reference === undefined ? [] : [referenceNote(values, reference)]),
  ];
  const { low, high } = extent(values);
  return {
    name,
    density: kde(values),
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
  density,
  estimate,
  interval: [low, high],
  reference,
}: ParameterPosterior): Plot.Markish[] {
  return [
    ...(density === null ? [pointMass(estimate)] : densityMarks(density)),
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

/** All draws are one value. */
function pointMass(value: number): Plot.Markish {
  return Plot.ruleX([value], {
    y1: 0,
    y2: 1,
    stroke: estimateColour,
    strokeWidth: 2,
    className: 'density',
  });
}

function densityMarks({ x, density }: Density): Plot.Markish[] {
  const peak = density.reduce((most, value) => Math.max(most, value), 0);
  const curve = Array.from(x, (at, i) => ({ x: at, y: (density[i] ?? 0) / peak }));
  return [
    Plot.areaY(curve, { x: 'x', y: 'y', fill: estimateColour, fillOpacity: 0.18 }),
    Plot.lineY(curve, { x: 'x', y: 'y', stroke: estimateColour, className: 'density' }),
  ];
}
