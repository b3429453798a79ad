/** The density of the observed outcomes over those of replicated ones. */
import * as Plot from '@observablehq/plot';
import type { Picture } from './compose.js';
import { extent, kde } from './kde.js';
import { badArgument } from './options.js';
import { paddedDomain } from './panels.js';
import type { PredictiveCheck } from './ppc.js';
import { estimateColour } from './theme.js';

interface CurvePoint {
  readonly replication: number;
  readonly x: number;
  readonly y: number;
}

const HEIGHT = 280;
const GRID_POINTS = 128;

export function densityOverlay(
  { observed, replicated, width, height = HEIGHT, label = 'outcome' }: PredictiveCheck,
  replications: number,
): Pick<Picture, 'width' | 'height' | 'subtitle' | 'panels'> {
  if (!(Number.isInteger(replications) && replications >= 1)) {
    throw badArgument(`replications is a whole number above 0, not ${replications}`);
  }
  const outcomes = observed.length;
  const total = replicated.length / outcomes;
  const shown = Math.min(replications, total);
  const curves = Array.from({ length: shown }, (_, i) => {
    const row = Math.floor((i * total) / shown);
    return densityCurve(replicated.subarray(row * outcomes, (row + 1) * outcomes), i);
  });
  const seen = densityCurve(observed, -1);
  const all = [...curves.flat(), ...seen];
  if (all.length === 0) throw badArgument('outcomes that are all the same have no density');
  const { low, high } = extent(all.map(({ x }) => x));
  const options: Plot.PlotOptions = {
    width,
    height,
    marginLeft: 20,
    marginRight: 20,
    marginBottom: 42,
    marginTop: 10,
    x: { domain: paddedDomain(low, high), label, labelAnchor: 'center', labelArrow: 'none' },
    y: { domain: [0, 1.05 * extent(all.map(({ y }) => y)).high], axis: null },
    marks: [
      Plot.line(curves.flat(), {
        x: 'x',
        y: 'y',
        z: 'replication',
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

/** Empty where all outcomes are the same. */
function densityCurve(values: Float64Array, replication: number): CurvePoint[] {
  const density = kde(values, GRID_POINTS);
  if (density === null) return [];
  return Array.from(density.x, (x, i) => ({ replication, x, y: density.density[i] ?? 0 }));
}
