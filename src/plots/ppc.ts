/**
 * Posterior predictive check: observed outcomes against outcomes replicated from the fitted model.
 * Outcomes of 0 and 1 are compared by their proportion (bayesplot's `ppc_stat`), others by their
 * density (`ppc_dens_overlay`, ArviZ's `plot_ppc`), either by their means in groups
 * (`ppc_stat_grouped`, with intervals), ordered categories by their counts (`ppc_bars`), counts by a
 * rootogram (`ppc_rootogram`).
 */
import * as Plot from '@observablehq/plot';
import { badArgument } from '../checks/values.js';
import type { Draws } from '../posterior/draws.js';
import { type DrawnPlot, drawPicture, type Picture } from './compose.js';
import { densityCurves, extent } from './density.js';
import { intervalMarks, type Spread, spreadOf } from './forest.js';
import { formatNumber, hdiName, printable } from './label.js';
import { centredLabel, namedRows, type PlacedPanels, paddedDomain } from './layout.js';
import {
  DEFAULT_WIDTH,
  intervalMass,
  type PlotOptions,
  requireCount,
  requireSize,
} from './options.js';
import { rootogram } from './rootogram.js';
import { estimateColour, LINE_HEIGHT } from './theme.js';

export interface PpcPlotOptions extends Omit<PlotOptions, 'parameters'> {
  /** The observed outcomes. */
  readonly observed: ArrayLike<number>;
  /** The group of each outcome, to compare means by group. */
  readonly groups?: readonly string[];
  /**
   * `bars`: how many outcomes have each whole number, as ordered categories have; `rootogram`: the same of
   * counts, as square roots.
   *
   * @default 'proportion' if all outcomes are 0 or 1, otherwise 'density'
   */
  readonly kind?: 'proportion' | 'density' | 'bars' | 'rootogram';
  /** Labels of the categories 1, 2, … for `bars`. @default the whole numbers that occur */
  readonly categories?: readonly string[];
  /** Number of replications drawn as densities. @default 50 */
  readonly replications?: number;
  /** Label of the axis. */
  readonly label?: string;
}

interface PredictiveCheck {
  readonly observed: Float64Array;
  /** Row-major (replication, outcome). */
  readonly replicated: Float64Array;
  readonly width: number;
  readonly height: number | undefined;
  readonly label: string | undefined;
  readonly mass: number;
}

const DENSITY_HEIGHT = 280;
const PROPORTION_HEIGHT = 240;
const BOTTOM = 42;
const GRID_POINTS = 128;
const MOST_BARS = 40;
/** Thickness of a bar of counts, in pixels. */
const BAR = 16;

type Drawn = PlacedPanels & Pick<Picture, 'subtitle'>;

/**
 * @param replicated draws of the posterior predictive distribution, with outcomes in place of
 *   parameters, in the order of `observed`
 * @throws WeighbridgeError `bad-argument`
 */
export function plotPpc(replicated: Draws, options: PpcPlotOptions): DrawnPlot {
  const check = predictiveCheck(replicated, options);
  const binary = check.observed.every((value) => value === 0 || value === 1);
  const kind = options.kind ?? (binary ? 'proportion' : 'density');
  if (kind === 'proportion' && !binary) {
    throw badArgument("kind is 'proportion', but the outcomes are not all 0 or 1", {
      option: 'kind',
    });
  }
  if (kind === 'proportion') requireOnesAndZeros(check);
  if ((kind === 'bars' || kind === 'rootogram') && options.groups) {
    throw badArgument(`kind is '${kind}', which has no groups`, { option: 'groups' });
  }
  const parts = partsOf(check, options, kind);
  return drawPicture({
    kind: 'ppc',
    title: options.title,
    theme: options.theme,
    description: `Posterior predictive check of ${check.observed.length} outcomes`,
    ...parts,
  });
}

