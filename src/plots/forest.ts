/**
 * Forest plot: a row a parameter, with its median, a thick line between the quartiles and a thin line
 * over the highest-density interval (ArviZ's `plot_forest`, bayesplot's `mcmc_intervals`).
 */
import * as Plot from '@observablehq/plot';
import type { Draws } from '../posterior/draws.js';
import { hdiOfSorted } from '../posterior/intervals.js';
import { quantileOfSorted, sorted } from '../posterior/quantiles.js';
import { type DrawnPlot, drawPicture } from './compose.js';
import { hdiName } from './label.js';
import { centredLabel, chainKey, namedRows, paddedDomain } from './layout.js';
import {
  DEFAULT_WIDTH,
  intervalMass,
  type PlotOptions,
  type PlottedParameter,
  plottedParameters,
} from './options.js';
import { chainColour, estimateColour, LINE_HEIGHT } from './theme.js';

export interface ForestOptions extends PlotOptions {
  /** All chains together, or a line a chain. @default 'combined' */
  readonly chains?: 'combined' | 'separate';
  /** A dotted line across all rows, if it is within the axis; null for none. @default 0 */
  readonly reference?: number | null;
  /** Label of the axis. */
  readonly label?: string;
}

/** What a row of intervals shows. */
export interface Spread {
  readonly low: number;
  readonly high: number;
  readonly median: number;
  readonly q25: number;
  readonly q75: number;
}

/** The highest-density interval of a mass, and the quartiles. */
export function spreadOf(draws: Float64Array, mass: number): Spread {
  const ascending = sorted(draws);
  const [low, high] = hdiOfSorted(ascending, mass);
  return {
    low,
    high,
    median: quantileOfSorted(ascending, 0.5),
    q25: quantileOfSorted(ascending, 0.25),
    q75: quantileOfSorted(ascending, 0.75),
  };
}

interface ForestRow extends Spread {
  /** From 0, at the top. */
  readonly row: number;
  readonly name: string;
  /** -1 for all chains together. */
  readonly chain: number;
}

const LEAST_ROW = 20;
const CHAIN_STEP = 7;
/** Room of the axis, and of its label. */
const BOTTOM = 26;
const LABEL = 18;

/** @throws WeighbridgeError `bad-argument` */
export function plotForest(draws: Draws, options: ForestOptions = {}): DrawnPlot {
  const parameters = plottedParameters(draws, options);
  const groups = options.chains === 'separate' ? draws.chains : 1;
  const mass = intervalMass(options, (draws.chains * draws.drawsPerChain) / groups);
  const rows = parameters.flatMap((one, row) => forestRows(one, row, groups, mass));
  const x = {
    domain: paddedDomain(
      Math.min(...rows.map(({ low, q25, median }) => Math.min(low, q25, median))),
      Math.max(...rows.map(({ high, q75, median }) => Math.max(high, q75, median))),
    ),
    grid: true,
    label: options.label ?? null,
    ...centredLabel,
  } as const;
  const frame = namedRows(
    parameters.map(({ name }) => name),
    x,
    {
      width: options.width ?? DEFAULT_WIDTH,
      bottom: options.label === undefined ? BOTTOM : BOTTOM + LABEL,
      rowHeight: (lines) => Math.max(LEAST_ROW, lines * LINE_HEIGHT + 4, groups * CHAIN_STEP + 8),
    },
  );
  const key = chainKey(groups, frame.width);
  const height = Math.max((options.height ?? 0) - key.height, frame.height);
  const marks = [...referenceMarks(options.reference, x.domain), ...rowMarks(rows, groups)];
  return drawPicture({
    kind: 'forest',
    width: frame.width,
    height: height + key.height,
    title: options.title,
    subtitle: `${hdiName(mass)} (thin), quartiles (thick), median (point)`,
    theme: options.theme,
    description: `Forest plot of ${parameters.length} parameters with their ${hdiName(mass)}`,
    panels: [
      ...key.panels,
      { name: 'forest', x: 0, y: key.height, options: { ...frame, height, marks } },
    ],
  });
}

/** One row for all draws, or one for each of `groups` chains. */
function forestRows(
  { name, values }: PlottedParameter,
  row: number,
  groups: number,
  mass: number,
): ForestRow[] {
  const size = values.length / groups;
  return Array.from({ length: groups }, (_, group) => {
    const draws = values.subarray(group * size, (group + 1) * size);
    return { row, name, chain: groups === 1 ? -1 : group, ...spreadOf(draws, mass) };
  });
}

function referenceMarks(
  reference: number | null | undefined,
  [low, high]: readonly [number, number],
): Plot.Markish[] {
  const at = reference === undefined ? 0 : reference;
  if (at === null || at < low || at > high) return [];
  return [Plot.ruleX([at], { strokeDasharray: '2,3', strokeOpacity: 0.6, className: 'reference' })];
}

/** Each chain is a layer, shifted within the row. */
function rowMarks(rows: readonly ForestRow[], groups: number): Plot.Markish[] {
  return Array.from({ length: groups }, (_, group) => {
    const layer = groups === 1 ? rows : rows.filter(({ chain }) => chain === group);
    const colour = groups === 1 ? estimateColour : chainColour(group);
    const shared = { y: 'row', dy: (group - (groups - 1) / 2) * CHAIN_STEP };
    const thin = groups === 1 ? 1.5 : 1;
    return [
      ...intervalMarks(layer, { ...shared, stroke: colour }, [thin, 3 * thin]),
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

/** Thin lines over the interval and thick ones between the quartiles, in the rows of `options`. */
export function intervalMarks(
  rows: readonly Spread[],
  options: Plot.RuleYOptions,
  [thin, thick]: readonly [number, number],
): Plot.Markish[] {
  return [
    Plot.ruleY(rows, { ...options, x1: 'low', x2: 'high', strokeWidth: thin, className: 'hdi' }),
    Plot.ruleY(rows, {
      ...options,
      x1: 'q25',
      x2: 'q75',
      strokeWidth: thick,
      className: 'quartiles',
    }),
  ];
}
