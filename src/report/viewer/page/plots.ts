/**
 * The page's pictures: those of `src/plots` as they are, and two of its own, put together from the
 * same pieces.
 */

import { plotPairs } from '../../../plots/pairs.js';
import { plotPpc } from '../../../plots/ppc.js';
import { plotRank } from '../../../plots/rank.js';
import { plotTrace } from '../../../plots/trace.js';
import type { Draws } from '../../../posterior/draws.js';
import { type Predictions, probabilityGroups } from './predictions.js';

export interface PageFigure {
  readonly width: number;
  readonly theme: 'light' | 'dark';
}

/** A trace plot needs some room beside its densities. */
const LEAST_TRACE = 420;

export function tracePlot(draws: Draws, { width, theme }: PageFigure): string {
  return plotTrace(draws, { width: Math.max(LEAST_TRACE, width), theme }).svg;
}

export function rankPlot(draws: Draws, figure: PageFigure): string {
  return plotRank(draws, figure).svg;
}

/** A cell has to hold its numbers: where the room is narrow, the picture is scaled. */
const LEAST_PAIR_CELL = 105;

export function pairsPlot(draws: Draws, { width, theme }: PageFigure): string {
  const needed = draws.parameterNames.length * LEAST_PAIR_CELL;
  return plotPairs(draws, { width: Math.max(width, needed), theme }).svg;
}

export function shareOfAPlot({ replicated, trials }: Predictions, figure: PageFigure): string {
  return plotPpc(replicated, {
    ...figure,
    observed: trials.map(({ choseA }) => Number(choseA)),
    label: 'share of A among the choices',
  }).svg;
}

export function groupedSharePlot({ replicated, trials }: Predictions, figure: PageFigure): string {
  return plotPpc(replicated, {
    ...figure,
    observed: trials.map(({ choseA }) => Number(choseA)),
    groups: probabilityGroups(trials),
    label: 'share of A among the choices',
  }).svg;
}
