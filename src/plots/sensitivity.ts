/**
 * Sensitivity of each parameter to its priors and to the likelihood, by power-scaling: a dot each, with
 * the threshold above which a sensitivity counts (priorsense).
 */
import * as Plot from '@observablehq/plot';
import { badArgument } from '../checks/values.js';
import type { SensitivityRow } from '../regression/validation/prior-sensitivity.js';
import { type DrawnPlot, drawPicture } from './compose.js';
import { printable } from './label.js';
import { centredLabel, namedRows } from './layout.js';
import { DEFAULT_WIDTH, type PlotOptions, requireSize } from './options.js';
import { estimateColour, LINE_HEIGHT, okabeIto } from './theme.js';

export type SensitivityPlotOptions = Pick<PlotOptions, 'title' | 'theme' | 'width'>;

/** The result of `fit.priorSensitivity()`. */
interface Sensitivities {
  readonly rows: readonly SensitivityRow[];
  readonly threshold: number;
}

const BOTTOM = 42;
const LEAST_ROW = 22;

/** @throws WeighbridgeError `bad-argument` if there is no parameter */
export function plotPriorSensitivity(
  { rows, threshold }: Sensitivities,
  options: SensitivityPlotOptions = {},
): DrawnPlot {
  if (rows.length === 0) throw badArgument('the sensitivities have no rows, expected one or more');
  requireSize('width', options.width);
  const isSplit = new Set(rows.map(({ priors }) => priors)).size > 1;
  const dots = rows.map(({ prior, likelihood }, row) => ({ row, prior, likelihood }));
  const most = Math.max(threshold, ...dots.flatMap(({ prior, likelihood }) => [prior, likelihood]));
  const x = {
    domain: [0, 1.06 * most] as const,
    grid: true,
    label: 'sensitivity (CJS distance per doubling)',
    ...centredLabel,
  };
  const frame = namedRows(
    rows.map(({ name, priors }) => printable(isSplit ? `${name} (${priors} priors)` : name)),
    x,
    {
      width: options.width ?? DEFAULT_WIDTH,
      bottom: BOTTOM,
      rowHeight: (lines) => Math.max(LEAST_ROW, lines * LINE_HEIGHT + 4),
    },
  );
  const marks = [
    Plot.ruleX([threshold], { strokeDasharray: '4,3', strokeOpacity: 0.7, className: 'threshold' }),
    Plot.dot(dots, {
      ...{ y: 'row', x: 'likelihood', r: 4, stroke: estimateColour, strokeWidth: 1.6 },
      className: 'likelihood',
    }),
    Plot.dot(dots, {
      ...{ y: 'row', x: 'prior', r: 4, fill: okabeIto.vermillion, className: 'prior' },
    }),
  ];
  return drawPicture({
    kind: 'sensitivity',
    width: frame.width,
    height: frame.height,
    title: options.title,
    subtitle: `filled: prior; open: likelihood; dashed: ${threshold}, above which a prior decides`,
    theme: options.theme,
    description: `Sensitivity of ${rows.length} parameters to prior and likelihood`,
    panels: [{ name: 'sensitivity', x: 0, y: 0, options: { ...frame, marks } }],
  });
}
