/**
 * Trace plot: a row a parameter; on the left the density of each chain, on the right its draws in
 * their order, with divergent transitions as ticks beneath (ArviZ's `plot_trace`, bayesplot's
 * `mcmc_trace`). Chains that have converged lie over one another on both sides.
 */
import * as Plot from '@observablehq/plot';
import type { Draws } from '../posterior/draws.js';
import { type DrawnPlot, drawPicture, type Panel } from './compose.js';
import { extent, kde } from './kde.js';
import {
  badArgument,
  DEFAULT_WIDTH,
  type DivergentDraws,
  divergentIndices,
  type PlotOptions,
  type PlottedParameter,
  plottedParameters,
} from './options.js';
import { chainKey, paddedDomain, panelTitle, titleHeight, titleMarks } from './panels.js';
import { chainColour, divergenceColour } from './theme.js';
import { tickRoom, withFittingTicks } from './ticks.js';

export interface TraceOptions extends PlotOptions {
  readonly divergent?: DivergentDraws;
}

const ROW_HEIGHT = 110;
const BOTTOM = 40;
const DENSITY_SHARE = 0.38;
/** Points a line; beyond it, the least and the greatest draw of each stretch are drawn. */
const MOST_POINTS = 1000;
/** Points in all lines of a picture, so that hundreds of parameters stay a picture. */
const MOST_POINTS_IN_ALL = 200_000;

interface TraceLayout {
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly traceRight: number;
  readonly top: number;
  readonly height: number;
}

/** @throws WeighbridgeError `bad-argument` */
export function plotTrace(draws: Draws, options: TraceOptions = {}): DrawnPlot {
  const parameters = plottedParameters(draws, options);
  const divergences = divergentIndices(draws, options.divergent);
  const width = options.width ?? DEFAULT_WIDTH;
  if (width < 300) throw badArgument(`a trace plot is 300 pixels wide at least, not ${width}`);
  const titles = parameters.map(({ name }) => panelTitle(name, width - 80));
  const top = titleHeight(titles);
  const key = chainKey(draws.chains, width);
  const domains = parameters.map(({ values }) => valueDomain(values));
  const room = tickRoom(
    domains.map((domain) => ({ x: { domain }, y: { domain } })),
    { width: 260, height: ROW_HEIGHT },
  );
  const height =
    options.height === undefined
      ? ROW_HEIGHT + top + BOTTOM
      : Math.max((options.height - key.height) / parameters.length, 50 + top + BOTTOM);
  const numbers = { domain: drawNumbers(draws.drawsPerChain) };
  const traceRight = tickRoom([{ x: numbers }], { width: 400, height: 60 }).right;
  const layout = { width, ...room, traceRight, top, height };
  const points = pointsOfALine(parameters.length * draws.chains);

  const panels = parameters.flatMap((parameter, row): Panel[] => {
    const domain = domains[row] ?? [0, 1];
    const y = key.height + row * height;
    const title = titleMarks(titles[row] ?? panelTitle('', width), top);
    const density = densityPanel(parameter, draws.chains, domain, divergences, layout);
    const trace = tracePanel(parameter, draws, domain, divergences, layout, points);
    return [
      {
        name: `${parameter.name} density`,
        x: 0,
        y,
        options: { ...density, marks: [...(density.marks ?? []), ...title] },
      },
      { name: `${parameter.name} trace`, x: densityWidth(layout), y, options: trace },
    ];
  });
  return drawPicture({
    kind: 'trace',
    width,
    height: key.height + parameters.length * height,
    title: options.title,
    theme: options.theme,
    description: `Trace plot of ${parameters.length} parameters in ${draws.chains} chains`,
    panels: [...key.panels, ...panels],
  });
}

const densityWidth = ({ width }: TraceLayout) => Math.round(width * DENSITY_SHARE);

function valueDomain(values: Float64Array): [number, number] {
  const { low, high } = extent(values);
  return paddedDomain(low, high, 0.05);
}

