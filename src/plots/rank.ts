/**
 * Rank plot (Vehtari et al. 2021, §5; ArviZ's `plot_rank`, bayesplot's `mcmc_rank_hist`): all
 * draws of a parameter are ranked together, and each chain shows how its ranks are spread. Chains
 * that explore the same posterior have about equally many in every bin: the dashed line.
 */
import * as Plot from '@observablehq/plot';
import type { Draws } from '../posterior/draws.js';
import { orderingOf } from '../posterior/fast/ordering.js';
import { eachRun } from '../posterior/quantiles.js';
import { type DrawnPlot, drawPicture } from './compose.js';
import { centredLabel, facets, gridOf, tickRoom, withFittingTicks } from './layout.js';
import {
  DEFAULT_WIDTH,
  type PlotOptions,
  type PlottedParameter,
  plottedParameters,
  requireCount,
} from './options.js';
import { chainColour } from './theme.js';

export interface RankOptions extends PlotOptions {
  /** Bins of each chain's histogram. @default twice Sturges' number, as in ArviZ */
  readonly bins?: number;
}

interface RankBar {
  readonly chain: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

const LEAST_CELL = 230;
const CHAIN_HEIGHT = 38;
const LEAST_CHAIN_HEIGHT = 16;
const BOTTOM = 40;
const LEFT = 40;
const LEAST_INNER = 60;

/** @throws WeighbridgeError `bad-argument` */
export function plotRank(draws: Draws, options: RankOptions = {}): DrawnPlot {
  const parameters = plottedParameters(draws, options);
  const total = draws.chains * draws.drawsPerChain;
  const bins = requireCount('bins', options.bins ?? defaultBins(draws), total);
  const width = options.width ?? DEFAULT_WIDTH;
  const grid = gridOf(parameters.length, width, LEAST_CELL);
  const ranks = { domain: [0, total], label: 'rank', ...centredLabel } as const;
  const { right } = tickRoom([{ x: { domain: ranks.domain } }], { width: 400, height: 60 });
  const inner = Math.max(grid.cellWidth - LEFT - right, LEAST_INNER);
  const x = withFittingTicks(ranks, inner);
  const placed = facets(
    parameters.map((parameter) => {
      const bars = rankBars(parameter, draws.chains, bins);
      const marks = rankMarks(bars, draws.drawsPerChain / bins);
      return { name: parameter.name, options: { x, ...chainScales(draws.chains, bars), marks } };
    }),
    grid,
    {
      ...{ left: LEFT, right, bottom: BOTTOM, leastWidth: LEAST_INNER, height: options.height },
      plotHeight: draws.chains * CHAIN_HEIGHT,
      leastHeight: draws.chains * LEAST_CHAIN_HEIGHT,
    },
  );
  return drawPicture({
    kind: 'rank',
    ...placed,
    width: Math.max(width, placed.width),
    title: options.title,
    subtitle: 'draws by rank among all chains; dashed: as many as expected',
    theme: options.theme,
    description: `Rank plot of ${parameters.length} parameters in ${draws.chains} chains`,
  });
}

function defaultBins({ chains, drawsPerChain }: Draws): number {
  const sturges = Math.ceil(Math.log2(chains * drawsPerChain)) + 1;
  return Math.min(2 * sturges, drawsPerChain);
}

function chainScales(chains: number, bars: readonly RankBar[]): Plot.PlotOptions {
  return {
    y: { domain: [0, Math.max(...bars.map(({ count }) => count))], axis: null },
    fy: {
      domain: Array.from({ length: chains }, (_, chain) => chain),
      axis: 'left',
      label: 'chain',
      tickFormat: (chain: number) => String(chain + 1),
      padding: 0.12,
    },
  };
}

function rankMarks(bars: readonly RankBar[], expected: number): Plot.Markish[] {
  return [
    Plot.rectY(bars, {
      fy: 'chain',
      x1: 'low',
      x2: 'high',
      y: 'count',
      fill: ({ chain }: RankBar) => chainColour(chain),
      fillOpacity: 0.75,
      insetLeft: 0.5,
      insetRight: 0.5,
      title: ({ count }: RankBar) => `${count} draws`,
      className: 'ranks',
    }),
    Plot.ruleY([expected], { strokeDasharray: '4,3', className: 'expected' }),
    Plot.ruleY([0]),
  ];
}

/** Ranks run from 1; bin b holds those in (b · S / bins, (b + 1) · S / bins]. */
function rankBars({ values }: PlottedParameter, chains: number, bins: number): RankBar[] {
  const total = values.length;
  const perChain = total / chains;
  const counts = Array.from({ length: chains }, () => new Uint32Array(bins));
  const { ascending, order } = orderingOf(values);
  eachRun(ascending, (first, last) => {
    // Draws that tie share the mean of their ranks.
    const rank = (first + last) / 2 + 1;
    const bin = Math.min(Math.ceil((rank * bins) / total) - 1, bins - 1);
    for (let i = first; i <= last; i++) {
      const ofChain = counts[Math.floor((order[i] ?? 0) / perChain)];
      if (ofChain) ofChain[bin] = (ofChain[bin] ?? 0) + 1;
    }
  });
  return counts.flatMap((ofChain, chain) =>
    Array.from(ofChain, (count, bin) => ({
      chain,
      low: (bin * total) / bins,
      high: ((bin + 1) * total) / bins,
      count,
    })),
  );
}
