/**
 * Pair plot: the draws of every two parameters against each other below the diagonal, and the density
 * of each parameter on it (ArviZ's `plot_pair` with marginals, bayesplot's `mcmc_pairs`). Draws of
 * divergent transitions are highlighted: where they gather, the posterior is hard to explore.
 */
import * as Plot from '@observablehq/plot';
import { badArgument } from '../checks/values.js';
import type { Draws } from '../posterior/draws.js';
import { type DrawnPlot, drawPicture, type Panel } from './compose.js';
import { extent } from './density.js';
import { wrapLabel } from './label.js';
import {
  type AxisOptions,
  centredLabel,
  paddedDomain,
  tickRoom,
  withFittingTicks,
} from './layout.js';
import {
  DEFAULT_WIDTH,
  type DivergentDraws,
  divergentIndices,
  type PlotOptions,
  type PlottedParameter,
  plottedParameters,
  requireCount,
} from './options.js';
import { densityMarks } from './posterior.js';
import { divergenceColour, estimateColour, LINE_HEIGHT } from './theme.js';

export interface PairsOptions extends PlotOptions {
  readonly divergent?: DivergentDraws;
  /** Dots a panel, evenly spaced among the draws, plus all divergent ones. @default 1000 */
  readonly mostPoints?: number;
}

interface PairsLayout {
  readonly parameters: readonly PlottedParameter[];
  readonly axes: readonly AxisOptions[];
  /** The names, broken into lines. */
  readonly names: readonly (readonly string[])[];
  /** Room of tick labels at the left. */
  readonly ticksLeft: number;
  readonly side: number;
  readonly left: number;
  readonly bottom: number;
}

const MOST_PARAMETERS = 12;
const MOST_POINTS = 1000;
const LEAST_SIDE = 70;
const GAP = 16;
const TICK_LABELS = 24;

/** @throws WeighbridgeError `bad-argument` */
export function plotPairs(draws: Draws, options: PairsOptions = {}): DrawnPlot {
  const parameters = plottedParameters(draws, options);
  const count = parameters.length;
  if (count > MOST_PARAMETERS) {
    throw badArgument(
      `${count} parameters, expected at most ${MOST_PARAMETERS} in a pair plot: choose some by 'parameters'`,
    );
  }
  const layout = pairsLayout(parameters, options);
  const { side, left, bottom } = layout;
  const divergences = divergentIndices(draws, options.divergent);
  const shown = shownDraws(draws, divergences, options.mostPoints ?? MOST_POINTS);

  const cells = parameters.flatMap((_, row) =>
    Array.from({ length: row + 1 }, (_, column) => ({ row, column })),
  );
  const values = (index: number) => parameters[index]?.values ?? new Float64Array();
  const panels = cells.map(({ row, column }): Panel => {
    const marks =
      row === column
        ? [Plot.ruleY([0], { strokeOpacity: 0.5 }), ...densityMarks(values(row))]
        : pairMarks(values(column), values(row), shown, divergences);
    return {
      name: `${parameters[column]?.name} / ${parameters[row]?.name}`,
      x: column === 0 ? 0 : left + column * (side + GAP),
      y: row * (side + GAP),
      options: { ...cellOptions(layout, row, column), marks },
    };
  });
  const size = count * (side + GAP);
  return drawPicture({
    kind: 'pairs',
    width: left + size + 14,
    height: size + bottom,
    title: options.title,
    subtitle:
      divergences.length === 0
        ? undefined
        : `large red dots: ${divergences.length} divergent transitions`,
    theme: options.theme,
    description: `Pair plot of ${count} parameters with ${divergences.length} divergent transitions`,
    panels,
  });
}

function pairsLayout(
  parameters: readonly PlottedParameter[],
  { width = DEFAULT_WIDTH, height = width }: PairsOptions,
): PairsLayout {
  const count = parameters.length;
  const axes = parameters.map(({ values }): AxisOptions => {
    const { low, high } = extent(values);
    return { domain: paddedDomain(low, high) };
  });
  const room = tickRoom(
    axes.map((axis) => ({ x: axis, y: axis })),
    { width: 200, height: 120 },
  );
  // Assumes names of one line: how many they need depends on the side.
  const sideFor = (space: number) => Math.floor((space - room.left - 50) / count) - GAP;
  const side = Math.max(Math.min(sideFor(width), sideFor(height)), LEAST_SIDE);
  const names = parameters.map(({ name }) => wrapLabel(name, side + GAP));
  const lines = Math.max(...names.map(({ length }) => length));
  return {
    parameters,
    axes,
    names,
    ticksLeft: room.left,
    side,
    left: room.left + lines * LINE_HEIGHT + 8,
    bottom: TICK_LABELS + lines * LINE_HEIGHT + 8,
  };
}

/** Only the left column and the lowest row have ticks and names. */
function cellOptions(
  { parameters, axes, names, ticksLeft, side, left, bottom }: PairsLayout,
  row: number,
  column: number,
): Plot.PlotOptions {
  const ticks = Math.max(2, Math.min(5, Math.floor(side / 36)));
  const lowest = row === parameters.length - 1;
  const marginLeft = column === 0 ? left : 0;
  const marginBottom = lowest ? bottom : 0;
  const outer = (name: readonly string[] = [], ticksRoom: number) =>
    ({
      ...centredLabel,
      label: name.join('\n'),
      labelOffset: ticksRoom + name.length * LINE_HEIGHT,
    }) as const;
  return {
    width: marginLeft + side,
    height: side + marginBottom + GAP / 2,
    marginLeft,
    marginBottom,
    marginTop: GAP / 2,
    marginRight: 0,
    x: {
      ...outer(names[column], TICK_LABELS),
      ...withFittingTicks({ domain: axes[column]?.domain ?? [0, 1] }, side),
      grid: row !== column,
      axis: lowest ? 'bottom' : null,
    },
    y:
      row === column
        ? { domain: [0, 1.08], axis: null }
        : {
            ...outer(names[row], ticksLeft),
            domain: axes[row]?.domain ?? [0, 1],
            grid: true,
            ticks,
            axis: column === 0 ? 'left' : null,
          },
  };
}

function pairMarks(
  across: Float64Array,
  up: Float64Array,
  shown: readonly number[],
  divergences: readonly number[],
): Plot.Markish[] {
  const at = {
    x: (draw: number) => across[draw] ?? null,
    y: (draw: number) => up[draw] ?? null,
  };
  return [
    Plot.frame({ strokeOpacity: 0.25 }),
    Plot.dot(shown, { ...at, r: 1.3, fill: estimateColour, fillOpacity: 0.35, className: 'draws' }),
    Plot.dot(divergences, { ...at, r: 2.4, fill: divergenceColour, className: 'divergences' }),
  ];
}

function shownDraws(
  { chains, drawsPerChain }: Draws,
  divergences: readonly number[],
  most: number,
): number[] {
  const total = chains * drawsPerChain;
  const points = Math.min(total, requireCount('mostPoints', most));
  const diverged = new Set(divergences);
  return Array.from({ length: points }, (_, i) => Math.floor((i * total) / points)).filter(
    (draw) => !diverged.has(draw),
  );
}