function partsOf(
  check: PredictiveCheck,
  options: PpcPlotOptions,
  kind: NonNullable<PpcPlotOptions['kind']>,
): Drawn {
  if (kind === 'bars') return countBars(check, options.categories);
  if (kind === 'rootogram') return rootogram(check);
  return options.groups
    ? groupedMeans(check, options.groups, kind === 'proportion' ? 'proportion' : 'mean')
    : kind === 'proportion'
      ? proportionHistogram(check)
      : densityOverlay(check, options.replications ?? 50);
}

function predictiveCheck(replicated: Draws, options: PpcPlotOptions): PredictiveCheck {
  const { parameterNames, chains, drawsPerChain, values } = replicated;
  const outcomes = parameterNames.length;
  const observed = Float64Array.from(options.observed);
  if (outcomes === 0 || observed.length !== outcomes) {
    throw badArgument(`${observed.length} observed outcomes, but ${outcomes} replicated ones`);
  }
  if (options.groups && options.groups.length !== outcomes) {
    throw badArgument(
      `groups has ${options.groups.length} names, expected one for each of the ${outcomes} outcomes`,
    );
  }
  if (values.length !== chains * drawsPerChain * outcomes) {
    throw badArgument(
      `${values.length} values are not ${chains} chains of ${drawsPerChain} draws of ${outcomes} outcomes`,
    );
  }
  requireOutcomes('observed', observed, outcomes);
  requireOutcomes('replicated', values, outcomes);
  requireSize('width', options.width);
  requireSize('height', options.height);
  return {
    observed,
    replicated: values,
    width: options.width ?? DEFAULT_WIDTH,
    height: options.height,
    label: options.label,
    mass: intervalMass(options, chains * drawsPerChain),
  };
}

/** Probabilities are easily passed by mistake: none of them would count as a one. */
function requireOnesAndZeros({ replicated }: PredictiveCheck): void {
  const other = replicated.find((value) => value !== 0 && value !== 1);
  if (other === undefined) return;
  throw badArgument(
    `a replicated outcome is ${other}, expected 0 or 1: pass replicated outcomes, not their probabilities`,
  );
}

function requireOutcomes(name: string, values: Float64Array, outcomes: number): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at === -1) return;
  throw badArgument(`${name} outcome ${(at % outcomes) + 1} is ${values[at]}`);
}

/** The observed proportion of ones as a line over the histogram of the replicated proportions. */
function proportionHistogram({
  observed,
  replicated,
  width,
  height = PROPORTION_HEIGHT,
  label = 'proportion of ones',
}: PredictiveCheck): Drawn {
  const outcomes = observed.length;
  const ones = countOnes(replicated, outcomes);
  const seen = countOnes(observed, outcomes)[0] ?? 0;
  const bars = barsOf(ones, outcomes);
  const { low, high } = extent([
    ...bars.map((bar) => bar.low),
    ...bars.map((bar) => bar.high),
    seen / outcomes,
  ]);
  const asGreat = ones.reduce((count, value) => count + (value >= seen ? 1 : 0), 0) / ones.length;
  const options: Plot.PlotOptions = {
    width,
    height,
    marginLeft: 20,
    marginRight: 20,
    marginBottom: BOTTOM,
    marginTop: 10,
    x: {
      domain: paddedDomain(low, high),
      label,
      ...centredLabel,
    },
    y: { domain: [0, 1.04 * Math.max(...bars.map(({ count }) => count))], axis: null },
    marks: [
      Plot.rectY(bars, {
        x1: 'low',
        x2: 'high',
        y: 'count',
        fill: estimateColour,
        fillOpacity: 0.45,
        inset: 0.5,
        title: ({ count }: { count: number }) => `${count} replications`,
        className: 'replicated',
      }),
      Plot.ruleY([0]),
      Plot.ruleX([seen / outcomes], { strokeWidth: 2.5, className: 'observed' }),
    ],
  };
  return {
    width,
    height,
    subtitle:
      `line: observed ${formatNumber(seen / outcomes, 3)}, n = ${outcomes}; ` +
      `bars: ${ones.length} replications, ${(100 * asGreat).toFixed(1)}% of them as great or greater`,
    panels: [{ name: 'proportion', x: 0, y: 0, options }],
  };
}

