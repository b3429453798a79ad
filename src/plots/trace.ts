/**
 * Trace plot: a row a parameter, with the density of each chain on the left and its draws in order on
 * the right, divergent transitions as ticks below (ArviZ's `plot_trace`, bayesplot's `mcmc_trace`).
 * Converged chains overlap on both sides.
 */
import * as Plot from '@observablehq/plot';
import { badArgument } from '../checks/values.js';
import type { Draws } from '../posterior/draws.js';
import { type DrawnPlot, drawPicture, type Panel } from './compose.js';
import { type CurvePoint, densityCurves, extent } from './density.js';
import {
  centredLabel,
  chainKey,
  paddedDomain,
  panelHeight,
  panelTitle,
  tickRoom,
  titleHeight,
  titleMarks,
  withFittingTicks,
} from './layout.js';
import {
  DEFAULT_WIDTH,
  type DivergentDraws,
  divergentIndices,
  type PlotOptions,
  type PlottedParameter,
  plottedParameters,
} from './options.js';
import { chainColour, divergenceColour } from './theme.js';

export interface TraceOptions extends PlotOptions {
  readonly divergent?: DivergentDraws;
}

const LEAST_WIDTH = 300;
const ROW_HEIGHT = 110;
const BOTTOM = 40;
const DENSITY_SHARE = 0.38;
/** Points a line; longer chains show the least and the greatest draw of each stretch. */
const MOST_POINTS = 1000;
/** Points a picture, which bounds its size with hundreds of parameters. */
const MOST_POINTS_IN_ALL = 200_000;

interface TraceLayout {
  readonly chains: number;
  readonly drawsPerChain: number;
  /** Indices of divergent draws. */
  readonly divergences: readonly number[];
  /** Width of the left panel, and of the right one. */
  readonly widths: readonly [number, number];
  /** Room of tick labels. */
  readonly left: number;
  readonly right: number;
  readonly traceRight: number;
  readonly top: number;
  readonly height: number;
  /** Points a line. */
  readonly points: number;
}

/** @throws WeighbridgeError `bad-argument` */
export function plotTrace(draws: Draws, options: TraceOptions = {}): DrawnPlot {
  const parameters = plottedParameters(draws, options);
  const { chains, drawsPerChain } = draws;
  const width = options.width ?? DEFAULT_WIDTH;
  if (width < LEAST_WIDTH) {
    throw badArgument(
      `width is ${width}, expected at least ${LEAST_WIDTH} pixels for a trace plot`,
    );
  }
  const titles = parameters.map(({ name }) => panelTitle(name, width - 80));
  const top = titleHeight(titles);
  const key = chainKey(chains, width);
  const domains = parameters.map(({ values }) => valueDomain(values));
  const left = Math.round(width * DENSITY_SHARE);
  const layout: TraceLayout = {
    chains,
    drawsPerChain,
    divergences: divergentIndices(draws, options.divergent),
    widths: [left, width - left],
    ...tickRoom(
      domains.map((domain) => ({ x: { domain }, y: { domain } })),
      { width: 260, height: ROW_HEIGHT },
    ),
    traceRight: tickRoom([{ x: drawAxis(drawsPerChain) }], { width: 400, height: 60 }).right,
    top,
    height: panelHeight(
      {
        bottom: BOTTOM,
        plotHeight: ROW_HEIGHT,
        leastHeight: 50,
        height: options.height === undefined ? undefined : options.height - key.height,
      },
      parameters.length,
      top,
    ),
    points: Math.min(
      MOST_POINTS,
      Math.max(100, Math.floor(MOST_POINTS_IN_ALL / (parameters.length * chains))),
    ),
  };

  const panels = parameters.flatMap((parameter, row): Panel[] => {
    const domain = domains[row] ?? [0, 1];
    const y = key.height + row * layout.height;
    const density = densityPanel(parameter, domain, layout);
    const marks = [...(density.marks ?? []), ...titleMarks(titles[row], top)];
    return [
      { name: `${parameter.name} density`, x: 0, y, options: { ...density, marks } },
      {
        name: `${parameter.name} trace`,
        x: left,
        y,
        options: tracePanel(parameter, domain, layout),
      },
    ];
  });
  return drawPicture({
    kind: 'trace',
    width,
    height: key.height + parameters.length * layout.height,
    title: options.title,
    theme: options.theme,
    description: `Trace plot of ${parameters.length} parameters in ${chains} chains`,
    panels: [...key.panels, ...panels],
  });
}

function valueDomain(values: Float64Array): [number, number] {
  const { low, high } = extent(values);
  return paddedDomain(low, high, 0.05);
}

