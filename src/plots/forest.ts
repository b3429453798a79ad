/**
 * Forest plot: a row a parameter, read from top to bottom, with its point estimate, a thick line
 * from quartile to quartile and a thin one over the highest-density interval (ArviZ's
 * `plot_forest`, bayesplot's `mcmc_intervals`).
 */
import * as Plot from '@observablehq/plot';
import type { Draws } from '../posterior/draws.js';
import { hdiOfSorted } from '../posterior/hdi.js';
import { quantileOfSorted, sorted } from '../posterior/order.js';
import { type DrawnPlot, drawPicture } from './compose.js';
import { hdiName, widest, wrapLabel } from './label.js';
import {
  DEFAULT_WIDTH,
  hdiMassOf,
  type PlotOptions,
  type PlottedParameter,
  plottedParameters,
} from './options.js';
import { chainKey, paddedDomain } from './panels.js';
import { chainColour, estimateColour, LINE_HEIGHT } from './theme.js';
import { tickRoom, withFittingTicks } from './ticks.js';

export interface ForestOptions extends PlotOptions {
  /** One row for all chains together, or a line for each of them. */
  readonly chains?: 'combined' | 'separate';
  /** A dotted line across all rows; 0 where it lies among the values. null for none. */
  readonly reference?: number | null;
  /** What the values are, along their axis. */
  readonly label?: string;
}

interface ForestRow {
  /** From 0, from the top. */
  readonly row: number;
  readonly name: string;
  /** -1 for all chains together. */
  readonly chain: number;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly q25: number;
  readonly q75: number;
}

/** Names are broken into lines beyond this. */
const NAME_WIDTH = 280;
const LEAST_PLOT_WIDTH = 220;
const LEAST_ROW = 20;
const CHAIN_STEP = 7;
/** Under the rows: the axis, and its label where it has one. */
const BOTTOM = 26;
const LABEL = 18;
const TOP = 8;

/** @throws WeighbridgeError `bad-argument` */
export function plotForest(draws: Draws, options: ForestOptions = {}): DrawnPlot {
  const parameters = plottedParameters(draws, options);
  const groups = options.chains === 'separate' ? draws.chains : 1;
  const mass = hdiMassOf(options, (draws.chains * draws.drawsPerChain) / groups);
  const rows = parameters.flatMap((one, row) => forestRows(one, row, groups, mass));
  const names = parameters.map(({ name }) => wrapLabel(name, NAME_WIDTH));
  const x = {
    domain: paddedDomain(
      Math.min(...rows.map(({ low, q25, median }) => Math.min(low, q25, median))),
      Math.max(...rows.map(({ high, q75, median }) => Math.max(high, q75, median))),
    ),
    grid: true,
    label: options.label ?? null,
    labelAnchor: 'center',
    labelArrow: 'none',
  } as const;

  const marginLeft = Math.ceil(widest(names.flat())) + 18;
  const marginRight = tickRoom([{ x }], { width: 400, height: 60 }).right;
  const bottom = options.label === undefined ? BOTTOM : BOTTOM + LABEL;
  const width = Math.max(
    options.width ?? DEFAULT_WIDTH,
    marginLeft + LEAST_PLOT_WIDTH + marginRight,
  );
  const key = chainKey(groups, width);
  const height = Math.max(
    (options.height ?? 0) - key.height,
    TOP + bottom + parameters.length * rowHeight(names, groups),
  );
  const specification: Plot.PlotOptions = {
    width,
    height,
    marginLeft,
    marginRight,
    marginTop: TOP,
    marginBottom: bottom,
    x: withFittingTicks(x, width - marginLeft - marginRight),
    y: {
      type: 'point',
      padding: 0.5,
      domain: names.map((_, row) => row),
      label: null,
      tickSize: 0,
      tickFormat: (row: number) => names[row]?.join('\n') ?? '',
    },
    marks: [...referenceMarks(options.reference, x.domain), ...rowMarks(rows, groups)],
  };
  return drawPicture({
    kind: 'forest',
    width,
    height: height + key.height,
    title: options.title,
    subtitle: `${hdiName(mass)} (thin), quartiles (thick), median (point)`,
    theme: options.theme,
    description: `Forest plot of ${parameters.length} parameters with their ${hdiName(mass)}`,
    panels: [...key.panels, { name: 'forest', x: 0, y: key.height, options: specification }],
  });
}

/** One for all draws, or one for each of `groups` chains. */
function forestRows(
  { name, values }: PlottedParameter,
  row: number,
  groups: number,
  mass: number,
): ForestRow[] {
  const size = values.length / groups;
  return Array.from({ length: groups }, (_, group) => {
    const ascending = sorted(values.subarray(group * size, (group + 1) * size));
    const [low, high] = hdiOfSorted(ascending, mass);
    return {
      row,
      name,
      chain: groups === 1 ? -1 : group,
      low,
      high,
      median: quantileOfSorted(ascending, 0.5),
      q25: quantileOfSorted(ascending, 0.25),
      q75: quantileOfSorted(ascending, 0.75),
    };
  });
}

function rowHeight(names: readonly (readonly string[])[], groups: number): number {
  const lines = names.reduce((most, { length }) => Math.max(most, length), 1);
  return Math.max(LEAST_ROW, lines * LINE_HEIGHT + 4, groups * CHAIN_STEP + 8);
}

function referenceMarks(
  reference: number | null | undefined,
  [low, high]: readonly [number, number],
): Plot.Markish[] {
  const at = reference === undefined ? 0 : reference;
  if (at === null || at < low || at > high) return [];
  return [Plot.ruleX([at], { strokeDasharray: '2,3', strokeOpacity: 0.6, className: 'reference' })];
}

/** The lines of a chain stand beside each other within the row, so each chain is a layer. */
function rowMarks(rows: readonly ForestRow[], groups: number): Plot.Markish[] {
  return Array.from({ length: groups }, (_, group) => {
    const layer = groups === 1 ? rows : rows.filter(({ chain }) => chain === group);
    const colour = groups === 1 ? estimateColour : chainColour(group);
    const shared = { y: 'row', dy: (group - (groups - 1) / 2) * CHAIN_STEP };
    const thin = groups === 1 ? 1.5 : 1;
    return [
      Plot.ruleY(layer, {
        ...shared,
        x1: 'low',
        x2: 'high',
        stroke: colour,
        strokeWidth: thin,
        className: 'hdi',
      }),
      Plot.ruleY(layer, {
        ...shared,
        x1: 'q25',
        x2: 'q75',
        stroke: colour,
        strokeWidth: 3 * thin,
        className: 'quartiles',
      }),
      Plot.dot(layer, {
        ...shared,
        x: 'median',
        r: groups === 1 ? 4 : 2.5,
        fill: colour,
        stroke: 'white',
        strokeWidth: 1,
        title: 'name',
        className: 'median',
      }),
    ];
  }).flat();
}