/** Ones in each row of `outcomes` values. */
function countOnes(values: Float64Array, outcomes: number): Float64Array {
  const ones = new Float64Array(values.length / outcomes);
  for (let row = 0; row < ones.length; row++) {
    let count = 0;
    for (let i = 0; i < outcomes; i++) count += values[row * outcomes + i] === 1 ? 1 : 0;
    ones[row] = count;
  }
  return ones;
}

/** Each bar holds equally many whole counts, so that none is high only because it is wide. */
function barsOf(ones: Float64Array, outcomes: number) {
  const { low, high } = extent(ones);
  const counts = Math.ceil((high - low + 1) / MOST_BARS);
  const bars = Array.from({ length: Math.ceil((high - low + 1) / counts) }, (_, i) => ({
    low: (low + i * counts - 0.5) / outcomes,
    high: (low + (i + 1) * counts - 0.5) / outcomes,
    count: 0,
  }));
  for (const value of ones) {
    const bar = bars[Math.floor((value - low) / counts)];
    if (bar) bar.count++;
  }
  return bars;
}

/** The density of the observed outcomes over those of replicated ones. */
function densityOverlay(
  { observed, replicated, width, height = DENSITY_HEIGHT, label = 'outcome' }: PredictiveCheck,
  replications: number,
): Drawn {
  const outcomes = observed.length;
  const total = replicated.length / outcomes;
  const shown = Math.min(requireCount('replications', replications), total);
  const rows = Array.from({ length: shown }, (_, i) => {
    const row = Math.floor((i * total) / shown);
    return replicated.subarray(row * outcomes, (row + 1) * outcomes);
  });
  const curves = densityCurves(rows, { gridPoints: GRID_POINTS }).points;
  const seen = densityCurves([observed], { gridPoints: GRID_POINTS }).points;
  const all = [...curves, ...seen];
  if (all.length === 0) throw badArgument('all outcomes are equal: they have no density to plot');
  const { low, high } = extent(all.map(({ x }) => x));
  const options: Plot.PlotOptions = {
    width,
    height,
    marginLeft: 20,
    marginRight: 20,
    marginBottom: BOTTOM,
    marginTop: 10,
    x: { domain: paddedDomain(low, high), label, ...centredLabel },
    y: { domain: [0, 1.05 * extent(all.map(({ y }) => y)).high], axis: null },
    marks: [
      Plot.line(curves, {
        x: 'x',
        y: 'y',
        z: 'group',
        stroke: estimateColour,
        strokeWidth: 0.8,
        strokeOpacity: 0.4,
        className: 'replicated',
      }),
      Plot.line(seen, { x: 'x', y: 'y', strokeWidth: 2.4, className: 'observed' }),
      Plot.ruleY([0]),
    ],
  };
  return {
    width,
    height,
    subtitle: `thick: observed; thin: ${shown} replications`,
    panels: [{ name: 'density', x: 0, y: 0, options }],
  };
}

/** The observed mean of each group as a dot over the interval of its replicated means. */
function groupedMeans(
  check: PredictiveCheck,
  groups: readonly string[],
  statistic: 'proportion' | 'mean',
): Drawn {
  const members = membersOf(groups);
  const rows = [...members.values()].map((indices, row) => groupRow(check, row, indices));
  const x = {
    domain: paddedDomain(
      Math.min(...rows.map(({ low, observed }) => Math.min(low, observed))),
      Math.max(...rows.map(({ high, observed }) => Math.max(high, observed))),
    ),
    grid: true,
    label: check.label ?? statistic,
    ...centredLabel,
  } as const;
  const frame = namedRows([...members.keys()].map(printable), x, {
    width: check.width,
    bottom: BOTTOM,
    rowHeight: (lines) => Math.max(22, lines * LINE_HEIGHT + 6),
  });
  const size = { width: frame.width, height: Math.max(check.height ?? 0, frame.height) };
  const style = { y: 'row', stroke: estimateColour, strokeOpacity: 0.6 };
  const marks = [
    ...intervalMarks(rows, style, [2, 8]),
    Plot.dot(rows, { y: 'row', x: 'observed', r: 4, fill: 'currentColor', className: 'observed' }),
  ];
  return {
    ...size,
    subtitle: `dot: observed ${statistic}; bars: replicated, ${hdiName(check.mass)} (thin) and quartiles (thick)`,
    panels: [{ name: 'groups', x: 0, y: 0, options: { ...frame, ...size, marks } }],
  };
}