/** A chain of one draw has an axis too. */
function drawAxis(drawsPerChain: number): { domain: [number, number] } {
  return { domain: [1, Math.max(drawsPerChain, 2)] };
}

function chainsOf({ values }: PlottedParameter, chains: number): Float64Array[] {
  const size = values.length / chains;
  return Array.from({ length: chains }, (_, chain) =>
    values.subarray(chain * size, (chain + 1) * size),
  );
}

const colourOf = ({ group }: { group: number }) => chainColour(group);

function densityPanel(
  parameter: PlottedParameter,
  domain: [number, number],
  { chains, divergences, widths: [width], right, top, height }: TraceLayout,
): Plot.PlotOptions {
  const { points, constants } = densityCurves(chainsOf(parameter, chains));
  const peak = points.reduce((most, { y }) => Math.max(most, y), 0);
  const highest = peak > 0 ? peak * 1.05 : 1;
  return {
    width,
    height,
    marginLeft: 16,
    marginRight: right,
    marginTop: top,
    marginBottom: BOTTOM,
    x: withFittingTicks({ domain, label: 'value', ...centredLabel }, width - 16 - right),
    y: { domain: [0, highest], axis: null },
    marks: [
      Plot.ruleY([0], { strokeOpacity: 0.4 }),
      Plot.line(points, {
        x: 'x',
        y: 'y',
        z: 'group',
        stroke: colourOf,
        strokeWidth: 1.4,
        className: 'densities',
      }),
      Plot.ruleX(constants, {
        x: 'x',
        stroke: colourOf,
        strokeWidth: 1.4,
        className: 'constants',
      }),
      ...rug(
        divergences.map((index) => parameter.values[index] ?? 0),
        0,
        0.08 * highest,
      ),
    ],
  };
}

/** Divergent transitions as ticks along the lower edge, from `y1` to `y2`. */
function rug(at: readonly number[], y1: number, y2: number): Plot.Markish[] {
  if (at.length === 0) return [];
  const style = { stroke: divergenceColour, strokeWidth: 1.2, className: 'divergences' };
  return [Plot.ruleX(at, { x: (value: number) => value, y1, y2, ...style })];
}

function tracePanel(
  parameter: PlottedParameter,
  domain: [number, number],
  layout: TraceLayout,
): Plot.PlotOptions {
  const { chains, drawsPerChain, divergences, points } = layout;
  const lines = chainsOf(parameter, chains).flatMap((values, group) =>
    keptDraws(values, points).map(({ draw, value }): CurvePoint => ({ group, x: draw, y: value })),
  );
  return {
    width: layout.widths[1],
    height: layout.height,
    marginLeft: layout.left,
    marginRight: layout.traceRight,
    marginTop: layout.top,
    marginBottom: BOTTOM,
    x: { ...drawAxis(drawsPerChain), label: 'draw', ...centredLabel },
    y: { domain, label: null, ticks: 4, grid: true },
    marks: [
      Plot.line(lines, {
        x: 'x',
        y: 'y',
        z: 'group',
        stroke: colourOf,
        strokeWidth: 0.8,
        strokeOpacity: 0.8,
        className: 'traces',
      }),
      ...rug(
        divergences.map((index) => (index % drawsPerChain) + 1),
        domain[0],
        domain[0] + 0.08 * (domain[1] - domain[0]),
      ),
    ],
  };
}

interface KeptDraw {
  /** From 1. */
  readonly draw: number;
  readonly value: number;
}

/** All draws, or the least and the greatest of equal stretches, so that no excursion is lost. */
export function keptDraws(values: Float64Array, most: number): KeptDraw[] {
  if (values.length <= most) return Array.from(values, (value, i) => ({ draw: i + 1, value }));
  const stretches = Math.floor(most / 2);
  return Array.from({ length: stretches }, (_, stretch) => {
    const first = Math.floor((stretch * values.length) / stretches);
    const end = Math.floor(((stretch + 1) * values.length) / stretches);
    return extremes(values, first, end);
  }).flat();
}

function extremes(values: Float64Array, first: number, end: number): KeptDraw[] {
  let least = { draw: first + 1, value: values[first] ?? Number.NaN };
  let greatest = least;
  for (let i = first + 1; i < end; i++) {
    const value = values[i] ?? Number.NaN;
    if (value < least.value) least = { draw: i + 1, value };
    if (value > greatest.value) greatest = { draw: i + 1, value };
  }
  if (least.draw === greatest.draw) return [least];
  return least.draw < greatest.draw ? [least, greatest] : [greatest, least];
}