/** A chain of one draw has an axis too. */
function drawNumbers(drawsPerChain: number): [number, number] {
  return [1, Math.max(drawsPerChain, 2)];
}

function pointsOfALine(lines: number): number {
  return Math.min(MOST_POINTS, Math.max(100, Math.floor(MOST_POINTS_IN_ALL / lines)));
}

interface CurvePoint {
  readonly chain: number;
  readonly x: number;
  readonly y: number;
}

function chainValues({ values }: PlottedParameter, chains: number, chain: number): Float64Array {
  const size = values.length / chains;
  return values.subarray(chain * size, (chain + 1) * size);
}

function densityPanel(
  parameter: PlottedParameter,
  chains: number,
  domain: [number, number],
  divergences: readonly number[],
  layout: TraceLayout,
): Plot.PlotOptions {
  const curves: CurvePoint[] = [];
  const constant: { chain: number; x: number }[] = [];
  for (let chain = 0; chain < chains; chain++) {
    const values = chainValues(parameter, chains, chain);
    const curve = kde(values);
    if (curve === null) constant.push({ chain, x: values[0] ?? 0 });
    curve?.x.forEach((x, i) => {
      curves.push({ chain, x, y: curve.density[i] ?? 0 });
    });
  }
  const peak = curves.reduce((most, { y }) => Math.max(most, y), 0);
  const top = peak > 0 ? peak * 1.05 : 1;
  return {
    width: densityWidth(layout),
    height: layout.height,
    marginLeft: 16,
    marginRight: layout.right,
    marginTop: layout.top,
    marginBottom: BOTTOM,
    x: withFittingTicks(
      { domain, label: 'value', labelAnchor: 'center', labelArrow: 'none' },
      densityWidth(layout) - 16 - layout.right,
    ),
    y: { domain: [0, top], axis: null },
    marks: [
      Plot.ruleY([0], { strokeOpacity: 0.4 }),
      Plot.line(curves, {
        x: 'x',
        y: 'y',
        z: 'chain',
        stroke: ({ chain }: CurvePoint) => chainColour(chain),
        strokeWidth: 1.4,
        className: 'densities',
      }),
      Plot.ruleX(constant, {
        x: 'x',
        stroke: ({ chain }: { chain: number }) => chainColour(chain),
        strokeWidth: 1.4,
        className: 'constants',
      }),
      ...rug(
        divergences.map((index) => parameter.values[index] ?? 0),
        0,
        0.08 * top,
      ),
    ],
  };
}

/** Where transitions diverged: ticks along the lower edge, from `y1` to `y2`. */
function rug(at: readonly number[], y1: number, y2: number): Plot.Markish[] {
  if (at.length === 0) return [];
  const style = { stroke: divergenceColour, strokeWidth: 1.2, className: 'divergences' };
  return [Plot.ruleX(at, { x: (value: number) => value, y1, y2, ...style })];
}

function tracePanel(
  parameter: PlottedParameter,
  { chains, drawsPerChain }: Draws,
  domain: [number, number],
  divergences: readonly number[],
  layout: TraceLayout,
  points: number,
): Plot.PlotOptions {
  const lines = Array.from({ length: chains }, (_, chain) =>
    keptDraws(chainValues(parameter, chains, chain), points).map(
      ({ draw, value }): CurvePoint => ({ chain, x: draw, y: value }),
    ),
  ).flat();
  return {
    width: layout.width - densityWidth(layout),
    height: layout.height,
    marginLeft: layout.left,
    marginRight: layout.traceRight,
    marginTop: layout.top,
    marginBottom: BOTTOM,
    x: {
      domain: drawNumbers(drawsPerChain),
      label: 'draw',
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: { domain, label: null, ticks: 4, grid: true },
    marks: [
      Plot.line(lines, {
        x: 'x',
        y: 'y',
        z: 'chain',
        stroke: ({ chain }: CurvePoint) => chainColour(chain),
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