/** The observed count of each category as a bar, under the interval of its replicated counts. */
function countBars(check: PredictiveCheck, labels: readonly string[] | undefined): Drawn {
  const { observed, replicated, mass } = check;
  const codes = labels
    ? labels.map((_, c) => c + 1)
    : [...new Set([...observed, ...replicated])].sort((a, b) => a - b);
  const known = new Set(codes);
  const other = [...observed, ...replicated].find((value) => !known.has(value));
  if (other !== undefined || !codes.every(Number.isInteger)) {
    const found = other ?? codes.find((code) => !Number.isInteger(code));
    throw badArgument(
      `an outcome is ${found}, expected ${labels ? `a category from 1 to ${labels.length}` : 'whole numbers for bars'}`,
      { option: labels ? 'categories' : 'kind' },
    );
  }
  const outcomes = observed.length;
  const countsOf = (values: Float64Array, code: number) =>
    Float64Array.from({ length: values.length / outcomes }, (_, row) => {
      const own = values.subarray(row * outcomes, (row + 1) * outcomes);
      return own.reduce((sum, value) => sum + (value === code ? 1 : 0), 0);
    });
  const rows = codes.map((code, row) => ({
    row,
    observed: countsOf(observed, code)[0] ?? 0,
    ...spreadOf(countsOf(replicated, code), mass),
  }));
  const x = {
    domain: [0, 1.04 * Math.max(...rows.map(({ high, observed: own }) => Math.max(high, own)))],
    grid: true,
    label: check.label ?? 'outcomes',
    ...centredLabel,
  } as const;
  const frame = namedRows((labels ?? codes.map(String)).map(printable), x, {
    width: check.width,
    bottom: BOTTOM,
    rowHeight: (lines) => Math.max(26, lines * LINE_HEIGHT + 6),
  });
  const size = { width: frame.width, height: Math.max(check.height ?? 0, frame.height) };
  const marks = [
    Plot.ruleY(rows, {
      y: 'row',
      x1: 0,
      x2: 'observed',
      stroke: estimateColour,
      strokeOpacity: 0.35,
      strokeWidth: BAR,
      className: 'observed',
    }),
    ...intervalMarks(rows, { y: 'row', stroke: 'currentColor' }, [1.5, 4]),
    Plot.dot(rows, { y: 'row', x: 'median', r: 3, fill: 'currentColor', className: 'replicated' }),
  ];
  return {
    ...size,
    subtitle: `bars: observed; lines: replicated, ${hdiName(mass)} (thin), quartiles (thick) and median (dot)`,
    panels: [{ name: 'bars', x: 0, y: 0, options: { ...frame, ...size, marks } }],
  };
}

/** Indices of each group's outcomes, in the order of first appearance. */
function membersOf(groups: readonly string[]): Map<string, number[]> {
  const members = new Map<string, number[]>();
  groups.forEach((group, index) => {
    const indices = members.get(group) ?? [];
    indices.push(index);
    members.set(group, indices);
  });
  return members;
}

interface GroupRow extends Spread {
  readonly row: number;
  readonly observed: number;
}

function groupRow(
  { observed, replicated, mass }: PredictiveCheck,
  row: number,
  members: readonly number[],
): GroupRow {
  const outcomes = observed.length;
  const meanOf = (values: Float64Array, from: number) =>
    members.reduce((sum, index) => sum + (values[from + index] ?? 0), 0) / members.length;
  const means = Float64Array.from({ length: replicated.length / outcomes }, (_, replication) =>
    meanOf(replicated, replication * outcomes),
  );
  return { row, observed: meanOf(observed, 0), ...spreadOf(means, mass) };
}
